"""The door for Beam, the Flex Template and scripts: ``phase6 export`` or ``phase6 stream``, as their options say."""

import sys

from pipeline.cli import door

if __name__ == "__main__":
    sys.exit(door(sys.argv[1:]))
