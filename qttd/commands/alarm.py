"""`qttd alarm`: who is told of which events, and what left."""

from pathlib import Path
from typing import Annotated

import typer

from forwarder.alarm_channels import DeliveryError
from forwarder.alarm_texts import compose
from qttd.alarms import alarm_channels
from qttd.errors import BadDataError, UnreachableError
from qttd.output import act_now, print_json, print_table, read_password, say
from qttd.settings import load
from qttd.store_access import open_store
from quality.events import EVENT_LEVELS
from store.access.secret_box import SecretBox
from store.engine import reading, writing
from store.events.alarm_rules import RuleEntry, all_rules, import_rules, set_secret
from store.events.notifications import NotificationState, QueueEntry, queue_page
from store.events.view import EventEntry
from store.events.writing import Event
from store.lists.alarms_csv import read_alarm_list, write_alarm_list

app = typer.Typer(rich_markup_mode=None, help="Say who is told of which events; see what left.")
Name = Annotated[str, typer.Argument(metavar="NAME", help="The rule's name.")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON array.")]


@app.command("import")
def import_list(
    file: Annotated[Path, typer.Argument(metavar="F.csv", help="The list; see docs/commands.md.")],
) -> None:
    """Add or change rules, all or none: name,channel,address,language,kinds,stations,min_level,…"""
    lines = read_alarm_list(file.read_bytes())
    with open_store(load()) as engine, writing(engine) as connection:
        done = import_rules(connection, lines, act_now())
    say(f"alarm rules: {done.added} added, {done.changed} changed, {done.unchanged} as they were")


@app.command("list")
def list_rules(as_json: AsJson = False) -> None:
    """Print the rules."""
    with open_store(load()) as engine, reading(engine) as connection:
        rules = all_rules(connection)
    shown = [name for name in RuleEntry._fields if name != "id"]
    items = [{name: getattr(rule, name) for name in shown} for rule in rules]
    if as_json:
        print_json(items)
    else:
        print_table(shown, (item.values() for item in items))


@app.command()
def export() -> None:
    """Print the rules as `import` takes them."""
    with open_store(load()) as engine, reading(engine) as connection:
        rules = all_rules(connection)
    typer.echo(write_alarm_list([rule.cells() for rule in rules]), nl=False)


@app.command()
def secret(
    name: Name,
    clear: Annotated[bool, typer.Option("--clear", help="Sign no more.")] = False,
) -> None:
    """Sign a webhook's messages (X-QTTD-Signature) with a secret from standard input or a prompt."""
    settings = load()
    text = None if clear else read_password(f"secret of {name}")
    sealed = None if text is None else SecretBox(Path(settings.store.key_file)).seal(text)
    with open_store(settings) as engine, writing(engine) as connection:
        if not set_secret(connection, name, sealed, act_now()):
            raise BadDataError(f"there is no alarm rule {name}; `qttd alarm list` names them all")
    say(f"the messages of {name} are {'not signed' if clear else 'signed'} from now on")


@app.command()
def test(name: Name) -> None:
    """Send a test message by this rule now, and say what became of it."""
    settings = load()
    with open_store(settings) as engine:
        with reading(engine) as connection:
            rule = next((entry for entry in all_rules(connection) if entry.name == name), None)
        if rule is None:
            raise BadDataError(f"there is no alarm rule {name}; `qttd alarm list` names them all")
        act = act_now()
        event = Event(
            0, "self_test", None, None, "", EVENT_LEVELS[0], act.at, act.at, None, {}, "unsolved",
            None, None, "", act.at,
        )  # fmt: skip
        text = compose(EventEntry(event, None, None), None, "test", rule.language)
        key = f"qttd-test-{act.at:%Y%m%d%H%M%S%f}"
        try:
            alarm_channels(settings, engine).deliver(rule, text, key, {"events": []}, act.at)
        except DeliveryError as error:
            raise UnreachableError(f"{rule.channel} {rule.address}: {error}") from error
    say(f"{rule.channel} {rule.address}: taken")


@app.command()
def queue(
    state: Annotated[NotificationState | None, typer.Option(help="Only in this state.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=10000, help="How many, the newest first.")] = 50,
    as_json: AsJson = False,
) -> None:
    """Print notifications: what waits, what left, what failed and why."""
    with open_store(load()) as engine, reading(engine) as connection:
        entries = queue_page(connection, state, None, None, limit)
    if as_json:
        print_json(entry._asdict() for entry in entries)
    else:
        print_table(QueueEntry._fields, entries)
