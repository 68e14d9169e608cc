"""The exit codes of every command. Imports nothing, because help uses them too."""

from __future__ import annotations

ALL_PUBLISHED, SOMETHING_MISSING, BAD_REQUEST = 0, 1, 2
"""Everything requested is published; something is missing and named; the command line was rejected."""
INTERRUPTED = 130
"""Ctrl-C, as in shells."""
