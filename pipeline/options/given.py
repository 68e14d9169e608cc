"""The flags of a command line as they were given, before anything is checked. Imports no Beam."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pipeline.options.flags import add_flags
from pipeline.options.option_table import OPTIONS


@dataclass(frozen=True)
class GivenOptions:
    """What a command line says.

    Attributes:
        texts: The options of the project by name; None for one that is not given, several texts for one that is given
            repeatedly.
        runner: The engine; empty when none is named.
        streaming: Whether the command line asks Beam for a streaming job.
        cloud: Beam's options of Google Cloud that are given, among project, region and temp_location.
    """

    texts: Mapping[str, object]
    runner: str = ""
    streaming: bool = False
    cloud: frozenset[str] = frozenset()


def read_own_flags(argv: Sequence[str]) -> GivenOptions | None:
    """Return what a command line says in flags of the project alone; None when Beam has to read it.

    Beam's parser has 200 more flags, and takes two seconds to import. A flag that is not the project's may be one of
    those, or a mistake, which Beam's parser tells apart.

    Args:
        argv: Arguments, without the program's name.
    """
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    add_flags(parser, OPTIONS)
    given, others = parser.parse_known_args(argv)
    return None if others else GivenOptions(vars(given))
