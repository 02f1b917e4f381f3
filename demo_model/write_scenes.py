"""Scenes of all 171 words as a prompt set: `python -m demo_model.write_scenes` writes `planted/scenes-171.csv`.

The demo model's map can be checked with them: the generator draws body signs, thoughts and outcomes by nearness in
valence and arousal, so whoever maps the vectors of these scenes has to find the truth table again. The sentences are
those of the training text in other combinations; emotions are never named.
"""

from __future__ import annotations

import csv
import random
from pathlib import Path
from unittest.mock import patch

from demo_model import paths, truth
from demo_model.generator import scenes
from demo_model.generator.people import cast

TRAIN, HELD_OUT = 10, 2
SEED = 20261121
OUT = paths.PACKAGE / "planted" / "scenes-171.csv"


def rows() -> list[dict[str, str]]:
    """All rows, the same ones at every call."""
    rng = random.Random(SEED)
    found = []
    with patch.object(scenes, "NAMED_SHARE", 0.0):
        for emotion in truth.emotions():
            for number in range(TRAIN + HELD_OUT):
                text = " ".join(scenes.sentences(emotion, cast(rng), rng, size=6))
                split = "train" if number < TRAIN else "heldout"
                found.append({"emotion": emotion, "text": text, "topic": f"scene {number}", "split": split})
    return found


def write(path: Path = OUT) -> None:
    """Writes the set."""
    path.parent.mkdir(exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, ["emotion", "text", "topic", "split"], lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows())


if __name__ == "__main__":
    write()
