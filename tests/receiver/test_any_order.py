"""Whatever the order in which files arrive, and whenever it is settled, the store ends up the same."""

from datetime import datetime, timedelta
from random import Random
from typing import Any

import pytest
from sqlalchemy import select, update

from parsers.vietnam_time import VN
from quality.slot_line import count_states
from quality.verdict import flags_from_json
from store import revisions
from store.engine import reading, writing
from store.slots.settling import settle
from store.tables import channel, data_file, hourly, reading_version, slot_day
from store.tables import reading as reading_table
from tests.receiver.house import NOON, House

MORNING = datetime(2026, 5, 30, 8, tzinfo=VN)
SLOTS = 24


def file_of(chance: Random, slot: int) -> tuple[str, bytes]:
    """A file of two parameters: runs, jumps, missing values and calibrations among them."""
    stamp = f"{MORNING + timedelta(minutes=5 * slot):%Y%m%d%H%M%S}"
    lines = []
    for symbol, unit in (("pH", ""), ("COD", "mg/L")):
        value = chance.choice(["7.0", "7.0", "7.0", "7.1", "30", "0", "-"])
        lines.append(f"{symbol}\t{value}\t{unit}\t{stamp}\t{chance.choice(['00'] * 9 + ['01'])}\r\n")
    return f"QN_THUB_NUODAU_{stamp}.txt", "".join(lines).encode()


def switch_on(house: House) -> None:
    with writing(house.engine) as connection:
        checks = "zero;flat_line=3;rate_of_change=50%;spike=10"
        connection.execute(update(channel).values(checks=checks, device_max=25))
        numbers = list(connection.scalars(select(channel.c.id).order_by(channel.c.id)))
        also = update(channel).where(channel.c.id == numbers[0])
        connection.execute(also.values(checks=checks + ";compare<=2*COD;companion=COD"))
        revisions.bump(connection, "network")


def receive(house: House, files: list[tuple[str, bytes]], chance: Random) -> None:
    for at, (name, content) in enumerate(files):
        house.send(content, name, arrived_at=NOON + timedelta(seconds=at))
        if chance.random() < 0.3:
            house.work()
        if chance.random() < 0.3:
            settle(house.engine, chance.choice([1, 100]), NOON)
    house.work()
    while settle(house.engine, 100, NOON):
        pass


def stands(house: House) -> list[Any]:
    """All that is known of the readings, but for which file came when."""
    with reading(house.engine) as connection:
        rows = connection.execute(select(reading_table).order_by(*reading_table.primary_key)).all()
        lines = connection.execute(select(slot_day).order_by(*slot_day.primary_key)).all()
        hours = connection.execute(select(hourly).order_by(*hourly.primary_key)).all()
    for line in lines:
        assert len(line.states) == 288
        assert sum(count_states(line.states).values()) == 288 - line.states.count("-")
    return [
        *((row.measured_at, row.parameter_id, row.value, row.status, row.flags, row.valid) for row in rows),
        *((line.parameter_id, line.states.upper()) for line in lines),
        *(tuple(hour) for hour in hours),
    ]


@pytest.mark.parametrize("seed", range(3))
def test_the_same_files_in_any_order(house: House, seed: int) -> None:
    chance = Random(seed)
    switch_on(house)
    files = [file_of(chance, slot) for slot in range(SLOTS)]
    chance.shuffle(files)
    receive(house, files, chance)
    shuffled = stands(house)
    rules = {flag.rule for row in shuffled[: 2 * SLOTS] for flag in flags_from_json(row[4])}
    assert rules >= {"flat_line", "rate_of_change", "missing"}
    # the same content once more, in the order in which it was measured: nothing of it is news
    receive(house, sorted(files), chance)
    assert stands(house) == shuffled
    with writing(house.engine) as connection:
        for table in (reading_table, slot_day, hourly):
            connection.execute(table.delete())
    again = [("again/" + name, content) for name, content in sorted(files)]
    receive(house, again, chance)
    assert stands(house) == shuffled


@pytest.mark.parametrize("seed", range(2))
def test_where_values_conflict_the_earliest_arrival_stands(house: House, seed: int) -> None:
    chance = Random(seed)
    switch_on(house)
    files = [file_of(chance, slot) for slot in range(8)]
    name, content = files[4]
    others = [(f"{at}/{name}", content.replace(b"\t00\r", b"\t0%d\r" % at)) for at in (1, 2)]
    files += others
    chance.shuffle(files)
    receive(house, files, chance)
    stands(house)
    moment = MORNING + timedelta(minutes=20)
    with reading(house.engine) as connection:
        for table in (reading_table, reading_version):
            assert connection.execute(select(table).where(table.c.measured_at == moment)).all()
        for parameter_id in connection.scalars(select(channel.c.parameter_id)):
            here = [
                row
                for table in (reading_table, reading_version)
                for row in connection.execute(
                    select(table.c.received_at, table.c.status, data_file.c.path)
                    .join(data_file, data_file.c.id == table.c.file_id)
                    .where(table.c.measured_at == moment, table.c.parameter_id == parameter_id)
                )
            ]
            if here:
                assert here[0].received_at == min(row.received_at for row in here)
                assert len({row.status for row in here}) == len(here)
