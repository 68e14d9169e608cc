"""The exit codes of every command. Imports nothing, since help needs them too."""

from __future__ import annotations

ALL_PUBLISHED, SOMETHING_MISSING, BAD_REQUEST = 0, 1, 2
"""Everything that was asked for is there; something is not, and is named; the command line was rejected."""
INTERRUPTED = 130
"""Ctrl-C, as shells have it."""
