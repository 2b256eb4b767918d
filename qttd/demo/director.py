"""Plays the scenes that are no logger's own: the ministry's server, qttd's processes, the operator.

Called by the film several times a second, in its main thread: processes end with the thread that
started them. What takes long (the operator's commands) runs beside.
"""

import os
import signal
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from time import monotonic
from typing import NamedTuple

from qttd.demo.department import Department
from qttd.demo.happening import Happening, Tell
from qttd.demo.ministry import Ministry
from qttd.demo.station_plan import StationPlan
from qttd.demo.story import Scene, reviewed_slots
from qttd.demo.timing import SLOT, Timing

_ANNOUNCED = {
    "missing", "device_error", "silence", "rubbish", "cut", "out_of_range", "calibration", "contradiction",
    "clock_ahead", "unusual", "frozen", "exceeding",
}  # fmt: skip
"""Scenes that the loggers play; they are only announced here."""
_MINUTE = 60
_REASON = "đầu đo bị treo, giá trị không đổi"


class _Killed(NamedTuple):
    role: str
    pid: int
    at: float


class Director:
    """Goes through the story with the clock."""

    def __init__(
        self,
        scenes: Sequence[Scene],
        timing: Timing,
        plans: Sequence[StationPlan],
        department: Department,
        ministry: Ministry,
        tell: Tell,
    ) -> None:
        self._timing, self._department, self._ministry, self._tell = timing, department, ministry, tell
        self._plans = {plan.code: plan for plan in plans}
        self._scenes = scenes
        cues: list[tuple[int, Callable[[], None]]] = [(1, self._tell_of_undeclared)]
        for scene in scenes:
            cues.append((scene.first, self._action(scene)))
            if scene.kind == "ministry_down":
                cues.append((scene.last, self._ministry_up))
        self._cues = sorted(cues, key=lambda cue: cue[0])
        self._operator = ThreadPoolExecutor(1, "operator")
        self._at_work: list[Future[None]] = []
        self._killed: list[_Killed] = []
        self.waiting = 0
        """Items in the outbox, as the film saw them last."""
        self.rejected = 0
        """Rejected files, likewise."""

    def play(self, slot: int) -> None:
        """Does what is due at this slot. Raises what an operator's command raised."""
        while self._cues and self._cues[0][0] <= slot:
            self._cues.pop(0)[1]()
        for work in [work for work in self._at_work if work.done()]:
            self._at_work.remove(work)
            work.result()
        self._look_for_killed()

    @property
    def is_done(self) -> bool:
        """Whether every scene was played to its end."""
        return not (self._cues or self._at_work or self._killed)

    def close(self) -> None:
        """Waits for the operator's last command."""
        self._operator.shutdown(cancel_futures=True)

    def _action(self, scene: Scene) -> Callable[[], None]:
        if scene.kind in _ANNOUNCED:
            return lambda: self._tell(
                Happening(scene.kind, scene.station, {"symbol": scene.symbol, "minutes": _minutes(scene)})
            )
        if scene.kind == "kill_receive":
            return lambda: self._kill("receive", scene)
        if scene.kind == "kill_forward":
            return lambda: self._kill("forward", scene)
        if scene.kind == "review":
            return lambda: self._review(scene)
        if scene.kind == "declare":
            return lambda: self._declare(scene)
        return lambda: self._ministry_down(scene)

    def _tell_of_undeclared(self) -> None:
        for plan in self._plans.values():
            if not plan.declared:
                self._tell(Happening("undeclared", plan.code))

    def _declare(self, scene: Scene) -> None:
        plan = self._plans[scene.station]

        def work() -> None:
            rejected = self.rejected
            self._department.declare("new-station", [plan])
            self._tell(Happening("declared", plan.code, {"files": rejected}))

        self._tell(Happening("declare", plan.code))
        self._at_work.append(self._operator.submit(work))

    def _review(self, scene: Scene) -> None:
        slots = reviewed_slots(self._scenes, scene)
        begin, end = (self._timing.at(slot) for slot in (slots.start, slots.stop))

        def work() -> None:
            self._department.reject(scene.station, scene.symbol, begin, end, _REASON)
            self._tell(Happening("review", scene.station, {"symbol": scene.symbol, "count": len(slots)}))

        self._at_work.append(self._operator.submit(work))

    def _ministry_down(self, scene: Scene) -> None:
        self._tell(Happening("ministry_down", figures={"minutes": _minutes(scene)}))
        self._ministry.stop()

    def _ministry_up(self) -> None:
        self._tell(Happening("ministry_up", figures={"waiting": self.waiting}))
        self._ministry.start()

    def _kill(self, role: str, scene: Scene) -> None:
        pid = self._department.roles().get(role)
        if pid is None:
            return  # it is being started anew just now: there is nothing to kill
        os.kill(pid, signal.SIGKILL)
        self._killed.append(_Killed(role, pid, monotonic()))
        self._tell(Happening(scene.kind, figures={"pid": pid}))

    def _look_for_killed(self) -> None:
        if not self._killed:
            return
        roles = self._department.roles()
        for killed in list(self._killed):
            pid = roles.get(killed.role)
            if pid is not None and pid != killed.pid:
                self._killed.remove(killed)
                seconds = f"{monotonic() - killed.at:.1f}"
                self._tell(
                    Happening("role_back", figures={"role": killed.role, "pid": pid, "seconds": seconds})
                )


def _minutes(scene: Scene) -> int:
    return (scene.last - scene.first) * (SLOT.seconds // _MINUTE)
