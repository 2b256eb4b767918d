"""The ports: free, or held by the qttd that runs here; and whether that one has all its roles at work."""

import json
import socket
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from qttd.doctor.finding import Finding, failed, not_applicable, ok, warning
from qttd.process_ties import runs_on
from qttd.readiness import doors_of, reachable_host, silent_workers
from qttd.settings import Settings

_ANSWER_SECONDS = 5.0
_START_SECONDS = 15.0
"""The longest between `systemctl start` coming back and the last door open, the last role at work."""
_KERNEL_RANGE = Path("/proc/sys/net/ipv4/ip_local_port_range")


def check_ports(settings: Settings) -> Iterator[Finding]:
    """The doors' ports, and the range of passive ports against the kernel's own."""
    running = runs_on(Path(settings.intake.journal))
    ftp, api = settings.ftp, settings.api
    places = {"ftp": ("ftp.port", ftp.port), "ftps": ("ftp.implicit_port", ftp.implicit_port)}
    places["sftp"] = ("sftp.port", settings.sftp.port)
    doors = [(*places[name], ftp.host, look) for name, look in doors_of(settings).items()]
    doors.append(("api.port", api.port, api.host, lambda: _api_answer(api.host, api.port)))
    patience = time.monotonic() + _START_SECONDS
    for key, port, host, look in doors:
        # a service that was started a moment ago opens its doors one after the other
        while (refusal := _cannot_listen(host, port)) is None and running and time.monotonic() < patience:
            time.sleep(0.2)
        wrong = look()
        place = f"{key} {port} on {host}"
        if refusal is None and running:
            yield failed(
                "port", f"{place}: nobody listens, though qttd runs", "look into its log for the reason"
            )
        elif refusal is None:
            yield ok("port", f"{place} is free")
        elif wrong is None and running:
            yield ok("port", f"{place} is answered by the qttd that runs here")
        elif isinstance(refusal, PermissionError) and running:
            yield failed("port", f"{place}: {wrong}", "look into qttd's log for the reason")
        elif isinstance(refusal, PermissionError) and not _is_taken(host, port):
            # below 1024 the service may what this shell's user may not
            remark = "is for the service to try, with CAP_NET_BIND_SERVICE as in deploy/qttd.service"
            yield not_applicable("port", f"{place} {remark}")
        else:
            remedy = f"`ss -ltnp 'sport = :{port}'` names the program; end it, or set {key}"
            said = "held by another program" if isinstance(refusal, PermissionError) else refusal.strerror
            yield failed("port", f"{place}: {said}", remedy)
    yield _passive_ports(ftp.passive_range)


def check_running(settings: Settings, engine: Engine) -> Iterator[Finding]:
    """Whether the roles of a running qttd are at work, by their heartbeats."""
    if not runs_on(Path(settings.intake.journal)):
        yield not_applicable("running", "`qttd run` does not run on this journal")
        return
    patience = time.monotonic() + _START_SECONDS
    try:
        while any((workers := silent_workers(engine)).values()) and time.monotonic() < patience:
            time.sleep(0.5)
    except SQLAlchemyError as error:
        yield not_applicable("running", f"not known: {type(error).__name__}")
        return
    for role, wrong in workers.items():
        if wrong is None:
            yield ok("running", f"the {role} role is at work")
        else:
            yield failed("running", f"the {role} role {wrong}", "look into its log: journalctl -u qttd")


def _api_answer(host: str, port: int) -> str | None:
    shown = reachable_host(host)
    address = f"[{shown}]" if ":" in shown else shown
    try:
        with urllib.request.urlopen(f"http://{address}:{port}/healthz", timeout=_ANSWER_SECONDS) as answer:
            alive = json.load(answer).get("status") == "ok"
    except (OSError, ValueError, AttributeError) as error:
        return f"does not answer as qttd does: {error}"
    return None if alive else "does not answer as qttd does"


def _cannot_listen(host: str, port: int) -> OSError | None:
    """Why nobody could begin to listen there now; None where it can be done."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
            probe.listen(1)
        except OSError as error:
            return error
    return None


def _is_taken(host: str, port: int) -> bool:
    """Whether anybody at all listens there."""
    try:
        socket.create_connection((reachable_host(host), port), _ANSWER_SECONDS).close()
    except OSError:
        return False
    return True


def _passive_ports(ports: range) -> Finding:
    place = f"ftp.passive_ports {ports[0]}-{ports[-1]}"
    try:
        first, last = map(int, _KERNEL_RANGE.read_text(encoding="ascii").split())
    except OSError as error:
        return not_applicable("passive_ports", f"the kernel's own range is not known: {error.strerror}")
    if ports[0] <= last and first <= ports[-1]:
        remedy = f"set ftp.passive_ports to a range outside {first}-{last}"
        return warning("passive_ports", f"{place} and the kernel's own range overlap", remedy)
    return ok(
        "passive_ports", f"{place}: {len(ports)} data connections at once; the firewall must let them in"
    )
