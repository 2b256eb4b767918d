"""The dated figures of the rules: seeded once, then what people make of them."""

from collections.abc import Sequence
from datetime import date, timedelta
from importlib.resources import files

from sqlalchemy import Connection, insert, select, update

from quality.figures import MINIMUM, SURE, WARNING, Figure, Figures
from quality.limits.judging import PREPARING, TENDENCY
from quality.slots import day_start
from store.audit import Act, record
from store.limits import judge_days
from store.limits.dated_rows import Changes, Values, put_rows
from store.lists.csv_table import Row
from store.lists.figures_csv import COLUMNS, read_figures
from store.readings.written import mark_dirty
from store.tables import daily, figure

_KEY = ("name", "case", "above", "up_to", "valid_from")


def seed_figures(connection: Connection) -> int:
    """Adds the seed's rows of every name that the store has no row of; returns how many.

    A name of which there is any row was seeded before, and belongs to whoever administers the store.
    """
    known = set(connection.scalars(select(figure.c.name).group_by(figure.c.name)))
    seed = read_figures(files("store.data").joinpath("figures.csv").read_bytes())
    rows = [values for _, values in seed if values is not None and values["name"] not in known]
    if rows:
        connection.execute(insert(figure), rows)
    return len(rows)


def load_figures(connection: Connection, name: str | None = None) -> Figures:
    """All figures, or those of one name."""
    query = select(*(figure.c[column] for column in COLUMNS)).order_by(figure.c.id)
    if name is not None:
        query = query.where(figure.c.name == name)
    return Figures(Figure(*row) for row in connection.execute(query))


def all_figures(connection: Connection) -> list[Values]:
    """Every row, by name, case and range."""
    order = [figure.c[name] for name in ("name", "case", "valid_from", "above", "id")]
    rows = connection.execute(select(*(figure.c[name] for name in COLUMNS)).order_by(*order)).mappings()
    return [dict(row) for row in rows]


def put_figures(connection: Connection, lines: Sequence[tuple[Row, Values | None]], act: Act) -> Changes:
    """Adds and updates figures; what that means for averages and limits of the past is computed anew.

    Raises ListError with every bad line; nothing changes then.
    """
    _check_steps(connection, lines)
    changes = put_rows(connection, figure, _KEY, lines, act, "figure", _title)
    touched = changes.all_touched()
    shares = [values["valid_from"] for values in touched if values["name"] == MINIMUM]
    if shares:
        _average_anew(connection, min(shares))
    if touched:
        first = min(values["valid_from"] for values in touched)
        judge_days.ask_from(connection, judge_days.all_limited_stations(connection), first)
    return changes


def _check_steps(connection: Connection, lines: Sequence[tuple[Row, Values | None]]) -> None:
    """Complains of warning steps with which, on any day, a tendency would begin above preparing to exceed."""
    given = [(row, values) for row, values in lines if values is not None and values["name"] == WARNING]
    if not given:
        return
    new = {tuple(values[name] for name in _KEY): values for _, values in given}
    held = {tuple(values[name] for name in _KEY): values for values in all_figures(connection)}
    rows = {key: Figure(**values) for key, values in (held | new).items() if values["name"] == WARNING}
    figures = Figures(rows.values())
    days = {one.valid_from or date.min for one in rows.values()}
    days |= {one.valid_to + timedelta(days=1) for one in rows.values() if one.valid_to}
    for day in sorted(days):
        low = figures.value(WARNING, "tendency", day, TENDENCY)
        high = figures.value(WARNING, "preparing", day, PREPARING)
        if low <= high:
            continue
        told = f"a tendency from {low:g} % would begin above preparing to exceed, from {high:g} %, on {day}"
        for row, values in given:
            in_force = rows[tuple(values[name] for name in _KEY)]
            if figures.find(WARNING, values["case"], day) == in_force and not row.problems:
                row.complain("value", told)


def confirm_figures(connection: Connection, name: str, act: Act) -> int:
    """Confirms the unconfirmed rows of a name; returns how many there were."""
    unsure = (figure.c.name == name, figure.c.confidence.not_in(SURE))
    rows = connection.execute(select(figure).where(*unsure)).mappings().all()
    for row in rows:
        record(connection, act, "figure.confirm", _title(dict(row)), {"value": row["value"]})
    connection.execute(update(figure).where(*unsure).values(confidence="confirmed"))
    if rows:
        first = min(row["valid_from"] for row in rows)
        judge_days.ask_from(connection, judge_days.all_limited_stations(connection), first)
    return len(rows)


def _average_anew(connection: Connection, first: date) -> None:
    """Marks every day from `first` on that has averages: a day's mean is of the hours that are enough."""
    for day in connection.scalars(select(daily.c.day).where(daily.c.day >= first).distinct()).all():
        stations = connection.scalars(select(daily.c.station_id).where(daily.c.day == day).distinct())
        mark_dirty(connection, [(station_id, day_start(day)) for station_id in stations])


def _title(values: Values) -> str:
    reach = " ".join(
        f"{word} {values[name]:g}" for word, name in (("above", "above"), ("up to", "up_to")) if values[name]
    )
    return " ".join(filter(None, (values["name"], values["case"], reach, f"from {values['valid_from']}")))
