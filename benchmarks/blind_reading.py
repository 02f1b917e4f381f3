"""Does the usable window agree with a reader? `python -m benchmarks.blind_reading write FOLDER`, then `score FOLDER`.

`write` steers the bundled model with three emotions at ten strengths and puts two texts of each, 60 in all, into
`FOLDER/texts.csv` in random order, without emotion or strength; `FOLDER/reference.txt` holds unsteered texts of the
same prompts. A reader who has seen neither `FOLDER/key.json` nor this program's output fills the column `broken` with 1
where a text is clearly worse than the references as English (words that do not go together, loops), else 0. `score`
compares the answers with whether the strength lies inside the sweep's usable window, found without a reader.
"""

from __future__ import annotations

import argparse
import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from emotion_core.base.jobs import run_to_end
from emotion_core.models.load import load_model
from emotion_core.prompts.builtin import load_prompts
from emotion_core.steering.settings import SweepSettings
from emotion_core.steering.sweep import Sweep, sweep
from emotion_core.vectors.build import build
from emotion_core.vectors.emotion_vectors import BuildSettings

EMOTIONS = ("fear", "joy", "anger")
STRENGTHS = (-1.2, -0.8, -0.5, -0.3, 0.0, 0.15, 0.3, 0.5, 0.8, 1.2)
PROMPTS = ("It was raining when", "My sister called and")
SEED = 60  # of the sweeps and of the order


def write(folder: Path) -> None:
    """Make the texts, their order and the key."""
    model = load_model("demo")
    vectors = run_to_end(build(model, [load_prompts("emotions-12")], BuildSettings()))
    texts: list[dict[str, Any]] = []
    for number, emotion in enumerate(EMOTIONS):
        settings = SweepSettings(
            emotion=emotion, prompts=PROMPTS, strengths=STRENGTHS, samples=3, controls=8, seed=SEED + number
        )
        found = run_to_end(sweep(model, vectors, settings))
        texts += drawn(found)
        references = [row for row in found.rows if row.direction == "emotion" and row.strength == 0]
    order = np.random.default_rng(SEED).permutation(len(texts))
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "key.json").write_text(json.dumps([texts[at] for at in order], indent=1), encoding="utf-8")
    (folder / "reference.txt").write_text("\n\n".join(row.prompt + row.text for row in references), encoding="utf-8")
    with (folder / "texts.csv").open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(["number", "text", "broken"])
        rows.writerows([number, texts[at]["text"], ""] for number, at in enumerate(order))


def drawn(found: Sweep) -> list[dict[str, Any]]:
    """The first text of each prompt at each strength, with what the sweep says of the strength."""
    low, high = found.usable_window
    return [
        {
            "text": row.prompt + row.text,
            "emotion": found.settings.emotion,
            "strength": row.strength,
            "in_window": low <= row.strength <= high,
        }
        for row in found.rows
        if row.direction == "emotion" and row.sample == (1 if row.strength == 0 else 0)
    ]


def agreement(in_window: list[bool], broken: list[bool], seed: int = 0) -> dict[str, Any]:
    """Share of equal judgements and Cohen's kappa with its 95 % percentile interval over 2,000 resampled texts.

    Args:
        in_window: Whether each text's strength is inside the usable window.
        broken: Whether the reader called it broken.
        seed: Of the resampling.
    """
    ours, theirs = np.array(in_window), ~np.array(broken)
    rng = np.random.default_rng(seed)
    picks = rng.integers(0, len(ours), (2000, len(ours)))
    kappas = kappa(ours[picks], theirs[picks])
    return {
        "texts": len(ours),
        "agreement": float((ours == theirs).mean()),
        "kappa": float(kappa(ours[None], theirs[None])[0]),
        "kappa_interval": [float(one) for one in np.nanquantile(kappas, (0.025, 0.975))],
        "broken_inside": f"{int((ours & ~theirs).sum())} of {int(ours.sum())}",
        "broken_outside": f"{int((~ours & ~theirs).sum())} of {int((~ours).sum())}",
    }


def kappa(first: npt.NDArray[np.bool_], second: npt.NDArray[np.bool_]) -> npt.NDArray[np.float64]:
    """Cohen's kappa (1960) of yes-or-no judgements `[draws, texts]`, draw by draw; NaN where both are constant."""
    equal, a, b = (first == second).mean(1), first.mean(1), second.mean(1)
    by_chance = a * b + (1 - a) * (1 - b)
    with np.errstate(invalid="ignore"):
        found: npt.NDArray[np.float64] = (equal - by_chance) / (1 - by_chance)
    return found


def score(folder: Path) -> dict[str, Any]:
    """The reader's answers against the key, in all and by strength."""
    key = json.loads((folder / "key.json").read_text(encoding="utf-8"))
    with (folder / "texts.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    unread = [row["number"] for row in rows if row["broken"] not in ("0", "1")]
    if unread or [row["text"] for row in rows] != [one["text"] for one in key]:
        raise SystemExit(f"texts.csv needs 0 or 1 in each row, and its texts as they were written; open: {unread}")
    broken = [row["broken"] == "1" for row in rows]
    by_strength = {
        str(strength): {
            "broken": sum(b for b, one in zip(broken, key, strict=True) if one["strength"] == strength),
            "in_window": sum(one["in_window"] for one in key if one["strength"] == strength),
            "texts": sum(one["strength"] == strength for one in key),
        }
        for strength in STRENGTHS
    }
    return {**agreement([one["in_window"] for one in key], broken), "by_strength": by_strength}


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=("write", "score"))
    parser.add_argument("folder", type=Path)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    if arguments.what == "write":
        write(arguments.folder)
    else:
        print(json.dumps(score(arguments.folder), indent=2))


if __name__ == "__main__":
    main()
