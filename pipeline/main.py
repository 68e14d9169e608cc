"""The command line: ``python -m pipeline.main --help``."""

import sys

from exporters.registry import exports, groups
from pipeline.options.help_text import build_help, wants_help

if __name__ == "__main__":
    if wants_help(sys.argv[1:]):
        sys.stdout.write(build_help(tuple(exports()), groups()))
        sys.exit(0)
    from pipeline.execution.run import main

    sys.exit(main(sys.argv[1:]))
