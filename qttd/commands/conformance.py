"""`qttd conformance`: a server that judges one logger's uploads, for those who build or set up loggers."""

import re
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from qttd.clock import clock_of_process
from qttd.conformance.judging import KNOWN_AT_ONCE, MOST_EVIDENCE, Finding, conforms
from qttd.conformance.kit import SLOTS_AWAY, Kit, KitOptions, new_password, open_kit
from qttd.conformance.report import report_html
from qttd.conformance.trouble import AWAY_AFTER, CUT_AT, REFUSED_AT
from qttd.conformance.words import CRITERIA, VERDICTS
from qttd.errors import BadDataError, UsageError
from qttd.output import local_time, print_json, say, told_as_usage
from store.lists import cells

app = typer.Typer(rich_markup_mode=None)
_LOOK_SECONDS = 1.0


@app.command()
def conformance(
    port: Annotated[int, typer.Option(min=1, max=65535, help="Where the logger sends to.")] = 2121,
    host: Annotated[str, typer.Option(metavar="ADDRESS", help="Address to listen on.")] = "0.0.0.0",  # noqa: S104 - a door
    passive_ports: Annotated[
        str, typer.Option(metavar="FIRST-LAST", help="Ports of the data connections.")
    ] = "26000-26099",
    minutes: Annotated[int, typer.Option(min=1, max=10080, help="How long it looks on at most.")] = 120,
    interval: Annotated[int, typer.Option(metavar="MINUTES", help="The station's interval.")] = 5,
    user: Annotated[str, typer.Option(metavar="NAME", help="The account that the logger uses.")] = "logger",
    password: Annotated[
        str, typer.Option(metavar="TEXT", help="Its password, for this run only; else one is made up.")
    ] = "",
    as_json: Annotated[bool, typer.Option("--json", help="The findings, as one JSON array.")] = False,
    report: Annotated[Path | None, typer.Option(metavar="F.html", help="Write a report to hand on.")] = None,
) -> None:
    """Receive one logger's files, make some trouble on purpose, and judge how it takes that."""
    with told_as_usage("--user"):
        cells.account_name(user)
    with told_as_usage("--interval"):
        cells.interval(str(interval))
    options = KitOptions(
        host, port, _range(passive_ports), user, password or new_password(), timedelta(minutes=interval)
    )
    now = clock_of_process()
    began = now()
    with open_kit(options, now) as kit:
        _greet(kit, minutes)
        with suppress(KeyboardInterrupt):  # the person has seen enough: what was seen is judged
            _look_on(kit, began + timedelta(minutes=minutes))
        findings, files = kit.judge(), len(kit.files())
    if report is not None:
        report.write_text(report_html(findings, user, files, began, now()), encoding="utf-8")
        say(f"the report is in {report}")
    if as_json:
        print_json(
            {**one._asdict(), "evidence": list(one.evidence), "remedy": CRITERIA[one.criterion].mend_en}
            for one in findings
        )
    else:
        _print(findings)
    if not conforms(findings):
        raise BadDataError("the logger does not conform yet, or not everything was seen")


def _range(text: str) -> range:
    found = re.fullmatch(r"([0-9]{4,5})-([0-9]{4,5})", text)
    if found is None or not 1024 <= int(found[1]) <= int(found[2]) <= 65535:
        raise UsageError(f"--passive-ports: {text!r} is not FIRST-LAST, such as 26000-26099")
    return range(int(found[1]), int(found[2]) + 1)


def _greet(kit: Kit, minutes: int) -> None:
    options = kit.options
    say(f"listening on {options.host}, port {kit.port}, FTP and explicit FTPS")
    ports = options.passive_ports
    say(f"user {options.user}, password {options.password}; data on ports {ports[0]}-{ports[-1]}")
    say(
        f"upload {CUT_AT} will be cut, upload {REFUSED_AT} refused (452), and after upload {AWAY_AFTER} the"
        f" server is away for {SLOTS_AWAY} intervals. It looks on for {minutes} minutes at most"
    )


def _look_on(kit: Kit, until: datetime) -> None:
    """Until everything was seen, or the time is up. Says each file as it comes, and each fault with it."""
    now = clock_of_process()
    pause = threading.Event()
    told = 0
    faults: set[str] = set()
    while now() < until:
        files = kit.files()
        for file in files[told:]:
            say(f"{local_time(file.at)} {file.path} ({len(file.content)} bytes)")
        findings = kit.judge() if len(files) > told else []
        told = len(files)
        for fault in _faults(findings):
            if fault not in faults:
                say(f"    {fault}")
                faults.add(fault)
        outage = kit.outage()
        settled = outage is not None and now() > outage.ends_at + 2 * kit.options.interval
        if settled and not any(one.verdict == "not_seen" for one in kit.judge()):
            return
        pause.wait(_LOOK_SECONDS)


def _faults(findings: Sequence[Finding]) -> Iterator[str]:
    """A line for each piece of evidence that stands whatever comes later."""
    for one in findings:
        if one.verdict in ("fail", "advice") and one.criterion in KNOWN_AT_ONCE:
            words, (vi, en) = CRITERIA[one.criterion], VERDICTS[one.verdict]
            for text in one.evidence[:MOST_EVIDENCE]:
                yield f"{vi} · {en}: {words.vi} · {words.en}: {text}"


def _print(findings: Sequence[Finding]) -> None:
    for one in findings:
        words = CRITERIA[one.criterion]
        vi, en = VERDICTS[one.verdict]
        sys.stdout.write(f"{vi} · {en}: {words.vi} · {words.en}\n")
        if one.verdict != "pass":
            sys.stdout.write(f"    {words.mend_vi}\n    {words.mend_en}\n")
        for text in one.evidence:
            sys.stdout.write(f"    {text}\n")
