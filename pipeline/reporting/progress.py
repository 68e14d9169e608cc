"""Progress of a run on standard error: one moving line on a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
import threading
import time

from transforms.elements.plan import Plan
from transforms.elements.progress import PROGRESS

_MOVE_SECONDS = 0.2
_LINE_SECONDS = 10.0


class ProgressLine:
    """Shows how far a run is, from the start of a ``with`` block to its end.

    The counts are those of this process; where other processes do the work, ``counts`` leaves them out.
    """

    def __init__(self, plan: Plan, *, counts: bool) -> None:
        self._plan = plan
        self._counts = counts
        self._state = ""
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._started = time.monotonic()
        self._thread = threading.Thread(target=self._show, name="progress", daemon=True)
        self._before = (PROGRESS.rows, PROGRESS.documents, PROGRESS.dates)

    def __enter__(self) -> ProgressLine:
        first, last = self._plan.dates[0], self._plan.dates[-1]
        self.say(f"exporting {', '.join(self._plan.export_types)} for {first} to {last}")
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()
        self.say(self._line())

    def say(self, text: str) -> None:
        """Print a line of its own."""
        with self._lock:
            sys.stderr.write(f"{self._wipe}{text}\n")
            sys.stderr.flush()

    def show_state(self, state: str) -> None:
        """Take the state of the job, as its engine names it, into the line."""
        self._state = state

    @property
    def _wipe(self) -> str:
        return "\r\033[K" if sys.stderr.isatty() else ""

    def _show(self) -> None:
        shown = self._started
        while not self._stop.wait(_MOVE_SECONDS):
            if sys.stderr.isatty():
                with self._lock:
                    sys.stderr.write(f"{self._wipe}{self._line()}")
                    sys.stderr.flush()
            elif time.monotonic() - shown > _LINE_SECONDS:
                shown = time.monotonic()
                self.say(self._line())

    def _line(self) -> str:
        rows, documents, dates = self._before
        state = f", {self._state}" if self._state else ""
        line = f"{time.monotonic() - self._started:.1f} s{state}"
        if not self._counts:
            return line
        return (
            f"{line}: {PROGRESS.rows - rows:,} rows read, "
            f"{PROGRESS.documents - documents:,} documents published, "
            f"{PROGRESS.dates - dates} of {len(self._plan.dates)} dates done"
        )
