"""The status cell: what the measuring device said about itself.

`00` measuring (đang đo), `01` calibrating (hiệu chuẩn), `02` device error (báo lỗi thiết bị).
An unknown word is kept as written: the checks fail it, and the page shows it.
"""

MEASURING = "00"
CALIBRATING = "01"
DEVICE_ERROR = "02"

KNOWN = frozenset({MEASURING, CALIBRATING, DEVICE_ERROR})

_SHORT = {"0": MEASURING, "1": CALIBRATING, "2": DEVICE_ERROR}


def status_of(cell: str) -> str:
    """The status a stripped, non-empty cell means; anything but 0, 1, 2, 00, 01, 02 comes back as written."""
    return _SHORT.get(cell, cell)
