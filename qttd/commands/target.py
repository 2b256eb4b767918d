"""`qttd target`: where verified files go."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, time
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from forwarder.outcome import RelayError
from forwarder.sender import Step
from forwarder.target_url import TargetUrl
from parsers.vietnam_time import VN
from qttd.errors import BadDataError, UsageError
from qttd.output import act_now, counted, print_json, print_table, read_password, say, told_as_usage
from qttd.settings import load
from qttd.store_access import open_store
from qttd.target_secrets import target_secret, target_trust, target_url
from qttd.target_trial import explained, try_target
from store.access.secret_box import SecretBox
from store.engine import reading, writing
from store.files.folder_layouts import LAYOUTS
from store.lists import cells
from store.lists.relay_map_csv import read_relay_map
from store.relay.maps import replace_map
from store.relay.reroute import reroute
from store.relay.targets import (
    QUIET_DOORS,
    Target,
    TargetNameTakenError,
    TargetSettings,
    UnknownTargetError,
    add_target,
    all_targets,
    change_secret,
    change_target,
    disable_target,
    enable_target,
    target_named,
)

app = typer.Typer(rich_markup_mode=None, help="Add, list, test, map and disable relay targets.")
Name = Annotated[str, typer.Argument(metavar="NAME", help="The target's name.")]
Trust = Annotated[
    str | None,
    typer.Option(
        metavar="WHAT",
        help="ftps: an authority's PEM file; sftp: the host key's file; SHA256:…; `first`: as shown now.",
    ),
]
Key = Annotated[Path | None, typer.Option(metavar="FILE", help="sftp: log in with this private key.")]


class Send(StrEnum):
    """What goes to a target."""

    verified = "verified"
    as_received = "as_received"


class Upload(StrEnum):
    """How a file gets its name there."""

    rename = "rename"
    direct = "direct"


class StatusLines(StrEnum):
    """What becomes of calibration and device-error lines."""

    keep = "keep"
    drop = "drop"


@app.command()
def add(
    name: Name,
    url: Annotated[
        str,
        typer.Option(metavar="ftp://USER@HOST:PORT/PATH", help="Or ftps://…, sftp://…, or file:///FOLDER."),
    ],
    layout: Annotated[
        int, typer.Option(min=LAYOUTS[0], max=LAYOUTS[-1], help="EnviSoft's dated folders.")
    ] = 0,
    send: Annotated[
        Send, typer.Option(help="Verified lines only, or every file as it came.")
    ] = Send.verified,
    every: Annotated[
        int | None, typer.Option(metavar="MINUTES", min=1, max=1440, help="Wait for each Nth minute.")
    ] = None,
    from_day: Annotated[
        str, typer.Option("--from", metavar="DATE", help="Files measured from this day on, also older ones.")
    ] = "",
    upload: Annotated[
        Upload, typer.Option(help="Under a temporary name and renamed, or straight.")
    ] = Upload.rename,
    status_lines: Annotated[
        StatusLines, typer.Option(help="Lines of calibration and device error: keep or drop.")
    ] = StatusLines.keep,
    also: Annotated[
        list[str] | None,
        typer.Option(metavar="DOOR", help="Take shadow or import files too; repeat for both."),
    ] = None,
    trust: Trust = None,
    key: Key = None,
    disabled: Annotated[
        bool, typer.Option("--disabled", help="Do not relay yet: `disable NAME --undo` begins.")
    ] = False,
) -> None:
    """Add a target. The password comes from stdin, or is asked for; a folder needs none."""
    with told_as_usage():
        cells.account_name(name)
    with told_as_usage("--from"):
        first = datetime.combine(cells.sane_day(from_day), time(), VN) if from_day else None
    place = target_url(url)
    if wrong := sorted({*(also or ())} - {*QUIET_DOORS}):
        raise UsageError(f"--also: {wrong[0]!r} is not one of {', '.join(QUIET_DOORS)}")
    doors = ";".join(door for door in QUIET_DOORS if door in (also or ()))
    settings = load()
    plain = target_secret(place, f"password for {url}", key)
    target = TargetSettings(
        url, layout, send.value, every, first, upload.value, status_lines.value, doors,
        target_trust(place, trust),
    )  # fmt: skip
    secret = None if plain is None else SecretBox(Path(settings.store.key_file)).seal(plain)
    with open_store(settings) as engine, writing(engine) as connection, _told_as_bad_data():
        add_target(connection, act_now(), name, target, secret)
        if disabled:
            disable_target(connection, act_now(), name)
    say(f"target {name} is added; `qttd target test {name}` tries it")


@app.command("list")
def list_targets(as_json: Annotated[bool, typer.Option("--json", help="One JSON array.")] = False) -> None:
    """Print all targets, without their passwords."""
    with open_store(load()) as engine, reading(engine) as connection:
        rows = [_shown(target) for target in all_targets(connection)]
    if as_json:
        print_json(rows)
    else:
        print_table(list(_SHOWN), (row.values() for row in rows))


@app.command()
def test(name: Name) -> None:
    """Connect, log in, list, upload a small file, rename it and remove it, saying each step."""
    settings = load()
    with open_store(settings) as engine, reading(engine) as connection, _told_as_bad_data():
        target = target_named(connection, name)
    try:
        for step in try_target(target, Path(settings.store.key_file)):
            typer.echo(_line_of(step))
    except RelayError as error:
        typer.echo(f"FAILED   {error.outcome}: {error.detail}")
        raise explained(name, error) from error
    say(f"target {name} can be relayed to")


@app.command()
def disable(
    name: Name, undo: Annotated[bool, typer.Option("--undo", help="Relay to it again.")] = False
) -> None:
    """Stop relaying to a target. What waits stays; with --undo it goes, with what came in between."""
    with open_store(load()) as engine, writing(engine) as connection, _told_as_bad_data():
        (enable_target if undo else disable_target)(connection, act_now(), name)
    say(f"target {name} is {'enabled again' if undo else 'disabled'}")


@app.command()
def change(
    name: Name,
    url: Annotated[str, typer.Option(metavar="URL", help="The new place; the same password.")] = "",
    trust: Trust = None,
    key: Key = None,
    password: Annotated[
        bool, typer.Option("--password", help="A new password too, from stdin or asked for.")
    ] = False,
    upload: Annotated[
        Upload | None, typer.Option(help="Under a temporary name and renamed, or straight.")
    ] = None,
) -> None:
    """Change a target's place, trust or login; its outbox stays, and what waits goes to the new place."""
    settings = load()
    with open_store(settings) as engine:
        with reading(engine) as connection, _told_as_bad_data():
            target = target_named(connection, name)
        place = target_url(url or target.url)
        changes = {"url": url} if url else {}
        if trust is not None or (url and not _same_server(place, target)):
            changes["trust"] = target_trust(place, trust)
        if upload is not None:
            changes["upload"] = upload.value
        new = key is not None or password or (target.secret is None and place.scheme != "file")
        plain = target_secret(place, f"password for {url or target.url}", key) if new else None
        if not changes and plain is None:
            raise UsageError("nothing is to be changed: give --url, --trust, --key, --password or --upload")
        secret = None if plain is None else SecretBox(Path(settings.store.key_file)).seal(plain)
        with writing(engine) as connection, _told_as_bad_data():
            change_target(connection, act_now(), name, changes, secret)
    say(f"target {name} is changed; `qttd target test {name}` tries it")


def _same_server(place: TargetUrl, target: Target) -> bool:
    """Whether what was trusted is still what is spoken with."""
    before = target_url(target.url)
    return (before.scheme, before.host, before.port) == (place.scheme, place.host, place.port)


@app.command()
def passwd(name: Name) -> None:
    """Change the password that is used at a target. The new one comes from stdin, or is asked for."""
    settings = load()
    secret = SecretBox(Path(settings.store.key_file)).seal(read_password(f"new password for {name}"))
    with open_store(settings) as engine, writing(engine) as connection, _told_as_bad_data():
        change_secret(connection, act_now(), name, secret)
    say(f"the password for {name} is changed")


@app.command("map")
def map_stations(
    name: Name,
    file: Annotated[Path, typer.Argument(metavar="F.csv", help="station_code,remote_code,path,from,to")],
) -> None:
    """Replace a target's station map, all or nothing; every bad line is reported (exit 65)."""
    lines = read_relay_map(file.read_bytes())
    with open_store(load()) as engine, writing(engine) as connection, _told_as_bad_data():
        reroute(connection, replace_map(connection, act_now(), name, lines))
    say(f"target {name}: {counted(len(lines), 'line')} mapped; only those stations go there")


_SHOWN = (
    "name",
    "url",
    "layout",
    "send",
    "every",
    "from",
    "upload",
    "status_lines",
    "also",
    "trust",
    "mapped",
    "disabled",
    "created_at",
)


def _shown(target: Target) -> dict[str, object]:
    first = target.from_at
    values = (
        target.name,
        target.url,
        target.layout,
        target.send,
        target.every_minutes,
        first.astimezone(VN).date().isoformat() if first else None,
        target.upload,
        target.status_lines,
        target.also,
        _short(target.trust),
        target.mapped,
        target.disabled,
        target.created_at,
    )
    return dict(zip(_SHOWN, values, strict=True))


def _short(trust: str) -> str:
    """A certificate of an authority is too long for a table; all else can be told in a line."""
    return "an authority of its own" if "\n" in trust else trust


def _line_of(step: Step) -> str:
    return f"{step.name:<8} {'' if step.works else 'WARNING: '}{step.detail}"


@contextmanager
def _told_as_bad_data() -> Iterator[None]:
    try:
        yield
    except (UnknownTargetError, TargetNameTakenError) as error:
        raise BadDataError(str(error)) from error
