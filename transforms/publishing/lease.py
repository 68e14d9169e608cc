"""One run at a time publishes a date: the lease of a date, and the signs of life of its holder.

``open/{date}.json`` names the run that publishes the date. It is taken, taken over and given back by compare-and-set on
that one object, so that of two runs only one can hold it. A run that ends without giving it back leaves its name there,
which the next run replaces: what each object shows, and which run wrote it, the objects themselves tell.

A lease is *contested* when it was taken from a run that only showed no signs of life, and so may go on. What such a run
has seen is written again even where it is unchanged, so that none of its compare-and-sets succeeds any more.

It has *unrepaired* export types when runs that were cut off have left them in part. They stay named in it, from holder
to holder, until a run has published them as a whole; a run that withholds them leaves the lease there, marked as ended.

A run that holds leases renews ``alive/{execution}.json`` every few seconds. Whether it is alive is decided by watching
that object change, never by comparing the clocks of two machines; only where the holder ran on the same machine, its
process is looked for as well, so that the rerun of a killed local run need not wait.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Any, ClassVar

import orjson

from transforms.elements.plan import LeaseRules, Run
from transforms.elements.run_order import RunOrder
from transforms.stores.control import LEASES, SIGNS_OF_LIFE
from transforms.stores.protocol import ABSENT, GenerationMismatch, Store, StoreError

CONTROL_CACHE = "no-cache, max-age=0"
_POLL_SECONDS = 2.0


class DateBusy(StoreError):
    """Another run is publishing the date."""


@dataclass(frozen=True)
class Holder:
    """A run that holds, or held, a date.

    Attributes:
        run_id: The run.
        order: Where it stands among the runs.
        host: Identifies its machine, and there the processes that can see one another; empty where it is not known.
        process: Identifies its process on that machine.
        has_ended: It said itself that it ended before it had published everything.
        is_contested: It took the date from a run that may still be alive, since it only showed no signs of life.
        export_types: What it publishes, and leaves in part when it is cut off.
        unrepaired: What runs that were cut off before it have left in part.
    """

    run_id: str
    order: RunOrder
    host: str = ""
    process: str = ""
    has_ended: bool = False
    is_contested: bool = False
    export_types: tuple[str, ...] = ()
    unrepaired: tuple[str, ...] = ()

    @classmethod
    def read(cls, told: Any) -> Holder:
        """Return the holder that a lease names; one about which nothing is known, where it names none."""
        if not isinstance(told, Mapping):
            return cls("an unknown run", RunOrder())
        return cls(
            str(told.get("run_id") or "an unknown run"),
            RunOrder.of(told),
            host=str(told.get("host") or ""),
            process=str(told.get("process") or ""),
            has_ended=told.get("has_ended") is True,
            is_contested=told.get("is_contested") is True,
            export_types=_names(told.get("export_types")),
            unrepaired=_names(told.get("unrepaired")),
        )

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return {
            "run_id": self.run_id,
            **self.order.metadata(),
            "host": self.host,
            "process": self.process,
            "has_ended": self.has_ended,
            "is_contested": self.is_contested,
            "export_types": self.export_types,
            "unrepaired": self.unrepaired,
        }


def _names(told: Any) -> tuple[str, ...]:
    return tuple(sorted(map(str, told))) if isinstance(told, list) else ()


def lease_path(day: Any) -> str:
    """Return the path of the lease of a date."""
    return f"{LEASES}{day}.json"


def alive_path(execution: str) -> str:
    """Return the path of the signs of life of an execution."""
    return f"{SIGNS_OF_LIFE}{execution}.json"


def find_holder(store: Store, day: Any) -> Holder | None:
    """Return the run that is at work on a date, or was cut off while it was; None when there is none."""
    found = store.read(lease_path(day))
    return None if found is None else _read(found[0])


def acquire(
    store: Store,
    run: Run,
    day: str,
    rules: LeaseRules,
    *,
    export_types: Collection[str] = (),
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> bool:
    """Take the lease of a date, waiting for a run that holds it, and return whether it is contested.

    It is contested when the run that held it may still be alive: it showed no signs of life, but may only stand still,
    or be cut off from the store. An object that such a run has seen is then to be written again even when it is
    unchanged, because a compare-and-set of that run would still succeed on it.

    An execution that holds it already, because a worker died and its work is done again, takes it once more.

    Args:
        store: Where leases are.
        run: The run that wants to publish.
        day: The date, ISO.
        rules: How long to wait.
        export_types: What the run publishes.
        clock: Seconds that never go back.
        sleep: Waits for some seconds.

    Raises:
        DateBusy: Another run still holds the date.
        StoreError: The lease cannot be read or written.
    """
    mine = Holder(run.run_id, run.order, *_this_process(), export_types=tuple(sorted(export_types)))
    watched: _Watched | None = None
    began = clock()
    while True:
        found = store.read(lease_path(day))
        holder = None if found is None else _read(found[0])
        contested = holder is not None and holder.is_contested
        unrepaired = () if holder is None else holder.unrepaired
        if holder is not None and holder.order.execution_id != run.execution:
            if watched is None or watched.holder != holder:
                watched = _Watched(store, holder, clock)
            if not watched.is_dead(rules.dead_after_seconds):
                waited = clock() - began
                if waited >= rules.wait_seconds:
                    raise DateBusy(_busy(day, holder, waited))
                sleep(min(_POLL_SECONDS, max(rules.dead_after_seconds / 4, 0.01)))
                continue
            contested = contested or not _has_ended(holder)
            unrepaired = tuple(sorted({*unrepaired, *_left_in_part(holder, mine)}))
        try:
            taken = replace(mine, is_contested=contested, unrepaired=unrepaired)
            _write(store, day, taken, if_generation=ABSENT if found is None else found[1].generation)
        except GenerationMismatch:
            continue
        return contested


def _left_in_part(holder: Holder, mine: Holder) -> tuple[str, ...]:
    """Return what a run that was cut off may have left in part: of a run about which nothing is known, everything."""
    return holder.export_types if holder.order.execution_id else mine.export_types


def release(store: Store, run: Run, day: str, *, repaired: Collection[str] = ()) -> None:
    """Give the lease of a date back, unless another run has taken it over.

    It stays, for the next run to take at once, while something of the date is as a run that was cut off has left it.

    Args:
        store: Where leases are.
        run: The run that gives it back.
        day: The date, ISO.
        repaired: Export types that the run has published as a whole.
    """
    found = store.read(lease_path(day))
    if found is None or (holder := _read(found[0])).order.execution_id != run.execution:
        return
    left = tuple(name for name in holder.unrepaired if name not in repaired)
    with suppress(GenerationMismatch):
        if left:
            ended = replace(holder, has_ended=True, export_types=(), unrepaired=left)
            _write(store, day, ended, if_generation=found[1].generation)
        else:
            store.delete(lease_path(day), if_generation=found[1].generation)


def still_holds(store: Store, run: Run, day: str) -> bool:
    """Whether the lease of a date is that of a run: another one takes it over from a run that stands still."""
    found = store.read(lease_path(day))
    return found is not None and _read(found[0]).order.execution_id == run.execution


def lost_to_another(day: str) -> str:
    """Return why a run whose lease was taken over publishes nothing more of a date."""
    return f"{day} was taken over by another run while this one showed no signs of life; run it again"


def abandon(store: Store, run: Run, day: str) -> None:
    """Leave the lease of a date to the next run at once: this one ends, and part of it may be missing."""
    with suppress(StoreError):
        found = store.read(lease_path(day))
        if found is not None and (holder := _read(found[0])).order.execution_id == run.execution:
            _write(store, day, replace(holder, has_ended=True), if_generation=found[1].generation)


def _read(content: bytes) -> Holder:
    try:
        return Holder.read(orjson.loads(content))
    except orjson.JSONDecodeError:
        return Holder.read(None)


def _write(store: Store, day: str, holder: Holder, *, if_generation: int) -> None:
    content = orjson.dumps(holder.to_json())
    store.write(lease_path(day), content, cache_control=CONTROL_CACHE, if_generation=if_generation)


def _busy(day: str, holder: Holder, waited: float) -> str:
    return (
        f"{day} is being published by run {holder.run_id} ({holder.order.execution_id}), which still "
        f"showed signs of life after {waited:.0f} s; nothing of this run was published for the date: "
        "run again once that one has ended, or raise --lease_wait"
    )


class _Watched:
    """A holder, watched for signs of life."""

    def __init__(self, store: Store, holder: Holder, clock: Callable[[], float]) -> None:
        self.holder = holder
        self._store, self._clock = store, clock
        self._seen: int | None = None
        self._changed = clock()

    def is_dead(self, dead_after: float) -> bool:
        if _has_ended(self.holder):
            return True
        shown = self._store.stat(alive_path(self.holder.order.execution_id)) if self.holder.order.execution_id else None
        generation = ABSENT if shown is None else shown.generation
        if generation != self._seen:
            self._seen, self._changed = generation, self._clock()
        return self._clock() - self._changed >= dead_after


def _this_process() -> tuple[str, str]:
    """Return what identifies the machine and the process; nothing where the system does not tell."""
    pid = os.getpid()
    started = _started(pid)
    if not started:
        return "", ""
    return _host(), f"{pid}@{started}"


def _host() -> str:
    try:
        with open("/proc/sys/kernel/random/boot_id") as file:
            # Containers of one machine share the boot, and see other processes.
            return f"{file.read().strip()}/{os.readlink('/proc/self/ns/pid')}"
    except OSError:
        return ""


def _started(pid: int) -> str:
    """Return when a process was started, in ticks since boot; empty when there is none, or the system does not tell."""
    try:
        with open(f"/proc/{pid}/stat") as file:
            # The name of the program, in parentheses, may hold anything.
            return file.read().rpartition(")")[2].split()[19]
    except (OSError, IndexError):
        return ""


def _has_ended(holder: Holder) -> bool:
    """Whether a holder is known to be gone: it said so, or its process is no more."""
    if holder.has_ended:
        return True
    if not holder.host or holder.host != _host():
        return False
    pid, _, started = holder.process.partition("@")
    return not pid.isdigit() or _started(int(pid)) != started


class Heartbeat:
    """Renews the signs of life of an execution while it is entered, in one thread per process and execution.

    It may be entered any number of times at once. A run that ends before the first sign is due writes none.
    """

    _lock = threading.Lock()
    _beating: ClassVar[dict[str, _Beating]] = {}

    def __init__(self, store: Store, run: Run, rules: LeaseRules) -> None:
        """Prepare; nothing happens before it is entered."""
        self._store, self._run, self._rules = store, run, rules

    def __enter__(self) -> Heartbeat:
        """Begin, unless this process does it already."""
        with self._lock:
            beating = self._beating.get(self._run.execution)
            if beating is None:
                beating = self._beating[self._run.execution] = _Beating(self._store, self._run, self._rules)
            beating.users += 1
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None = None,
        error: BaseException | None = None,
        trace: TracebackType | None = None,
    ) -> None:
        """End, once nothing in this process uses it any more."""
        with self._lock:
            beating = self._beating[self._run.execution]
            beating.users -= 1
            if beating.users == 0:
                beating.over.set()
                del self._beating[self._run.execution]


class _Beating:
    """The thread of an execution; it ends with the process."""

    def __init__(self, store: Store, run: Run, rules: LeaseRules) -> None:
        self.users = 0
        self.over = threading.Event()
        self._store, self._run, self._rules = store, run, rules
        threading.Thread(target=self._beat, name=f"heartbeat-{run.execution}", daemon=True).start()

    def _beat(self) -> None:
        path, seen = alive_path(self._run.execution), -1
        while not self.over.wait(self._rules.heartbeat_seconds):
            # A service that does not answer for a moment is no reason to stop: the next sign may get through.
            with suppress(StoreError):
                shown = self._store.stat(path)
                generation = ABSENT if shown is None else shown.generation
                if generation in (seen, ABSENT):
                    # No other worker of the run has renewed it meanwhile; an object takes one write a second.
                    content = orjson.dumps({"run_id": self._run.run_id})
                    generation = self._store.write(path, content, cache_control=CONTROL_CACHE)
                seen = generation


def forget_signs(store: Store, run: Run) -> None:
    """Remove the signs of life of a run that is over."""
    with suppress(StoreError):
        store.delete(alive_path(run.execution))
