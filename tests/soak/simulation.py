"""Runs that take turns: each is a thread that stops before every call to the store or the warehouse until it is let go.

Only one of them is ever at work, time passes only in steps that a scenario names, and a killed run does nothing any
more, so that the same turns always have the same outcome.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.support.warehouses import Fake

HEARTBEAT, DEAD_AFTER, WAIT = 10.0, 45.0, 300.0
GONE = "the process is no more"


class Killed(BaseException):
    """The process of the run is no more; nothing catches it."""


class Process(Fake):
    """A run on its way.

    Attributes:
        number: Names it in actions.
        armed: Faults that wait for a call that they fit, oldest first: the kind, and what the path begins with.
        calls: Calls so far.
        wakes: Until when it sleeps.
        frozen: It shows no signs of life, although it is not dead.
        is_killed: It was killed.
        has_more_workers: Where one dies, another one goes on with the run.
        result: What it returned.
        error: What it raised.
    """

    def __init__(self, number: int, simulation: Simulation, work: Callable[[Process], object]) -> None:
        super().__init__()
        self.number = number
        self.armed: list[tuple[str, str]] = []
        self.calls = 0
        self.wakes = 0.0
        self.frozen = False
        self.is_killed = False
        self.has_more_workers = False
        self.result: object = None
        self.error: Exception | None = None
        self.simulation = simulation
        self._go, self._back = threading.Semaphore(0), threading.Semaphore(0)
        self._ended = False
        self._work = work
        self._thread = threading.Thread(target=self._run, name=f"run-{number}", daemon=True)
        self._thread.start()

    @property
    def is_over(self) -> bool:
        """Whether it will do nothing any more."""
        return self._ended

    def turn(self) -> None:
        """Let it go until its next call, or until it ends."""
        self._go.release()
        self._back.acquire()

    def kill(self) -> None:
        """End it where it stands."""
        if not self._ended:
            self.is_killed = True
            self.turn()
            assert self._ended, "a killed run caught its own death"

    def point(self) -> None:
        """Wait for the next turn; called by the run before each of its calls."""
        if self.is_killed:
            raise Killed(GONE)
        self._back.release()
        self._go.acquire()
        if self.is_killed:
            raise Killed(GONE)
        self.calls += 1

    def die(self) -> None:
        """End the worker at once, and the run with its last one; called by the run in the middle of a call."""
        self.is_killed = not self.has_more_workers
        raise Killed(GONE)

    def monotonic(self) -> float:
        """Return the time of the simulation."""
        return self.simulation.now

    def sleep(self, seconds: float) -> None:
        """Wait until the simulation has come so far."""
        self.wakes = self.simulation.now + seconds
        while self.simulation.now < self.wakes:
            self.point()

    def _run(self) -> None:
        self._go.acquire()
        try:
            if not self.is_killed:
                self.result = self._work(self)
        except Killed:
            pass
        except Exception as error:
            self.error = error
        finally:
            self._ended = True
            self._back.release()


@dataclass
class Simulation:
    """The runs of a scenario, and its time.

    Attributes:
        beat: Renews the signs of life of a run.
        processes: By number.
        now: Seconds since it began.
    """

    beat: Callable[[Process], None]
    processes: dict[int, Process] = field(default_factory=dict)
    now: float = 0.0

    def start(self, number: int, work: Callable[[Process], object]) -> Process:
        """Add a run, which waits for its first turn."""
        self.processes[number] = Process(number, self, work)
        return self.processes[number]

    def step(self, number: int, calls: int) -> None:
        """Let a run make some calls; one that sleeps makes time pass."""
        process = self.processes[number]
        for _ in range(calls):
            if process.is_over:
                return
            if process.wakes > self.now:
                self.pass_time(process.wakes - self.now)
            process.turn()

    def pass_time(self, seconds: float) -> None:
        """Let time pass, during which living runs show that they live."""
        until = self.now + seconds
        while self.now < until:
            before = self.now
            self.now = min(until, (before // HEARTBEAT + 1) * HEARTBEAT)
            if self.now // HEARTBEAT > before // HEARTBEAT:
                for process in self.processes.values():
                    if not process.is_over and not process.frozen:
                        self.beat(process)

    def drain(self, quantum: int = 40, most: int = 20_000) -> None:
        """Let every run come to its end, in turn."""
        for _ in range(most):
            living = [process for process in self.processes.values() if not process.is_over]
            if not living:
                return
            for process in living:
                self.step(process.number, quantum)
        raise AssertionError("a run does not come to its end")

    def close(self) -> None:
        """Kill what is still at work."""
        for process in self.processes.values():
            process.kill()
