"""The `qttd` command: finds the subcommand, and turns every end into an exit code.

Subcommands are imported only when they are called, so that `qttd --help` and `qttd parse` answer at once.
Each lives in qttd/commands/, one noun a file, as a typer application named in COMMANDS.
Data goes to stdout; messages, questions and progress go to stderr.
"""

import os
import re
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup
from typer.main import get_command

from qttd.environment import CONFIG_VARIABLE
from qttd.errors import UsageError
from qttd.failures import BROKEN_PIPE, INTERRUPTED, explain

COMMANDS = {
    "init": ("init:app", "Write a commented qttd.toml and create the store."),
    "migrate": ("migrate:app", "Bring an older store to the newest schema, after a backup."),
    "run": ("run:app", "Run the daemon, in the foreground."),
    "demo": ("demo:app", "Show the whole system on this machine, with nothing to set up."),
    "check": ("check:app", "Check the settings; say each key's value and source."),
    "doctor": ("doctor:app", "Try everything a running system needs; say how to mend what fails."),
    "station": ("station:app", "Import, list and export stations."),
    "channel": ("channel:app", "Import, list, export and remove channels."),
    "account": ("account:app", "Add, import, list and disable accounts of loggers and readers."),
    "target": ("target:app", "Add, list, test, map and disable relay targets."),
    "parse": ("parse:app", "Read station files and explain them."),
    "files": ("files:files_app", "List the ledger of files."),
    "file": ("files:file_app", "Show one file, write its bytes, or have rejected ones read again."),
    "import-tree": ("import_tree:app", "Bring an existing folder tree into the ledger."),
    "conformance": ("conformance:app", "Judge how one logger uploads, and say how to mend it."),
    "completeness": ("completeness:app", "Account for every slot of a period."),
    "review": ("review:app", "Accept, reject, correct readings; undo that; say something of it."),
    "day": ("day:app", "Close station-days, open them again, list and count them."),
    "alarm": ("alarm:app", "Say who is told of which events; see what left."),
    "interruptions": ("interruption:list_app", "List when stations and channels were interrupted."),
    "interruption": ("interruption:app", "Say why an interruption was, and what was done."),
    "phase": ("phase:app", "Say which stations are being tested, official or stopped, and from when on."),
    "stop": ("stop:app", "Write down announced stops of stations and channels."),
    "outage": ("outage:app", "List when our own server could not receive."),
    "register": ("register:app", "Keep the lists of the yearly report: devices, verifications, seals."),
    "rule": ("rule:app", "Set figures that a province decides, each from a day on."),
    "event": ("event:app", "List events, acknowledge them, say how far they are."),
    "aqi": ("indices:aqi_app", "Show VN_AQI of ambient air stations."),
    "wqi": ("indices:wqi_app", "Show VN_WQI of surface water stations, in both variants."),
    "variant": ("indices:variant_app", "Say which variant of VN_WQI may be published."),
    "recheck": ("recheck:app", "Judge stored data anew; say what would change, or change it."),
    "signs": ("signs:app", "Show signs of manipulation; look a period through again."),
    "rules": ("rules:app", "Print every rule by which this version judges."),
    "averages": ("averages:app", "Show averages, as received and as reviewed side by side."),
    "stage": ("stage:app", "Say how far each station is on the way from another server."),
    "envisoft": ("envisoft:app", "Bring in EnviSoft's stations, parameters and accounts."),
    "compare": ("compare:app", "Put an EnviSoft export beside ours, and explain what differs."),
    "limit": ("limit:app", "Limits: list, import, export, confirm; what holds where."),
    "evidence": ("evidence:app", "Write the dossier of an excess or an interruption."),
    "exceedances": ("exceedances:app", "Show what exceeded a limit, or came near it."),
    "relay": ("relay:app", "Show the outbox, retry what is blocked, reconcile a target."),
    "backup": ("backup:app", "Write store, journal, key and settings into one file, while qttd runs."),
    "restore": ("backup:restore_app", "Put a backup into the configured places."),
    "archive": ("archive:app", "Make, check and list month archives."),
    "retention": ("retention:app", "Remove what month archives hold; say before what would go."),
    "journal": ("journal:app", "Bring what can be read of a damaged intake journal into a new one."),
    "store": ("store:app", "Move the whole store from one database to another."),
    "audit": ("audit:app", "Who did what, and whether the log of it is whole."),
    "user": ("user:app", "Add people who open the pages; list them, shut them out, sign them out."),
    "apikey": ("apikey:app", "Make keys for programs, list them, withdraw them."),
}
"""Each subcommand's application (module:attribute in qttd.commands) and what it does, in help's order."""


_COMPLETION = re.compile(r"^(install|show)_completion$")


class LazyGroup(TyperGroup):
    """A group that knows its subcommands by name and imports the one that is called."""

    def list_commands(self, ctx: Any) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name not in COMMANDS:
            return None
        module, _, attribute = COMMANDS[cmd_name][0].partition(":")
        command = get_command(getattr(import_module(f"qttd.commands.{module}"), attribute))
        _log_to_stderr()
        command.name = cmd_name
        # each application would offer to install shell completion, which is not a subcommand's business
        command.params = [parameter for parameter in command.params if not _COMPLETION.search(parameter.name)]
        return command

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, summary) for name, (_, summary) in COMMANDS.items()])


def _log_to_stderr() -> None:
    """What rooms log while a command runs is talk too; a daemon sets its log up anew, by its settings."""
    if "structlog" in sys.modules:
        from qttd.logging import configure_logging

        configure_logging("warning", "console", "command")


app = typer.Typer(
    cls=LazyGroup,
    rich_markup_mode=None,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Receives, checks, keeps and relays automatic monitoring files (Circular 10/2021/TT-BTNMT).",
)


def _print_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"qttd {version('qttd')}")
        raise typer.Exit


@app.callback()
def _root(
    config: Annotated[
        Path | None,
        typer.Option(
            help="Settings file; else QTTD_CONFIG, ./qttd.toml, /etc/qttd/qttd.toml.", metavar="FILE"
        ),
    ] = None,
    _version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """--config is taken out of the arguments before they get here, so that it may stand anywhere."""


def main() -> None:
    """The console script."""
    # a daemon may be started without one
    descriptor = os.open(os.devnull, os.O_WRONLY) if sys.stdout is None else sys.stdout.fileno()
    # UTF-8 whatever the locale, and buffered even under PYTHONUNBUFFERED: there Python loses what a
    # pipe does not take at once
    with open(descriptor, "w", encoding="utf-8", newline="", closefd=False) as stdout:
        sys.stdout = stdout
        code = run(sys.argv[1:])
    sys.exit(code)


def run(arguments: Sequence[str]) -> int:
    """Runs one command line and returns its exit code. Says on stderr why it failed, without a traceback."""
    try:
        command = get_command(app)
        with command.make_context("qttd", _without_config(arguments) or ["--help"]) as context:
            command.invoke(context)
        sys.stdout.flush()
    except typer.Exit as end:
        return end.exit_code
    except (KeyboardInterrupt, typer.Abort):
        return INTERRUPTED
    except BrokenPipeError:
        # whoever read our output has seen enough; nothing may be written to it any more, not even at exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return BROKEN_PIPE
    except Exception as error:  # noqa: BLE001 - the outermost edge: every failure becomes a message and a code
        code, message = explain(error)
        sys.stderr.write(f"{message}\n")
        return code
    return 0


def _without_config(arguments: Sequence[str]) -> list[str]:
    """The arguments without --config FILE, which goes where load() and child processes look for it."""
    rest: list[str] = []
    found: str | None = None
    waiting = iter(arguments)
    for argument in waiting:
        if argument == "--":
            rest += [argument, *waiting]
        elif argument == "--config":
            found = next(waiting, None)
            if found is None:
                raise UsageError("--config needs a FILE")
        elif argument.startswith("--config="):
            found = argument.removeprefix("--config=")
        else:
            rest.append(argument)
    if found is not None:
        os.environ[CONFIG_VARIABLE] = str(Path(found).absolute())
    return rest
