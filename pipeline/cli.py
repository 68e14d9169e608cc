"""The command line of the project: ``phase6``, and ``python -m pipeline.main``."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from typing import Any

import click
from click.shell_completion import get_completion_class

from pipeline.commands.catalogue import COMMANDS, GROUPS, MAIN
from pipeline.commands.click_commands import CommandGroup, UnknownCommandError, build_group
from pipeline.commands.command import Command
from pipeline.commands.help_text import build_help, wants_help
from pipeline.reporting.colour import is_rich
from pipeline.reporting.exit_codes import BAD_REQUEST, INTERRUPTED
from pipeline.requests.problems import Problem, nearest, show

PROGRAM = "phase6"
DOOR = "python -m pipeline.main"
_ABOUT = """\
Turns a sports-prediction warehouse into a static JSON API.

Every command explains its options, with an example of each: phase6 COMMAND --help. With --json, the last line that a
command prints is JSON.
"""
_SHELLS = ("bash", "zsh", "fish")
_COMPLETION = """\
Print the script that completes commands, options and names in a shell.

\b
  bash:  phase6 completion bash > ~/.phase6-complete.bash   and, in ~/.bashrc: . ~/.phase6-complete.bash
  zsh:   phase6 completion zsh > ~/.phase6-complete.zsh     and, in ~/.zshrc: . ~/.phase6-complete.zsh
  fish:  phase6 completion fish > ~/.config/fish/completions/phase6.fish
"""


def main(argv: Sequence[str] | None = None, *, commands: Sequence[Command] = COMMANDS) -> int:
    """Run a command line and return its exit code.

    Args:
        argv: Arguments, without the program's name; those of this process by default.
        commands: The list of commands.
    """
    color = None if is_rich(sys.stdout) else False

    def run() -> int:
        return _group(commands).main(args=argv, prog_name=PROGRAM, standalone_mode=False, color=color) or 0

    try:
        return _until_interrupted(run)
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message(), err=True)
    except click.UsageError as error:
        click.echo(_problem(error), err=True)
    return BAD_REQUEST


def door(argv: Sequence[str]) -> int:
    """Run the command line of ``python -m pipeline.main`` and return its exit code.

    It is that of ``phase6 export`` or, with ``--input_subscription``, of ``phase6 stream``.
    """
    if wants_help(argv):
        click.echo(build_help(MAIN, DOOR), nl=False)
        return 0
    return _until_interrupted(lambda: MAIN.execute(argv))


def _until_interrupted(run: Callable[[], int]) -> int:
    """Run a command, and end quietly when it is interrupted or its output is closed."""
    try:
        return run()
    except (click.Abort, KeyboardInterrupt):
        click.echo("interrupted; run it again to complete it", err=True)
        return INTERRUPTED
    except BrokenPipeError:
        # The interpreter must not try to print the rest.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


def _group(commands: Sequence[Command]) -> CommandGroup:
    group = build_group(commands, GROUPS, help=_ABOUT)
    group.params.append(
        click.Option(
            ["--version"], is_flag=True, expose_value=False, is_eager=True, callback=_show_version, help="Show it."
        )
    )
    group.add_command(
        click.Command(
            "completion",
            help=_COMPLETION,
            short_help="Print the script that completes commands and options in a shell.",
            params=[click.Argument(["shell"], type=click.Choice(_SHELLS))],
            callback=_print_completion,
        )
    )
    return group


def _show_version(ctx: click.Context, _param: click.Parameter, wanted: bool) -> None:
    if wanted and not ctx.resilient_parsing:
        from pipeline.version import code_version

        click.echo(code_version())
        ctx.exit()


def _print_completion(shell: str) -> int:
    made: Any = get_completion_class(shell)
    click.echo(made(_group(COMMANDS), {}, PROGRAM, f"_{PROGRAM.upper()}_COMPLETE").source())
    return 0


def _problem(error: click.UsageError) -> str:
    """Return a usage error in the form of this project: value, reason and fix."""
    if isinstance(error, UnknownCommandError):
        path, meant = error.ctx.command_path if error.ctx else PROGRAM, nearest(error.name, error.known)
        fix = f"did you mean {meant}?" if meant else f"the commands are {', '.join(error.known)}"
        return str(Problem(path, show(error.name), "is an unknown command", fix))
    if isinstance(error, click.NoSuchOption):
        return str(Problem(error.option_name, "", "is an unknown flag", f"see {PROGRAM} --help"))
    return f"{error.format_message()} See {PROGRAM} --help"
