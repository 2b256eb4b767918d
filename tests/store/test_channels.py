"""Channel lists in the store: which parameter is meant, whose symbol it is, and what is judged anew."""

from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, delete, select

from store.audit import Act
from store.channels import ChannelChanges, all_channels, put_channels, remove_channel
from store.engine import reading, writing
from store.lists.channels_csv import ChannelEntry, read_channels, write_channels
from store.lists.csv_table import ListError
from store.lists.stations_csv import read_stations
from store.revisions import current
from store.stations import put_stations
from store.tables import channel, channel_symbol, judge_again, parameter

ACT = Act("cli:lan", datetime(2026, 5, 30, 3, 0, tzinfo=UTC))
HEADER = "station_code,symbol,parameter"
TWICE = "COD of A stands in line {} too; list all its symbols in one"


@pytest.fixture
def network(engine: Engine) -> Engine:
    """Two stations, one with an alias."""
    text = "code,name,kind,aliases\nA,a,stack,OLD\nB,b,stack,\n"
    with writing(engine) as connection:
        put_stations(connection, read_stations(text.encode()), ACT)
    return engine


def put(engine: Engine, text: str) -> ChannelChanges:
    with writing(engine) as connection:
        return put_channels(connection, read_channels(text.encode()), ACT)


def refused(engine: Engine, text: str) -> list[str]:
    with pytest.raises(ListError) as caught:
        put(engine, text)
    return [str(problem) for problem in caught.value.problems]


def known(engine: Engine) -> list[ChannelEntry]:
    with reading(engine) as connection:
        return all_channels(connection)


def judged_anew(engine: Engine) -> set[tuple[int, str]]:
    """What is asked for since the last time this was called."""
    with writing(engine) as connection:
        found = {(row.station_id, row.symbol) for row in connection.execute(select(judge_again))}
        connection.execute(delete(judge_again))
        return found


def test_a_parameter_is_found_by_its_name_or_a_known_symbol(network: Engine) -> None:
    changes = put(network, f"{HEADER}\na,X,PM2.5\nold,N,Nhie\u0323\u0302t đo\u0323\u0302\nB,Lạ,Lạ\n")
    assert changes.new_parameters == ("Lạ",), changes
    assert [(entry.station_code, entry.symbols, entry.parameter) for entry in known(network)] == [
        ("A", ("X",), "PM2.5"), ("A", ("N",), "Temp"), ("B", ("Lạ",), "Lạ"),
    ]  # fmt: skip
    with reading(network) as connection:
        seeded = dict(connection.execute(select(parameter.c.code, parameter.c.seeded)).all())
    assert (seeded["Temp"], seeded["Lạ"]) == (True, False)


def test_columns_that_are_left_out_keep_what_is_known(network: Engine) -> None:
    put(network, f"{HEADER},unit,factor,device_min,device_max,checks\nA,pH,pH,u,2,0,14,zero\n")
    put(network, f"{HEADER}\nA,PH;pH,pH\n")
    full = ChannelEntry("A", ("PH", "pH"), "pH", "u", 2.0, 0.0, 14.0, None, None, "zero")
    assert known(network) == [full]
    put(network, f"{HEADER},unit,factor,device_min,device_max,checks\nA,pH,pH,,,,,\n")
    assert known(network) == [ChannelEntry("A", ("pH",), "pH")]


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ("Z,x,COD,,\n", ["line 2: station_code: Z is no station; import it first"]),
        ("A,x,COD,,\nold,y,COD,,\n", [f"line 3: parameter: {TWICE.format(2)}"]),
        ("A,pH,COD,,\n", ["line 2: symbol: pH is a symbol of pH of A too"]),
        ("A,x,COD,,\nA,x,TSS,,\n", ["line 3: symbol: x is a symbol of COD of A too"]),
        ("A,x,COD,5,5\n", ["line 2: device_max: 5 is not above device_min, 5"]),
        ("Z,x,COD,a,\nA,,COD,,\nA,y,COD,,\n", [
            "line 2: device_min: 'a' is not a number",
            "line 2: station_code: Z is no station; import it first",
            "line 3: symbol: is empty",
            f"line 4: parameter: {TWICE.format(3)}",
        ]),
    ],
)  # fmt: skip
def test_bad_lines_are_told_and_nothing_is_taken(network: Engine, rows: str, said: list[str]) -> None:
    put(network, f"{HEADER},device_max\nA,pH,pH,14\n")
    text = f"{HEADER},device_min,device_max\n{rows}"
    assert refused(network, text) == said
    assert [entry.parameter for entry in known(network)] == ["pH"]


def test_a_range_is_compared_with_what_is_known_of_it(network: Engine) -> None:
    put(network, f"{HEADER},device_max\nA,pH,pH,14\n")
    said = "line 2: device_max: 14 is not above device_min, 15"
    assert refused(network, f"{HEADER},device_min\nA,pH,pH,15\n") == [said]


def test_symbols_differ_by_case_and_by_station(network: Engine) -> None:
    put(network, f"{HEADER}\nA,CO,CO\nA,Co,Coban\nB,CO,CO\n")
    assert len(known(network)) == 3


def test_a_symbol_may_move_to_another_parameter_in_one_list(network: Engine) -> None:
    put(network, f"{HEADER}\nA,NH4,NH4-N\nA,COD,COD\n")
    put(network, f"{HEADER}\nA,x,NH4-N\nA,NH4,COD\n")
    assert {entry.parameter: entry.symbols for entry in known(network)} == {"NH4-N": ("x",), "COD": ("NH4",)}


def test_declaring_and_changing_how_numbers_are_read_judges_anew(network: Engine) -> None:
    put(network, f"{HEADER},unit\nA,pH;PH,pH,\nB,pH,pH,\n")
    assert judged_anew(network) == {(1, "pH"), (1, "PH"), (2, "pH")}
    put(network, f"{HEADER},device_max,checks\nA,pH;PH,pH,14,zero\n")
    assert judged_anew(network) == set(), "changed ranges and checks count from now on"
    put(network, f"{HEADER},unit\nA,pH;PH,pH,mg/L\n")
    assert judged_anew(network) == {(1, "pH"), (1, "PH")}
    put(network, f"{HEADER},factor\nB,pH,pH,2\n")
    assert judged_anew(network) == {(2, "pH")}
    put(network, f"{HEADER}\nA,PH;p,pH\n")
    assert judged_anew(network) == {(1, "pH"), (1, "PH"), (1, "p")}, "one that is gone is undeclared now"


def test_a_channel_can_be_taken_away(network: Engine) -> None:
    put(network, f"{HEADER}\nA,pH;PH,pH\nB,pH,pH\n")
    judged_anew(network)
    with writing(network) as connection:
        before = current(connection, "network")
        assert not remove_channel(connection, "A", "COD", ACT)
        assert not remove_channel(connection, "Z", "pH", ACT)
        assert current(connection, "network") == before
        assert remove_channel(connection, "old", "pH", ACT)
        assert current(connection, "network") == before + 1
        assert connection.scalars(select(channel.c.station_id)).all() == [2]
        assert connection.scalars(select(channel_symbol.c.station_id)).all() == [2]
    assert judged_anew(network) == {(1, "pH"), (1, "PH")}


number = st.none() | st.floats(-1e6, 1e6)
symbol_texts = st.text("abc ,đ", min_size=1, max_size=5).map(str.strip).filter(bool)
channels = st.builds(
    ChannelEntry,
    station_code=st.sampled_from(["A", "B"]),
    symbols=st.lists(symbol_texts, min_size=1, max_size=3, unique=True).map(tuple),
    parameter=st.sampled_from(["pH", "COD", "m,p-Xylene", "Mới"]),
    unit=st.sampled_from(["", "mg/L", "µg/Nm3"]),
    factor=st.floats(1e-9, 1e9) | st.just(1.0),
    device_min=number,
    device_max=number,
    usual_min=number,
    usual_max=number,
    checks=st.sampled_from(["", "zero;flat_line=12", "compare<=1.0*PM10"]),
)  # fmt: skip


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(channels, max_size=4, unique_by=lambda entry: (entry.station_code, entry.parameter)))
def test_what_is_exported_is_what_was_imported(network: Engine, wanted: list[ChannelEntry]) -> None:
    symbols = [(entry.station_code, symbol) for entry in wanted for symbol in entry.symbols]
    ranges = [(e.device_min, e.device_max) for e in wanted] + [(e.usual_min, e.usual_max) for e in wanted]
    unequal = all(low is None or high is None or low < high for low, high in ranges)
    with writing(network) as connection:
        connection.execute(delete(channel_symbol))
        connection.execute(delete(channel))
    if len(symbols) != len(set(symbols)) or not unequal:
        refused(network, write_channels(wanted))
        assert known(network) == []
        return
    put(network, write_channels(wanted))
    assert sorted(known(network), key=str) == sorted(wanted, key=str)
    assert put(network, write_channels(known(network))).changed == ()
