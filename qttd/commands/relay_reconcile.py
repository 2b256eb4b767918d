"""`qttd relay reconcile`: what was sent to a target against what is there."""

from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Annotated, Any

import typer

from forwarder.outcome import RelayError
from forwarder.reconciliation import Difference, compare
from forwarder.sender import SendingTimes
from forwarder.senders import sender_for
from parsers.vietnam_time import VN
from qttd.errors import BadDataError
from qttd.output import act_now, counted, local_time, print_json, say
from qttd.period import day_named
from qttd.settings import load
from qttd.store_access import open_store
from qttd.target_trial import explained
from store.access.secret_box import SecretBox
from store.engine import reading, writing
from store.relay.reconcile import known_paths, send_again, sent_items
from store.relay.targets import UnknownTargetError, target_named

FOLDERS_BETWEEN_WORDS = 100
"""How often a person is told how far it has come."""
_WORDS = {
    "missing": "missing there",
    "size": "of another size there",
    "not_ours": "never sent by us",
    "left_over": "left over from an upload that broke off",
}


def reconcile(
    name: Annotated[str, typer.Argument(metavar="TARGET", help="The target's name.")],
    from_day: Annotated[
        str, typer.Option("--from", metavar="DATE", help="Files measured from this day on.")
    ] = "",
    to_day: Annotated[str, typer.Option("--to", metavar="DATE", help="And up to this day, included.")] = "",
    requeue: Annotated[
        bool, typer.Option("--requeue", help="Send again what is missing or of another size.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON array.")] = False,
) -> None:
    """List the target's folders; name what is missing there, differs in size, or was never sent (exit 65)."""
    begin = datetime.combine(day_named(from_day, "--from"), time(), VN) if from_day else None
    end = datetime.combine(day_named(to_day, "--to"), time(), VN) + timedelta(days=1) if to_day else None
    settings = load()
    with open_store(settings) as engine:
        try:
            with reading(engine) as connection:
                target = target_named(connection, name)
                items = sent_items(connection, target.id, begin, end)
        except UnknownTargetError as error:
            raise BadDataError(str(error)) from error
        sender = sender_for(target, SecretBox(Path(settings.store.key_file)), SendingTimes())
        found: list[Difference] = []
        folders = 0
        try:
            for done in compare(sender, items):
                folders += 1
                found += done.differences
                if folders % FOLDERS_BETWEEN_WORDS == 0:
                    say(f"{counted(folders, 'folder')} looked at, {counted(len(found), 'difference')}")
        except RelayError as error:
            raise explained(name, error) from error
        finally:
            sender.close()
        with reading(engine) as connection:
            strange = [one.path for one in found if one.item is None]
            ours = known_paths(connection, target.id, strange)
        found = [one for one in found if one.path not in ours]
        wrong = [one.item.id for one in found if one.item is not None]
        if as_json:
            print_json(map(_as_json, found))
        else:
            for line in map(_as_text, found):
                typer.echo(line)
        sent = f"{counted(len(items), 'sent file')} in {counted(folders, 'folder')}"
        say(f"{name}: {sent}; {len(wrong)} missing or of another size")
        if requeue and wrong:
            with writing(engine) as connection:
                asked = send_again(connection, act_now(), target, wrong)
            say(f"{asked} are sent again")
    if wrong:
        raise typer.Exit(65)


def _as_json(one: Difference) -> dict[str, Any]:
    item = one.item
    return {
        "kind": one.kind,
        "path": one.path,
        "station": item.station if item else None,
        "measured_at": item.measured_at if item else None,
        "sent_at": item.sent_at if item else None,
        "bytes": item.bytes if item else None,
        "bytes_there": one.size_there,
    }


def _as_text(one: Difference) -> str:
    sizes = (
        f" ({one.item.bytes} bytes sent, {one.size_there} there)" if one.kind == "size" and one.item else ""
    )
    sent = f", sent {local_time(one.item.sent_at)}" if one.item else ""
    return f"{one.path}: {_WORDS[one.kind]}{sizes}{sent}"
