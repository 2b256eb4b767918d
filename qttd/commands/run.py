"""`qttd run`: the daemon in the foreground, all roles under a supervisor or one role alone."""

import os
from pathlib import Path
from typing import Annotated, Literal

import typer

from qttd.process_ties import die_with_supervisor, only_one

app = typer.Typer(rich_markup_mode=None)


@app.command()
def run(
    role: Annotated[
        Literal["receive", "ingest", "forward", "api"] | None,
        typer.Option(help="Only this role, as on a host of its own; else all, supervised."),
    ] = None,
    worker: Annotated[int, typer.Option(min=0, hidden=True)] = 0,
) -> None:
    """Run the daemon, in the foreground. SIGTERM ends it after what is in flight; SIGHUP reloads."""
    supervised = die_with_supervisor()
    # what follows takes its time to import; the tie above must be there before
    from qttd.journal_check import refuse_damaged_journal
    from qttd.settings import load

    settings = load()
    if not supervised:
        refuse_damaged_journal(settings)
    if role is not None:
        from qttd.roles import run_role

        run_role(role, settings, worker)
        return

    from qttd.logging import configure_logging
    from qttd.readiness import doors_of
    from qttd.service_manager import ServiceManager
    from qttd.store_access import refuse_wrong_schema
    from qttd.supervisor import Child, Supervisor

    configure_logging(settings.log.level, settings.log.format, "supervisor")
    refuse_wrong_schema(settings)
    receivers = [
        Child(
            f"receive-{number + 1}" if number else "receive",
            ["run", "--role", "receive", "--worker", str(number)],
        )
        for number in range(settings.ftp.workers)
    ]
    others = [
        Child("ingest", ["run", "--role", "ingest"]),
        Child("forward", ["run", "--role", "forward"], after_doors=True),
        Child("api", ["run", "--role", "api"], after_doors=True),
    ]

    def doors_open() -> bool:
        # the store may be away: what must be there is the place where files are taken
        return all(look() is None for look in doors_of(settings).values())

    manager = ServiceManager.of(os.environ)
    with only_one(Path(settings.intake.journal)):
        Supervisor([*receivers, *others], manager, doors_open).run()
