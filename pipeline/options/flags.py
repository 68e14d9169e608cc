"""Reading flags: every mistake is collected, where argparse would print the first one and exit.

Imports no Beam. Nothing outside of this package sees argparse.
"""

from __future__ import annotations

import argparse
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from pipeline.options.option import Group, Kind, Option, options_of
from pipeline.requests.problems import Problem, ProblemsError, nearest, show
from pipeline.requests.request_message import key_text, nearest_key
from pipeline.requests.validation import validate

OptionsT = TypeVar("OptionsT")


class OptionsError(ProblemsError):
    """A command line that was rejected; the message has one line per problem."""


class _Once(argparse.Action):
    """Keeps every value of an option that is given more than once, where argparse would keep the last."""

    def __call__(
        self, _parser: argparse.ArgumentParser, namespace: argparse.Namespace, values: Any, _flag: str | None = None
    ) -> None:
        earlier = getattr(namespace, self.dest)
        if earlier is None:
            setattr(namespace, self.dest, values)
        else:
            setattr(namespace, self.dest, (*(earlier if isinstance(earlier, tuple) else (earlier,)), values))


def add_flags(parser: argparse.ArgumentParser, options: Iterable[Option]) -> None:
    """Add the flags of options to a parser, as unchecked texts; None where one is not given."""
    for option in options:
        # Text throughout, and a flag without its value is empty text: argparse would stop at the first mistake.
        # A Flex Template passes booleans as --flag=true.
        parser.add_argument(
            option.flag,
            action=_Once,
            nargs="?",
            const="true" if option.kind is Kind.BOOLEAN else "",
            metavar=option.metavar or None,
            help=option.described.replace("%", "%%"),
        )


def split_texts(options: Iterable[Option], given: Mapping[str, object]) -> tuple[dict[str, str], list[Problem]]:
    """Return the readable texts of options, and the problems of the others.

    Args:
        options: The known options.
        given: What a parser found, by name: None for what was not given, several texts for what was given repeatedly.
    """
    texts: dict[str, str] = {}
    problems: list[Problem] = []
    for option in options:
        value = given.get(option.name)
        if isinstance(value, tuple):
            problems.append(
                Problem(option.flag, option.shown(value[-1]), f"is one of {len(value)} values", "give it once")
            )
        elif value == "":
            problems.append(option.wrong(value, "is empty"))
        elif value is not None:
            texts[option.name] = str(value).lower() if isinstance(value, bool) else str(value)
    return texts, problems


def read_model(
    model: type[OptionsT], texts: Mapping[str, str], broken: Collection[str] = ()
) -> tuple[OptionsT | None, list[Problem]]:
    """Validate the options of a model.

    Args:
        model: Declares the options.
        texts: By name; those of other models are left alone.
        broken: Names of options that were given without a readable text.

    Returns:
        The options, wrong ones with their defaults, or None when a required one is wrong; and the problems.
    """
    options = {option.name: option for option in options_of(model, Group.COMMAND)}
    values = {name: option.value_of(texts[name]) for name, option in options.items() if name in texts}
    found, problems = validate(model, values)
    return found, [
        options[problem.key].blame(texts[problem.key], problem)
        if problem.key in texts
        else options[problem.key].missing()
        for problem in problems
        if problem.key not in broken
    ]


def unknown_flags(arguments: Sequence[str], known: Collection[str], otherwise: str = "see --help") -> Iterator[Problem]:
    """Yield a problem for each argument that no flag takes.

    Args:
        arguments: The arguments that the parser did not take.
        known: The known flags, without dashes.
        otherwise: The fix where no known flag is near.
    """
    behind_flag = False
    for argument in arguments:
        if not argument.startswith("-"):
            if not behind_flag:
                yield Problem("command line", show(argument), "belongs to no flag", "write --flag=value")
            behind_flag = False
            continue
        flag, given, value = argument.partition("=")
        behind_flag = not given
        name = flag.lstrip("-")
        meant = alias if (alias := nearest_key(name, known)) in known else nearest(name, known)
        fix = f"did you mean --{meant}?" if meant else otherwise
        yield Problem(key_text(flag), show(value) if given else "", "is an unknown flag", fix)


def together(flags: Collection[Problem], others: Iterable[Problem]) -> list[Problem]:
    """Return the problems of flags and of values; no option is missing whose flag was only misspelt."""
    meant = {problem.fix for problem in flags}
    return [
        *flags,
        *(
            problem
            for problem in others
            if problem.reason != "is missing" or f"did you mean {problem.key}?" not in meant
        ),
    ]


def take_options(model: type[OptionsT], argv: Sequence[str]) -> tuple[OptionsT | None, list[str], list[Problem]]:
    """Take the options of a model out of a command line.

    Args:
        model: Declares the options.
        argv: Arguments, without the program's name; what follows a bare ``--`` is left alone.

    Returns:
        The options, or None when a required one is wrong; the other arguments; and the problems of the options.
    """
    end = argv.index("--") if "--" in argv else len(argv)
    options = options_of(model, Group.COMMAND)
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    add_flags(parser, options)
    given, rest = parser.parse_known_args(argv[:end])
    texts, problems = split_texts(options, vars(given))
    found, more = read_model(model, texts, {problem.key.lstrip("-") for problem in problems})
    order = [option.flag for option in options]
    problems = sorted([*problems, *more], key=lambda problem: order.index(problem.key))
    return found, [*rest, *argv[end:]], problems


def check_folder(flag: str, path: Path) -> None:
    """Check that a folder exists.

    Raises:
        OptionsError: It does not exist. It is not created, because the path may be a typing error.
    """
    if not path.is_dir():
        reason, fix = "is no folder", "make it first, or name another one"
        raise OptionsError([Problem(flag, show(str(path)), reason, fix)])


def parse_options(model: type[OptionsT], argv: Sequence[str]) -> OptionsT:
    """Read the command line of a command that takes the options of a model and no others.

    Raises:
        OptionsError: Something is wrong; it holds every problem.
    """
    found, rest, problems = take_options(model, argv)
    flags = {option.name for option in options_of(model, Group.COMMAND)}
    unknown = list(unknown_flags([argument for argument in rest if argument != "--"], flags))
    problems = together(unknown, problems)
    if problems or found is None:
        raise OptionsError(problems)
    return found
