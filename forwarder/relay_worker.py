"""The forward role: a thread for each enabled target, and one each for slots, interruptions, limits, signs.

Targets come, change and go while it runs: the revision "targets" tells. A change of one target
leaves the others' sessions alone, but ends everybody's pauses, because that is also how an
operator's retry is heard of.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from threading import Event
from time import monotonic

import structlog
from sqlalchemy import Engine

from forwarder.clock_watch import run_clock_watch
from forwarder.completeness_ledger import run_completeness_ledger
from forwarder.interruption_watch import run_interruption_watch
from forwarder.kept_thread import KeptThread
from forwarder.limit_watch import run_limit_watch
from forwarder.sender import Sender, SendingTimes
from forwarder.senders import UnusableSender, sender_for
from forwarder.sign_watch import run_sign_watch
from forwarder.target_url import BadTargetUrlError
from forwarder.target_worker import TargetWorker
from store.access.secret_box import SecretBox, SecretBoxError
from store.engine import STORE_AWAY, reading
from store.relay.targets import Target, active_targets
from store.revisions import current

log = structlog.get_logger()

SWITCH_SECONDS = 0.0005
"""How long a thread that computes may keep the interpreter while another one waits for it. A relay waits for
its server a dozen times a file, and at Python's own 5 ms settling would slow it to a fraction
(benchmarks/relay_beside.py)."""
_LOOK_SECONDS = 0.5
"""How often the targets' revision is looked at."""
_GRACE_SECONDS = 15.0
"""How long the files in flight may take when the role ends; then their connections are cut."""
_CUT_SECONDS = 5.0


class _Running:
    """A target that is being worked on."""

    def __init__(self, target: Target, worker: TargetWorker) -> None:
        self.target, self.worker = target, worker
        self.thread = KeptThread(f"relay-{target.name}", worker.run)


def run_forward(
    engine: Engine,
    secrets: SecretBox,
    now: Callable[[], datetime],
    stop: Event,
    times: SendingTimes = SendingTimes(),  # noqa: B008 - an immutable value
    grace_seconds: float = _GRACE_SECONDS,
    beside: Mapping[str, Callable[[Event], None]] | None = None,
) -> None:
    """Relays until `stop` is set; what is in flight then is finished, or cut after the grace.

    Needs a store at the newest schema. A store that does not answer for a while is waited for. beside: what
    else the role does, by name, each in a thread of its own until the event that it is given is set.
    """
    threads = [
        KeptThread("clock-watch", lambda told: run_clock_watch(engine, now, told)),
        KeptThread("completeness-ledger", lambda told: run_completeness_ledger(engine, now, told)),
        KeptThread("interruption-watch", lambda told: run_interruption_watch(engine, now, told)),
        KeptThread("limit-watch", lambda told: run_limit_watch(engine, now, told)),
        KeptThread("sign-watch", lambda told: run_sign_watch(engine, now, told)),
        *(KeptThread(name, work) for name, work in (beside or {}).items()),
    ]
    for thread in threads:
        thread.start()
    running: dict[int, _Running] = {}
    seen = -1
    try:
        while not stop.is_set():
            try:
                with reading(engine) as connection:
                    revision = current(connection, "targets")
                    targets = active_targets(connection) if revision != seen else None
            except STORE_AWAY as error:
                log.warning("relay_waits_for_store", error=str(error.orig))
            else:
                seen = revision
                if targets is not None:
                    _adjust(running, targets, lambda target: _start(engine, target, secrets, now, times))
            stop.wait(_LOOK_SECONDS)
    finally:
        for thread in threads:
            thread.tell_to_stop()
        _end(list(running.values()), grace_seconds)
        for thread in threads:
            thread.join(grace_seconds)


def _adjust(running: dict[int, _Running], targets: list[Target], start: Callable[[Target], _Running]) -> None:
    """Ends the work of targets that are gone or changed, begins that of new ones, wakes the others."""
    wanted = {target.id: target for target in targets}
    changed = [entry for entry in running.values() if wanted.get(entry.target.id) != entry.target]
    _end(changed, _GRACE_SECONDS)
    for entry in changed:
        del running[entry.target.id]
    for entry in running.values():
        entry.worker.wake()
    for target in targets:
        if target.id not in running:
            running[target.id] = start(target)


def _start(
    engine: Engine, target: Target, secrets: SecretBox, now: Callable[[], datetime], times: SendingTimes
) -> _Running:
    sender: Sender
    try:
        sender = sender_for(target, secrets, times)
    except (SecretBoxError, BadTargetUrlError) as error:
        log.error("relay_target_unusable", target=target.name, error=str(error))  # noqa: TRY400 - no bug of ours
        sender = UnusableSender(str(error))
    entry = _Running(target, TargetWorker(engine, target, sender, now))
    entry.thread.start()
    log.info("relay_target_started", target=target.name)
    return entry


def _end(entries: list[_Running], grace_seconds: float) -> None:
    """Ends work: first kindly, then by cutting connections. All at once, so that they wait only once."""
    for entry in entries:
        entry.thread.tell_to_stop()
    deadline = monotonic() + grace_seconds
    late = [entry for entry in entries if not entry.thread.join(max(0.0, deadline - monotonic()))]
    for entry in late:
        log.warning("relay_cut", target=entry.target.name)
        entry.worker.abort()
    deadline = monotonic() + _CUT_SECONDS
    for entry in late:
        if not entry.thread.join(max(0.0, deadline - monotonic())):
            log.error("relay_thread_left_behind", target=entry.target.name)
