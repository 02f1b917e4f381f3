"""A text with a number in it: how readings change as the number grows."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from pydantic import ValidationError

from emotion_core.base.activations import ActivationCache, FloatArray
from emotion_core.base.errors import SettingsError
from emotion_core.base.jobs import Job
from emotion_core.base.numbers import finite, refuse_decimal_commas, refuse_repeats
from emotion_core.models.loaded import LoadedModel
from emotion_core.prompts.library import Template
from emotion_core.reading.baseline import Baseline
from emotion_core.reading.chance import Trend, trend
from emotion_core.tracing.record import record

Expectation = Literal["rise", "fall"]

# For each expected word the names that may stand in for it, the nearest first; case is ignored.
STANDS_IN: dict[str, tuple[str, ...]] = {
    "afraid": ("fear", "frightened", "scared", "terror"),
    "alarmed": ("fear", "afraid", "frightened"),
    "anxious": ("anxiety", "worried", "nervous", "fear"),
    "vigilant": ("alert", "on edge"),
    "suspicious": ("suspicion", "paranoid"),
    "desperate": ("desperation", "despair"),
    "distressed": ("distress", "desperation", "desperate"),
    "sad": ("sadness", "unhappy"),
    "heartbroken": ("grief", "sadness", "sad"),
    "grief-stricken": ("grief", "sadness", "sad"),
    "lonely": ("loneliness", "sadness", "sad"),
    "ashamed": ("shame", "guilt", "guilty"),
    "calm": ("calmness", "peaceful", "serene"),
    "peaceful": ("peace", "calm", "serene"),
    "at ease": ("calm", "relaxed"),
    "content": ("contentment", "satisfied", "calm"),
    "hopeful": ("hope", "optimistic"),
    "optimistic": ("optimism", "hopeful", "hope"),
    "happy": ("happiness", "joy", "joyful"),
    "elated": ("elation", "joy", "joyful"),
    "triumphant": ("triumph", "pride", "proud"),
    "proud": ("pride",),
    "loving": ("love",),
    "compassionate": ("compassion", "love", "kind"),
    "angry": ("anger",),
    "guilty": ("guilt",),
    "bitter": ("bitterness", "resentful", "anger"),
    "bored": ("boredom",),
    "listless": ("boredom", "bored"),
}


@dataclass(frozen=True)
class Expected:
    """Expectations in the words of the vectors.

    Attributes:
        ways: For each emotion of the set that an expectation is about, whether it should rise or fall.
        stands_for: For each of them the expected words that it is read for.
        unmatched: Expected words without a vector, and those whose vector is already expected to go the other way.
    """

    ways: dict[str, Expectation]
    stands_for: dict[str, tuple[str, ...]]
    unmatched: tuple[str, ...]


def match_expected(rise: Sequence[str], fall: Sequence[str], emotions: Sequence[str]) -> Expected:
    """Finds the vectors of expected words: the word itself, else the first stand-in that the set has.

    Args:
        rise: Words that should rise.
        fall: Words that should fall.
        emotions: Names of the set's vectors.

    Example:
        >>> match_expected(["afraid", "alarmed"], ["calm"], ["fear"])
        Expected(ways={'fear': 'rise'}, stands_for={'fear': ('afraid', 'alarmed')}, unmatched=('calm',))
    """
    names = {name.casefold(): name for name in reversed(emotions)}
    ways: dict[str, Expectation] = {}
    stands: dict[str, tuple[str, ...]] = {}
    unmatched: list[str] = []
    wanted: list[tuple[str, Expectation]] = [*((word, "rise") for word in rise), *((word, "fall") for word in fall)]
    for word, way in wanted:
        options = (word, *STANDS_IN.get(word.casefold(), ()))
        found = next((names[one.casefold()] for one in options if one.casefold() in names), None)
        if found is None or ways.setdefault(found, way) != way:
            unmatched.append(word)
        else:
            stands[found] = (*stands.get(found, ()), word)
    return Expected(ways, stands, tuple(unmatched))


def named_by(words: Sequence[str], emotions: Sequence[str]) -> tuple[str, ...] | None:
    """The vectors that words stand for, in their order; None where one has none or two have the same."""
    found = [next(iter(match_expected([word], [], emotions).ways), "") for word in words]
    return tuple(found) if all(found) and len(set(found)) == len(found) else None


Outcome = Literal["met", "not met", "no evidence"]
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
        values: float32 [values, emotions], pooled where the baseline's whole texts are, in standard deviations of
            neutral texts.
        projections: float32 [values, emotions], the same before standardising.
        trend: How they go with x, against control directions on the same texts.
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

    def evidence(self, emotion: str) -> bool:
        """Whether the reading goes with the number beyond chance; an expected one, whether it goes as expected."""
        return self.trend.evidence[self.emotions.index(emotion)]

    def outcome(self, emotion: str) -> Outcome:
        """Whether an expected rise or fall is met, beyond what control directions do on the same texts."""
        if self.evidence(emotion):
            return "met"
        return "not met" if self.trend.opposite[self.emotions.index(emotion)] else "no evidence"

    @property
    def met(self) -> int:
        """Expected rises and falls that are met."""
        return sum(self.outcome(name) == "met" for name in self.expected)

    @property
    def met_by_chance(self) -> float:
        """Share of sets of as many directions without a meaning of which at least so many are met; nan for none."""
        shares = self.trend.met_by_chance
        return float(shares[self.met]) if len(shares) else float("nan")

    @property
    def chance_sentence(self) -> str:
        """What chance gives for as many expectations met; empty without expectations."""
        count, share = len(self.expected), self.met_by_chance
        if not count:
            return ""
        if not self.met:
            return f"Of {count} directions without a meaning as a rule none goes as expected either."
        told = "fewer than 1" if share < 0.01 else f"{100 * share:.0f}"
        return f"Of {count} directions without a meaning at least {self.met} go as expected in {told} of 100 draws."

    def to_json(self) -> dict[str, Any]:
        """The command line's document."""
        return {
            "layer": self.layer,
            "unit": "standard deviations of neutral texts",
            "template": self.template,
            "x": list(self.x),
            "texts": list(self.texts),
            "unmatched": list(self.unmatched),
            "met": self.met if self.expected else None,
            "met_by_chance": finite(self.met_by_chance),
            "emotions": {
                name: {
                    "values": [finite(value) for value in self.values[:, e]],
                    "projections": [finite(value) for value in self.projections[:, e]],
                    "evidence": self.evidence(name),
                    "spearman": finite(self.trend.spearman[e]),
                    "change": finite(self.trend.change[e]),
                    "range": finite(self.ranges[e]),
                    "p_value": finite(self.trend.chance.p_value[e]),
                    "q_value": finite(self.trend.chance.q_value[e]),
                    "hardest_control": self.trend.chance.kinds[e] or None,
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
    if len(set(values)) < 3:
        raise SettingsError(
            "The template has too few values",
            expected="at least three different numbers",
            found=", ".join(f"{one:g}" for one in values) or "none",
            remedy="Write values such as 1, 10, 100",
        )
    refuse_repeats(tuple(values), "numbers")
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
        SettingsError: A part is no finite number or there twice, or commas divide thousands or stand before decimals.
    """
    if re.search(r"\d,(?:000|0\d\d)(?!\d)", text):
        raise SettingsError(
            "The values seem to have commas between thousands",
            found=text[:80],
            expected="numbers with commas between them: 1, 10, 1000",
            remedy="Write 1,000 as 1000",
        )
    refuse_decimal_commas(text, "numbers")
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
    refuse_repeats(found, "numbers")
    return tuple(found)


def read_dose(
    model: LoadedModel, baseline: Baseline, template: Template, cache: ActivationCache | None = None, seed: int = 0
) -> Job[DoseReading]:
    """Reads a template at all its values, as a job; at the baseline's first layer and its place in the text.

    Raises:
        ModelError: A text cannot be read.
    """
    layer = baseline.layers[0]
    activations = yield from record(model, template.texts, baseline.place, cache)
    known = len(baseline.emotions)
    projections = activations.values[:, layer] @ baseline.directions[0].T  # (values, directions)
    values = baseline.texts(projections[:, None])[:, 0]
    expected = match_expected(template.rise, template.fall, baseline.emotions)
    ways = {baseline.emotions.index(name): 1 if way == "rise" else -1 for name, way in expected.ways.items()}
    return DoseReading(
        template=template.template,
        texts=template.texts,
        x=tuple(float(x) for x in template.values),
        layer=layer,
        emotions=baseline.emotions,
        values=values[:, :known].astype(np.float32),
        projections=projections[:, :known].astype(np.float32),
        trend=trend(template.values, values, baseline.columns, ways, seed),
        expected=expected.ways,
        stands_for=expected.stands_for,
        unmatched=expected.unmatched,
    )
