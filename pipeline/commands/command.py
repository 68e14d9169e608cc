"""A subcommand, as the list of commands declares it: by name, so that nothing is imported before it is needed."""

from __future__ import annotations

import gc
import importlib
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pipeline.options.option import Option


@dataclass(frozen=True)
class Command:
    """A subcommand of ``phase6``.

    Attributes:
        name: As typed; a command of a group has two words.
        summary: What it does, in a line.
        options: ``module:attribute`` of its options.
        run: ``module:function`` that takes the arguments and returns the exit code.
        usage: Its arguments in short.
        about: More help, in paragraphs.
        examples: Title and arguments of valid command lines.
        is_job: It takes Beam's options, and export types.
    """

    name: str
    summary: str
    options: str
    run: str
    usage: str = "[option ...]"
    about: str = ""
    examples: tuple[tuple[str, str], ...] = ()
    is_job: bool = False

    def load_options(self) -> tuple[Option, ...]:
        """Return the options that it takes, in the order of its help text."""
        found: tuple[Option, ...] = load(self.options)
        return found

    def execute(self, argv: Sequence[str]) -> int:
        """Carry out a command line and return its exit code."""
        code: int = load(self.run)(argv)
        return code


def load(place: str) -> Any:
    """Import ``module:attribute`` and return the attribute."""
    module, _, attribute = place.partition(":")
    if module not in sys.modules:
        _import(module)
    return getattr(sys.modules[module], attribute)


def _import(module: str) -> None:
    """Import a module without looking for garbage meanwhile, nor later in what it made.

    Modules live as long as the process. To look through those of Beam, again and again while they are imported and then
    during the run, takes a tenth of the time of importing them.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        importlib.import_module(module)
        gc.freeze()
    finally:
        if was_enabled:
            gc.enable()
