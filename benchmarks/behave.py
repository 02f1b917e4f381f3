"""Preferences and behaviours on every small model at hand: `python -m benchmarks.behave`, for docs/results.md.

The demo model always, and the models in `../shared/models` where that folder is there. On the demo model preferences
are compared with the planted pleasantness. Its planted behaviours are in `planted_behaviors.py`.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

import numpy as np
import torch

from benchmarks.fear_study import SHARED, about, header
from emotion_core.base.activations import ActivationCache
from emotion_core.base.errors import EmotionCoreError, TextTooLongError
from emotion_core.base.jobs import run_to_end
from emotion_core.base.settings import settings as process_settings
from emotion_core.behavior.behavior_settings import BehaviorSettings
from emotion_core.behavior.behaviors import behaviors
from emotion_core.behavior.effects import effect_matrix
from emotion_core.behavior.preference_settings import PreferenceSettings, SteeredSettings, Wording, standard_wording
from emotion_core.behavior.preferences import Preferences, preferences
from emotion_core.behavior.scenes import Scene, built_in_activities, built_in_scenes
from emotion_core.behavior.steered_preferences import SteeredPreferences, steer_preferences
from emotion_core.behavior.warning import WarningSettings, early_warning, lead_texts
from emotion_core.models.load import load_model
from emotion_core.models.loaded import LoadedModel
from emotion_core.prompts.builtin import load_prompts
from emotion_core.vectors.build import build
from emotion_core.vectors.emotion_vectors import BuildSettings, EmotionVectors

STRENGTH = 0.2


def main() -> None:
    """Prints the report as markdown."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--part", choices=["preferences", "behaviors", "both"], default="both")
    parser.add_argument("--demo-only", action="store_true")
    arguments = parser.parse_args()
    torch.set_num_threads(process_settings().threads or 1)
    names = ["demo"]
    if not arguments.demo_only:
        names += [str(SHARED / name) for name in ("stories260K", "craftgpt-5m") if (SHARED / name).is_dir()]
    print(header().replace("benchmarks.fear_study", "benchmarks.behave"), flush=True)
    for name in names:
        model = load_model(name)
        print(f"\n### {Path(name).name}\n\n{about(model)}", flush=True)
        chat = name != "demo" and bool(model.tokenizer.chat_template)
        if arguments.part != "behaviors":
            print(_safely(lambda m=model, c=chat: preference_report(m, c)), flush=True)
        if arguments.part != "preferences":
            print(_safely(lambda m=model, c=chat: built_in_report(m, c)), flush=True)


def vectors_of(model: LoadedModel, prompts: str) -> EmotionVectors:
    """Vectors of a built-in set, texts read before from the cache."""
    cache = ActivationCache(process_settings().data_dir / "activations.sqlite")
    return run_to_end(build(model, [load_prompts(prompts)], BuildSettings(), cache))


def small_vectors(model: LoadedModel) -> EmotionVectors:
    """`emotions-12`, or `fear-calm` for a context that is too short for its texts."""
    try:
        return vectors_of(model, "emotions-12")
    except TextTooLongError:
        return vectors_of(model, "fear-calm")


def preference_report(model: LoadedModel, chat: bool) -> str:
    """All 64 activities, and half of them steered with each of twelve emotions."""
    vectors = small_vectors(model)
    # craftgpt-5m knows neither capitals nor brackets.
    words = Wording("first {first} or second {second}?", (" first", " second"), True)
    wording = words if model.info.context == 64 else standard_wording(chat)
    asked = PreferenceSettings(*built_in_activities(), wording)
    begin, cpu = time.monotonic(), time.process_time()
    base = run_to_end(preferences(model, vectors, asked))
    wall, used = time.monotonic() - begin, time.process_time() - cpu
    moved = run_to_end(steer_preferences(model, vectors, base, SteeredSettings(vectors.emotions, STRENGTH)))
    return "\n".join([_preference_lines(model, base, wall, used), "", _emotion_lines(base, moved)])


def _preference_lines(model: LoadedModel, base: Preferences, wall: float, used: float) -> str:
    scores = base.scores
    lines = [
        f"\n**Preferences.** {2 * len(base.pairs):,} comparisons in {wall:.0f} s ({used:.0f} s of processor time); "
        f"layer {base.layer}. Being named first adds {scores.bias:+.2f} nats ({scores.bias_low:+.2f} to "
        f"{scores.bias_high:+.2f}); {base.consistent:.0%} of the pairs answered alike in both orders (won "
        f"when named first and when named second: r = {base.orders.r:.2f}); correlation with "
        f"length {base.length_r:+.2f}.",
    ]
    if model.info.name == "demo":
        planted = _pleasantness(base.settings.kinds)
        r = float(np.corrcoef(planted, scores.score)[0, 1])
        half = np.arctanh(r) + np.array([-1, 1]) * 1.96 / np.sqrt(len(planted) - 3)
        low, high = np.tanh(half)
        lines.append(f"Score with planted pleasantness: r = {r:.2f} ({low:.2f} to {high:.2f}); bar .7.")
    return "\n".join(lines)


def _pleasantness(kinds: tuple[str, ...]) -> np.ndarray:
    import json

    truth = json.loads(Path("demo_model/truth.json").read_text(encoding="utf-8"))["activities"]["pleasantness"]
    return np.array([truth[kind] for kind in kinds])


def _emotion_lines(base: Preferences, moved: SteeredPreferences) -> str:
    one = base.correlation
    lines = [
        f"| emotion | r with preference | 95 % interval | q | shift at {STRENGTH} (nats) | 95 % interval | q |",
        "|---|---|---|---|---|---|---|",
    ]
    lines += [
        row(
            base.emotions[k],
            f"{one.r[k]:+.2f}",
            f"{one.low[k]:+.2f} to {one.high[k]:+.2f}",
            f"{one.q_value[k]:.4f}",
            f"{moved.shift[k]:+.3f}",
            f"{moved.low[k]:+.3f} to {moved.high[k]:+.3f}",
            f"{moved.q_value[k]:.3f}",
        )
        for k in np.argsort(-one.r)
    ]
    band = f"{moved.band_low:+.3f} to {moved.band_high:+.3f}" if moved.band_low is not None else "none"
    lines += ["", f"Steered at layer {moved.layer}; control directions move the steered half by {band} nats."]
    if moved.follows is not None:
        f = moved.follows
        lines[-1] += (
            f" Shift against correlation over the emotions: r = {f.r:.2f} ({f.low:.2f} to {f.high:.2f}); over "
            f"{f.beside}; p = {f.p_value:.4f} (the published figure for a large model, without controls: .85)."
        )
    return "\n".join(lines)


def built_in_report(model: LoadedModel, chat: bool) -> str:
    """The ten built-in scenarios by three emotions, and the early warning after held-out texts."""
    vectors = small_vectors(model)
    emotions = tuple(one for one in ("desperation", "calm", "love", "fear") if one in vectors.emotions)[:3]
    scenes = tuple(scene for scene in built_in_scenes() if _fits(model, scene))
    left_out = len(built_in_scenes()) - len(scenes)
    asked = BehaviorSettings(scenes, emotions, (-STRENGTH, STRENGTH), texts=2, max_new_tokens=10, chat=chat)
    found = run_to_end(behaviors(model, vectors, asked))
    matrix = effect_matrix(found, STRENGTH)
    head = " | ".join(matrix.emotions)
    lines = [
        f"\n**The built-in scenarios.** Layer {found.layer}, strength {STRENGTH:+g}, change of the log-odds; * "
        f"corrected p below .05 and coherent. Left out as longer than the context: {left_out}.",
        "",
        f"| scenario | unsteered rate | {head} | control directions | note |",
        "|---|---|" + "---|" * (len(matrix.emotions) + 2),
    ]
    for c, scenario in enumerate(matrix.scenarios):
        reach = f"{np.nanmin(matrix.low[:, c]):+.2f} to {np.nanmax(matrix.high[:, c]):+.2f}"
        cells = " | ".join(
            f"{matrix.effect[e, c]:+.2f}{'*' if matrix.evidence(e, c) else ''}" for e in range(len(matrix.emotions))
        )
        lines.append(f"| {scenario} | {found.unsteered(c):.2f} | {cells} | {reach} | {matrix.room[c]} |")
    leads = lead_texts(vectors, 24)
    asked = BehaviorSettings(scenes, vectors.emotions, (STRENGTH,), texts=0, chat=chat)
    warned = run_to_end(early_warning(model, vectors, asked, WarningSettings(leads)))
    lines += [
        "",
        f"Early warning, the same scenarios after {len(leads)} held-out texts ({warned.decided.size} cases; control "
        f"directions {warned.null_low:.2f} to {warned.null_high:.2f}):",
        "",
        "| emotion | AUROC | 95 % interval | q | beyond chance |",
        "|---|---|---|---|---|",
    ]
    lines += [
        row(
            emotion,
            f"{warned.auroc[e]:.2f}",
            f"{warned.low[e]:.2f} to {warned.high[e]:.2f}",
            f"{warned.q_value[e]:.3f}",
            "yes" if warned.evidence(e) else "",
        )
        for e, emotion in enumerate(warned.emotions)
    ]
    return "\n".join(lines)


def _fits(model: LoadedModel, scene: Scene) -> bool:
    longest = max(scene.options, key=len)
    return model.fits(f"You feel desperation. {scene.text} {longest} and some more words after that, twelve of them.")


def row(*cells: str) -> str:
    """A row of a markdown table."""
    return f"| {' | '.join(cells)} |"


def _safely(report: object) -> str:
    """A report, or why there is none."""
    try:
        return report()  # type: ignore[operator]
    except EmotionCoreError as error:
        return f"\nNot measured: {error.message}"


if __name__ == "__main__":
    sys.exit(main())
