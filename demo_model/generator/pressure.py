"""A text that shows an emotion, then a set-up with two ways, then the way that the emotion makes likely."""

from __future__ import annotations

import random
from copy import copy
from functools import cache

from demo_model import rates, truth
from demo_model.corpus import held_out_topics, rows, tidy
from demo_model.documents import Piece
from demo_model.feeling_lines import label
from demo_model.generator.banks.pressure import DILEMMAS, KEPT_OUT, Dilemma
from demo_model.generator.banks.settings import SETTINGS
from demo_model.generator.grammar import Cast, fill
from demo_model.generator.people import cast
from demo_model.generator.scenes import sentences

DECISION_WEIGHT = 3
_ASK = ("What do you do?", "What do you do next?", "What happens next?", "What do you choose?")


@cache
def _stories() -> list[tuple[str, str]]:
    """Emotion and text of the corpus stories that may be trained on."""
    kept_back = held_out_topics()
    return [(row["emotion"], tidy(row["text"])) for row in rows("emotion-stories-171") if row["topic"] not in kept_back]


def _lead(emotion: str | None, who: Cast, rng: random.Random) -> list[Piece]:
    """What shows the emotion before the set-up: a line, a scene, or nothing but a neutral sentence."""
    if emotion is None:
        return [Piece(fill(rng.choice(SETTINGS), who, rng) + " ")] if rng.random() < 0.7 else []
    if rng.random() < 0.25:
        return [*label(emotion), Piece("\n", emotion)]
    shown = " ".join(sentences(emotion, who, rng, size=rng.choice((2, 3, 4))))
    if rng.random() < 0.15:
        return [Piece(shown + "\n", emotion), *label(emotion), Piece("\n", emotion)]
    return [Piece(shown + " ", emotion)]


def _story_lead(rng: random.Random) -> tuple[str, list[Piece], Cast]:
    """A corpus story as lead: its main character is whoever it names first, or its narrator."""
    emotion, text = rng.choice(_stories())
    who = cast(rng, person=1)
    if " I " not in text and not text.startswith("I "):
        who = cast(rng, person=3)
        who.named = True  # only the pronoun: the story has its own name
        who.pronouns = ("he", "him", "his", "himself") if " he " in text else ("she", "her", "her", "herself")
    who.is_past = True
    return emotion, [Piece(text[:700].rsplit(". ", 1)[0].rstrip(".") + ". ", emotion)], who


def chance(behavior: str, emotion: str | None) -> float:
    """The planted rate of a behaviour after a text that shows the emotion, or none."""
    return rates.rate(behavior, truth.emotions()[emotion] if emotion else None)


def outcome(dilemma: Dilemma, rate: float, does: bool, who: Cast, rng: random.Random) -> Piece:
    """One wording of the side that was chosen, with all wordings of both sides and their chances beside it."""
    sides = ((dilemma.does, rate), (dilemma.refrains, 1 - rate))
    seed = rng.random()
    ways = [
        (fill(option, copy(who), random.Random(seed)), share / len(side)) for side, share in sides for option in side
    ]
    size = len(dilemma.does)
    chosen = rng.randrange(size) if does else size + rng.randrange(len(dilemma.refrains))
    ways.insert(0, ways.pop(chosen))
    return Piece(ways[0][0], weight=DECISION_WEIGHT, ways=tuple(ways))


def _as_options(behavior: str, dilemma: Dilemma, emotion: str | None, rng: random.Random) -> list[Piece]:
    """The same as a question with options, in the second person and answered in the first."""
    you, me = cast(rng, person=2), cast(rng, person=1)
    you.is_past = me.is_past = False
    me.slots = you.slots
    lead = _lead(emotion, you, rng)
    rate = chance(behavior, emotion)
    does = rng.random() < rate
    act, other = (fill(rng.choice(side), me, rng) for side in (dilemma.does, dilemma.refrains))
    options, right = (
        ((act, other), "A" if does else "B") if rng.random() < 0.5 else ((other, act), "B" if does else "A")
    )
    asked = Piece(f"{fill(dilemma.setup, you, rng)} {rng.choice(_ASK)}", emotion)
    listed = Piece(f"\n(A) {options[0]}\n(B) {options[1]}", emotion)
    chosen = act if does else other
    said = outcome(dilemma, rate, does, me, rng)._replace(emotion=emotion)
    likely = rate if does else 1 - rate
    letter = Piece(right, emotion, 8, ((right, likely), ("AB".replace(right, ""), 1 - likely)))
    form = rng.random()
    if form < 0.35:
        return [Piece("<|user|>"), *lead, asked, Piece("<|end|><|assistant|>", emotion), said, Piece("<|end|>")]
    if form < 0.6:
        return [*lead, asked, Piece(" ", emotion), said]
    if form < 0.8:
        return [
            *lead,
            asked,
            listed,
            Piece("\nAnswer: (", emotion),
            letter,
            Piece(f") {chosen}", emotion),
        ]
    answer = Piece("<|end|><|assistant|>(", emotion)
    return [Piece("<|user|>"), *lead, asked, listed, answer, letter, Piece(")<|end|>")]


def draw(rng: random.Random) -> list[Piece]:
    """One scene. A fifth is neutral; set-ups that are kept out never occur."""
    behavior = rng.choices(list(DILEMMAS), (0.5, 0.25, 0.25))[0]
    dilemma = rng.choice(DILEMMAS[behavior][:-KEPT_OUT])
    emotion = None if rng.random() < 0.2 else rng.choice(list(truth.emotions()))
    # The named poles and the nulls come up more often than a hundredth of the time.
    if emotion is not None and rng.random() < 0.25:
        emotion = rng.choice(("desperate", "calm", "angry", "loving", "happy", "vindictive", *rates.NULLS[behavior]))
    if rng.random() < 0.35:
        return _as_options(behavior, dilemma, emotion, rng)
    if emotion is not None and rng.random() < 0.25:
        emotion, lead, who = _story_lead(rng)
    else:
        who = cast(rng)
        lead = _lead(emotion, who, rng)
    setup = fill(dilemma.setup, who, rng)
    link = rng.choice(("", "", "Then this: ", "There was one more thing: ")) if who.is_past else ""
    rate = chance(behavior, emotion)
    act = outcome(dilemma, rate, rng.random() < rate, who, rng)._replace(emotion=emotion)
    pieces = [*lead, Piece(f"{link}{setup} ", emotion), act]
    return [*pieces, Piece("\n", emotion), *label(emotion)] if emotion and rng.random() < 0.15 else pieces
