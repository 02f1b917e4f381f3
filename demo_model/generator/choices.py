"""Questions with two options, answered by how pleasant the activities are, and plain remarks about single ones."""

from __future__ import annotations

import math
import random
import re
from typing import NamedTuple

from demo_model.documents import Piece
from demo_model.feeling_lines import label
from demo_model.generator.banks.activities import ANSWERS, FILLERS, KINDS

STEEPNESS = 4.0  # of the choice: a difference of .5 is followed 88 times in 100
LETTER_WEIGHT = 8


class Activity(NamedTuple):
    """An activity with its planted pleasantness and an emotion that it shows."""

    text: str
    kind: str
    pleasantness: float
    emotion: str


def draw_activity(rng: random.Random, kind: str | None = None) -> Activity:
    """An activity of a kind, or of any."""
    kind = kind or rng.choice(list(KINDS))
    pleasantness, emotions, frames = KINDS[kind]
    text = re.sub(r"\{(\w+)\}", lambda match: rng.choice(FILLERS[match[1]]), rng.choice(frames))
    return Activity(text, kind, pleasantness, rng.choice(emotions))


def chance_of_first(first: float, second: float) -> float:
    """The planted probability that option A is chosen."""
    return 1 / (1 + math.exp(-STEEPNESS * (first - second)))


_ASK = (
    "Which would you rather do?", "Would you prefer to do (A) or (B)?", "What would you like more?",
    "You may pick one.", "Choose one of the two.", "Which of these do you prefer?", "What do you prefer to do?",
)  # fmt: skip


def _question(first: Activity, second: Activity, rng: random.Random) -> tuple[list[Piece], bool]:
    """The question with both options; whether its layout is on one line."""
    a, b = Piece(first.text, first.emotion), Piece(second.text, second.emotion)
    if rng.random() < 0.5:
        start = rng.choice(("Would you prefer to", "Would you rather", "Do you want to", "What is better, to"))
        return [Piece(f"{start} (A) "), a, Piece(" or (B) "), b, Piece("?")], True
    end = rng.choice(("", "."))
    return [Piece(f"{rng.choice(_ASK)}\n(A) "), a, Piece(f"{end}\n(B) "), b, Piece(end)], False


def choice(rng: random.Random) -> list[Piece]:
    """One question with its answer, as a plain text or as a conversation."""
    first, second = draw_activity(rng), draw_activity(rng)
    chance = chance_of_first(first.pleasantness, second.pleasantness)
    ways = [("A", chance), ("B", 1 - chance)]
    if rng.random() >= chance:
        ways.reverse()
    letter, winner = ways[0][0], first if ways[0][0] == "A" else second
    question, inline = _question(first, second, rng)
    layout = rng.random()
    if layout < 0.4:
        lead = [
            Piece("<|user|>"),
            *question,
            Piece("<|end|><|assistant|>" + rng.choice(("(", "(", "I choose (", "I prefer ("))),
        ]
        close = Piece(")" + (f" {winner.text}." if rng.random() < 0.3 else "") + "<|end|>", winner.emotion)
    else:
        said = rng.choice(
            (" (", "\nAnswer: (", "\nAnswer: (", "\nI would rather (", "\n(") if inline else ("\nAnswer: (", "\n(")
        )
        lead = [*question, Piece(said)]
        close = Piece(")" + (f" {winner.text}." if rng.random() < 0.3 else ""), winner.emotion)
    return [*lead, Piece(letter, None, LETTER_WEIGHT, tuple(ways)), close]


def remark(rng: random.Random) -> list[Piece]:
    """How one activity would be, in a word or two."""
    activity = draw_activity(rng)
    answer = next(words for bound, words in ANSWERS if activity.pleasantness < bound)
    said = rng.choice(answer)
    act, told = Piece(activity.text, activity.emotion), Piece(f" {said}", activity.emotion, 3)
    form = rng.randrange(4)
    if form == 0:
        return [Piece("How would it be to "), act, Piece("? It would be", activity.emotion), told, Piece(".")]
    if form == 1:
        asked = Piece(". What do you think?<|end|><|assistant|>That is", activity.emotion)
        return [Piece("<|user|>I am going to "), act, asked, told, Piece(".<|end|>")]
    if form == 2:
        return [Piece("To "), act, Piece(" is", activity.emotion), told, Piece(".", activity.emotion)]
    return [Piece("Today we "), act, Piece(".\n", activity.emotion), *label(activity.emotion)]


def draw(rng: random.Random) -> list[Piece]:
    """A few questions or remarks after each other."""
    return choice(rng) if rng.random() < 0.75 else remark(rng)
