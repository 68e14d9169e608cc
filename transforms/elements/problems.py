"""Errors of what is read and written, which may find more than one thing wrong."""

from __future__ import annotations


class ProblemsError(Exception):
    """Something went wrong, or several things. The message is the first one, in one line."""

    def __init__(self, *problems: str) -> None:
        """Keep the problems, the first of which is the message."""
        super().__init__(*problems)

    def __str__(self) -> str:
        return str(self.args[0]) if self.args else ""

    @property
    def problems(self) -> tuple[str, ...]:
        """Everything that was found wrong, one line each: what, a semicolon, the fix."""
        return tuple(map(str, self.args))
