"""What the audience sees while it runs: a live picture on a terminal, plain lines elsewhere.

All of it goes to stderr; the tables at the end are summary.py's, and go to stdout.
"""

import threading
from collections import deque
from collections.abc import Sequence
from datetime import datetime
from time import monotonic
from typing import NamedTuple, Protocol

from rich import box
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.panel import Panel
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from parsers.vietnam_time import VN
from qttd.demo.happening import Happening
from qttd.demo.logger import Logger
from qttd.demo.progress import Progress
from qttd.demo.words import Words

PLAIN_WIDTH = 100
"""Of lines and tables where no terminal tells its own."""
_LINE_SECONDS = 3.0
_HAPPENINGS, _OTHER_LINES = 12, 20
"""The most that are shown, and how many lines the rest of the picture takes."""
_STYLES = {
    "ok": "green", "warning": "yellow", "exceeding": "red", "offline": "bold red", "calibrating": "cyan",
    "device_error": "magenta", "undeclared": "dim",
}  # fmt: skip


class View(NamedTuple):
    """A moment of the demonstration."""

    now: datetime
    share: float
    """Of the shown time that has passed, from 0 to 1."""
    progress: Progress
    loggers: Sequence[Logger]

    @property
    def received(self) -> int:
        """Files that were acknowledged to their loggers."""
        return sum(len(logger.delivered) for logger in self.loggers)


class Display(Protocol):
    """Where the film is shown. `say` and `tell` may be called from any thread."""

    def say(self, text: str) -> None:
        """A line that stays."""

    def tell(self, happening: Happening) -> None:
        """Something happened."""

    def show(self, view: View) -> None:
        """A new picture; called several times a second."""

    def close(self) -> None:
        """Leaves the terminal as it was."""


def describe(words: Words, happening: Happening) -> str:
    """A happening in words."""
    return words(happening.kind, code=happening.station, **happening.figures)


class LineDisplay:
    """One line every few seconds, and one for each happening."""

    def __init__(self, console: Console, words: Words) -> None:
        self._console, self._words = console, words
        self._last = 0.0
        self._time = ""
        self._lock = threading.Lock()

    def say(self, text: str) -> None:
        """See Display."""
        self._print(text)

    def tell(self, happening: Happening) -> None:
        """See Display."""
        self._print(f"{self._time:5}  * {describe(self._words, happening)}")

    def show(self, view: View) -> None:
        """See Display."""
        self._time = f"{view.now.astimezone(VN):%H:%M}"
        if monotonic() - self._last >= _LINE_SECONDS:
            self._last = monotonic()
            self._print(self._words("line", time=self._time, received=view.received, **_figures(view)))

    def close(self) -> None:
        """See Display."""

    def _print(self, text: str) -> None:
        with self._lock:
            self._console.print(text, markup=False, highlight=False, soft_wrap=True)


class LiveDisplay:
    """A picture that is drawn anew: clock, figures, stations, what happened last."""

    def __init__(self, console: Console, words: Words, address: str) -> None:
        self._console, self._words, self._address = console, words, address
        self._happenings: deque[tuple[str, str]] = deque(maxlen=_HAPPENINGS)
        self._time = ""
        self._live: Live | None = None

    def say(self, text: str) -> None:
        """See Display."""
        self._console.print(text, markup=False, highlight=False, soft_wrap=True)

    def tell(self, happening: Happening) -> None:
        """See Display."""
        self._happenings.append((self._time, describe(self._words, happening)))

    def show(self, view: View) -> None:
        """See Display."""
        self._time = f"{view.now.astimezone(VN):%H:%M}"
        if self._live is None:
            self._live = Live(console=self._console, auto_refresh=False, transient=False)
            self._live.start()
        self._live.update(self._picture(view), refresh=True)

    def close(self) -> None:
        """See Display."""
        if self._live is not None:
            self._live.stop()
            self._live = None

    def _picture(self, view: View) -> RenderableType:
        return Panel(
            Group(self._head(view), self._figures(view), self._stations(view), self._told()),
            title="qttd demo",
            subtitle=self._address,
            box=box.ROUNDED,
            padding=(0, 1),
        )

    def _head(self, view: View) -> RenderableType:
        line = Table.grid(padding=(0, 2), expand=True)
        line.add_column(no_wrap=True)
        line.add_column(ratio=1)
        clock = Text(f"{view.now.astimezone(VN):%d/%m/%Y %H:%M} +07", style="bold")
        line.add_row(clock, ProgressBar(total=1.0, completed=view.share))
        return line

    def _figures(self, view: View) -> RenderableType:
        text = Text()
        for name, value in {"received": view.received, **_figures(view)}.items():
            text.append(f"{self._words(name)} ", style="dim")
            text.append(f"{value}    ", style="bold")
        return text

    def _stations(self, view: View) -> RenderableType:
        table = Table(box=None, padding=(0, 1, 0, 0), expand=True, header_style="dim")
        table.add_column(self._words("station"), no_wrap=True)
        table.add_column(self._words("name"), no_wrap=True, ratio=1)
        table.add_column(self._words("habit"), no_wrap=True)
        table.add_column(self._words("last"), justify="right")
        table.add_column(self._words("delivered"), justify="right")
        table.add_column(self._words("unsent"), justify="right")
        table.add_column(self._words("state"), no_wrap=True)
        for logger in view.loggers:
            plan = logger.plan
            now = view.progress.stations.get(plan.code)
            state = now.state if now else "undeclared"
            last = now.last_measured_at if now else None
            table.add_row(
                plan.code,
                plan.name,
                habit(self._words, logger),
                "" if last is None else f"{last.astimezone(VN):%H:%M}",
                str(len(logger.delivered)),
                str(logger.unsent or ""),
                Text(self._words(f"state.{state}"), style=_STYLES[state]),
            )
        return table

    def _told(self) -> RenderableType:
        table = Table.grid(padding=(0, 1))
        table.add_column(style="dim", no_wrap=True, min_width=len("00:00"))
        table.add_column(no_wrap=True, overflow="ellipsis")
        room = max(1, self._console.height - _OTHER_LINES)
        for time, text in list(self._happenings)[-room:]:
            table.add_row(time, text)
        return table


def habit(words: Words, logger: Logger) -> str:
    """What is particular about a logger."""
    plan = logger.plan
    return words(f"habit.{plan.upload if plan.style == 'canonical' else plan.style}")


def _figures(view: View) -> dict[str, int]:
    progress = view.progress
    return {
        "stored": progress.stored,
        "rejected": progress.rejected,
        "sent": progress.sent,
        "waiting": progress.waiting,
    }
