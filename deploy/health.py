"""Exit status 0 where the first page of the app runs to its end without an error; for health checks of containers."""

from __future__ import annotations

import sys
import urllib.request

ADDRESS = "http://127.0.0.1:8501/_stcore/script-health-check"


def healthy(address: str = ADDRESS, seconds: float = 45) -> bool:
    """Asks the app to run its first page; an error there is answered with status 503."""
    try:
        with urllib.request.urlopen(address, timeout=seconds) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


if __name__ == "__main__":
    sys.exit(0 if healthy(*sys.argv[1:2]) else 1)
