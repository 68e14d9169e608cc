"""How a run breaks off."""

from __future__ import annotations

RUN_AGAIN = "what it published is safe, run it again to complete it"


class RunError(Exception):
    """A run broke off. The message is one line.

    Attributes:
        fix: The next step of the operator.
        may_go_on: Whether its job may still run, and publish everything.
    """

    def __init__(self, message: str, *, fix: str = RUN_AGAIN, may_go_on: bool = False) -> None:
        super().__init__(message)
        self.fix = fix
        self.may_go_on = may_go_on


class SubmissionError(RunError):
    """An engine rejected a run. The message is one line."""


class RunInterrupted(RunError):
    """The run was interrupted with Ctrl-C. The message is one line."""
