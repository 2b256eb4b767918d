"""Files as loggers send them, made up by hypothesis: late, early, contradicting, under another name."""

from typing import NamedTuple

from hypothesis import strategies as st

from tests.receiver.station_model import Line

SLOTS = 14
ALIAS = "QN_LA"
"""The other name that a file may give its station."""

_TEXTS = st.sampled_from(["7.0"] * 4 + ["7.1", "30", "0", "-"])
_STATUSES = st.sampled_from(["00"] * 12 + ["01", "02", "07"])


def _rarely(strategy: st.SearchStrategy[Line]) -> st.SearchStrategy[list[Line]]:
    return st.sampled_from([False] * 7 + [True]).flatmap(
        lambda there: st.lists(strategy, min_size=int(there), max_size=int(there))
    )


def _of(symbol: str) -> st.SearchStrategy[Line]:
    return st.builds(Line, st.just(symbol), _TEXTS, st.just(""), _STATUSES)


_OTHER_UNIT = st.builds(
    Line,
    st.just("COD"),
    st.sampled_from(["7.0", "7000"]),
    st.sampled_from(["mg/L", "ug/L", "NTU"]),
    st.just("00"),
)
lines = st.tuples(
    st.lists(_of("pH"), min_size=1, max_size=1),
    st.lists(_of("COD"), min_size=1, max_size=1),
    _rarely(_of("Xyz")),
    _rarely(_OTHER_UNIT),
    _rarely(_of("pH")),
).map(lambda parts: [line for part in parts for line in part])
slots = st.integers(0, SLOTS - 1)


class Arriving(NamedTuple):
    """A file: its slot, minutes into it, minutes until it arrives, what it says, the station's name in it."""

    slot: int
    minutes: int
    delay: int
    content: list[Line]
    named: str


batches = st.lists(
    st.builds(
        Arriving,
        slots,
        st.sampled_from([0, 0, 0, 0, 4]),
        st.sampled_from([1, 1, 1, 6, 600, -10]),
        lines,
        st.sampled_from(["QN", "QN", "QN", "QN", ALIAS]),
    ),
    min_size=4,
    max_size=14,
)
names = st.none() | st.frozensets(st.sampled_from(["pH", "COD", "Xyz", "TSS"]), min_size=1)
