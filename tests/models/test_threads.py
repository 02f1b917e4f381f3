"""The number of threads that the settings name is what torch takes, also in the thread that owns a model."""

from __future__ import annotations

import subprocess
import sys

PROGRAM = """
import threading
import torch
from emotion_core.models.load import use_threads

own = torch.get_num_threads()
use_threads(0)
assert torch.get_num_threads() == own, "0 leaves the choice to torch"
use_threads(3)
found = []
thread = threading.Thread(target=lambda: found.append(torch.get_num_threads()))
thread.start()
thread.join()
assert found == [3] and torch.get_num_threads() == 3, found
"""


def test_every_thread_takes_so_many() -> None:
    subprocess.run([sys.executable, "-c", PROGRAM], check=True, timeout=120)
