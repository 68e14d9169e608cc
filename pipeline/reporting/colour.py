"""Detects whether a stream shows colour. Imports nothing, because help uses it too."""

from __future__ import annotations

import os
from typing import TextIO


def is_rich(stream: TextIO) -> bool:
    """Whether a stream is a terminal that shows colour and lines that move.

    It is plain where ``NO_COLOR`` is set (https://no-color.org), and where ``TERM`` is ``dumb``.
    """
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
