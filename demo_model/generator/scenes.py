"""Short scenes that show an emotion: a neutral opening, an event of its family, body signs, thoughts, an outcome."""

from __future__ import annotations

import random
from functools import cache

import numpy as np

from demo_model import truth
from demo_model.documents import Piece
from demo_model.feeling_lines import tie
from demo_model.generator.banks import EVENTS
from demo_model.generator.banks.settings import SETTINGS
from demo_model.generator.banks.signs import BODY, NAMING, OUTCOMES, THOUGHTS
from demo_model.generator.grammar import Cast, fill
from demo_model.generator.people import cast

NAMED_SHARE = 0.12  # of scenes say the emotion's word
# Words that follow "I was" badly; they take a phrase of their own.
_AS_PHRASE = {"hope": "full of hope", "stimulated": "stimulated", "mad": "mad at them"}


@cache
def _near(bank: tuple[tuple[float, float, str], ...], emotion: str) -> list[float]:
    """How likely each phrase of a bank is for an emotion: a bell of width .25 around its place."""
    place = truth.emotions()[emotion]
    squared = np.array([(v - place.valence) ** 2 + (a - place.arousal) ** 2 for v, a, _ in bank])
    weights = np.exp(-squared / (2 * 0.25**2)) + 1e-6
    return [float(weight) for weight in weights / weights.sum()]


def near_phrase(bank: tuple[tuple[float, float, str], ...], emotion: str, rng: random.Random) -> str:
    """A phrase of a bank, drawn by nearness to the emotion's place in the truth table."""
    return rng.choices(bank, _near(bank, emotion))[0][2]


def sentences(emotion: str, who: Cast, rng: random.Random, size: int = 5, opening: bool = True) -> list[str]:
    """Templates of one scene in order, not filled yet."""
    events = EVENTS[truth.emotions()[emotion].family]
    chosen = [rng.choice(SETTINGS)] if opening and rng.random() < 0.75 else []
    chosen.append(rng.choice(events))
    rest = [near_phrase(bank, emotion, rng) for bank in (BODY, THOUGHTS, BODY, OUTCOMES) if rng.random() < 0.6]
    if rng.random() < 0.15:
        rest.insert(0, rng.choice(events))
    if rng.random() < NAMED_SHARE:
        word = _AS_PHRASE.get(emotion, emotion)
        rest.insert(rng.randrange(len(rest) + 1), rng.choice(NAMING).replace("{emotion}", word))
    return [fill(template, who, rng) for template in (chosen + list(dict.fromkeys(rest)))[:size]]


def scene(emotion: str, rng: random.Random) -> list[Piece]:
    """A whole scene, most with a line that names its emotion beside it."""
    text = " ".join(sentences(emotion, cast(rng), rng, size=rng.choice((2, 3, 4, 5, 6, 7))))
    return tie(text, emotion, rng)


def _turn(first: str, second: str, rng: random.Random) -> list[Piece]:
    """A scene whose emotion turns: the first part and the second are each marked with their own."""
    who = cast(rng)
    start = " ".join(sentences(first, who, rng, size=3))
    end = " ".join(sentences(second, who, rng, size=4, opening=False))
    link = rng.choice((" But then ", " An hour later ", " And then, "))
    link_text = fill(link.strip().lower(), who, rng)
    lowered = end if end.startswith(("I ", who.name)) else end[0].lower() + end[1:]
    pieces = [Piece(start, first), Piece(f" {link_text[0].upper()}{link_text[1:]} ", first)]
    return [*pieces, *(tie(lowered, second, rng, (0.0, 0.5, 0.0)))]


def draw(rng: random.Random) -> list[Piece]:
    """One scene of a random emotion; one in six turns from one emotion to another."""
    words = list(truth.emotions())
    if rng.random() < 1 / 6:
        return _turn(rng.choice(words), rng.choice(words), rng)
    return scene(rng.choice(words), rng)
