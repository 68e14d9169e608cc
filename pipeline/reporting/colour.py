"""Whether a stream shows colour. Imports nothing, since help asks it too."""

from __future__ import annotations

import os
from typing import TextIO


def is_rich(stream: TextIO) -> bool:
    """Whether a stream is a terminal that shows colour and lines that move.

    It is plain where ``NO_COLOR`` is set (https://no-color.org), and where ``TERM`` is ``dumb``.
    """
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
