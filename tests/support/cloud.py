"""A ``gcloud`` that keeps what it makes: it refuses what Google refuses, so that scripts can be run again and again."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from tests.support import gcloud_stand_in
from tests.support.commands import FakeCommands
from tests.support.gcloud_stand_in import read, write


class FakeCloud(FakeCommands):
    """A project that is empty at first, with its ``gcloud`` first on PATH."""

    def __init__(self, folder: Path) -> None:
        """Put the command into a folder."""
        super().__init__(folder)
        self._state = str(folder / "state")
        path = folder / "gcloud"
        path.write_text(f"#!{sys.executable} -IS\n{Path(gcloud_stand_in.__file__).read_text(encoding='utf-8')}")
        path.chmod(0o755)

    @property
    def state(self) -> dict[str, Any]:
        """What there is: ``things`` by kind and name, ``grants``, ``services``."""
        found = read(self._state)
        del found["patience"], found["calls"], found["fail_at"]
        return found

    def fail_at(self, call: int) -> None:
        """Let one call break off, counted from now; 0 lets none."""
        state = read(self._state)
        state.update(calls=0, fail_at=call)
        write(self._state, state)

    def there(self, kind: str, name: str) -> None:
        """Say that something is there that others have made."""
        state = read(self._state)
        state["things"].setdefault(kind, {})[name] = {}
        write(self._state, state)
