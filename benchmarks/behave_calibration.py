"""How often the views of Behave call a meaningless direction evidence: `python -m benchmarks.behave_calibration`.

Random directions, mixes of neutral texts, and mixes of the emotions themselves stand for emotions, each with controls
of its own, under the settings of the page. The functions `preferences_say`, `follows_says` and
`headlines_say` give what a view would say of any vector set.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import torch

from benchmarks.behave import vectors_of
from benchmarks.planted_behaviors import set_ups
from emotion_core.base.activations import ActivationCache, FloatArray
from emotion_core.base.jobs import run_to_end
from emotion_core.base.settings import settings as process_settings
from emotion_core.behavior.behavior_settings import BehaviorSettings
from emotion_core.behavior.behaviors import Behaviors, behaviors
from emotion_core.behavior.effects import effects, headline
from emotion_core.behavior.preference_settings import PreferenceSettings, SteeredSettings
from emotion_core.behavior.preferences import PairAnswers, ask_pairs, preferences, relate
from emotion_core.behavior.scenes import Scene, built_in_activities, built_in_scenes
from emotion_core.behavior.steered_preferences import follow, steer_preferences
from emotion_core.behavior.warning import WarningSettings, early_warning, lead_texts
from emotion_core.evaluation.controls import Kind, draw_controls, rotated_sets
from emotion_core.models.load import load_model
from emotion_core.models.loaded import LoadedModel
from emotion_core.stats.intervals import adjusted
from emotion_core.vectors.emotion_vectors import EmotionVectors

Said = npt.NDArray[np.bool_]
STRENGTH = 0.2
SET = 12  # emotions of a set that are corrected together
STEERED = 36  # directions of a kind that are steered with; controls and "emotions" are drawn from them again and again
DRAWS = 200


def as_emotions(vectors: EmotionVectors, units: FloatArray) -> EmotionVectors:
    """The same file with given directions instead of the emotions, as an imported one.

    Args:
        vectors: Whose norms and layer are kept.
        units: float32 [directions, layers, width].
    """
    n, layers = units.shape[:2]
    flat = np.zeros((n, layers), np.float32)
    return replace(
        vectors,
        emotions=tuple(f"direction {i + 1}" for i in range(n)),
        values=units.astype(np.float32),
        selected_layers=(vectors.selected_layer,) * n,
        cv_auroc=flat,
        train_midpoints=flat,
        prompt_sets=(),
        neutral_projection=False,
        removed=None,
    )


def meaningless(
    model: LoadedModel, vectors: EmotionVectors, kind: Kind, count: int, seed: int, cache: ActivationCache | None = None
) -> FloatArray:
    """Directions of one kind at all layers, float32 [count, layers, width]; `rotated` ones in sets of all emotions."""
    if kind == "rotated":
        rng = np.random.default_rng([seed, 0x20])
        sets = rotated_sets(vectors.units, -(-count // len(vectors.emotions)), rng)
        return sets.reshape(-1, *sets.shape[2:])[:count]
    plain = replace(vectors, prompt_sets=(), neutral_projection=False, removed=None)
    drawn = draw_controls(model, plain, range(vectors.n_layers), count=count, seed=seed, cache=cache, kinds=(kind,))
    return run_to_end(drawn).units


def preferences_say(
    model: LoadedModel,
    vectors: EmotionVectors,
    settings: PreferenceSettings,
    cache: ActivationCache | None = None,
    asked: PairAnswers | None = None,
) -> Said:
    """Whether preferences call each emotion evidence, bool [emotions]; `asked` spares asking the same again."""
    job = (
        preferences(model, vectors, settings, cache)
        if asked is None
        else relate(model, vectors, settings, asked, cache)
    )
    found = run_to_end(job)
    return np.array([found.evidence(e) for e in range(len(found.emotions))])


def follows_says(
    model: LoadedModel,
    vectors: EmotionVectors,
    settings: PreferenceSettings,
    steering: SteeredSettings,
    cache: ActivationCache | None = None,
    asked: PairAnswers | None = None,
) -> bool:
    """Whether "the shift follows the correlation" is claimed; `steering` has four or more emotions."""
    answers = run_to_end(ask_pairs(model, settings)) if asked is None else asked
    base = run_to_end(relate(model, vectors, settings, answers, cache))
    moved = run_to_end(steer_preferences(model, vectors, base, steering, cache))
    return moved.follows is not None and moved.follows.evidence


def headlines_say(
    model: LoadedModel, vectors: EmotionVectors, settings: BehaviorSettings, cache: ActivationCache | None = None
) -> Said:
    """Whether the headline of behaviours is evidence for each steered emotion, bool [emotions]."""
    found = run_to_end(behaviors(model, vectors, settings, cache))
    return np.array([headline(found, e).evidence for e in range(len(settings.emotions))])


def preference_levels(model: LoadedModel, vectors: EmotionVectors, cache: ActivationCache) -> dict[str, object]:
    """Share of single directions with p < .05, of sets with any q < .05, and what is said of the emotions."""
    settings = PreferenceSettings(*built_in_activities())
    asked = run_to_end(ask_pairs(model, settings))
    result: dict[str, object] = {}
    for kind in _KINDS:
        single, any_of, random_only = [], [], []
        for seed in range(50):
            units = meaningless(model, vectors, kind, SET, 1000 + seed, cache)
            made = as_emotions(vectors, units)
            found = run_to_end(relate(model, made, replace(settings, seed=seed), asked, cache))
            single += list(found.correlation.p_value < 0.05)
            if "random" in found.against.kinds:
                random_only += list(found.against.p_by_kind[found.against.kinds.index("random")] < 0.05)
            any_of.append(any(found.evidence(e) for e in range(SET)))
        result[kind] = {
            "directions": len(single),
            "share p < .05": round(float(np.mean(single)), 3),
            "share p < .05 against random ones alone": round(float(np.mean(random_only)), 3),
            "sets": len(any_of),
            "share of sets with evidence": round(float(np.mean(any_of)), 3),
        }
    found = run_to_end(relate(model, vectors, settings, asked, cache))
    result["emotions"] = {
        emotion: {"r": round(float(found.correlation.r[e]), 2), "q": round(float(found.correlation.q_value[e]), 4)}
        for e, emotion in enumerate(found.emotions)
    }
    result["reliability"] = {"r": round(found.orders.r, 3), "p": found.orders.p_value}
    return result


def follow_levels(model: LoadedModel, vectors: EmotionVectors, cache: ActivationCache) -> dict[str, object]:
    """Share of sets of directions whose shift is said to follow the correlation, beside 16 controls of each kind."""
    settings = PreferenceSettings(*built_in_activities())
    asked = run_to_end(ask_pairs(model, settings))
    pool: dict[Kind, tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]] = {}
    for kind in _KINDS:
        made = as_emotions(vectors, meaningless(model, vectors, kind, STEERED, 7, cache))
        base = run_to_end(relate(model, made, settings, asked, cache))
        steering = SteeredSettings(made.emotions, STRENGTH, opponents=1, controls=0)
        moved = run_to_end(steer_preferences(model, made, base, steering, cache))
        pool[kind] = (moved.r, moved.shift)
    rng = np.random.default_rng(0)
    result: dict[str, object] = {
        f"r over {STEERED} {kind}": round(float(np.corrcoef(*pool[kind])[0, 1]), 2) for kind in _KINDS
    }
    for kind in _KINDS:
        said = []
        for draw in range(DRAWS):
            orders = {other: rng.permutation(STEERED) for other in _KINDS}
            own = orders[kind][:SET]
            controls = {other: tuple(part[orders[other][SET : SET + 16]] for part in pool[other]) for other in _KINDS}
            said.append(follow(pool[kind][0][own], pool[kind][1][own], controls, True, draw).evidence)  # type: ignore[arg-type]
        result[kind] = round(float(np.mean(said)), 3)
    base = run_to_end(relate(model, vectors, settings, asked, cache))
    moved = run_to_end(
        steer_preferences(model, vectors, base, SteeredSettings(vectors.emotions, STRENGTH, opponents=2), cache)
    )
    if moved.follows is not None:
        result["emotions"] = moved.follows.to_json()
    result["emotions that move the steered half"] = [
        emotion for e, emotion in enumerate(vectors.emotions) if moved.evidence(e)
    ]
    return result


def headline_levels(model: LoadedModel, vectors: EmotionVectors, cache: ActivationCache) -> dict[str, object]:
    """Share of single directions, and of sets, whose headline is evidence, beside 16 controls of each kind."""
    return {
        name: _headline_levels(model, vectors, scenes, cache)
        for name, scenes in (
            ("10 built-in scenarios", built_in_scenes()),
            ("9 planted set-ups", tuple(s for b in ("cheat", "threaten", "flatter") for s in set_ups(b, 16, 19))),
        )
    }


def _headline_levels(
    model: LoadedModel, vectors: EmotionVectors, scenes: Sequence[Scene], cache: ActivationCache
) -> dict[str, object]:
    pool: dict[Kind, Behaviors] = {}
    for kind in _KINDS:
        made = as_emotions(vectors, meaningless(model, vectors, kind, STEERED, 7, cache))
        asked = BehaviorSettings(
            tuple(replace(scene, group="") for scene in scenes),
            made.emotions,
            (-STRENGTH, STRENGTH),
            controls=0,
            texts=0,
            words="",
        )
        pool[kind] = run_to_end(behaviors(model, made, asked, cache))
    result: dict[str, object] = {"testable": headline(pool["random"], 0).n_testable}
    rng = np.random.default_rng(0)
    for kind in _KINDS:
        for size in (1, SET):
            said = []
            for _ in range(DRAWS if size == 1 else DRAWS // 4):
                # A single direction spans too little for mixes of itself; a set has them as controls.
                kinds = [other for other in _KINDS if size > 1 or other != "rotated"]
                orders = {other: rng.permutation(STEERED) for other in _KINDS}
                own = orders[kind][:size]
                found = _with_controls(pool, kind, own, {other: orders[other][size : size + 16] for other in kinds})
                table = effects(found)
                said.append(any(headline(found, e, table).evidence for e in range(size)))
            result[f"{kind}, {size} emotion{'s' * (size > 1)}"] = round(float(np.mean(said)), 3)
    return result


def _with_controls(
    pool: dict[Kind, Behaviors], kind: Kind, own: npt.NDArray[np.int64], controls: dict[Kind, npt.NDArray[np.int64]]
) -> Behaviors:
    """Some directions of a pool as emotions, others as controls."""
    found = pool[kind]
    nats = np.concatenate([pool[other].nats[:, places] for other, places in controls.items()], axis=1)
    kinds = tuple(other for other, places in controls.items() for _ in places)
    coherence = replace(found.coherence, coherent=found.coherence.coherent[own])
    return replace(
        found,
        settings=replace(found.settings, emotions=tuple(found.settings.emotions[i] for i in own)),
        nats=found.nats[:, own],
        hits=found.hits[:, own],
        n=found.n[:, own],
        control_nats=nats,
        control_hits=np.zeros(nats.shape, np.int64),
        control_n=np.zeros(nats.shape, np.int64),
        control_kinds=kinds,
        control_of=((),) * len(kinds),
        coherence=coherence,
    )


def warning_levels(model: LoadedModel, vectors: EmotionVectors, cache: ActivationCache) -> dict[str, object]:
    """Share of single directions with p < .05, and of sets with evidence, after 40 held-out texts."""
    warning = WarningSettings(lead_texts(vectors, 40))
    scenes = tuple(s for b in ("cheat", "threaten", "flatter") for s in set_ups(b, 16, 18))
    result: dict[str, object] = {}
    for kind in _KINDS:
        made = as_emotions(vectors, meaningless(model, vectors, kind, 10 * SET, 2000, cache))
        asked = BehaviorSettings(scenes, made.emotions, (STRENGTH,), texts=0, words="")
        p_value = run_to_end(early_warning(model, made, asked, warning, cache)).p_value
        sets = [(adjusted(part) < 0.05).any() for part in p_value.reshape(-1, SET)]
        result[kind] = {
            "directions": len(p_value),
            "share p < .05": round(float(np.mean(p_value < 0.05)), 3),
            "share of sets with evidence": round(float(np.mean(sets)), 3),
        }
    asked = BehaviorSettings(scenes, vectors.emotions, (STRENGTH,), texts=0, words="")
    found = run_to_end(early_warning(model, vectors, asked, warning, cache))
    result["emotions"] = {
        emotion: {"auroc": round(float(found.auroc[e]), 2), "q": round(float(found.q_value[e]), 4)}
        for e, emotion in enumerate(vectors.emotions)
    }
    return result


_KINDS: tuple[Kind, ...] = ("random", "neutral", "rotated")
_Part = Callable[[LoadedModel, EmotionVectors, ActivationCache], dict[str, object]]
PARTS: dict[str, _Part] = {
    "preferences": preference_levels,
    "follows": follow_levels,
    "headline": headline_levels,
    "warning": warning_levels,
}


def main() -> int:
    """Prints one JSON document."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--part", choices=list(PARTS), action="append", help="may be repeated; all by default")
    parser.add_argument("--model", default="demo")
    parser.add_argument("--prompts", default="emotions-12", help="set whose layer, norms and emotions are used")
    arguments = parser.parse_args()
    torch.set_num_threads(process_settings().threads or 1)
    model = load_model(arguments.model)
    vectors = vectors_of(model, arguments.prompts)
    cache = ActivationCache(process_settings().data_dir / "activations.sqlite")
    document = {part: PARTS[part](model, vectors, cache) for part in arguments.part or PARTS}
    print(json.dumps(document, indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main())
