"""`qttd relay`: what waits for the targets, what is stuck, and trying it again."""

from typing import Annotated, Any

import typer

from qttd.commands.relay_reconcile import reconcile
from qttd.errors import BadDataError
from qttd.output import act_now, local_time, print_json, say
from qttd.settings import load
from qttd.store_access import open_store
from store.engine import reading, writing
from store.relay.retry import NotToBeRetriedError, retry_all, retry_items, retry_target
from store.relay.status import LISTED, NamedItem, TargetStatus, relay_status
from store.relay.targets import UnknownTargetError

_SHOWN = 10
"""Files that went out of order, listed for people: after a back-fill there are hundreds."""

app = typer.Typer(rich_markup_mode=None, help="Show the outbox, and retry what is blocked.")
app.command()(reconcile)


@app.command()
def status(as_json: Annotated[bool, typer.Option("--json", help="One JSON array.")] = False) -> None:
    """Say of each target what waits, is held, is blocked or was sent, and how the last attempt ended."""
    with open_store(load()) as engine, reading(engine) as connection:
        targets = relay_status(connection)
    if as_json:
        print_json(map(_as_json, targets))
    else:
        for target in targets:
            typer.echo("\n".join(_as_text(target)))


@app.command()
def retry(
    ids: Annotated[
        list[int] | None,
        typer.Argument(metavar="[ID]...", help="Items, as status lists them.", min=1, max=2**63 - 1),
    ] = None,
    target: Annotated[str | None, typer.Option(metavar="NAME", help="Everything of this target.")] = None,
) -> None:
    """Try at once what is blocked, or waits after a failure: of the items, of a target, or of all."""
    if ids and target is not None:
        raise typer.BadParameter("give either items or a target", param_hint="--target")
    with open_store(load()) as engine, writing(engine) as connection:
        try:
            if ids:
                retried = retry_items(connection, act_now(), ids)
            elif target is not None:
                retried = retry_target(connection, act_now(), target)
            else:
                retried = retry_all(connection, act_now())
        except (NotToBeRetriedError, UnknownTargetError) as error:
            raise BadDataError(str(error)) from error
    say(f"tried again at once: {retried.blocked} blocked, {retried.backed_off} that waited after a failure")


def _as_json(status: TargetStatus) -> dict[str, Any]:
    now = status.now
    return {
        "target": now.name,
        "url": now.url,
        "disabled": now.disabled,
        "waiting": now.waiting,
        "held": now.held,
        "blocked": now.blocked,
        "sent": status.sent,
        "nothing_to_send": status.nothing_to_send,
        "testing_phase": status.testing_phase,
        "archived": status.archived,
        "oldest_waiting": now.oldest_queued_at,
        "last_outcome": now.last_outcome,
        "last_error": _last_error(status),
        "last_attempt_at": now.last_attempt_at,
        "next_try_at": status.next_try_at,
        "out_of_order": [_item(item) | {"sent_at": item.sent_at} for item in status.out_of_order],
        "blocked_items": [_item(item) | {"detail": item.detail} for item in status.blocked],
    }


def _item(item: NamedItem) -> dict[str, Any]:
    return {"id": item.id, "station": item.station, "name": item.name, "path": item.path}


def _last_error(status: TargetStatus) -> str | None:
    return status.now.last_detail if status.now.last_outcome not in (None, "sent") else None


def _as_text(status: TargetStatus) -> list[str]:
    now = status.now
    lines = [
        f"{now.name}  {now.url}{'  (disabled)' if now.disabled else ''}",
        f"  waiting {now.waiting}, held {now.held}, blocked {now.blocked}, sent {status.sent}",
    ]
    if status.nothing_to_send:
        lines.append(f"  of those held, {status.nothing_to_send} have no line that may go")
    if now.oldest_queued_at is not None:
        lines.append(f"  the oldest waits since {local_time(now.oldest_queued_at)}")
    if now.last_outcome is not None:
        error = f" ({_last_error(status)})" if _last_error(status) else ""
        lines.append(f"  last attempt {local_time(now.last_attempt_at)}: {now.last_outcome}{error}")
    if status.next_try_at is not None:
        lines.append(f"  next attempt {local_time(status.next_try_at)}")
    lines += [f"  blocked {item.id}: {item.path}: {item.detail}" for item in status.blocked]
    shown = status.out_of_order[:_SHOWN]
    lines += [f"  out of order: {item.path}, sent {local_time(item.sent_at)}" for item in shown]
    if len(status.out_of_order) > len(shown):
        lines.append(f"  (the newest {_SHOWN} that went out of order; --json lists up to {LISTED})")
    return lines
