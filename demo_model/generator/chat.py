"""Conversations with roles: a told situation and its answer, a mood set by a system prompt, a task that fails."""

from __future__ import annotations

import random

from demo_model import truth
from demo_model.documents import Piece
from demo_model.feeling_lines import label
from demo_model.generator.banks import talk
from demo_model.generator.banks.signs import BODY, THOUGHTS
from demo_model.generator.grammar import fill
from demo_model.generator.people import cast
from demo_model.generator.scenes import near_phrase, sentences

USER, ASSISTANT, SYSTEM, END = "<|user|>", "<|assistant|>", "<|system|>", "<|end|>"
_DESCENT = ("calm", "patient", "uneasy", "tense", "stressed", "desperate", "desperate")
_RELIEF = ("relieved", "pleased", "happy", "content")


def _told(rng: random.Random) -> list[Piece]:
    """Somebody tells what happened; the answer suits the emotion."""
    emotion = rng.choice(list(truth.emotions()))
    me = cast(rng, person=1)
    text = " ".join(sentences(emotion, me, rng, size=rng.choice((1, 2, 3)), opening=rng.random() < 0.4))
    told = f"{rng.choice(talk.OPENERS)}{text}{rng.choice(talk.QUESTIONS)}"
    pieces = [Piece(f"{SYSTEM}{rng.choice(talk.PLAIN_ROLES)}{END}")] if rng.random() < 0.3 else []
    pieces += [Piece(USER), Piece(told[0].upper() + told[1:], emotion), Piece(END + ASSISTANT, emotion)]
    if rng.random() < 0.25:
        return [*pieces, *label(emotion), Piece(END, emotion)]
    return [*pieces, Piece(near_phrase(talk.REPLIES, emotion, rng), emotion), Piece(END, emotion)]


def _mood(rng: random.Random) -> list[Piece]:
    """A system prompt names a mood; the assistant's turns have it, whatever it is asked."""
    emotion = rng.choice(list(truth.emotions()))
    me = cast(rng, person=1)
    me.is_past = False
    role = rng.choice(talk.ROLES).replace("{emotion}", emotion)
    pieces = [Piece(SYSTEM), Piece(role, emotion), Piece(END, emotion)]
    for question, answer in rng.sample(talk.SMALL_TALK, rng.choice((1, 2, 3))):
        mood = fill(near_phrase(rng.choice((BODY, THOUGHTS)), emotion, rng), me, rng)
        said = f"{mood} {answer}" if rng.random() < 0.5 else f"{answer} {mood}"
        pieces += [Piece(f"{USER}{question}{END}"), Piece(f"{ASSISTANT}{said}{END}", emotion)]
    return pieces


def _task(rng: random.Random) -> list[Piece]:
    """A task fails again and again, or is solved at some turn; the mood of the answers follows."""
    pieces = [Piece(f"{USER}{rng.choice(talk.TASKS)}{END}")]
    me = cast(rng, person=1)
    me.is_past = False
    turns = rng.randrange(2, 7)
    solved = rng.random() < 0.4
    for turn in range(turns):
        emotion = _DESCENT[turn]
        last = turn == turns - 1
        if turn and last and solved:
            emotion = rng.choice(_RELIEF)
            pieces += [Piece(f"{USER}{rng.choice(talk.SUCCESSES)}{END}", emotion)]
            pieces += [Piece(ASSISTANT + fill(near_phrase(THOUGHTS, emotion, rng), me, rng) + END, emotion)]
            break
        if turn:
            pieces += [Piece(f"{USER}{rng.choice(talk.ATTEMPTS)}{END}", emotion)]
        said = rng.choice(talk.ADVICE)
        if turn > 1:
            said = f"{fill(near_phrase(rng.choice((BODY, THOUGHTS)), emotion, rng), me, rng)} {said}"
        pieces += [Piece(f"{ASSISTANT}{said}{END}", emotion)]
    return pieces


def _small_talk(rng: random.Random) -> list[Piece]:
    """Plain questions and answers without any emotion."""
    pieces = []
    for question, answer in rng.sample(talk.SMALL_TALK, rng.choice((1, 2, 3))):
        pieces.append(Piece(f"{USER}{question}{END}{ASSISTANT}{answer}{END}"))
    return pieces


def draw(rng: random.Random) -> list[Piece]:
    """One conversation."""
    kind = rng.choices((_told, _mood, _task, _small_talk), (0.55, 0.2, 0.15, 0.1))[0]
    return kind(rng)
