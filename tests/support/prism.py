"""The Prism binary of this machine, if there is one."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from apache_beam import version

from tests.support.left_out import left_out

_INSTALL = f"go install github.com/apache/beam/sdks/v2/go/cmd/prism@v{version.__version__}"


def prism_binary() -> str:
    """Return its path, from PRISM_LOCATION, PATH or Go's folder; without one, what needs it is left out."""
    places = (os.environ.get("PRISM_LOCATION"), shutil.which("prism"), str(Path.home() / "go" / "bin" / "prism"))
    found = next((place for place in places if place and os.access(place, os.X_OK)), None)
    if found is None:
        left_out("runs on Prism", f"no prism on PATH; {_INSTALL}, or set PRISM_LOCATION to a binary")
    return found
