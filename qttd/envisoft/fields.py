"""Which fields of EnviSoft's tables mean what in our lists (docs/beside-envisoft.md, "Its tables").

Names differ between versions and between those who exported, so each of our columns has several; the first
that a record has counts. What a record is (a station, a parameter of one, an account) is told by its fields.
"""

import re
from collections.abc import Mapping

from parsers.export_table import plain
from store.lists.cells import KINDS

STATION = {
    "code": ("station_code", "code", "ma_tram"),
    "name": ("station_name", "name", "ten_tram"),
    "kind": ("station_type.name", "station_type.code", "station_type", "kind", "type", "loai_tram"),
    "facility": ("facility", "facility_name", "company", "company_name", "enterprise", "co_so", "ten_co_so"),
    "province": ("province.name", "province", "province_name", "province_code", "tinh"),
    "interval_minutes": ("interval_minutes", "frequency_receiving_data", "frequency", "tan_suat"),
    "latitude": ("latitude", "lat", "vi_do"),
    "longitude": ("longitude", "lng", "lon", "kinh_do"),
    "aliases": ("aliases", "mapping_name", "file_mapping", "ma_gui"),
    "in_service_from": ("in_service_from", "start_date", "from_date", "ngay_van_hanh"),
}
CHANNEL = {
    "station_code": ("station_code", "station.station_code", "station.code", "ma_tram", "station"),
    "parameter": (
        "indicator",
        "indicator_code",
        "indicator.indicator",
        "indicator_name",
        "parameter",
        "thong_so",
    ),
    "symbol": ("mapping_name", "symbol", "ky_hieu"),
    "unit": ("unit", "unit_name", "unit.name", "don_vi"),
    "factor": ("convert_rate", "conversion_rate", "factor", "he_so"),
    "device_min": ("equipment_lrv", "lrv", "device_min", "range_min", "thang_do_min"),
    "device_max": ("equipment_urv", "urv", "device_max", "range_max", "thang_do_max"),
    "usual_min": ("usual_min", "normal_min"),
    "usual_max": ("usual_max", "normal_max"),
}
LIMIT = {
    "standard": ("qcvn_code", "qcvn", "qcvn_name", "quy_chuan"),
    "min": ("qcvn_min", "limit_min", "min_limit"),
    "max": ("qcvn_max", "exceed_value", "limit_max", "max_limit"),
    "tendency": ("tendency_value", "tendency"),
    "preparing": ("preparing_value", "preparing"),
}
ACCOUNT = {
    "name": ("ftp_username", "ftp_user", "username", "user_name", "tai_khoan"),
    "password": ("ftp_password", "ftp_pwd", "password", "pwd", "mat_khau"),
    "stations": ("stations", "station_codes", "station_code", "code", "ma_tram"),
    "allow": ("allow", "allow_ip", "logger_ip", "client_ip"),
}
LAYOUT = ("path_format",)
IDS = ("_id", "id", "station_id", "indicator_id")
_HASHED = re.compile(
    r"\$2[abxy]?\$.+|\$(argon2|pbkdf2|[156])[^$]*\$.+|pbkdf2.+|\{[A-Z0-9]+\}.+|[0-9a-fA-F]{32,128}"
)
_KINDS = (
    ("nuoc thai", "wastewater"), ("waste", "wastewater"), ("nuoc mat", "surface_water"),
    ("surface", "surface_water"), ("nuoc ngam", "groundwater"), ("duoi dat", "groundwater"),
    ("ground", "groundwater"), ("khi thai", "stack"), ("stack", "stack"), ("emission", "stack"),
    ("khong khi", "ambient_air"), ("ambient", "ambient_air"), ("xung quanh", "ambient_air"),
)  # fmt: skip


def take(fields: Mapping[str, str], names: Mapping[str, tuple[str, ...]]) -> dict[str, str]:
    """Our columns that a record has, and the texts in them."""
    found = {}
    for column, candidates in names.items():
        for name in candidates:
            if name in fields:
                found[column] = fields[name]
                break
    return found


def all_names(*tables: Mapping[str, tuple[str, ...]]) -> set[str]:
    """Every field name that means something."""
    return {name for table in tables for names in table.values() for name in names}


def is_channel(fields: Mapping[str, str]) -> bool:
    """A parameter of a station: it names one, and is more than a list of parameters."""
    named = any(name in fields for name in CHANNEL["parameter"])
    placed = any(name in fields for name in ("station_id", *CHANNEL["station_code"]))
    return named and placed


def is_station(fields: Mapping[str, str]) -> bool:
    """A station: a code, and a name or a kind."""
    named = any(name in fields for name in (*STATION["name"], *STATION["kind"]))
    return any(name in fields for name in STATION["code"]) and named


def is_account(fields: Mapping[str, str]) -> bool:
    """Someone who logs in by FTP."""
    return any(name in fields for name in ACCOUNT["name"])


def kind_of(text: str, numbers: Mapping[str, str]) -> str:
    """Our word for a kind of station; the text itself where none is known: its cell is wrong then."""
    if text in KINDS:
        return text
    if text in numbers:
        return numbers[text]
    words = plain(text)
    return next((kind for part, kind in _KINDS if part in words), text)


def is_hash(password: str) -> bool:
    """Whether what stands there is no password but what became of one."""
    return _HASHED.fullmatch(password) is not None
