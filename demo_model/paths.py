"""Where the parts of the training lie, relative to the repository."""

from __future__ import annotations

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "demo_model"
WEIGHTS = PACKAGE / "weights"
TRUTH = PACKAGE / "truth.json"
PROMPTS = ROOT / "prompts"
TRAIN = ROOT / ".train"  # git ignores it: token shards, checkpoints, logs


def corpus() -> Path:
    """The folder of third-party training text: ``EMOTION_CORPUS``, or ``../shared/corpus`` beside the checkout.

    Raises:
        FileNotFoundError: neither is there; the message says how to point to it.
    """
    folder = Path(os.environ.get("EMOTION_CORPUS", ROOT.parent / "shared" / "corpus"))
    if not folder.is_dir():
        raise FileNotFoundError(f"no training text at {folder}: set EMOTION_CORPUS to the folder of *.jsonl.xz files")
    return folder
