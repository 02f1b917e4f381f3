"""`python -m emotion_core`: see `emotion_core/cli/`."""

import sys

from emotion_core.cli.main import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
