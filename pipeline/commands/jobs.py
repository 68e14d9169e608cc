"""``phase6 export`` and ``phase6 stream``: the two kinds of job that a command line can be."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.execution.run import main
from pipeline.options.configuration import is_stream, parse_stream
from pipeline.options.flags import OptionsError
from pipeline.reporting.exit_codes import BAD_REQUEST
from pipeline.reporting.terminal import complain
from pipeline.requests.problems import Problem


def export(argv: Sequence[str]) -> int:
    """Run the export of a command line and return its exit code."""
    if is_stream(argv):
        reason, fix = "is an option of phase6 stream", "run phase6 stream, or leave it out"
        complain(OptionsError([Problem("--input_subscription", "", reason, fix)]))
        return BAD_REQUEST
    return main(argv)


def stream(argv: Sequence[str]) -> int:
    """Run the streaming job of a command line and return its exit code."""
    if is_stream(argv):
        return main(argv)
    try:
        # A streaming job needs its subscription: the error names it beside the other problems.
        parse_stream(argv)
    except OptionsError as error:
        complain(error)
    return BAD_REQUEST
