"""What is asked for: which preferences, and how half of the activities is steered."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated

from emotion_core.base.ask import Ask, Layer, Seed, enforce
from emotion_core.base.errors import SettingsError
from emotion_core.behavior.options import SCORING_NAMES, Scoring
from emotion_core.behavior.pairs import check_count
from emotion_core.behavior.question import Wording
from emotion_core.steering.settings import CONTROLS


@dataclass(frozen=True)
class PreferenceSettings:
    """What is asked.

    Attributes:
        activities: Each once.
        kinds: What kind of thing each is; empty where not known.
        wording: The question.
        opponents: Activities that each one meets; None for all others.
        scoring: `sum` of the log-probabilities of an answer's tokens, or their `mean`.
        layer: Layer that is read; None for the one chosen for all emotions together.
        seed: Of the sample of pairs and of the permutations.
    """

    activities: tuple[str, ...]
    kinds: tuple[str, ...] = ()
    wording: Wording = field(default_factory=Wording)
    opponents: Annotated[
        int | None,
        Ask(
            "Opponents of each activity",
            "Activities that each one meets (default: all others). A list of more than about 140 needs a sample.",
            least=1,
        ),
    ] = None
    scoring: Annotated[
        Scoring,
        Ask(
            "Answers are scored",
            "By the sum or the mean of their tokens' log-probabilities. The standard answers are one token each.",
            names=SCORING_NAMES,
        ),
    ] = "sum"
    layer: Layer = None
    seed: Seed = 0

    def __post_init__(self) -> None:
        enforce(self)
        check_count(len(self.activities), self.opponents)
        if self.kinds and len(self.kinds) != len(self.activities):
            raise SettingsError("There are more or fewer kinds than activities")
        blank = [i + 1 for i, one in enumerate(self.activities) if not one.strip()]
        if blank:
            raise SettingsError("An activity is empty", where=f"activity {blank[0]}", remedy="Remove it")
        seen: dict[str, int] = {}
        for i, one in enumerate(self.activities):
            if one.strip().lower() in seen:
                raise SettingsError(
                    "An activity is there twice",
                    where=f"activities {seen[one.strip().lower()] + 1} and {i + 1}",
                    found=repr(one[:60]),
                    remedy="Remove one: a choice between the same two things says nothing",
                )
            seen[one.strip().lower()] = i


@dataclass(frozen=True)
class SteeredSettings:
    """How half of the activities is steered.

    Attributes:
        emotions: Whose vectors, one after another.
        strength: In fractions of the mean residual norm at the layer; not 0.
        opponents: Unsteered activities that each steered one meets.
        controls: Random directions of the same norm.
        layer: Steered layer, not the last one; None for the layer that is read, or the last but one where that is the
            last: what is added there at the words of an activity reaches no answer.
        seed: Of the halves, the opponents and the random directions.
    """

    emotions: Annotated[
        tuple[str, ...],
        Ask(
            "Emotions to steer with",
            "Steer half with this one, or with all. With four or more it is also compared how far each moves the "
            "steered half with how it correlates.",
            option="--emotion",
            metavar="E",
            of_vectors=True,
        ),
    ]
    strength: Annotated[
        float,
        Ask("Strength", "Fraction of the mean residual norm at the layer.", least=-100.0, most=100.0, step=0.05),
    ] = 0.2
    opponents: Annotated[int, Ask("Opponents", "Unsteered activities that each steered one meets.", least=1)] = 4
    controls: Annotated[int, Ask("Controls of each kind", CONTROLS, least=0, most=64)] = 16
    layer: Layer = None
    seed: Seed = 0

    def __post_init__(self) -> None:
        if not self.emotions or len(set(self.emotions)) != len(self.emotions):
            raise SettingsError(
                "Steering needs one or more different emotions", found=", ".join(self.emotions) or "none"
            )
        enforce(self)
        if self.strength == 0:
            raise SettingsError("The strength has to steer", expected="a number other than 0", found=str(self.strength))
