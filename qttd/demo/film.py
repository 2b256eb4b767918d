"""The demonstration from beginning to end: everything is started, shown, proven, and ended again.

Whatever way it ends (its end, Ctrl-C, SIGTERM, a failure), nothing that it started is left running;
killed with -9 the kernel ends its processes with it (qttd/process_ties.py).
"""

import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from types import FrameType
from typing import NamedTuple

from rich.console import Console
from sqlalchemy import Engine

from qttd.clock import QuickClock, system_now
from qttd.demo.certificate import make_certificate
from qttd.demo.department import USER, Department
from qttd.demo.director import Director
from qttd.demo.display import PLAIN_WIDTH, Display, LineDisplay, LiveDisplay, View
from qttd.demo.ending import DemoError
from qttd.demo.evidence import collect, still_moving
from qttd.demo.expectation import Rejected
from qttd.demo.folder import fresh_folder
from qttd.demo.logger import Logger
from qttd.demo.ministry import Ministry
from qttd.demo.ports import port_like
from qttd.demo.progress import Progress, look
from qttd.demo.proof import Proof, prove
from qttd.demo.stations import STATIONS
from qttd.demo.story import Scene, reviewed_slots, story_of
from qttd.demo.summary import print_hints, print_summary
from qttd.demo.telephone import Telephone
from qttd.demo.timing import SLOT, Timing, timing_for
from qttd.demo.uplink import Uplink
from qttd.demo.words import Words
from store.engine import open_engine

_FTP_PORT, _API_PORT = 2121, 8080
_FRAME_SECONDS = 0.1
_LOOK_SECONDS = 0.5
_START_SECONDS = 60.0
_LEAST_LEAD, _LEAD_COMMANDS = 3.0, 5
"""The day begins so many seconds, or so many times as long as a command takes here, after the daemon was
started: its processes all start at once."""
_SETTLE_SECONDS = 90.0
"""How long the last files may take; more than any pause of the relay in quick time."""
_LONGEST_HOLD = timedelta(minutes=20)
"""Shown time after the last arrival until every review policy has released it, and some more."""
_FOR_EVER = 1_000_000


class Stopped(Exception):  # noqa: N818 - not an error: somebody wants it to end
    """Ctrl-C or SIGTERM."""


class Options(NamedTuple):
    """What the command was told."""

    seconds: float
    folder: Path
    stay: bool
    words: Words


class _Stage(NamedTuple):
    """What is running."""

    timing: Timing
    clock: QuickClock
    department: Department
    ministry: Ministry
    engine: Engine
    scenes: Sequence[Scene]
    display: Display
    certificate: Path
    """What the logger that sends by FTPS trusts."""
    telephone: Telephone


def show(options: Options) -> bool:
    """Shows the demonstration; whether its proof holds. Raises Stopped where somebody ended it before."""
    words = options.words
    with _signals_stop() as be_deaf, ExitStack() as ending:
        try:
            stage = _set_up(options, ending)
            proof = _play(stage, words)
            stage.display.close()
            print_summary(_console(stderr=False), words, stage.timing, proof)
            if options.stay:
                _stay(stage, words)
            stage.display.say(words("stopping"))
        finally:
            be_deaf()
    print_hints(_console(stderr=False), words, stage.timing, stage.department, stage.ministry)
    return proof.holds


def _set_up(options: Options, ending: ExitStack) -> _Stage:
    """Starts everything; `ending` ends it. The day begins when the doors are open, or soon after."""
    words = options.words
    timing = timing_for(options.seconds, system_now())
    folder = ending.enter_context(fresh_folder(options.folder))
    tls = make_certificate(folder, system_now())
    ministry = Ministry(folder)
    ending.callback(ministry.close)
    department = Department(folder, port_like(_FTP_PORT), port_like(_API_PORT), tls)
    display = _display(words, department)
    ending.callback(display.close)
    hours = f"{timing.begin:%H:%M}-{timing.end_text}"
    figures = {"slots": timing.slots, "day": timing.day, "slot": timing.slot_seconds, "speed": timing.speed}
    display.say(words("intro", hours=hours, **figures))
    display.say(words("preparing", folder=folder))
    ministry.start()
    command_seconds = department.found(STATIONS, ministry, timing.begin)
    telephone = Telephone(display.tell)
    ending.callback(telephone.close)
    department.on_duty(telephone.url, words.language)
    display.say(words("starting"))
    lead = max(_LEAST_LEAD, _LEAD_COMMANDS * command_seconds)
    clock = timing.clock(system_now() + timedelta(seconds=lead))
    ending.callback(department.stop)
    department.start(clock)
    _wait_for_doors(department)
    display.say(words("doors", ftp_port=department.ftp_port, ministry=ministry.url))
    display.say(_address(words, department))
    engine = open_engine(department.store_url)
    ending.callback(engine.dispose)
    scenes = story_of(timing)
    return _Stage(timing, clock, department, ministry, engine, scenes, display, tls.certificate, telephone)


def _play(stage: _Stage, words: Words) -> Proof:
    """The day, what comes after it until all is quiet, and the proof."""
    loggers = _loggers(stage, range(stage.timing.slots))
    director = Director(
        stage.scenes, stage.timing, STATIONS, stage.department, stage.ministry, stage.display.tell
    )
    for logger in loggers:
        logger.start()
    try:
        for now in _frames(stage, loggers, director):
            if now >= stage.timing.end and director.is_done and not any(one.is_alive() for one in loggers):
                break
        stage.display.say(words("settling"))
        released = stage.clock() + _LONGEST_HOLD
        wait = stage.clock.real_seconds(_LONGEST_HOLD.total_seconds()) + _SETTLE_SECONDS
        deadline = time.monotonic() + wait
        for now in _frames(stage, loggers, director):
            if now > released and (_is_quiet(stage, loggers) or time.monotonic() > deadline):
                break
    finally:
        for logger in loggers:
            logger.stop()
        director.close()
        for logger in loggers:
            logger.join()
    delivered = [delivery for logger in loggers for delivery in logger.delivered]
    evidence = collect(stage.engine, stage.timing)
    rejected = [
        Rejected(scene.station, scene.symbol, stage.timing.at(slots.start), stage.timing.at(slots.stop))
        for scene in stage.scenes
        if scene.kind == "review"
        for slots in [reviewed_slots(stage.scenes, scene)]
    ]
    files = stage.ministry.files()
    return prove(STATIONS, stage.timing, delivered, evidence, files, rejected, stage.telephone.told)


def _frames(stage: _Stage, loggers: Sequence[Logger], director: Director) -> Iterator[datetime]:
    """Shows one picture after the other, and gives the shown time of each; the director keeps up with it.

    Raises what went wrong with the daemon, a logger, or the operator's commands.
    """
    timing = stage.timing
    progress, looked_at = Progress(), 0.0
    while True:
        stage.department.check()
        stage.ministry.check()
        _raise_failures(loggers)
        now = stage.clock()
        # after the day the picture stands still: stations that have nothing more to send are not offline
        shown = min(now, timing.end)
        director.play((now - timing.begin) // SLOT)
        if time.monotonic() - looked_at >= _LOOK_SECONDS:
            progress = look(stage.engine, shown, progress)
            director.waiting, director.rejected = progress.waiting, progress.rejected
            looked_at = time.monotonic()
        share = max(0.0, (shown - timing.begin) / (timing.end - timing.begin))
        stage.display.show(View(shown, share, progress, loggers))
        yield now
        time.sleep(_FRAME_SECONDS)


def _is_quiet(stage: _Stage, loggers: Sequence[Logger]) -> bool:
    """Whether all that was delivered is stored, judged, counted and relayed."""
    stored = look(stage.engine, stage.clock(), Progress()).stored
    delivered = sum(len(logger.delivered) for logger in loggers)
    return stored >= delivered and not still_moving(stage.engine, stage.clock())


def _stay(stage: _Stage, words: Words) -> None:
    """The daemon starts anew under a clock of usual speed; the loggers go on, until somebody ends it."""
    clock = QuickClock(stage.clock(), 1.0, system_now())
    loggers = _loggers(stage._replace(clock=clock), range(stage.timing.slots, _FOR_EVER))
    try:
        stage.department.stop()
        stage.department.start(clock)
        _wait_for_doors(stage.department)
        stage.display.say(f"\n{_address(words, stage.department)}")
        stage.display.say(words("staying"))
        for logger in loggers:
            logger.start()
        while True:
            stage.department.check()
            stage.ministry.check()
            _raise_failures(loggers)
            time.sleep(_LOOK_SECONDS)
    except Stopped:
        return
    finally:
        for logger in loggers:
            logger.stop()
        for logger in loggers:
            if logger.is_alive():
                logger.join()


def _loggers(stage: _Stage, slots: range) -> list[Logger]:
    department = stage.department
    return [
        Logger(
            plan,
            stage.timing,
            stage.clock,
            stage.scenes,
            Uplink(plan, department.ftp_port, department.passwords[plan.account], stage.certificate),
            stage.display.tell,
            slots,
        )
        for plan in STATIONS
    ]


def _raise_failures(loggers: Sequence[Logger]) -> None:
    for logger in loggers:
        if logger.failure is not None:
            raise logger.failure


def _wait_for_doors(department: Department) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while not department.is_ready():
        if time.monotonic() > deadline:
            raise DemoError(f"qttd run did not open its doors within {_START_SECONDS:.0f} s")
        time.sleep(_FRAME_SECONDS)


@contextmanager
def _signals_stop() -> Iterator[Callable[[], None]]:
    """Inside the block the first Ctrl-C or SIGTERM raises Stopped; later ones do not disturb the ending.

    Gives what makes it deaf to the first one too, once the ending has begun.
    """
    asked = threading.Event()

    def stop(_number: int, _frame: FrameType | None) -> None:
        if not asked.is_set():
            asked.set()
            raise Stopped

    before = {
        number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    }
    try:
        yield asked.set
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _address(words: Words, department: Department) -> str:
    return words("page", page=department.page, user=USER, password=department.page_password)


def _display(words: Words, department: Department) -> Display:
    console = _console(stderr=True)
    if console.is_terminal:
        return LiveDisplay(console, words, department.page)
    return LineDisplay(console, words)


def _console(*, stderr: bool) -> Console:
    console = Console(stderr=stderr, highlight=False)
    if not console.is_terminal:
        console.width = PLAIN_WIDTH
    return console
