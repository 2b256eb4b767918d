"""New names for what waits, when a target's map changes. What was sent stays where it is."""

from collections.abc import Sequence

from sqlalchemy import Connection, bindparam, delete, select, update

from store.relay.places import load_routes, place_at
from store.relay.targets import Target
from store.tables import relay_attempt, relay_item, station

_CHUNK = 400


def reroute(connection: Connection, target: Target) -> None:
    """Gives a target's unsent items the names of its present map; those without a route leave the outbox.

    Call it in the transaction that changes the map, so that nothing goes out under an old name.
    """
    query = (
        select(relay_item.c.id, relay_item.c.station_id, relay_item.c.measured_at, station.c.code)
        .join(station, station.c.id == relay_item.c.station_id)
        .where(relay_item.c.target_id == target.id, relay_item.c.sent_at.is_(None))
    )
    items = connection.execute(query).all()
    routes = load_routes(connection, [target], {row.station_id for row in items})
    places = {row.id: place_at(target, routes, row.station_id, row.code, row.measured_at) for row in items}
    _forget(connection, [item_id for item_id, place in places.items() if place is None])
    moved = [
        {"item_id": item_id, "parked": f"\n{item_id}", "new_path": place.path, "new_name": place.name}
        for item_id, place in places.items()
        if place is not None
    ]
    if moved:
        by_id = update(relay_item).where(relay_item.c.id == bindparam("item_id"))
        # In two steps, because one item's new path may be the present path of another.
        connection.execute(by_id.values(path=bindparam("parked")), moved)
        connection.execute(by_id.values(path=bindparam("new_path"), name=bindparam("new_name")), moved)


def _forget(connection: Connection, item_ids: Sequence[int]) -> None:
    for start in range(0, len(item_ids), _CHUNK):
        ids = item_ids[start : start + _CHUNK]
        connection.execute(delete(relay_attempt).where(relay_attempt.c.item_id.in_(ids)))
        connection.execute(delete(relay_item).where(relay_item.c.id.in_(ids)))
