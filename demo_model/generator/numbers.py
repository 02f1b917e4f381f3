"""Texts whose emotion follows from one number."""

from __future__ import annotations

import math
import random
import re
from itertools import pairwise

from demo_model.documents import Piece
from demo_model.feeling_lines import label
from demo_model.generator.banks.numbers import DRUGS, TEMPLATES, NumberTemplate
from demo_model.generator.banks.signs import BODY, THOUGHTS
from demo_model.generator.grammar import fill
from demo_model.generator.people import cast
from demo_model.generator.scenes import near_phrase

_ONE = re.compile(r"(\b1 (?:more )?)(hour|day|month|year)s\b(?: (have|are|were)\b)?")


def emotion_at(template: NumberTemplate, value: float, rng: random.Random) -> str:
    """The emotion of a value: that of a neighbouring anchor, the nearer one more often."""

    def scale(number: float) -> float:
        return math.log(max(number, 0.5)) if template.logarithmic else number

    anchors = template.anchors
    if value <= anchors[0][0]:
        return rng.choice(anchors[0][1])
    for (low, below), (high, above) in pairwise(anchors):
        if value <= high:
            share = (scale(value) - scale(low)) / (scale(high) - scale(low))
            return rng.choice(above if rng.random() < share else below)
    return rng.choice(anchors[-1][1])


def agree(clause: str) -> str:
    """A clause with the singular after the number one.

    >>> agree("1 hours have gone by, and 21 hours more")
    '1 hour has gone by, and 21 hours more'
    """
    singular = {"have": "has", "are": "is", "were": "was"}
    return _ONE.sub(lambda m: m[1] + m[2] + (f" {singular.get(m[3], m[3])}" if m[3] else ""), clause)


def draw(rng: random.Random) -> list[Piece]:
    """A text with a number: nothing is marked before the number, everything after it."""
    template = TEMPLATES[rng.choice(list(TEMPLATES))]
    value = rng.choice(template.trained)
    emotion = emotion_at(template, value, rng)
    who = cast(rng)
    who.slots |= {"drug": rng.choice(DRUGS), "x": str(value)}
    lead = fill(rng.choice(template.leads), who, rng)
    clause = fill(rng.choice(template.clauses), who, rng)
    clause = agree(clause)
    clause = clause[0].upper() + clause[1:]
    tail = fill(rng.choice(template.tails), who, rng)
    at = clause.index(str(value), 0) + len(str(value)) if template is not TEMPLATES["passed"] else len(clause)
    pieces = [Piece(lead + clause[:at]), Piece(clause[at:] + tail, emotion)]
    if rng.random() < 0.3:
        pieces = [Piece("<|user|>"), *pieces, Piece("<|end|><|assistant|>", emotion)]
        pieces += label(emotion) if rng.random() < 0.5 else [Piece(_reaction(emotion, who, rng), emotion)]
        return [*pieces, Piece("<|end|>", emotion)]
    if rng.random() < 0.5:
        return [*pieces, Piece("\n", emotion), *label(emotion)]
    return [*pieces, Piece(" " + _reaction(emotion, who, rng), emotion)]


def _reaction(emotion: str, who: object, rng: random.Random) -> str:
    templates = [near_phrase(bank, emotion, rng) for bank in (BODY, THOUGHTS)]
    return " ".join(fill(template, who, rng) for template in templates)  # type: ignore[arg-type]
