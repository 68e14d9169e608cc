"""Reading the command line of a job: its flags are those of the project and those of Beam."""

from __future__ import annotations

import argparse
import contextlib
import importlib
from collections.abc import Collection, Iterator, Sequence
from typing import Any, NoReturn

from apache_beam.options.pipeline_options import (
    GoogleCloudOptions,
    PipelineOptions,
    StandardOptions,
    TestOptions,
    _BeamArgumentParser,
)

from pipeline.options.flags import OptionsError, add_flags, unknown_flags
from pipeline.options.given import GivenOptions
from pipeline.options.option_table import OPTIONS
from pipeline.requests.problems import Problem

__all__ = ["ExportOptions", "OptionsError", "parse_command_line", "read_command_line"]

_NOWHERE = "see --help; a job server's own options go behind a bare --"
_RUNNERS_WITH_OPTIONS = {"render": "apache_beam.runners.render", "dask": "apache_beam.runners.dask.dask_runner"}
"""Beam declares the options of these runners only once they are imported, which needs packages of their own."""


class ExportOptions(PipelineOptions):
    """The options of the project as Beam parses them: unchecked texts, None where not given.

    :mod:`pipeline.options.configuration` gives them meaning.

    Command lines go through :func:`parse_command_line`, since Beam ignores the flags that it does not know.
    """

    @classmethod
    def _add_argparse_args(cls, parser: argparse.ArgumentParser) -> None:
        add_flags(parser, (option for option in OPTIONS if not option.of_beam))


def given_in(options: PipelineOptions) -> GivenOptions:
    """Return what any view of Beam's options says."""
    ours, beams = options.view_as(ExportOptions), options.view_as(TestOptions)
    standard, cloud = options.view_as(StandardOptions), options.view_as(GoogleCloudOptions)
    return GivenOptions(
        {option.name: getattr(beams if option.of_beam else ours, option.name) for option in OPTIONS},
        standard.runner or "",
        bool(standard.streaming),
        frozenset(name for name in ("project", "region", "temp_location") if getattr(cloud, name)),
    )


def parse_command_line(argv: Sequence[str]) -> ExportOptions:
    """Read a command line in which every flag belongs to the project or to Beam.

    What follows a bare ``--`` goes to the runner unchecked: a portable job server declares options of its own.

    Args:
        argv: Arguments, without the program's name.

    Raises:
        OptionsError: A flag is unknown, an argument has no flag, or Beam cannot read one of its own.
    """
    options, problems = read_command_line(argv)
    if problems:
        raise OptionsError(problems)
    return options


class _Rejected(Exception):
    """Beam's parser cannot read one of Beam's own options."""


class _FullParser(_BeamArgumentParser):
    """A parser with every flag; it raises instead of printing and exiting."""

    def error(self, message: str) -> NoReturn:
        raise _Rejected(message)


def read_command_line(argv: Sequence[str], others: Collection[str] = ()) -> tuple[ExportOptions, list[Problem]]:
    """Return the options of a command line, and what is wrong with its flags; see :func:`parse_command_line`.

    Args:
        argv: Arguments, without the program's name.
        others: Names of further options, which an unknown flag may mean.
    """
    end = argv.index("--") if "--" in argv else len(argv)
    checked, problems = _with_beam_switches(argv[:end])
    passed, more = _with_beam_switches([argument for argument in argv[end:] if argument != "--"])
    problems += more
    parser = _full_parser(" ".join(argv).lower())
    try:
        _, unknown = parser.parse_known_args(checked)
        known = {*(flag.lstrip("-") for flag in parser._option_string_actions), *others}
        problems += unknown_flags(unknown, known, _NOWHERE)
        parser.parse_known_args(passed)
    except _Rejected as error:
        problems.append(Problem("command line", "", f"cannot be read: {' '.join(str(error).split())}", "see --help"))
        # Beam would print the same and exit, so the options of the project are checked without it.
        return ExportOptions([], **_ours(checked)), problems
    return ExportOptions([*checked, *passed]), problems


def _ours(argv: Sequence[str]) -> dict[str, Any]:
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    ExportOptions._add_argparse_args(parser)
    given = vars(parser.parse_known_args(argv)[0])
    return {name: value for name, value in given.items() if value is not None}


def _with_beam_switches(argv: Sequence[str]) -> tuple[list[str], list[Problem]]:
    """Spell Beam's own switches as Beam reads them: they need a value, and every value counts as true."""
    switches = {option.flag: option for option in OPTIONS if option.of_beam}
    kept: list[str] = []
    problems: list[Problem] = []
    for argument in argv:
        flag, given, value = argument.partition("=")
        if flag not in switches:
            kept.append(argument)
        elif given and (problem := switches[flag].problem(value)):
            problems.append(problem)
        elif value != "false":
            kept.append(f"{flag}=true")
    return kept, problems


def _full_parser(command_line: str) -> argparse.ArgumentParser:
    for runner, module in _RUNNERS_WITH_OPTIONS.items():
        if f"{runner}runner" in command_line:
            with contextlib.suppress(ImportError):
                importlib.import_module(module)
    parser = _FullParser(add_help=False, allow_abbrev=False)
    parser.add_argument("-h", "--help", action="store_true")
    # A class that the main session has defined twice counts once, as in Beam.
    for declaring in {str(declaring): declaring for declaring in _subclasses(PipelineOptions)}.values():
        if "_add_argparse_args" in vars(declaring):
            declaring._add_argparse_args(parser)
    return parser


def _subclasses(declaring: type) -> Iterator[Any]:
    subclasses: list[Any] = declaring.__subclasses__()
    for subclass in subclasses:
        yield subclass
        yield from _subclasses(subclass)
