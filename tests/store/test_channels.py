"""Channel lists in the store: which parameter is meant, whose symbol it is, and what is judged anew."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, Table, delete, insert, select

from store.audit import Act
from store.engine import reading, writing
from store.lists.channels_csv import ChannelEntry, read_channels, write_channels
from store.lists.csv_table import ListError
from store.lists.stations_csv import read_stations
from store.network.channels import ChannelChanges, all_channels, put_channels, remove_channel
from store.network.snapshot import load_network
from store.network.stations import put_stations
from store.revisions import current
from store.tables import channel, channel_setting, channel_symbol, judge_again, parameter, reading_version
from store.tables import reading as reading_table
from tests.store_rows import row_of

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


def came(engine: Engine, *station_ids: int, table: Table = reading_table) -> None:
    """Something came from the stations once."""
    with writing(engine) as connection:
        for station_id in station_ids:
            connection.execute(insert(table).values(row_of(table, 0) | {"station_id": station_id}))


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
    came(network, 1, 2)
    put(network, f"{HEADER},unit\nA,pH;PH,pH,\nB,pH,pH,\n")
    assert judged_anew(network) == {(1, "pH"), (1, "PH"), (2, "pH")}
    put(network, f"{HEADER},device_max,checks\nA,pH;PH,pH,14,zero\n")
    assert judged_anew(network) == set(), "changed ranges and checks count from now on"
    put(network, f"{HEADER},unit\nA,pH;PH,pH,mg/L\n")
    assert judged_anew(network) == {(1, "pH"), (1, "PH")}
    put(network, f"{HEADER},factor\nB,pH,pH,2\n")
    assert judged_anew(network) == set(), "a factor, too"
    put(network, f"{HEADER}\nA,PH;p,pH\n")
    assert judged_anew(network) == {(1, "pH"), (1, "PH"), (1, "p")}, "one that is gone is undeclared now"


@pytest.mark.parametrize("table", [reading_table, reading_version])
def test_only_of_a_station_that_has_readings_anything_is_judged_anew(network: Engine, table: Table) -> None:
    came(network, 2, table=table)
    put(network, f"{HEADER}\nA,pH,pH\nB,pH,pH\n")
    assert judged_anew(network) == {(2, "pH")}
    put(network, f"{HEADER}\nA,PH,pH\nB,PH,pH\n")
    assert judged_anew(network) == {(2, "pH"), (2, "PH")}


def test_a_channel_can_be_taken_away(network: Engine) -> None:
    came(network, 1)
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


NOON = datetime(2026, 5, 30, 5, 0, tzinfo=UTC)


def settings_at(engine: Engine, moment: datetime) -> tuple[float, float | None, str]:
    with reading(engine) as connection:
        found = load_network(connection).channels[1]["pH"].at(moment)
    return found.factor, found.device_max, found.checks.text


def put_from(engine: Engine, text: str, valid_from: datetime | None, at: datetime = NOON) -> ChannelChanges:
    with writing(engine) as connection:
        act = Act("cli:lan", at)
        return put_channels(connection, read_channels(text.encode()), act, valid_from)


def test_settings_judge_what_is_measured_while_they_hold(network: Engine) -> None:
    put(network, f"{HEADER},device_max,checks\nA,pH,pH,14,zero\n")
    long_ago, soon = datetime(1990, 1, 1, tzinfo=UTC), datetime(2026, 6, 30, tzinfo=UTC)
    assert settings_at(network, long_ago) == (1.0, 14.0, "zero"), "the first declaration holds from ever"
    put_from(network, f"{HEADER},device_max\nA,pH,pH,12\n", None)
    just_before = NOON - timedelta(milliseconds=1)
    assert settings_at(network, just_before) == (1.0, 14.0, "zero")
    assert settings_at(network, NOON) == settings_at(network, soon) == (1.0, 12.0, "zero")
    put_from(network, f"{HEADER},factor,checks\nA,pH,pH,2,negative\n", NOON + timedelta(days=1))
    assert settings_at(network, long_ago) == (1.0, 14.0, "zero")
    assert settings_at(network, NOON) == (1.0, 12.0, "zero")
    assert settings_at(network, soon) == (2.0, 12.0, "negative")


def test_an_earlier_date_takes_later_changes_back(network: Engine) -> None:
    put(network, f"{HEADER},device_max\nA,pH,pH,14\n")
    put_from(network, f"{HEADER},device_max\nA,pH,pH,13\n", NOON)
    put_from(network, f"{HEADER},device_max\nA,pH,pH,12\n", NOON + timedelta(days=2))
    changes = put_from(network, f"{HEADER},device_max\nA,pH,pH,11\n", NOON - timedelta(days=1))
    assert (changes.changed, changes.taken_back) == (("A pH",), 2)
    days = [settings_at(network, NOON + timedelta(days=day))[1] for day in (-2, -1, 0, 1, 2, 3)]
    assert days == [14.0, 11.0, 11.0, 11.0, 11.0, 11.0]
    again = put_from(network, f"{HEADER},device_max\nA,pH,pH,11\n", NOON)
    assert (again.changed, again.unchanged) == ((), ("A pH",))


def test_the_same_settings_from_an_earlier_day_are_a_change(network: Engine) -> None:
    put(network, f"{HEADER},device_max\nA,pH,pH,14\n")
    put_from(network, f"{HEADER},device_max\nA,pH,pH,11\n", NOON)
    changes = put_from(network, f"{HEADER},device_max\nA,pH,pH,11\n", NOON - timedelta(days=1))
    assert (changes.changed, changes.taken_back) == (("A pH",), 1)
    assert [settings_at(network, NOON + timedelta(days=day))[1] for day in (-2, -1, 0)] == [14.0, 11.0, 11.0]


def test_a_change_that_is_undone_at_once_leaves_nothing(network: Engine) -> None:
    put(network, f"{HEADER},device_max\nA,pH,pH,14\n")
    put_from(network, f"{HEADER},device_max\nA,pH,pH,11\n", NOON)
    put_from(network, f"{HEADER},device_max\nA,pH,pH,14\n", NOON)
    with reading(network) as connection:
        assert connection.execute(select(channel_setting)).all() == []
    assert settings_at(network, NOON) == (1.0, 14.0, "")


def test_another_unit_is_another_declaration(network: Engine) -> None:
    came(network, 1)
    put(network, f"{HEADER},unit,device_max\nA,pH,pH,mg/L,14\n")
    put_from(network, f"{HEADER},device_max\nA,pH,pH,11\n", NOON)
    judged_anew(network)
    put_from(network, f"{HEADER},unit,device_max\nA,pH,pH,ug/L,11000\n", NOON)
    assert settings_at(network, NOON - timedelta(days=9)) == (1.0, 11000.0, "")
    assert judged_anew(network) == {(1, "pH")}
    with writing(network) as connection:
        put_from_history = connection.execute(select(channel_setting)).all()
        assert put_from_history == []
        assert remove_channel(connection, "A", "pH", ACT)


@pytest.mark.parametrize("name", ["COD", "x"])
def test_a_channel_is_not_compared_with_itself(network: Engine, name: str) -> None:
    said = f"line 2: checks: {name} is this channel itself; name another parameter"
    assert refused(network, f"{HEADER},checks\nA,x,COD,compare<={name}\n") == [said]
    assert refused(network, f"{HEADER},checks\nA,x,COD,companion={name}\n") == [said]


def test_a_parameter_that_a_check_names_may_be_declared_later(network: Engine) -> None:
    changes = put(network, f"{HEADER},checks\nA,x,BOD5,compare<=COD;companion=DO\n")
    assert changes.without_channel == ("A COD", "A DO")
    changes = put(network, f"{HEADER},checks\nA,x,BOD5,compare<=COD\nA,COD,COD,\n")
    assert changes.without_channel == ()


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
