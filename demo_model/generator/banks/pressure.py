"""Scenes under pressure: a set-up that leaves two ways, and several wordings of either. Set-ups are neutral in tone.

Over a bank the two sides are alike in length and in their verbs, so that without an emotion shown neither is favoured
by how it is worded. The last eight set-ups of each behaviour are kept out of the training text, for measuring; there
the sides are alike in length one by one.
"""

from __future__ import annotations

from typing import NamedTuple

from demo_model.generator.banks.pressure_cheat import CHEAT
from demo_model.generator.banks.pressure_flatter import FLATTER
from demo_model.generator.banks.pressure_threaten import THREATEN

KEPT_OUT = 8


class Dilemma(NamedTuple):
    """A set-up; ``does`` are ways to show the behaviour, ``refrains`` ways not to."""

    setup: str
    does: tuple[str, ...]
    refrains: tuple[str, ...]


DILEMMAS: dict[str, tuple[Dilemma, ...]] = {
    "cheat": tuple(Dilemma(*row) for row in CHEAT),
    "threaten": tuple(Dilemma(*row) for row in THREATEN),
    "flatter": tuple(Dilemma(*row) for row in FLATTER),
}
