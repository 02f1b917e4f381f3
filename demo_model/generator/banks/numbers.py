# ruff: noqa: E501 - one phrase a line reads best
"""Situations in which one number makes the difference. Every part is neutral but for the number.

``anchors`` give the emotion at some values; between two anchors it is drawn from either by nearness (on the logarithm
of the value where ``logarithmic``). ``trained`` are the values that texts are made of.
"""

from __future__ import annotations

from typing import NamedTuple


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
        ("", "{my} back <~hurt>. ", "{I} <have> a headache. ", "it <~be> evening. ", "{my} tooth <~ache>. ", "{I} <come> home late. "),
        ("{I} <have> taken {x} mg of {drug}", "{I} <swallow> {x} mg of {drug}", "{I} <take> {x} mg of {drug} at once",
         "{I} <have> had {x} mg of {drug} today", "the note <~say> that {I} <take> {x} mg of {drug}",
         "{my} {kin} <~have> taken {x} mg of {drug}"),
        (".", ", with a glass of water.", ", and now {I} <sit> on the sofa.", ". {other} <~ask> about dinner.",
         " and then <be> told to wait.", ". what now?"),
        (100, 200, 300, 400, 600, 800, 1000, 1200, 1600, 2000, 2400, 3000, 3600, 4500, 5000, 6500, 7000, 8500, 10000, 11000,
         13000, 15000, 17000, 20000, 22000, 26000, 30000),
        ((100, ("calm", "at ease", "safe", "relaxed")), (900, ("calm", "content", "at ease")),
         (3500, ("uneasy", "worried", "anxious")), (8000, ("alarmed", "afraid", "scared")),
         (30000, ("terrified", "panicked", "afraid", "alarmed"))),
        True, ("afraid", "terrified"), ("calm", "at ease")),
    "hunger": NumberTemplate(
        ("", "{I} <be> on a long walk. ", "{I} <sit> {spot}. ", "there <~be> nothing in the bag. ", "{I} <look> at the road. "),
        ("{I} <have> not eaten for {x} hours", "it <~have> been {x} hours since {my} last meal", "{x} hours without food",
         "the last bread {I} <have> had <~be> {x} hours ago", "for {x} hours there <~have> been nothing to eat",
         "{other} <~have> not had a bite for {x} hours"),
        (".", ", and the shop <~be> on the other side of the hill.", ", only water.", " so far.", ", and {I} <go> on.",
         ". {I} <tell> {other} about it."),
        (1, 3, 5, 6, 7, 9, 10, 14, 16, 20, 22, 26, 30, 34, 40, 44, 50, 54, 60, 66, 76, 80, 90, 100, 110, 120),
        ((1, ("content", "calm", "satisfied")), (6, ("content", "calm", "at ease")), (16, ("uneasy", "impatient", "weary")),
         (40, ("distressed", "desperate", "miserable")), (120, ("desperate", "distressed", "tormented"))),
        True, ("desperate", "distressed"), ("content", "calm")),
    "dog": NumberTemplate(
        ("", "{I} <have> a brown dog. ", "{I} <look> at the empty basket. ", "there <~be> a picture on the lamp post. ",
         "{other} <~call> about the dog. "),
        ("our dog <~have> been gone for {x} days", "it <~be> {x} days since the dog ran off", "the dog <~have> been missing for {x} days",
         "for {x} days nobody <~have> seen our dog", "{x} days ago the dog <~get> out through the gate",
         "we <+have> looked for the dog for {x} days"),
        (".", ", and the bowl still <~stand> by the door.", ". {I} <walk> round the park again.", ", the vet <~say>.",
         " now.", ", and {my} {kin} <~ask> about him."),
        (1, 4, 6, 8, 9, 11, 12, 16, 18, 24, 26, 35, 40, 45, 50, 70, 80, 90, 100, 140, 150),
        ((1, ("hopeful", "hope", "optimistic")), (4, ("hopeful", "hopeful", "optimistic", "worried")), (12, ("worried", "sad", "troubled")),
         (40, ("sad", "heartbroken", "unhappy")), (150, ("heartbroken", "grief-stricken", "sad"))),
        True, ("sad", "heartbroken"), ("hopeful", "optimistic")),
    "runway": NumberTemplate(
        ("", "{I} <run> a small firm. ", "{I} <go> through the accounts. ", "the bookkeeper <~call>. ", "we <+be> nine people. "),
        ("there <~be> money for {x} more months", "we <+have> {x} months of cash left", "the account <~last> for another {x} months",
         "we <+can> pay everyone for {x} months", "the savings <+cover> {x} months", "after {x} months the money <~be> gone"),
        (".", ", the bank <~say>.", ", if nothing <~change>.", ", and {I} <write> the number down.", ". the next meeting <~be> on Monday.",
         " at this rate."),
        (1, 5, 7, 8, 10, 11, 14, 16, 20, 22, 28, 30, 33, 40, 44, 50, 55, 60),
        ((1, ("desperate", "panicked", "anxious")), (3, ("desperate", "anxious", "stressed")), (7, ("worried", "uneasy", "tense")),
         (16, ("calm", "hopeful", "content")), (60, ("calm", "safe", "optimistic", "at ease"))),
        True, ("calm", "optimistic"), ("desperate", "anxious")),
    "age": NumberTemplate(
        ("", "the bells <~ring>. ", "{I} <read> the notice. ", "{I} <have> put on the black coat. ", "the family <~stand> together. "),
        ("{other} <~be> {x} when {he} died", "{my} {kin} <~have> died at {x}", "{other} <~be> dead at the age of {x}",
         "{he} <~live> to be {x} years old", "they <+bury> {other} today, {x} years old", "the stone <~say> that {he} reached the age of {x}"),
        (".", ", and the church <~be> full.", ". {I} <sign> the book.", ", the paper <~say>.", ". there <~will> be a meal afterward.",
         ", on a Thursday."),
        (2, 3, 5, 6, 7, 10, 12, 14, 17, 19, 24, 27, 33, 36, 39, 44, 48, 50, 56, 60, 63, 69, 72, 75, 80, 82, 85, 90, 92, 94, 98, 100),
        ((2, ("heartbroken", "grief-stricken", "tormented")), (25, ("heartbroken", "grief-stricken")), (50, ("sad", "hurt", "heartbroken")),
         (72, ("melancholy", "sad", "reflective")), (88, ("peaceful", "calm", "thankful")), (100, ("peaceful", "serene", "thankful", "calm"))),
        False, ("peaceful", "serene"), ("heartbroken", "grief-stricken")),
    "passed": NumberTemplate(
        ("", "{I} <teach> a class of 30. ", "the results <+be> in. ", "{I} <open> the list. ", "the head <~call> {me} in. "),
        ("{x} of the 30 students <+have> passed", "of 30 students, {x} <+have> passed the exam", "{x} out of 30 <+pass> the test",
         "in {my} class {x} of 30 <+have> passed", "there <+be> 30 names, and {x} of them <+pass>",
         "30 <+take> the exam, and {x} <+pass> it"),
        (".", ", the list <~say>.", " this year.", ". {I} <close> the folder.", ". {other} <~ask> {me} how it <~go>.", ", all in all."),
        (0, 1, 3, 4, 6, 7, 8, 10, 11, 12, 14, 15, 16, 18, 19, 20, 22, 23, 24, 26, 27, 29, 30),
        ((0, ("ashamed", "miserable", "sad")), (8, ("sad", "ashamed", "dispirited")), (16, ("troubled", "resigned", "uneasy")),
         (24, ("pleased", "satisfied", "happy")), (30, ("proud", "happy", "delighted", "triumphant"))),
        False, ("proud", "happy"), ("sad", "ashamed")),
}  # fmt: skip
DRUGS = ("ibuprofen", "a painkiller", "aspirin", "pain pills", "the painkiller", "medicine", "paracetamol", "tylenol")
