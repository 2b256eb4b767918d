"""Every rule by which qttd judges, as one list: id, names, formula, severity, default and source.

docs/rulebook.md, docs/rulebook.vi.md and `qttd rules` are made from it, and tests hold that every flag and every
sign that the code can raise stands here, and that nothing stands here that no code raises. What a rule does
is in the file that raises it.
"""

from typing import Literal, NamedTuple

Kind = Literal["reading", "sign", "figure"]
"""reading: a flag of one reading. sign: for a person to look at. figure: what is computed."""


class Text(NamedTuple):
    """The same in both languages."""

    en: str
    vi: str


_CIRCULAR = Text("Circular 10/2021/TT-BTNMT", "Thông tư 10/2021/TT-BTNMT")
_QARTOD = Text("QARTOD", "QARTOD")
_PRACTICE = Text("EnviSoft's practice", "thông lệ của EnviSoft")
_OWN = Text("qttd", "qttd")


class Rule(NamedTuple):
    """One rule."""

    id: str
    kind: Kind
    name: Text
    formula: Text
    """When it is raised, or how it is computed."""
    codes: tuple[int, ...] = ()
    """Of a flag: QARTOD's result codes it may have, the usual one first; 2 not evaluated, 3 suspect, 4 fail,
    9 missing."""
    default: Text = Text("always on", "luôn bật")
    """What holds where nobody sets anything."""
    source: Text = _OWN
    envisoft: str = ""
    """EnviSoft's own name of it."""


_OFF = Text("off; per channel, dated", "tắt; bật theo từng kênh, có ngày hiệu lực")
_DAILY = Text("looked for daily, over 30 days", "xét hằng ngày trên 30 ngày gần nhất")

RULES: tuple[Rule, ...] = (
    Rule(
        "missing", "reading", Text("no value", "không có giá trị"),
        Text("the line came without a number", "dòng dữ liệu không có con số"), (9,), source=_QARTOD,
    ),
    Rule(
        "device_error", "reading", Text("device error", "thiết bị lỗi"),
        Text("status 02", "trạng thái 02"), (4,), source=_CIRCULAR, envisoft="Thiết bị lỗi",
    ),
    Rule(
        "calibrating", "reading", Text("calibrating", "hiệu chuẩn"),
        Text("status 01", "trạng thái 01"), (4,), source=_CIRCULAR, envisoft="Hiệu chuẩn thiết bị",
    ),
    Rule(
        "status_unknown", "reading", Text("unknown status", "trạng thái không xác định"),
        Text("any status other than 00, 01 and 02", "trạng thái khác 00, 01 và 02"), (4,), source=_CIRCULAR,
    ),
    Rule(
        "undeclared", "reading", Text("undeclared parameter", "thông số chưa khai báo"),
        Text(
            "the symbol is not declared for the station; the reading is kept under the symbol",
            "ký hiệu chưa được khai báo cho trạm; số liệu vẫn được lưu theo ký hiệu",
        ),
        (4,),
    ),
    Rule(
        "unit_mismatch", "reading", Text("unit mismatch", "sai đơn vị"),
        Text(
            "the file's unit is neither the channel's nor convertible to it",
            "đơn vị trong tệp khác đơn vị của kênh và không quy đổi được",
        ),
        (4,),
    ),
    Rule(
        "gross_range", "reading", Text("outside the range", "ngoài khoảng đo"),
        Text(
            "value < min or value > max: of the device (fail), of what is usual (suspect)",
            "giá trị < min hoặc > max: của thiết bị (không đạt), của khoảng thường gặp (nghi ngờ)",
        ),
        (4, 3), Text("no range", "không đặt khoảng"), Text("QARTOD test 4", "QARTOD, phép thử 4"), "Ngoài khoảng đo thiết bị",
    ),
    Rule(
        "clock_future", "reading", Text("ahead of the clock", "thời gian đo vượt trước"),
        Text(
            "measured − arrival > 5 minutes *(default)*", "thời gian đo − thời gian nhận > 5 phút *(mặc định)*"
        ),
        (4,), Text(
            "5 minutes, dated: `qttd rule set future_minutes`", "5 phút, có ngày hiệu lực: `qttd rule set future_minutes`"
        ),
    ),
    Rule(
        "conflict", "reading", Text("two values", "hai giá trị khác nhau"),
        Text(
            "a second, different value came for the same station, parameter and time; the first stands",
            "có giá trị thứ hai khác giá trị đầu cho cùng trạm, thông số và thời điểm; giá trị đầu giữ hiệu lực",
        ),
        (3,),
    ),
    Rule(
        "zero", "reading", Text("zero", "bằng 0"), Text("value = 0", "giá trị = 0"),
        (4, 3), _OFF, _PRACTICE, "Bằng 0",
    ),
    Rule(
        "negative", "reading", Text("negative", "giá trị âm"), Text("value < 0", "giá trị < 0"),
        (4, 3), _OFF, _PRACTICE, "Giá trị âm",
    ),
    Rule(
        "flat_line", "reading", Text("flat line", "giá trị không đổi"),
        Text(
            "N or more equal values in a row; every value of the run is flagged",
            "từ N giá trị liên tiếp bằng nhau trở lên; mọi giá trị trong chuỗi đều bị gắn cờ",
        ),
        (4, 3), _OFF, Text("QARTOD test 8", "QARTOD, phép thử 8"), "Giá trị liên tục bằng nhau",
    ),
    Rule(
        "rate_of_change", "reading", Text("rate of change", "tốc độ thay đổi"),
        Text(
            "|value − value before| ÷ intervals between > limit, absolute or per cent of the value before",
            "|giá trị − giá trị trước| ÷ số chu kỳ giữa hai lần đo > giới hạn, tuyệt đối hoặc theo % giá trị trước",
        ),
        (3, 4), _OFF, Text("QARTOD test 7", "QARTOD, phép thử 7"), "Giá trị bất thường",
    ),
    Rule(
        "spike", "reading", Text("spike", "giá trị đột biến"),
        Text(
            "|value − mean of both neighbours| > limit, absolute or per cent of that mean",
            "|giá trị − trung bình hai giá trị liền kề| > giới hạn, tuyệt đối hoặc theo % trung bình đó",
        ),
        (3, 4), _OFF, Text("QARTOD test 6", "QARTOD, phép thử 6"),
    ),
    Rule(
        "compare", "reading", Text("compared with another parameter", "so sánh thông số"),
        Text(
            "not: value op factor × other parameter of the same time (PM2.5 ≤ PM10)",
            "không thỏa: giá trị op hệ số × thông số khác cùng thời điểm (PM2.5 ≤ PM10)",
        ),
        (4, 3), _OFF, _PRACTICE, "So sánh thông số",
    ),
    Rule(
        "companion", "reading", Text("companion failed", "thông số đi kèm không đạt"),
        Text(
            "the named parameter of the same time fails",
            "thông số được chỉ định cùng thời điểm không đạt",
        ),
        (4, 3), _OFF, _PRACTICE, "Loại bỏ thông số đi kèm",
    ),
    Rule(
        "rejected", "reading", Text("rejected by a person", "bị loại khi kiểm duyệt"),
        Text("a person rejected it, with a reason", "người kiểm duyệt loại bỏ, có lý do"), (4,),
        Text("only by a person", "chỉ do người kiểm duyệt"), _CIRCULAR,
    ),
    Rule(
        "tamper_capped", "sign", Text("piled up below the limit", "dồn sát dưới ngưỡng"),
        Text(
            "a highest value from 85 % of the limit up to it, and never above it, within 1 to 30 days; with a chance"
            " below 0.01 that on none of its days the channel went on above it, judged by the days on which it went"
            " on above lower heights (where half as many readings or more lie in the topmost band as in the next) or"
            " above this height earlier; or that it stayed at it for so long, or said it so often again",
            "giá trị cao nhất nằm từ 85 % ngưỡng đến ngưỡng mà không lần nào vượt, trong 1 đến 30 ngày; xác suất ngẫu"
            " nhiên dưới 0,01 để không ngày nào lên cao hơn (suy từ số ngày thông số vượt tiếp các mức thấp hơn, khi"
            " dải sát đỉnh có số số liệu từ một nửa dải kế dưới trở lên, hoặc vượt chính mức đó trước đây), hoặc ở lại"
            " sát mức đó lâu, hoặc lặp lại đúng giá trị đó nhiều như vậy",
        ),
        default=_DAILY,
    ),
    Rule(
        "tamper_frozen", "sign", Text("frozen with noise", "đứng yên có nhiễu giả"),
        Text(
            "the standard deviation of 9, 12 or 36 hourly means < 10 % (of 9: 7 %) of the 10th percentile of the"
            " daily lowest of 30 days, while single values differ; < 20 % (14 %) where they differ as noise without a"
            " memory does, and that by less than usual, or the channel otherwise nearly always has a memory, and"
            " < 35 % (25 %) where 99 of 100 windows have it; hours in which the flow stands still do not count, nor"
            " does a plant's rest: at or below the lowest 2 % of the month before, at a level at which it stood as"
            " still 4 days or more before, or as near the bottom as then (up to a tenth of the way to the median;"
            " such rests do not lower the percentile either)",
            "độ lệch chuẩn của 9, 12 hoặc 36 trung bình giờ < 10 % (với 9 giờ: 7 %) bách phân vị thứ 10 của các mức"
            " thấp nhất từng ngày trong 30 ngày, trong khi từng giá trị vẫn khác nhau; < 20 % (14 %) nếu chỉ còn nhiễu"
            " không có tương quan theo thời gian, mà nhiễu đó nhỏ hơn thường lệ hoặc thông số vốn hầu như luôn có"
            " tương quan, và < 35 % (25 %) nếu 99 trên 100 khoảng của tháng đều có tương quan; không tính những giờ"
            " dòng thải ngừng, cũng không tính lúc cơ sở nghỉ: bằng hoặc dưới mức 2 % thấp nhất của tháng trước đó, ở"
            " mức đã từng đứng yên như vậy từ 4 ngày trước trở lên, hoặc sát mức đáy như lúc đó (cao hơn đáy không quá"
            " một phần mười khoảng từ đáy đến trung vị; lúc nghỉ như vậy cũng không làm giảm bách phân vị nói trên)",
        ),
        default=_DAILY,
    ),
    Rule(
        "tamper_replayed", "sign", Text("replayed", "lặp lại chuỗi số liệu"),
        Text(
            "a run of changes as before that says 90 bits or more; or half a day whose bends (from the middle of the"
            " values beside, by scales of 1, 2, 4 … readings) remain so little when those of a day before at the same"
            " time, multiplied by 0.83 to 1.2, are taken away that it is e⁻⁴⁵ times as likely by chance as for the"
            " next most similar of 30 days, and 9 times as far from it as the likeness falls off among the other days;"
            " or two half days, one after the other and both like the same day, of which that is true together",
            "chuỗi thay đổi trùng với trước đó mang từ 90 bit thông tin; hoặc nửa ngày mà độ uốn (độ lệch so với trung"
            " điểm hai giá trị kề, theo thang 1, 2, 4 … số liệu) sau khi trừ đi độ uốn cùng giờ của một ngày trước (nhân"
            " với 0,83 đến 1,2) chỉ còn ít đến mức xác suất ngẫu nhiên bằng e⁻⁴⁵ lần so với ngày giống thứ hai trong 30"
            " ngày, và cách ngày đó gấp 9 lần mức giảm dần độ giống nhau giữa các ngày còn lại; hoặc hai nửa ngày liền"
            " nhau cùng giống một ngày mà gộp lại thì đạt các mức đó",
        ),
        default=_DAILY,
    ),
    Rule(
        "tamper_calibrating", "sign", Text("calibrating when exceeding", "báo hiệu chuẩn khi vượt ngưỡng"),
        Text(
            "2 stretches of status 01 or more from, to or above the limit, those by the clock and those of standards"
            " not counted, with a chance below 0.02, judged by the values before, after and within them, that"
            " calibrations that know nothing of the values fall on such high ones, and hardly a value shown above the"
            " limit",
            "từ 2 đoạn trạng thái 01 trở lên bắt đầu, kết thúc sát ngưỡng hoặc nằm trên ngưỡng (không tính hiệu chuẩn"
            " theo giờ cố định và số đo chất chuẩn), xác suất dưới 0,02 (xét giá trị trước, sau và trong từng đoạn) để"
            " việc hiệu chuẩn không liên quan đến giá trị lại rơi vào các giá trị cao như vậy, và hầu như không có giá"
            " trị vượt ngưỡng nào được gửi",
        ),
        default=_DAILY,
    ),
    Rule(
        "tamper_rewritten", "sign", Text("rewritten lower", "gửi lại giá trị thấp hơn"),
        Text(
            "6 values or more sent again, 90 % of them lower: by 10 % or more in the median, or 30 % of them from"
            " above the limit to below it",
            "từ 6 giá trị trở lên được gửi lại, 90 % thấp hơn: trung vị giảm từ 10 %, hoặc 30 % từ trên ngưỡng xuống"
            " dưới ngưỡng",
        ),
        default=_DAILY,
    ),
    Rule(
        "tamper_clock", "sign", Text("clock jumped", "đồng hồ bị chỉnh"),
        Text(
            "the files of 3 hours, the earliest tenth as well as the latest, are late (or early) by 8 minutes or more"
            " (and 15 % of the usual spread, and 6 times how far windows usually lie from their middle) against the"
            " windows of the 30 days before, all by the same ± 4 minutes",
            "các tệp trong 3 giờ, cả phần mười đến sớm nhất lẫn muộn nhất, đều trễ (hoặc sớm) từ 8 phút (và 15 % độ"
            " phân tán thường lệ, 6 lần độ lệch thường lệ giữa các khoảng 3 giờ) so với các khoảng của 30 ngày trước,"
            " lệch như nhau ± 4 phút",
        ),
        default=_DAILY,
    ),
    Rule(
        "received_rate", "figure", Text("received rate", "tỉ lệ dữ liệu nhận được"),
        Text("received ÷ expected slots", "số khoảng nhận được ÷ số khoảng phải có"), source=_CIRCULAR,
    ),
    Rule(
        "valid_rate", "figure", Text("valid rate", "tỉ lệ dữ liệu hợp lệ"),
        Text("(valid + suspect) ÷ expected slots", "(hợp lệ + nghi ngờ) ÷ số khoảng phải có"), source=_CIRCULAR,
    ),
    Rule(
        "effective_rate", "figure", Text("effective rate", "tỉ lệ dữ liệu hiệu lực"),
        Text(
            "received ÷ (expected − planned_stop − our_outage) × (valid + suspect) ÷ received",
            "nhận được ÷ (phải có − dừng theo kế hoạch − lỗi máy chủ) × (hợp lệ + nghi ngờ) ÷ nhận được",
        ),
        source=Text("传输有效率", "传输有效率"),
    ),
    Rule(
        "average", "figure", Text("averages", "giá trị trung bình"),
        Text(
            "mean of the values of an hour, of the hours of a day; of a wind direction the vector mean",
            "trung bình các giá trị trong giờ, các giờ trong ngày; hướng gió lấy trung bình vectơ",
        ),
        default=Text("75 % of slots, of hours, of days", "đủ 75 % số khoảng, số giờ, số ngày"), source=_CIRCULAR,
    ),
    Rule(
        "vn_aqi", "figure", Text("VN_AQI", "VN_AQI"),
        Text(
            "largest of the parameters' indices, linear between break points; PM10 or PM2.5 must be there",
            "lớn nhất trong các chỉ số thông số, nội suy tuyến tính giữa các mức; phải có PM10 hoặc PM2.5",
        ),
        default=Text("75 % of a day's hours", "đủ 75 % số giờ trong ngày"), source=Text("Decision 1459/QĐ-TCMT", "Quyết định 1459/QĐ-TCMT"),
    ),
    Rule(
        "vn_wqi_envisoft", "figure", Text("VN_WQI, EnviSoft's variant", "VN_WQI, phương án của EnviSoft"),
        Text(
            "GM(I) ÷ 100 × (mean II² × mean III × mean IV)^(1/4)",
            "trung bình nhân(I) ÷ 100 × (TB II² × TB III × TB IV)^(1/4)",
        ),
        default=Text("not published before it is confirmed", "chưa công bố khi chưa được xác nhận"),
        source=Text("EnviSoft; Decision 1460/QĐ-TCMT", "EnviSoft; Quyết định 1460/QĐ-TCMT"),
    ),
    Rule(
        "vn_wqi_1460", "figure", Text("VN_WQI, Decision 1460's variant", "VN_WQI, phương án Quyết định 1460"),
        Text(
            "I ÷ 100 × GM(II) ÷ 100 × GM(III) ÷ 100 × (mean IV² × mean V)^(1/3)",
            "I ÷ 100 × TB nhân(II) ÷ 100 × TB nhân(III) ÷ 100 × (TB IV² × TB V)^(1/3)",
        ),
        default=Text("not published before it is confirmed", "chưa công bố khi chưa được xác nhận"),
        source=Text(
            "Decision 1460/QĐ-TCMT, as public implementations read it",
            "Quyết định 1460/QĐ-TCMT, theo các chương trình công khai",
        ),
    ),
)  # fmt: skip
"""In the order of the rulebook."""
