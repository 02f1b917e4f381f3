"""The confound report of prompt sets: what in them could pass for an emotion, and what their vectors light up for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from emotion_core.base.activations import ActivationCache
from emotion_core.base.jobs import Job
from emotion_core.base.numbers import finite
from emotion_core.evaluation.confounds import ConfoundScore
from emotion_core.evaluation.sample_size import SizePoint, enough, sample_size
from emotion_core.evaluation.scores import HeldOutScores
from emotion_core.evaluation.selection import select
from emotion_core.evaluation.variants import Variant
from emotion_core.evaluation.verdict import RULE
from emotion_core.models.loaded import LoadedModel
from emotion_core.prompts.checks import Finding
from emotion_core.prompts.prompt_set import PromptSet
from emotion_core.tracing.record import record
from emotion_core.vectors.build import training
from emotion_core.vectors.emotion_vectors import EmotionVectors
from emotion_core.vectors.estimate import blocks_of, places


@dataclass(frozen=True)
class Report:
    """What the runs over prompt sets and their vectors say, put together.

    Attributes:
        findings: Findings of the checks, with the name of the set they are about.
        scores: Held-out scores with rivals; None where no vector can be built or nothing is held out.
        confounds: AUROC of every vector on every confound set; empty without vectors.
        sizes: The curve over the number of training rows; empty without vectors.
        reason: Why there are no vectors or no held-out scores; empty where there are.
        ways: The same prompts with other estimators and reading positions; empty without vectors.
    """

    findings: tuple[tuple[str, Finding], ...]
    scores: HeldOutScores | None
    confounds: tuple[ConfoundScore, ...]
    sizes: tuple[SizePoint, ...]
    reason: str
    ways: tuple[Variant, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The document of the command line; AUROCs of several emotions are averaged, and given one by one beside it."""
        scores = self.scores
        rows = [] if scores is None else _by_emotion(scores)
        return {
            "findings": [{"set": name, **finding.to_json()} for name, finding in self.findings],
            "bag_of_words_auroc": _mean([row["bag_of_words_auroc"] for row in rows]),
            "length_auroc": _mean([row["length_auroc"] for row in rows]),
            "direction_auroc": _mean([row["direction_auroc"] for row in rows]),
            "emotions": rows,
            "confounds": [one.to_json() for one in self.confounds],
            "sample_size": [{k: v if k == "n" else finite(v) for k, v in asdict(p).items()} for p in self.sizes],
            "estimators": [one.to_json() for one in self.ways],
            "enough": enough(self.sizes),
            "rule": RULE,
            "reason": self.reason or None,
        }  # fmt: skip


def size_curve(
    model: LoadedModel, vectors: EmotionVectors, prompt_sets: Sequence[PromptSet], cache: ActivationCache | None
) -> Job[tuple[SizePoint, ...]]:
    """Reads the rows that vectors were built from and follows the vectors over their number, as a job."""
    material = yield from training(model, vectors, cache)
    held = select(vectors, vectors.prompt_sets).texts
    test = yield from record(model, [t.text for t in held], vectors.reading, cache)
    return (
        yield from sample_size(
            vectors,
            replace(material.activations, values=material.values),
            material.blocks,
            test if held else None,
            blocks_of(held, places(test.texts)),
            seed=vectors.seed,
        )
    )


def _by_emotion(scores: HeldOutScores) -> list[dict[str, Any]]:
    rows = []
    for e, emotion in enumerate(scores.emotions):
        layer = scores.selected_layers[e]
        rows.append(
            {
                "emotion": emotion,
                "selected_layer": layer,
                "bag_of_words_auroc": finite(scores.rivals[e].vocabulary),
                "length_auroc": finite(scores.rivals[e].length),
                "embedding_auroc": finite(scores.rivals[e].embedding),
                "character_ngrams_auroc": finite(scores.rivals[e].characters),
                "direction_auroc": finite(scores.auroc[e, layer]),
                "gaps": [gap.to_json() for gap in scores.gaps[e]] if scores.gaps else [],
                "evidence": scores.verdicts[e].evidence,
                "verdict": scores.verdicts[e].word,
                "reason": scores.verdicts[e].reason,
            }
        )
    return rows


def _mean(values: Sequence[float | None]) -> float | None:
    known = [v for v in values if v is not None]
    return float(np.mean(known)) if known else None


@dataclass(frozen=True)
class PublishedStudy:
    """A published separation by layer, to stand beside one's own.

    Attributes:
        author: Who published it, and when.
        model: Catalogue name of its model.
        cohens_d: Cohen's d of ten held-out pairs, layer 0 first.
        sweep: Strengths of its sweep, multiples of the unit direction at `sweep_layer`.
        sweep_layer: The steered layer.
        coherent: Strengths at which its texts were coherent.
        lacked: What the author himself names as missing.
    """

    author: str
    model: str
    cohens_d: tuple[float, ...]
    sweep: tuple[float, ...]
    sweep_layer: int
    coherent: tuple[float, ...]
    lacked: tuple[str, ...]


# The prompts were the author's; the built-in fear-calm set follows his recipe in words of our own.
FEAR_IN_GPT2 = PublishedStudy(
    author="S. Magee, April 2026",
    model="gpt2",
    cohens_d=(1.60, 1.50, 1.53, 1.60, 1.73, 1.78, 1.85, 1.86, 1.83, 1.79, 1.75, 1.70),
    sweep=(-20.0, -10.0, -5.0, 0.0, 5.0, 10.0, 20.0, 40.0),
    sweep_layer=7,
    coherent=(5.0,),
    lacked=(
        "whether a steering effect is more than the model being pushed off its usual path",
        "whether the direction is fear, or merely arousal, threat or an unfamiliar place",
    ),
)
