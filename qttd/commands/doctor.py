"""`qttd doctor`: tries everything that a running system needs, and says how to mend what fails."""

import sys
from collections.abc import Iterator
from dataclasses import asdict
from typing import Annotated, Any

import typer

from qttd.clock import clock_of_process
from qttd.doctor.examination import examine
from qttd.doctor.finding import Finding, wrong_setting
from qttd.errors import BadSettingsError
from qttd.output import counted, print_json, say
from qttd.settings import load

app = typer.Typer(rich_markup_mode=None)


@app.command()
def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="One JSON array.")] = False,
    backup_days: Annotated[
        int, typer.Option(min=1, metavar="N", help="Warn of a newest backup older than N days.")
    ] = 7,
) -> None:
    """Try ports, folders, disk, journal, store, clock, certificate, targets; say how to mend what fails."""
    seen: list[Finding] = []

    def findings() -> Iterator[Finding]:
        for finding in _findings(backup_days):
            seen.append(finding)
            yield finding

    if as_json:
        print_json(map(_as_json, findings()))
    else:
        for finding in findings():
            typer.echo(_as_text(finding))
            sys.stdout.flush()
    bad = [finding for finding in seen if finding.state == "failed"]
    warnings = sum(finding.state == "warning" for finding in seen)
    say(f"{len(bad)} failed, {counted(warnings, 'warning')}" if bad or warnings else "nothing is wrong")
    if bad:
        raise typer.Exit(max(finding.exit_code for finding in bad))


def _findings(backup_days: int) -> Iterator[Finding]:
    try:
        settings = load()
    except BadSettingsError as error:
        remedy = "mend the file; `qttd check` shows every key and docs/settings.md explains them"
        for line in str(error).splitlines():
            yield wrong_setting("settings", line, remedy)
        return
    yield from examine(settings, clock_of_process()(), backup_days)


def _as_json(finding: Finding) -> dict[str, Any]:
    return {name: value for name, value in asdict(finding).items() if name != "exit_code"}


def _as_text(finding: Finding) -> str:
    line = (
        f"{finding.state.upper() if finding.state != 'ok' else 'ok':<15} {finding.check}: {finding.message}"
    )
    return f"{line}\n{'':<15} -> {finding.remedy}" if finding.remedy else line
