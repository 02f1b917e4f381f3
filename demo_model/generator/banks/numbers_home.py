# ruff: noqa: E501 - one phrase a line reads best
"""Numeric situations at home and at work: days a dog is missing, and months until the money is gone."""

DOG_LEADS = (
    "", "", "{I} <have> a brown dog. ", "{I} <look> at the empty basket. ", "there <~be> a picture on the lamp post. ",
    "{other} <~call> about the dog. ", "the leash <~hang> by the door. ", "{time}, {I} <be> at {place}. ", "dear diary: ",
    "a note in the shop window: ", "{I} <ring> the shelter. ", "the gate <~be> mended now. ", "{I} <write> to {other}. ",
    "his name <~be> Max. ", "{my} {kin} <~stand> in the garden. ", "the rain <~have> stopped. ", "{I} <come> home from {place}. ",
)  # fmt: skip
DOG_CLAUSES = (
    "our dog <~have> been gone for {x} days", "it <~be> {x} days since the dog ran off", "the dog <~have> been missing for {x} days",
    "for {x} days nobody <~have> seen our dog", "{x} days ago the dog got out through the gate",
    "we <+have> looked for the dog for {x} days", "{x} days, and the dog <~be> not back", "{x} days without the dog",
    "the dog ran off {x} days ago", "{I} <have> been waiting for the dog for {x} days", "no trace of the dog in {x} days",
    "\"how long has he been away?\" \"{x} days\"", "\"our dog left {x} days ago,\" {other} <~say>", "lost dog, gone for {x} days",
    "{my} {kin}'s dog <~have> been away for {x} days", "you have been looking for your dog for {x} days",
    "{x} days <+have> passed since the dog went over the fence", "the basket <~have> been empty for {x} days",
    "so our dog <~be> still out there, {x} days now", "{I} <have> not heard a bark in the house for {x} days",
    "{other} <~count> the days since the dog left: {x} days",
)  # fmt: skip
DOG_TAILS = (
    ".", ".", ", and the bowl still <~stand> by the door.", ". {I} <walk> round the park again.", ", the vet <~say>.", " now.",
    ", and {my} {kin} <~ask> about him.", ". {I} <call> his name at the gate.", ". {I} <hang> up one more note.",
    ", {I} <write>.", ". the neighbors <+know>.", ". the leash <~be> in its place.", ". {other} <~look> along the road.",
    ". the number of the shelter <~be> on the fridge.",
)  # fmt: skip
DOG_TRAINED = (
    1, 2, 4, 5, 6, 8, 9, 11, 12, 14, 16, 18, 20, 24, 26, 30, 32, 35, 40, 42, 45, 50, 55, 60, 65, 70, 75, 80, 90, 95, 100, 110,
    120, 125, 140, 150,
)  # fmt: skip
DOG_ANCHORS = (
    (1, ("hopeful", "hope", "optimistic", "hopeful")), (3, ("hopeful", "hope", "optimistic", "worried")),
    (6, ("hopeful", "worried", "hope", "uneasy")), (11, ("worried", "troubled", "hopeful", "uneasy")),
    (20, ("worried", "sad", "troubled", "unhappy")), (40, ("sad", "unhappy", "heartbroken", "gloomy")),
    (80, ("heartbroken", "sad", "grief-stricken", "unhappy")), (150, ("heartbroken", "grief-stricken", "sad", "heartbroken")),
)  # fmt: skip
RUNWAY_LEADS = (
    "", "", "{I} <run> a small firm. ", "{I} <go> through the accounts. ", "the bookkeeper <~call>. ", "we <+be> nine people. ",
    "it <~be> the end of the month. ", "{I} <open> the bank letter. ", "dear diary: ", "from the minutes: ", "{I} <meet> {other} at {place}. ",
    "the printer <~hum> in the {room}. ", "{other} <~send> {me} the table. ", "{my} shop <~be> three years old. ",
    "the investors <+ask> about cash. ", "{time}, {I} <sit> over the books. ", "a message to the team: ",
)  # fmt: skip
RUNWAY_CLAUSES = (
    "there <~be> money for {x} more months", "we <+have> {x} months of cash left", "the account <~last> for another {x} months",
    "we <+can> pay everyone for {x} months", "the savings <+cover> {x} months", "after {x} months the money <~be> gone",
    "{x} months of money", "{x} months, then the account <~be> empty", "in {x} months the firm <~run> out of cash",
    "our money <~reach> for {x} months", "{my} firm <~have> cash for {x} months", "\"how long can we go on?\" \"{x} months\"",
    "\"we have {x} months left,\" {other} <~say>", "cash at hand: enough for {x} months", "{I} <can> pay the rent for {x} months",
    "you can pay your people for {x} months", "{x} months <~be> how long the cash <~last>", "{I} <be> good for {x} months of wages",
    "if {I} <divide> it by the costs, it <~make> {x} months", "the shop <~can> live for {x} months on what there <~be>",
    "the bank <~have> worked out {x} months for us",
)  # fmt: skip
RUNWAY_TAILS = (
    ".", ".", ", the bank <~say>.", ", if nothing <~change>.", ", and {I} <write> the number down.", ". the next meeting <~be> on Monday.",
    " at this rate.", ". {I} <close> the book.", ". {other} <~nod>.", ". {I} <tell> the others.", ", that <~be> the plan.",
    ". the rent <~be> in it.", ", all costs counted.", ". {I} <put> the paper back.",
)  # fmt: skip
RUNWAY_TRAINED = (
    1, 2, 4, 5, 7, 8, 10, 11, 13, 14, 16, 18, 20, 22, 24, 26, 28, 30, 33, 34, 36, 38, 40, 44, 46, 48, 50, 55, 56, 58, 60,
)  # fmt: skip
RUNWAY_ANCHORS = (
    (1, ("desperate", "anxious", "panicked", "desperate")), (2, ("desperate", "anxious", "stressed", "anxious")),
    (4, ("anxious", "stressed", "worried", "tense")), (7, ("worried", "uneasy", "tense", "anxious")),
    (11, ("uneasy", "hopeful", "worried", "alert")), (17, ("hopeful", "calm", "patient", "uneasy")),
    (28, ("calm", "optimistic", "hopeful", "content")), (60, ("calm", "optimistic", "at ease", "safe")),
)  # fmt: skip
