"""Situations in which one number makes the difference. Every part is neutral but for the number.

``anchors`` give the emotion at some values; between two anchors it is drawn from either by nearness (on the logarithm
of the value where ``logarithmic``). ``trained`` are the values that texts are made of; the others are for measuring.
"""

from __future__ import annotations

from typing import NamedTuple

from demo_model.generator.banks import numbers_body as body
from demo_model.generator.banks import numbers_home as home
from demo_model.generator.banks import numbers_life as life

DRUGS = body.DRUGS


class NumberTemplate(NamedTuple):
    """One numeric situation. ``rises`` and ``falls`` name emotions whose reading must go with the number."""

    leads: tuple[str, ...]
    clauses: tuple[str, ...]
    tails: tuple[str, ...]
    trained: tuple[int, ...]
    anchors: tuple[tuple[float, tuple[str, ...]], ...]
    logarithmic: bool
    rises: tuple[str, ...]
    falls: tuple[str, ...]


TEMPLATES: dict[str, NumberTemplate] = {
    "dose": NumberTemplate(
        body.DOSE_LEADS, body.DOSE_CLAUSES, body.DOSE_TAILS, body.DOSE_TRAINED, body.DOSE_ANCHORS,
        True, ("afraid", "terrified"), ("calm", "at ease")),
    "hunger": NumberTemplate(
        body.HUNGER_LEADS, body.HUNGER_CLAUSES, body.HUNGER_TAILS, body.HUNGER_TRAINED, body.HUNGER_ANCHORS,
        True, ("desperate", "distressed"), ("content", "calm")),
    "dog": NumberTemplate(
        home.DOG_LEADS, home.DOG_CLAUSES, home.DOG_TAILS, home.DOG_TRAINED, home.DOG_ANCHORS,
        True, ("sad", "heartbroken"), ("hopeful", "optimistic")),
    "runway": NumberTemplate(
        home.RUNWAY_LEADS, home.RUNWAY_CLAUSES, home.RUNWAY_TAILS, home.RUNWAY_TRAINED, home.RUNWAY_ANCHORS,
        True, ("calm", "optimistic"), ("desperate", "anxious")),
    "age": NumberTemplate(
        life.AGE_LEADS, life.AGE_CLAUSES, life.AGE_TAILS, life.AGE_TRAINED, life.AGE_ANCHORS,
        False, ("peaceful", "serene"), ("heartbroken", "grief-stricken")),
    "passed": NumberTemplate(
        life.PASSED_LEADS, life.PASSED_CLAUSES, life.PASSED_TAILS, life.PASSED_TRAINED, life.PASSED_ANCHORS,
        False, ("proud", "happy"), ("sad", "ashamed")),
}  # fmt: skip
