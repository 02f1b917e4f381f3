"""How often evidence is wrong: `python -m benchmarks.calibration` prints false alarms and power.

Two questions, on the activations of real models. With the sides of the fear-calm pairs swapped at random, so that
there is nothing to find, in how many sets is there a separation beyond chance, or evidence? With a direction planted
into such swapped sets at a known effect size, in how many is it found? The confound sets stand beside as in a build,
without the planted direction in them. `--seeds` asks instead whether verdicts hang on the seed of the shuffles.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np

from benchmarks.fear_study import SHARED, about, header
from emotion_core.base.activations import Activations, ReadingPosition
from emotion_core.base.jobs import run_to_end
from emotion_core.evaluation.confounds import confound_scores, confound_texts
from emotion_core.evaluation.heldout import score_heldout
from emotion_core.evaluation.scores import HeldOutScores
from emotion_core.models.load import load_model
from emotion_core.prompts.builtin import built_in_confounds, load_prompts
from emotion_core.prompts.prompt_set import PromptSet
from emotion_core.tracing.record import record
from emotion_core.vectors.build import neutral_texts, vectors_from
from emotion_core.vectors.emotion_vectors import BuildSettings

PLANTED = (0.5, 1.0, 1.5, 2.0, 3.0)


def swapped(one: PromptSet, rng: np.random.Generator) -> PromptSet:
    """The set with the sides of each pair swapped by the toss of a coin."""
    turn = {pair: bool(rng.integers(2)) for pair in sorted({t.pair for t in one.texts if t.pair is not None})}
    other = {"positive": "negative", "negative": "positive"}
    texts = tuple(replace(t, side=other[t.side]) if t.pair is not None and turn[t.pair] else t for t in one.texts)
    return PromptSet("swapped", "pairs", texts, 0)


def planted(acts: Activations, one: PromptSet, size: float, rng: np.random.Generator) -> Activations:
    """Activations whose positive texts are moved along a random direction, by `size` of its standard deviations.

    The direction is a random combination of the texts themselves, so that its variance is typical of the model's.
    """
    positive = [acts.texts.index(t.text) for t in one.texts if t.side == "positive"]
    values = acts.values.astype(np.float64)
    for layer in range(values.shape[1]):
        centred = values[:, layer] - values[:, layer].mean(0)
        direction = rng.normal(size=len(centred)) @ centred
        direction /= np.linalg.norm(direction)
        values[positive, layer] += size * (centred @ direction).std(ddof=1) * direction
    return replace(acts, values=values.astype(np.float32))


def scored(acts: Activations, neutral: Activations, confounds: Activations, one: PromptSet, seed: int) -> HeldOutScores:
    """Vectors and their held-out scores, as a build makes them."""
    vectors = vectors_from([one], acts, neutral, BuildSettings(seed=seed))
    found = confound_scores(vectors, built_in_confounds(), confounds)
    return score_heldout(vectors, acts, [one], acts, seed=seed, confounds=found)


def seeds(name: str, reference: str, count: int) -> str:
    """A row: how far q-values and verdicts of a built-in set differ between seeds of the draws."""
    model, one = load_model(name), load_prompts(reference)
    reading = ReadingPosition()
    acts = run_to_end(record(model, [t.text for t in one.texts], reading))
    neutral = run_to_end(record(model, neutral_texts(model, reading), reading))
    confounds = run_to_end(record(model, confound_texts(built_in_confounds()), reading))
    vectors = vectors_from([one], acts, neutral, BuildSettings())
    found = confound_scores(vectors, built_in_confounds(), confounds)
    runs = [score_heldout(vectors, acts, [one], acts, seed=seed, confounds=found) for seed in range(count)]
    q_values = np.array([run.q_values for run in runs])
    words = np.array([[verdict.word for verdict in run.verdicts] for run in runs])
    separate = np.array([[verdict.separates for verdict in run.verdicts] for run in runs])
    differ = (words != words[0]).any(axis=0) | (separate != separate[0]).any(axis=0)
    near = (np.abs(q_values - 0.05) <= 0.01).any(axis=0)
    cells = [reference, len(q_values[0]), min(runs[0].chosen_draws), f"{separate.sum(axis=1).min()} to "
             f"{separate.sum(axis=1).max()}", int(near.sum()), int((differ & near).sum()), int((differ & ~near).sum()),
             f"{np.ptp(q_values, axis=0).max():.4f}"]  # fmt: skip
    return f"| {' | '.join(map(str, cells))} |"


def available() -> list[str]:
    """The bundled model and those beside the checkout."""
    return ["demo"] + [str(SHARED / name) for name in ("stories260K", "craftgpt-5m") if (SHARED / name).is_dir()]


def main() -> int:
    """Prints one table a model."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sets", type=int, default=200, help="label-shuffled sets")
    parser.add_argument("--planted", type=int, default=60, help="sets of each planted effect size")
    parser.add_argument("--models", nargs="+", help="default: the bundled one and those in ../shared/models")
    parser.add_argument(
        "--seeds", type=int, default=0, help="only: seeds that verdicts of whole sets are compared over"
    )
    options = parser.parse_args()
    print(header().replace("fear_study", "calibration"))
    if options.seeds:
        print(
            "| set | emotions | draws at the chosen layer | separate | q within .01 of .05 | of these differ | ", end=""
        )
        print("of the others differ | largest range of a q |\n|---|---|---|---|---|---|---|---|")
        for reference in ("emotions-12", "emotions-171"):
            print(seeds((options.models or ["demo"])[0], reference, options.seeds), flush=True)
        return 0
    for name in options.models or available():
        model, fear = load_model(name), load_prompts("fear-calm")
        reading = ReadingPosition()
        acts = run_to_end(record(model, [t.text for t in fear.texts], reading))
        neutral = run_to_end(record(model, neutral_texts(model, reading), reading))
        texts = [text for text in confound_texts(built_in_confounds()) if model.fits(text)]
        confounds = run_to_end(record(model, texts, reading))
        print(f"\n### {Path(name).name}\n\n{about(model)}\n")
        print("| planted d | sets | separates | evidence |\n|---|---|---|---|")
        for size in (0.0, *PLANTED):
            verdicts = []
            for k in range(options.planted if size else options.sets):
                rng = np.random.default_rng([k, int(10 * size)])
                one = swapped(fear, rng)
                moved = planted(acts, one, size, rng) if size else acts
                verdicts.append(scored(moved, neutral, confounds, one, k).verdicts[0])
            claims, found = (np.mean([getattr(v, what) for v in verdicts]) for what in ("separates", "evidence"))
            print(f"| {size:g} | {len(verdicts)} | {claims:.1%} | {found:.1%} |", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
