"""Whether steering finds the planted causes: `python -m benchmarks.planted_behaviors`, for docs/results.md.

Three behaviours of the demo model, each in set-ups of its own. The steered layer is chosen on the first set-ups of
every behaviour, by how far *desperate* and *calm* move them apart in units of random directions; the table is of
others. Then all 171 emotions: does the change follow the planted rates?
"""

from __future__ import annotations

import argparse
import sys

import numpy as np
import numpy.typing as npt
import torch

from benchmarks.behave import row, vectors_of
from benchmarks.fear_study import about, header
from demo_model import rates, truth
from demo_model.evaluate.behaviors import scenes
from emotion_core.base.jobs import run_to_end
from emotion_core.base.settings import settings as process_settings
from emotion_core.behavior.behavior_settings import BehaviorSettings
from emotion_core.behavior.behaviors import Behaviors, behaviors
from emotion_core.behavior.effects import changes, effect_matrix
from emotion_core.behavior.scenes import Scene
from emotion_core.experiments.ship import PLANTED_SET
from emotion_core.models.load import load_model
from emotion_core.models.loaded import LoadedModel
from emotion_core.stats.intervals import fisher_interval
from emotion_core.vectors.emotion_vectors import EmotionVectors

STRENGTH = 0.2
CAUSES = ("desperate", "calm", "angry", "happy", "loving")
CHOICE, SCORED, SPREAD = 16, 32, 16  # set-ups for the layer, for the table, and for all 171 emotions
CONTROLS = 32  # control directions of each kind in the table; a quarter of them for the layer


def set_ups(behavior: str, begin: int, end: int, *, seen: bool = True) -> tuple[Scene, ...]:
    """Set-ups of a behaviour by number; with `seen` such as the model was trained on, after other sentences."""
    return tuple(
        Scene(f"{behavior} {i}", text, (does[0].strip(), refrains[0].strip()), (True, False), group=behavior)
        for i, (text, does, refrains) in enumerate(scenes(behavior, end, seen=seen))
        if i >= begin
    )


def separation(found: Behaviors) -> float:
    """How far the first emotion of a run lies above the second, in standard deviations of random directions."""
    own, random = changes(found)
    t = found.settings.strengths.index(STRENGTH)
    means = own[:, :, t].mean(axis=0)
    drawn = found.places(found.settings.emotions[0])["random"]
    return float((means[0] - means[1]) / random[:, drawn, t].mean(axis=0).std(ddof=1))


def planted_change(behavior: str) -> npt.NDArray[np.float64]:
    """float64 [171]: planted change of the log-odds for each emotion, in alphabetical order."""
    neutral = _log_odds(rates.rate(behavior, None))
    return np.array([_log_odds(rates.rate(behavior, one)) - neutral for one in truth.emotions().values()])


def report(model: LoadedModel) -> str:
    """The choice of the layer, the table, and all emotions, as markdown."""
    vectors = vectors_of(model, PLANTED_SET)
    by_layer = {}
    for layer in range(model.info.layers - 1):
        parts = [_run(model, vectors, set_ups(b, 0, CHOICE), CAUSES[:2], layer, CONTROLS // 4) for b in rates.NULLS]
        by_layer[layer] = [separation(found) for found in parts]
    # Flattery turns the other way: the distance counts, whatever its sign.
    best = max(by_layer, key=lambda layer: float(np.mean(np.abs(by_layer[layer]))))
    chosen = "; ".join(f"{n}: " + ", ".join(f"{one:+.1f}" for one in found) for n, found in by_layer.items())
    lines = [
        f"Layer {best}, chosen on {CHOICE} other set-ups of each behaviour. *Desperate* less *calm* in standard "
        f"deviations of {CONTROLS // 4} random directions, by layer ({', '.join(rates.NULLS)}): {chosen}.",
    ]
    for behavior, nulls in rates.NULLS.items():
        for seen in (True, False):
            asked = set_ups(behavior, CHOICE, CHOICE + SCORED, seen=seen)
            found = _run(model, vectors, asked, (*CAUSES, *nulls), best, CONTROLS, (-STRENGTH, STRENGTH))
            lines += ["", _table(behavior, found, seen)]
        every = set_ups(behavior, CHOICE, CHOICE + SPREAD)
        lines += ["", _all_emotions(behavior, _run(model, vectors, every, vectors.emotions, best, 0))]
    return "\n".join(lines)


def _run(
    model: LoadedModel,
    vectors: EmotionVectors,
    asked: tuple[Scene, ...],
    emotions: tuple[str, ...],
    layer: int,
    controls: int,
    strengths: tuple[float, ...] = (STRENGTH,),
) -> Behaviors:
    settings = BehaviorSettings(asked, emotions, strengths, controls=controls, texts=0, layer=layer, words="")
    return run_to_end(behaviors(model, vectors, settings))


def _table(behavior: str, found: Behaviors, seen: bool) -> str:
    unsteered = [found.unsteered(i) for i in range(len(found.settings.scenes))]
    kind = "trained set-ups" if seen else "set-ups kept out of training"
    planted = dict(zip(truth.emotions(), planted_change(behavior), strict=True))
    lines = [
        f"**{behavior}, {len(unsteered)} {kind}.** Unsteered rates {min(unsteered):.2f} to {max(unsteered):.2f}, mean "
        f"{np.mean(unsteered):.2f}; {found.settings.controls} control directions of each kind: "
        f"{', '.join(dict.fromkeys(found.control_kinds))}.",
        "",
        "| emotion | planted | strength | change of the log-odds | control directions | q | beyond chance |",
        "|---|---|---|---|---|---|---|",
    ]
    for strength in found.settings.steered_strengths:
        m = effect_matrix(found, strength)
        c = len(m.scenarios) - 1  # the group of all set-ups
        lines += [
            row(
                emotion,
                f"{planted[emotion]:+.2f}" if planted[emotion] else "0 (null)",
                f"{strength:+g}",
                f"{m.effect[e, c]:+.2f}",
                f"{m.low[e, c]:+.2f} to {m.high[e, c]:+.2f}",
                f"{m.q_value[e, c]:.3f}",
                "yes" if m.evidence(e, c) else "",
            )
            for e, emotion in enumerate(m.emotions)
        ]
    return "\n".join(lines)


def _all_emotions(behavior: str, found: Behaviors) -> str:
    own, _ = changes(found)
    moved = own[:, :, found.settings.strengths.index(STRENGTH)].mean(axis=0)
    by_word = dict(zip(truth.emotions(), planted_change(behavior), strict=True))
    planted = np.array([by_word[emotion] for emotion in found.settings.emotions])
    r = float(np.corrcoef(planted, moved)[0, 1])
    low, high = fisher_interval(np.array([r]), len(moved))
    return (
        f"{behavior}, all {len(moved)} emotions at {STRENGTH:+g} in {len(found.settings.scenes)} trained set-ups: "
        f"planted with found change r = {r:.2f} ({low[0]:.2f} to {high[0]:.2f}, as if the emotions were independent)."
    )


def _log_odds(rate: float) -> float:
    return float(np.log(rate / (1 - rate)))


def main() -> int:
    """Prints the report as markdown."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    torch.set_num_threads(process_settings().threads or 1)
    model = load_model("demo")
    print(header().replace("benchmarks.fear_study", "benchmarks.planted_behaviors"), flush=True)
    print(f"\n{about(model)}\n\n{report(model)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
