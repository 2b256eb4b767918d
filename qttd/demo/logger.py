"""A simulated logger: measures on its own clock, keeps what it could not send, and sends that first.

A thread per station. What the department acknowledged is remembered in `delivered`, for the proof.
"""

import hashlib
import random
import threading
from collections import deque
from collections.abc import Sequence
from datetime import timedelta
from typing import NamedTuple

from qttd.clock import QuickClock
from qttd.demo.device_file import DeviceFile, Sample, device_file, samples_at
from qttd.demo.disturbance import contradicting, disturbed
from qttd.demo.happening import Happening, Tell
from qttd.demo.station_plan import StationPlan
from qttd.demo.story import Scene, contradicted_slot
from qttd.demo.timing import SLOT, Timing
from qttd.demo.uplink import NotDelivered, Uplink

_TIMES_IN_A_FILE = 6
_AGAIN_SECONDS = 0.1
"""How long a logger waits after a session that failed."""


class Delivery(NamedTuple):
    """A file that the department said it has."""

    account: str
    path: str
    """From the account's root."""
    sha256: str


class Logger(threading.Thread):
    """One station's logger. Sends until `stop` is set, and finishes the file in hand."""

    def __init__(
        self,
        plan: StationPlan,
        timing: Timing,
        clock: QuickClock,
        scenes: Sequence[Scene],
        uplink: Uplink,
        tell: Tell,
        slots: range,
    ) -> None:
        """slots: those it measures in, as far as its interval has them."""
        super().__init__(name=f"logger-{plan.code}", daemon=True)
        self.plan = plan
        self.delivered: list[Delivery] = []
        self._timing, self._clock, self._uplink, self._tell = timing, clock, uplink, tell
        self._scenes = [scene for scene in scenes if scene.station == plan.code]
        every = plan.interval // SLOT
        self._slots = range(-(-slots.start // every) * every, slots.stop, every)
        self._ended = threading.Event()
        self._unsent: deque[list[Sample]] = deque()
        self._in_hand: DeviceFile | None = None
        self._back_filling = 0
        # Loggers are not set to the second, so they do not all call at once.
        self._offset = timedelta(seconds=random.Random(plan.code).uniform(5, 120))  # noqa: S311 - no secret
        self.failure: Exception | None = None

    @property
    def unsent(self) -> int:
        """Times of measurement that wait in its memory."""
        return len(self._unsent) + (self._in_hand is not None)

    def stop(self) -> None:
        """Ends it after the session in hand."""
        self._ended.set()

    def run(self) -> None:
        """Measures and sends, slot after slot, until the last one is sent."""
        try:
            self._run()
        except Exception as error:  # noqa: BLE001 - a thread cannot raise: the film looks here and ends with it
            self.failure = error

    def _run(self) -> None:
        for slot in self._slots:
            if not self._wait_for(slot):
                return
            self._measure(slot)
            if not self._scene("silence", slot):
                self._play(slot)
                self._send()
        while self.unsent and not self._ended.is_set():
            self._send()

    def _wait_for(self, slot: int) -> bool:
        """Waits until the slot's measurement is at hand; False where it is to end."""
        while (left := self._timing.at(slot) + self._offset - self._clock()) > timedelta():
            if self._ended.wait(min(self._clock.real_seconds(left.total_seconds()), 1.0)):
                return False
        return not self._ended.is_set()

    def _measure(self, slot: int) -> None:
        samples = samples_at(self.plan, self._timing.at(slot))
        self._unsent.append(disturbed(self.plan, self._scenes, slot, samples))

    def _scene(self, kind: str, slot: int) -> Scene | None:
        found = (scene for scene in self._scenes if scene.kind == kind and scene.first <= slot < scene.last)
        return next(found, None)

    def _play(self, slot: int) -> None:
        """What it sends beside its measurements, or differently, in this slot."""
        if scene := self._scene("contradiction", slot):
            then = contradicted_slot(scene)
            samples = samples_at(self.plan, self._timing.at(then))
            self._deliver(device_file(self.plan, contradicting(self.plan, scene.symbol, samples)))
        if self._scene("rubbish", slot):
            self._deliver(self._rubbish(slot))
        if self._scene("cut", slot):
            try:
                self._uplink.send_half(device_file(self.plan, self._unsent[-1]))
            except NotDelivered:
                self._ended.wait(_AGAIN_SECONDS)  # it broke off even earlier: as good a cut as any
        if any(scene.kind == "silence" and scene.last == slot for scene in self._scenes):
            self._back_filling = len(self._unsent)

    def _rubbish(self, slot: int) -> DeviceFile:
        moment = self._timing.at(slot) + timedelta(minutes=1)
        proper = device_file(self.plan, samples_at(self.plan, moment))
        chance = random.Random(self.plan.code)  # noqa: S311 - rubbish
        return proper._replace(content=bytes(chance.randrange(256) for _ in range(700)) + b"\0")

    def _send(self) -> None:
        """Sends what it has, oldest first, until that is done or a session fails."""
        files = 0
        while self._in_hand is not None or self._unsent:
            if self._in_hand is None:
                self._in_hand = device_file(self.plan, self._next())
            if not self._deliver(self._in_hand):
                self._ended.wait(_AGAIN_SECONDS)
                return
            self._in_hand = None
            files += 1
            if self._ended.is_set():
                return
        if self._back_filling:
            self._tell(
                Happening("back_filled", self.plan.code, {"times": self._back_filling, "files": files})
            )
            self._back_filling = 0

    def _next(self) -> list[Sample]:
        """The samples of the next file: of one time, or of several where the make does so."""
        times = _TIMES_IN_A_FILE if self.plan.several_times and len(self._unsent) > 1 else 1
        return [sample for _ in range(min(times, len(self._unsent))) for sample in self._unsent.popleft()]

    def _deliver(self, file: DeviceFile) -> bool:
        try:
            self._uplink.send(file)
        except NotDelivered:
            return False
        self.delivered.append(
            Delivery(self.plan.account, file.path, hashlib.sha256(file.content).hexdigest())
        )
        return True
