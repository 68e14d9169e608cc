"""Progress of a run on standard error: a bar on a terminal, a line every ten seconds elsewhere."""

from __future__ import annotations

import sys
import threading
import time
from types import TracebackType
from typing import Any

from pipeline.reporting.colour import is_rich
from pipeline.reporting.terminal import say
from transforms.elements.plan import Plan
from transforms.elements.progress import PROGRESS

_REFRESH_SECONDS = 0.2
_LINE_SECONDS = 10.0


class Watch:
    """Shows progress while a run goes on.

    The counts are those of this process; where other processes do the work, ``counts`` is False and they are left out.
    """

    def __init__(self, *plans: Plan, counts: bool) -> None:
        """Start counting.

        Args:
            plans: The plan of the run; one a league where several are exported together.
            counts: Whether this process does the work.
        """
        self._plan = plans[0]
        self._leagues = [plan.league.name for plan in plans if len(plans) > 1 or not plan.league.is_default]
        self._dates = sum(len(plan.dates) for plan in plans)
        self._counts = counts
        self._state = ""
        self._bar: Any = None
        self._stop = threading.Event()
        self._started = time.monotonic()
        self._thread = threading.Thread(target=self._show_bar if is_rich(sys.stderr) else self._show_lines, daemon=True)
        self._before = (PROGRESS.rows, PROGRESS.documents, PROGRESS.dates)

    def __enter__(self) -> Watch:
        first, last = self._plan.dates[0], self._plan.dates[-1]
        leagues = f" of {', '.join(self._leagues)}" if self._leagues else ""
        say(f"exporting {', '.join(self._plan.export_types)}{leagues} for {first} to {last}", sys.stderr)
        self._thread.start()
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _traceback: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join()
        say(self._line(), sys.stderr)

    def say(self, text: str) -> None:
        """Print a line of its own, above the bar where there is one."""
        bar = self._bar
        if bar is None:
            say(text, sys.stderr)
        else:
            bar.console.print(text, markup=False, highlight=False, soft_wrap=True)

    def show_state(self, state: str) -> None:
        """Show the state of the job, as its engine names it, from now on."""
        self._state = state

    def _show_lines(self) -> None:
        while not self._stop.wait(_LINE_SECONDS):
            say(self._line(), sys.stderr)

    def _show_bar(self) -> None:
        # Imported only for a terminal: nothing else needs it.
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

        columns = (TimeElapsedColumn(), BarColumn(), TextColumn("{task.description}"))
        total = self._dates
        with Progress(*columns, console=Console(file=sys.stderr), transient=True) as bar:
            # One date has no parts: its bar shows that work goes on, not how much of it is done.
            task: Any = bar.add_task("", total=total if self._counts and total > 1 else None)
            self._bar = bar
            while not self._stop.wait(_REFRESH_SECONDS):
                done = PROGRESS.dates - self._before[2]
                bar.update(task, completed=done, description=self._counted() if self._counts else self._state)
            self._bar = None

    def _line(self) -> str:
        elapsed = f"{time.monotonic() - self._started:.1f} s{self._state and f', {self._state}'}"
        return f"{elapsed}: {self._counted()}" if self._counts else elapsed

    def _counted(self) -> str:
        rows, documents, dates = self._before
        return (
            f"{PROGRESS.rows - rows:,} rows read, "
            f"{PROGRESS.documents - documents:,} documents published, "
            f"{PROGRESS.dates - dates} of {self._dates} dates done"
        )
