"""What a run leaves out because the machine lacks something: skipped, never passed, and named in the last lines.

The hook takes effect where a ``conftest.py`` imports it.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable
from typing import Any, NoReturn

import pytest

_MARK = "left out: "


def left_out(what: str, why: str) -> NoReturn:
    """End the test, the fixture or the module that calls it as skipped, and name it at the end of the run.

    Args:
        what: What is not tested, as a noun.
        why: Why not, and how to include it.
    """
    pytest.skip(f"{_MARK}{what}: {why}", allow_module_level=True)


def summary(skipped: Iterable[Any]) -> list[str]:
    """Return the last lines of a run: each thing that was left out once, or that nothing was.

    Args:
        skipped: The reports of what was skipped, also of what did not use :func:`left_out`.
    """
    return sorted({_line(report) for report in skipped}) or [f"{_MARK}nothing"]


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> Generator[None, None, None]:
    """Print, below the counts, what was left out; worker processes print nothing."""
    yield
    terminal = session.config.pluginmanager.get_plugin("terminalreporter")
    if terminal is not None and not session.config.option.collectonly:
        for line in summary(terminal.stats.get("skipped", ())):
            terminal.write_line(line)


def _line(report: Any) -> str:
    reason = str(report.longrepr[2] if isinstance(report.longrepr, (tuple, list)) else report.longrepr)
    reason = " ".join(reason.removeprefix("Skipped: ").split())
    return reason if reason.startswith(_MARK) else f"{_MARK}{report.nodeid}: {reason}"
