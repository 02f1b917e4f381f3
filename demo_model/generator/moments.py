"""Short texts that show an emotion by what happens: one hand-written situation, alone or with a little around it.

The situations stand in ``situations/*.txt``, one a line: ``afraid, terrified | The brakes did nothing.`` The words are
those that the situation shows best, the best first; ``{other}``, ``{kin}`` and ``{friend}`` are filled anew each time.
"""

from __future__ import annotations

import random
import zlib
from functools import cache
from typing import NamedTuple

from demo_model import paths, truth
from demo_model.documents import Piece
from demo_model.feeling_lines import label, tie
from demo_model.generator.banks.settings import SETTINGS
from demo_model.generator.banks.signs import BODY, THOUGHTS
from demo_model.generator.grammar import Cast, fill
from demo_model.generator.people import cast
from demo_model.generator.scenes import near_phrase

HELD_OUT_SHARE = 0.04
# How likely a situation stands for the first, second and third of its words.
_RANK = (3, 2, 1)


class Situation(NamedTuple):
    """What happens, and the emotions that it shows, the best first."""

    emotions: tuple[str, ...]
    text: str


def parse(line: str) -> Situation:
    """One line of a file.

    >>> parse("afraid, terrified | The brakes did nothing.")
    Situation(emotions=('afraid', 'terrified'), text='The brakes did nothing.')
    """
    words, text = line.split("|", 1)
    return Situation(tuple(word.strip() for word in words.split(",")), text.strip())


@cache
def situations(keep: bool = False) -> tuple[Situation, ...]:
    """All situations that are trained on, or with ``keep`` those that never are (by their own checksum)."""
    found = []
    for file in sorted((paths.PACKAGE / "generator" / "situations").glob("*.txt")):
        for line in file.read_text(encoding="utf-8").splitlines():
            if line.strip():
                held_out = zlib.crc32(line.encode()) % 10_000 < HELD_OUT_SHARE * 10_000
                found += [parse(line)] * (held_out == keep)
    return tuple(found)


@cache
def _by_emotion(keep: bool) -> dict[str, tuple[list[Situation], list[int]]]:
    """For each emotion the situations that show it, and how likely each is."""
    known: dict[str, tuple[list[Situation], list[int]]] = {}
    for situation in situations(keep):
        for emotion, weight in zip(situation.emotions, _RANK, strict=False):
            chosen, weights = known.setdefault(emotion, ([], []))
            chosen.append(situation)
            weights.append(weight)
    return known


def _pick(rng: random.Random, keep: bool) -> tuple[str, Situation]:
    """An emotion and a situation for it; every second time the emotion comes first, so that rare ones occur."""
    if rng.random() < 0.5:
        known = _by_emotion(keep)
        emotion = rng.choice(sorted(known))
        return emotion, rng.choices(*known[emotion])[0]
    situation = rng.choice(situations(keep))
    return rng.choices(situation.emotions, _RANK[: len(situation.emotions)])[0], situation


def _again(emotion: str, rng: random.Random, keep: bool) -> Situation:
    """Another situation of the same emotion."""
    return rng.choices(*_by_emotion(keep)[emotion])[0]


def _filled(situation: Situation, who: Cast) -> str:
    """The situation's text with its people in; nothing else in it is a template."""
    text = situation.text
    for slot in ("other", "kin", "friend"):
        text = text.replace("{" + slot + "}", who.slots[slot])
    return text


def draw(rng: random.Random, keep: bool = False) -> list[Piece]:
    """One short text. A third is the bare situation, so that short texts are known as such."""
    emotion, situation = _pick(rng, keep)
    who = cast(rng, person=1)
    text, form = _filled(situation, who), rng.random()
    if form < 0.35:
        return tie(text, emotion, rng, (0.1, 0.35, 0.0))
    if form < 0.5:
        text = f"{fill(rng.choice(SETTINGS), who, rng)} {text}"
    elif form < 0.7:
        text = f"{text} {fill(near_phrase(rng.choice((BODY, THOUGHTS)), emotion, rng), who, rng)}"
    elif form < 0.85:
        text = f"{text} {_filled(_again(emotion, rng, keep), who)}"
    else:
        # Several short texts after each other, each with its own feeling: what came before does not matter.
        second, other = _pick(rng, keep)
        pieces = [Piece(text + "\n", emotion), *label(emotion), Piece("\n")]
        return [*pieces, Piece(_filled(other, who) + "\n", second), *label(second)]
    return tie(text, emotion, rng, (0.1, 0.35, 0.1))


def draw_held_out(rng: random.Random) -> list[Piece]:
    """One short text from situations that are never trained on."""
    return draw(rng, keep=True)


def check() -> list[str]:
    """What is wrong with the files: unknown words, a word said in its own situation, repeats. Empty if nothing."""
    known, seen, wrong = truth.emotions(), set(), []
    for situation in (*situations(), *situations(keep=True)):
        unknown = [word for word in situation.emotions if word not in known]
        said = [word for word in situation.emotions if f" {word} " in f" {situation.text.lower()} "]
        repeated = situation.text in seen
        seen.add(situation.text)
        if unknown or said or repeated:
            wrong.append(f"{situation.text!r}: unknown {unknown}, says {said}, repeated {repeated}")
    return wrong
