"""The dozen: stations of every kind, in different provinces, with loggers of different habits.

Names, facilities and places are made up; symbols, units and ranges are what real files look like.
"""

from qttd.demo.station_plan import ChannelPlan, StationPlan

_MOLAR_VOLUME = 24.45
"""L/mol at 25 °C and 1 atm: ppm × g/mol ÷ 24.45 = mg/m3."""

PH = ChannelPlan("pH", "pH", "", 6.8, 7.6, 2, 0, 14)
WATER_TEMP = ChannelPlan("Temp", "Temp", "oC", 26.5, 31.5, 1, 0, 60)
FLOW = ChannelPlan("Flow", "Flow", "m3/h", 96, 148, 1, 0, 2000)
COD = ChannelPlan("COD", "COD", "mg/L", 32, 58, 1, 0, 500)
TSS = ChannelPlan("TSS", "TSS", "mg/L", 18, 41, 1, 0, 1000)
NH4 = ChannelPlan("NH4", "NH4", "mg/L", 1.6, 4.4, 2, 0, 100)
DO = ChannelPlan("DO", "DO", "mg/L", 4.1, 6.9, 2, 0, 20)
TURBIDITY = ChannelPlan("TURB", "TURB", "NTU", 22, 64, 1, 0, 4000)
CONDUCTIVITY = ChannelPlan("COND", "COND", "uS/cm", 210, 365, 0, 0, 20000)
SO2 = ChannelPlan("SO2", "SO2", "mg/Nm3", 120, 260, 1, 0, 2000, usual_max=400)
NO2 = ChannelPlan("NO2", "NO2", "mg/Nm3", 150, 310, 1, 0, 2000)
CO = ChannelPlan("CO", "CO", "mg/Nm3", 80, 240, 1, 0, 5000)
O2 = ChannelPlan("O2", "O2", "%V", 7.5, 11.5, 2, 0, 25)
DUST = ChannelPlan("PM", "PM", "mg/Nm3", 18, 46, 1, 0, 500)
GAS_FLOW = ChannelPlan("Flow", "Flow", "m3/h", 182000, 214000, 0, 0, 900000)
GAS_TEMP = ChannelPlan("Temp", "Temp", "oC", 108, 131, 1, 0, 600)
GAS_PRESSURE = ChannelPlan("P", "P", "kPa", 99.2, 101.4, 2, 80, 120)
PM10 = ChannelPlan("PM10", "PM10", "ug/Nm3", 38, 104, 1, 0, 1000)
PM25 = ChannelPlan("PM2,5", "PM2,5", "ug/Nm3", 21, 67, 1, 0, 1000)
OZONE = ChannelPlan("O3", "O3", "ug/Nm3", 12, 118, 1, 0, 1000)
AIR_TEMP = ChannelPlan("Nhiệtđộ", "Temp", "oC", 24.5, 35.5, 1, -10, 60)
AIR_PRESSURE = ChannelPlan("Ápsuất", "P", "hPa", 1001, 1012, 1, 800, 1200)
WIND_SPEED = ChannelPlan("WindSpeed", "WindSpeed", "m/s", 0.6, 4.8, 1, 0, 60)
WIND_DIRECTION = ChannelPlan("WindDir", "WindDir", "Degree", 90, 190, 0, 0, 360)
RADIATION = ChannelPlan("Radiation", "Radiation", "w/m2", -1.6, 812, 2, -20, 1500)


def _in_ppm(channel: ChannelPlan, molar_mass: float) -> ChannelPlan:
    """A gas that the logger sends in ppm, while the department keeps it in mg/Nm3."""
    scale = molar_mass / _MOLAR_VOLUME
    return channel._replace(
        low=channel.low / scale, high=channel.high / scale, sent_unit="ppm", scale=scale, usual_max=None
    )


STATIONS = (
    StationPlan(
        "BN_GHTR_NUOTHA", "Nước thải sau xử lý Giấy Hoa Tre", "wastewater", "Nhà máy Giấy Hoa Tre", "BN",
        21.171, 106.058, (FLOW, PH, WATER_TEMP, COD, TSS, NH4), layout=0,
    ),
    StationPlan(
        "HP_TSSL_NUOTHA", "Nước thải sau xử lý Thủy sản Sóng Lam", "wastewater", "Công ty Thủy sản Sóng Lam",
        "HP", 20.842, 106.690, (FLOW, PH, COD, TSS, NH4), layout=2, upload="renamed",
    ),
    StationPlan(
        "DN_DNMT_NUOTHA", "Nước thải sau xử lý Dệt nhuộm Mây Trắng", "wastewater",
        "Công ty Dệt nhuộm Mây Trắng", "DN", 10.957, 106.862,
        (FLOW, PH, WATER_TEMP, ChannelPlan("Color", "Color", "Pt-Co", 24, 61, 0, 0, 500), COD, TSS),
        layout=5, upload="encrypted",
    ),
    StationPlan(
        "QN_KCBX_NUOTHA", "Nước thải tập trung KCN Biển Xanh", "wastewater", "KCN Biển Xanh", "QN",
        20.967, 107.091, (FLOW, PH, COD, TSS, NH4._replace(checks="flat_line=6")), layout=3, upload="checked",
    ),
    StationPlan(
        "TN_CDBA_NUOMAT", "Nước mặt bến Đá Bạc", "surface_water", "", "TN", 21.594, 105.848,
        (PH, DO, TURBIDITY, CONDUCTIVITY, WATER_TEMP), layout=1, style="one_line",
    ),
    StationPlan(
        "CT_CTRG_NUOMAT", "Nước mặt bến Cồn Trăng", "surface_water", "", "CT", 10.033, 105.788,
        (PH, DO, TURBIDITY, NH4, WATER_TEMP), layout=6, style="comma_and_bom", interval_minutes=15,
    ),
    StationPlan(
        "DL_GK07_NUONGM", "Nước dưới đất giếng GK-07", "groundwater", "", "DL", 12.667, 108.038,
        (PH, CONDUCTIVITY, ChannelPlan("NO3-N", "NO3-N", "mg/L", 0.8, 1.9, 2, 0, 100)), layout=1,
        style="no_seconds", interval_minutes=60,
    ),
    StationPlan(
        "TH_XMDT_KHIOK1", "Khí thải lò nung 1 Xi măng Đá Trắng", "stack", "Nhà máy Xi măng Đá Trắng", "TH",
        19.807, 105.776, (GAS_FLOW, GAS_TEMP, GAS_PRESSURE, O2, SO2, NO2, CO, DUST), layout=4,
        several_times=True,
    ),
    StationPlan(
        "NA_NDLS_KHIOK2", "Khí thải ống khói 2 Nhiệt điện Lam Sơn", "stack", "Nhà máy Nhiệt điện Lam Sơn",
        "NA", 18.674, 105.692, (GAS_FLOW, GAS_TEMP, O2, _in_ppm(SO2, 64.066), _in_ppm(NO2, 46.006), DUST),
        layout=7, review="hold:15",
    ),
    StationPlan(
        "HT_DRXA_KHIOK1", "Khí thải lò đốt rác Xuân An", "stack", "Nhà máy Điện rác Xuân An", "HT",
        18.343, 105.906, (GAS_FLOW, GAS_TEMP, O2, SO2, NO2, CO, DUST), layout=0, declared=False,
    ),
    StationPlan(
        "HN_HSEN_KHIKXQ", "Không khí xung quanh Công viên Hồ Sen", "ambient_air", "", "HN", 21.040, 105.799,
        (PM10, PM25, OZONE, AIR_TEMP, AIR_PRESSURE, WIND_SPEED, WIND_DIRECTION, RADIATION), layout=9,
        style="decomposed",
    ),
    StationPlan(
        "HCM_VLAN_KHIKXQ", "Không khí xung quanh Vườn Lan", "ambient_air", "", "HCM", 10.787, 106.705,
        (PM10, PM25, OZONE, WIND_SPEED, WIND_DIRECTION, RADIATION), layout=8,
    ),
)  # fmt: skip
"""In the order in which the tables show them."""


def by_code() -> dict[str, StationPlan]:
    """The dozen by station code."""
    return {plan.code: plan for plan in STATIONS}
