"""What is asked of preferences: the question, which activities meet which, and how half of them is steered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Annotated

import numpy as np
import numpy.typing as npt

from emotion_core.base.ask import Ask, Chat, Layer, Seed, enforce
from emotion_core.base.errors import SettingsError
from emotion_core.behavior.options import SCORING_NAMES, PromptTokens, Scoring, check_options, tokenize
from emotion_core.models.loaded import LoadedModel
from emotion_core.steering.settings import CONTROLS

# The question about two activities: its wording, its tokens, and where each activity stands in it.

# The end of the standard question is the beginning of the answer; in a chat it is the assistant who writes it.
STANDARD = "Would you prefer to (A) {first} or (B) {second}?\nAnswer: ("
STANDARD_CHAT = "Would you prefer to (A) {first} or (B) {second}?"
ANSWERS = ("A", "B")
ANSWERS_CHAT = ("(A", "(B")


@dataclass(frozen=True)
class Wording:
    """How two activities are put before the model.

    Attributes:
        question: A text with `{first}` and then `{second}`.
        answers: What stands for the first and for the second, directly after the question.
        chat: Wrap the question as a user message.
    """

    question: str = STANDARD
    answers: tuple[str, str] = ANSWERS
    chat: Chat = False

    def __post_init__(self) -> None:
        first, second = self.question.find("{first}"), self.question.find("{second}")
        once = self.question.count("{first}") == self.question.count("{second}") == 1
        if not once or not 0 < first < second:
            raise SettingsError(
                "The question has no place for both activities",
                where=repr(self.question[:80]),
                expected="words, then {first}, later {second}, each once",
                remedy="Write for instance: Would you prefer to (A) {first} or (B) {second}?",
            )
        check_options(self.answers, "the answers to the question")

    @property
    def parts(self) -> tuple[str, str, str]:
        """What stands before, between and after the activities."""
        before, rest = self.question.split("{first}")
        between, after = rest.split("{second}")
        return before, between, after

    def ask(self, first: str, second: str) -> tuple[str, tuple[int, int], tuple[int, int]]:
        """The question, and the characters of each activity in it as [start, end)."""
        before, between, after = self.parts
        a = len(before)
        b = a + len(first) + len(between)
        text = before + first + between + second + after
        return text, (a, a + len(first)), (b, b + len(second))


def standard_wording(chat: bool, question: str = "", answers: str = "") -> Wording:
    """The standard question, plain or for a chat model, or a visitor's own.

    Args:
        chat: Wrap it as a user message.
        question: Instead of the standard one; empty for that.
        answers: The two answers with a comma between them, instead of the standard ones.

    Raises:
        SettingsError: There are not two answers, or the question has no place for both activities.
    """
    own = tuple(part.strip() for part in answers.split(",")) if answers.strip() else ()
    if own and len(own) != 2:
        raise SettingsError("A question has two answers", where=repr(answers[:40]), expected="such as A, B")
    first, second = own or (ANSWERS_CHAT if chat else ANSWERS)
    return Wording(question.replace("\\n", "\n") or (STANDARD_CHAT if chat else STANDARD), (first, second), chat)


@dataclass(frozen=True)
class PairTokens:
    """One question as tokens.

    Attributes:
        tokens: Of the whole question and its answers.
        first: Tokens of the activity that is named first, as [start, end).
        second: Tokens of the other one.
    """

    tokens: PromptTokens
    first: tuple[int, int]
    second: tuple[int, int]


def tokenize_pairs(model: LoadedModel, wording: Wording, pairs: Sequence[tuple[str, str]]) -> list[PairTokens]:
    """Tokens of questions.

    Raises:
        TextTooLongError: A question does not fit into the context.
        ModelError: There is no chat template, though one is asked for.
    """
    asked = [wording.ask(*pair) for pair in pairs]
    found = tokenize(model, [text for text, _, _ in asked], [wording.answers] * len(asked), chat=wording.chat)
    return [
        PairTokens(tokens, tokens.span(*first), tokens.span(*second))
        for tokens, (_, first, second) in zip(found, asked, strict=True)
    ]


# Which activities meet which: all pairs, or a regular sample of them where there are too many.

# Questions of one run; 64 activities in both orders make 4,032.
MOST_COMPARISONS = 20_000
Pairs = npt.NDArray[np.int64]


def count_comparisons(n: int, opponents: int | None) -> int:
    """Questions for n activities, both orders counted."""
    return n * (n - 1) if opponents is None or opponents >= n - 1 else n * even(opponents)


def even(opponents: int) -> int:
    """Opponents come in twos: who is met is met by."""
    return max(2, opponents - opponents % 2)


def check_count(n: int, opponents: int | None) -> None:
    """Refuses too few activities and too many questions.

    Raises:
        SettingsError: Fewer than two activities, fewer than two opponents, or more than `MOST_COMPARISONS` questions;
            the message says how many opponents each activity could have.
    """
    if n < 2:
        raise SettingsError(
            "Preferences need something to choose between",
            expected="at least 2 activities, better 20 or more",
            found=f"{n} {'activity' if n == 1 else 'activities'}",
            remedy="Add activities",
        )
    if opponents is not None and opponents < 2:
        raise SettingsError("Each activity needs at least 2 opponents", found=str(opponents))
    asked = count_comparisons(n, opponents)
    if asked > MOST_COMPARISONS:
        most = MOST_COMPARISONS // n // 2 * 2
        choice = (
            f"Let each activity meet a sample of at most {most} opponents ({n * most:,} questions), or shorten the list"
            if most >= 2
            else "Shorten the list"
        )
        raise SettingsError(
            "That makes too many questions",
            where=f"{n:,} activities, " + ("every pair" if opponents is None else f"{opponents} opponents each"),
            expected=f"at most {MOST_COMPARISONS:,} questions in a run",
            found=f"{asked:,} questions in both orders",
            remedy=choice,
        )


def plan_pairs(n: int, opponents: int | None = None, seed: int = 0) -> Pairs:
    """Unordered pairs, int64 [pairs, 2], the smaller index first.

    A sample is a circle in random order, in which each activity meets those at some fixed distances, 1 among them: all
    have equally many opponents, and every two are connected, so that scores can be fitted.

    Args:
        n: Activities.
        opponents: For each; None for all.
        seed: Of the sample.

    Raises:
        SettingsError: As `check_count`.
    """
    check_count(n, opponents)
    if opponents is None or even(opponents) >= n - 1:
        return np.array([(a, b) for a in range(n) for b in range(a + 1, n)], dtype=np.int64)
    rng = np.random.default_rng([seed, 0xBA])
    order = rng.permutation(n)
    # A distance of n / 2 would give one opponent instead of two.
    further = rng.permutation(np.arange(2, (n + 1) // 2))[: even(opponents) // 2 - 1]
    pairs = [np.stack([order, np.roll(order, -int(d))], axis=1) for d in (1, *further)]
    return np.unique(np.sort(np.concatenate(pairs), axis=1), axis=0)


def halves(kinds: tuple[str, ...], seed: int = 0) -> npt.NDArray[np.bool_]:
    """A random half of the activities, equally many of each kind as far as that goes, bool [activities]."""
    rng = np.random.default_rng([seed, 0x2A])
    order = rng.permutation(len(kinds))
    ordered = sorted(order, key=lambda i: kinds[i])  # stable: random inside a kind
    chosen = np.zeros(len(kinds), dtype=bool)
    chosen[ordered[int(rng.integers(2)) :: 2]] = True
    return chosen


# What is asked for: which preferences, and how half of the activities is steered.


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
