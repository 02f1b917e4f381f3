"""A text with a number in it: how readings change as the number grows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from pydantic import ValidationError

from emotion_core.errors import SettingsError
from emotion_core.models.loaded import LoadedModel
from emotion_core.numbers import finite
from emotion_core.prompts.library_items import Template
from emotion_core.reading.baseline import Baseline
from emotion_core.reading.expected_words import Expectation, match_expected
from emotion_core.reading.trend import Trend, trend
from emotion_core.runs.cache import ActivationCache
from emotion_core.runs.progress import Job
from emotion_core.tracing.activations import FloatArray
from emotion_core.tracing.record import record
from emotion_core.vectors.emotion_vectors import EmotionVectors

Outcome = Literal["met", "not met", "no evidence"]
# A rank correlation has no size: readings that move by less than this many standard deviations of neutral texts
# are not called evidence, however orderly they move.
LEAST_RANGE = 0.2
LEVEL = 0.05
MOST_VALUES = 200


@dataclass(frozen=True)
class DoseReading:
    """Readings of a template at its values.

    Attributes:
        template: With `{x}`.
        texts: One a value.
        x: The values, in the order given.
        layer: Layer read.
        emotions: Names.
        values: float32 [values, emotions], pooled as the vectors' training texts were, in standard deviations of
            neutral texts.
        projections: float32 [values, emotions], the same before standardising.
        trend: Rank correlation with x, p-values by permutation.
        expected: Emotions that should rise or fall.
        stands_for: The template's own words for them, see `match_expected`.
        unmatched: Words of the template that no vector stands for.
    """

    template: str
    texts: tuple[str, ...]
    x: tuple[float, ...]
    layer: int
    emotions: tuple[str, ...]
    values: FloatArray
    projections: FloatArray
    trend: Trend
    expected: dict[str, Expectation]
    stands_for: dict[str, tuple[str, ...]] = field(default_factory=dict)
    unmatched: tuple[str, ...] = ()

    @property
    def ranges(self) -> FloatArray:
        """float32 [emotions], largest minus smallest reading, in standard deviations of neutral texts."""
        result: FloatArray = np.ptp(self.values, axis=0)
        return result

    def outcome(self, emotion: str) -> Outcome:
        """Whether an expected rise or fall is met: the right sign, q below .05 and a range that can be seen."""
        e = self.emotions.index(emotion)
        q = self.trend.q_value[e]
        if not (np.isfinite(q) and q < LEVEL and self.ranges[e] >= LEAST_RANGE):
            return "no evidence"
        rises = self.trend.spearman[e] > 0
        return "met" if rises == (self.expected[emotion] == "rise") else "not met"

    def to_json(self) -> dict[str, Any]:
        """The command line's document."""
        return {
            "layer": self.layer,
            "unit": "standard deviations of neutral texts",
            "template": self.template,
            "x": list(self.x),
            "texts": list(self.texts),
            "unmatched": list(self.unmatched),
            "emotions": {
                name: {
                    "values": [finite(value) for value in self.values[:, e]],
                    "projections": [finite(value) for value in self.projections[:, e]],
                    "spearman": finite(self.trend.spearman[e]),
                    "p_value": finite(self.trend.p_value[e]),
                    "q_value": finite(self.trend.q_value[e]),
                    "range": finite(self.ranges[e]),
                    **(
                        {
                            "expected": self.expected[name],
                            "outcome": self.outcome(name),
                            "stands_for": list(self.stands_for.get(name, (name,))),
                        }
                        if name in self.expected
                        else {}
                    ),
                }
                for e, name in enumerate(self.emotions)
            },
        }


def make_template(text: str, values: Sequence[float], name: str = "own") -> Template:
    """A template of the visitor's.

    Raises:
        SettingsError: It has no `{x}`, fewer than three different values, too many, or one that is no number.
    """
    if len(values) > MOST_VALUES:
        raise SettingsError("There are too many values", expected=f"at most {MOST_VALUES}", found=str(len(values)))
    try:
        return Template(name=name, template=text, values=tuple(values))
    except ValidationError as error:
        faults = "; ".join(one["msg"].removeprefix("Value error, ") for one in error.errors())
        raise SettingsError(
            "The template cannot be used",
            expected="a text with {x} and at least three different numbers",
            found=faults,
            remedy="Write {x} where the number belongs, and values such as 1, 10, 100",
        ) from error


def parse_values(text: str) -> tuple[float, ...]:
    """Numbers of a list with commas, such as `1, 10, 2.5`.

    Raises:
        SettingsError: A part is no finite number.
    """
    found = []
    for part in (one.strip() for one in text.replace(";", ",").split(",")):
        if not part:
            continue
        try:
            value = float(part)
        except ValueError:
            value = float("nan")
        if not np.isfinite(value):
            raise SettingsError("A value is not a number", found=part[:40], expected="numbers with commas: 1, 10, 100")
        found.append(value)
    return tuple(found)


def read_dose(
    model: LoadedModel,
    vectors: EmotionVectors,
    baseline: Baseline,
    template: Template,
    cache: ActivationCache | None = None,
    seed: int = 0,
) -> Job[DoseReading]:
    """Reads a template at all its values, as a job; at the baseline's first layer.

    Raises:
        ModelError: A text cannot be read.
    """
    layer = baseline.layers[0]
    activations = yield from record(model, template.texts, vectors.reading, cache)
    known = len(baseline.emotions)
    projections = activations.values[:, layer] @ baseline.directions[0, :known].T  # (values, emotions)
    values = (projections - baseline.texts.mean[0, :known]) / baseline.texts.sd[0, :known]
    expected = match_expected(template.rise, template.fall, baseline.emotions)
    return DoseReading(
        template=template.template,
        texts=template.texts,
        x=tuple(float(x) for x in template.values),
        layer=layer,
        emotions=baseline.emotions,
        values=values.astype(np.float32),
        projections=projections.astype(np.float32),
        trend=trend(template.values, values, seed),
        expected=expected.ways,
        stands_for=expected.stands_for,
        unmatched=expected.unmatched,
    )
