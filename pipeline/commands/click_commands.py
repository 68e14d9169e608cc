"""The subcommands in click, which finds the command, shows help and completes; the project reads the options itself.

click would stop at the first mistake of a command line, and does not have Beam's options. So a command gets its
arguments as typed, and reads them by its model.
"""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import click
from click.shell_completion import BashComplete, CompletionItem, add_completion_class

from pipeline.commands.command import Command
from pipeline.commands.help_text import build_help, wants_help

if TYPE_CHECKING:
    from pipeline.options.option import Option

_BEAM_FLAGS = ("runner", "project", "region", "temp_location", "staging_location", "job_name")
"""The options of Beam that are completed; there are hundreds of others."""
_PATH_WORDS = ("PATH", "FILE", "FOLDER")
_WORDS = {"DATE": ("today", "yesterday")}


class Subcommand(click.Command):
    """A command of the list: its options are imported when they are shown, its code when it runs."""

    def __init__(self, command: Command, name: str) -> None:
        """Wrap a command.

        Args:
            command: The command.
            name: Its last word.
        """
        super().__init__(name, short_help=command.summary, help=command.summary, add_help_option=False)
        self.command = command

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        """Return the options, for completion."""
        return [*super().get_params(ctx), *map(_as_click, self.command.load_options()), *_beam_flags(self.command)]

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Leave the arguments as they are; print the help for ``--help``."""
        ctx.args = list(args)
        if wants_help(args) and not ctx.resilient_parsing:
            click.echo(self.get_help(ctx), nl=False, color=ctx.color)
            ctx.exit()
        return ctx.args

    def get_help(self, ctx: click.Context) -> str:
        """Return the help text."""
        heading, flag = partial(click.style, bold=True), partial(click.style, fg="cyan")
        return build_help(self.command, ctx.command_path, heading=heading, flag=flag)

    def invoke(self, ctx: click.Context) -> int:
        """Carry out the command and return its exit code."""
        return self.command.execute(ctx.args)


class UnknownCommandError(click.UsageError):
    """A name that is no subcommand."""

    def __init__(self, name: str, known: Sequence[str], ctx: click.Context) -> None:
        """Keep the name.

        Args:
            name: As typed.
            known: The known names.
            ctx: Where it was typed.
        """
        super().__init__(name, ctx)
        self.name, self.known = name, known


class CommandGroup(click.Group):
    """Commands by their first word."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command that the first argument names.

        Raises:
            UnknownCommandError: It names none.
        """
        name = args[0]
        if not name.startswith("-") and not ctx.resilient_parsing and self.get_command(ctx, name) is None:
            raise UnknownCommandError(name, self.list_commands(ctx), ctx)
        return super().resolve_command(ctx, args)

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """Return the names in the order of the list."""
        return list(self.commands)


def build_group(commands: Sequence[Command], groups: dict[str, str], **settings: Any) -> CommandGroup:
    """Return the group of all commands; those of two words are in groups of their own.

    Args:
        commands: The list of commands.
        groups: First words of commands of two, with their help.
        settings: Of the outer group.
    """
    names = {"help_option_names": ["-h", "--help"]}
    whole = CommandGroup("phase6", context_settings=names, **settings)
    for command in commands:
        group, *last = command.name.split()
        if not last:
            whole.add_command(Subcommand(command, group))
            continue
        inner = whole.commands.setdefault(group, CommandGroup(group, help=groups[group], context_settings=names))
        assert isinstance(inner, CommandGroup)
        inner.add_command(Subcommand(command, last[0]))
    return whole


@add_completion_class
class Bash(BashComplete):
    """Completes in bash, to which the sign in ``--flag=value`` is a word."""

    def get_completion_args(self) -> tuple[list[str], str]:
        """Return the words before the one that is completed, and that one."""
        words, incomplete = super().get_completion_args()
        return [word for word in words if word != "="], incomplete


class ExportTypes(click.ParamType[str]):
    """A list of export types and groups, of which the last one is completed."""

    name = "export types"

    def shell_complete(self, _ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """Return the list so far with every name that may end it."""
        registry = importlib.import_module("exporters.registry")
        before, comma, last = incomplete.rpartition(",")
        names = [*registry.exports(), *registry.groups()]
        return [CompletionItem(f"{before}{comma}{name}") for name in names if name.startswith(last)]


def _as_click(option: Option) -> click.Option:
    is_flag = option.kind.name == "BOOLEAN"
    return click.Option([option.flag], is_flag=is_flag, type=None if is_flag else _type(option), help=option.help)


def _type(option: Option) -> click.ParamType[Any] | None:
    if option.choices:
        return click.Choice(option.choices)
    if option.is_list:
        return ExportTypes()
    if option.metavar in _WORDS:
        return click.Choice(_WORDS[option.metavar])
    if set(option.metavar.split("|")) & set(_PATH_WORDS):
        return click.Path()
    return None


def _beam_flags(command: Command) -> list[click.Parameter]:
    return [click.Option([f"--{name}"], help="An option of Beam.") for name in _BEAM_FLAGS if command.is_job]
