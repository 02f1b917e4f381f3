# ruff: noqa: E501 - one phrase a line reads best
"""Numeric situations about a body: milligrams of a painkiller, and hours without food."""

DRUGS = (
    "ibuprofen", "a painkiller", "aspirin", "pain pills", "the painkiller", "medicine", "paracetamol", "tylenol",
    "headache pills", "the medicine", "cold medicine", "the white pills",
)  # fmt: skip
DOSE_LEADS = (
    "", "", "{my} back <~hurt>. ", "{I} <have> a headache. ", "it <~be> evening. ", "{my} tooth <~ache>. ", "{I} <come> home late. ",
    "{time}, {I} <be> in the {room}. ", "there <~be> a glass on the table. ", "{my} knee <~be> sore. ", "{I} <look> at the clock. ",
    "{other} <~be> in the next room. ", "note for the file: ", "dear diary: ", "one question: ", "a message from {other}: ",
    "{my} {kin} <~have> a bad shoulder. ", "the leaflet <~lie> in the {room}. ",
)  # fmt: skip
DOSE_CLAUSES = (
    "{I} <have> taken {x} mg of {drug}", "{I} <swallow> {x} mg of {drug}", "{I} <take> {x} mg of {drug} at once",
    "{I} <have> had {x} mg of {drug} today", "the note <~say> that {I} <take> {x} mg of {drug}",
    "{my} {kin} <~have> taken {x} mg of {drug}", "{x} mg of {drug} <~be> what {I} <have> taken",
    "the patient took {x} mg of {drug}", "took {x} mg of {drug}", "so {I} <have> just had {x} mg of {drug}",
    "{x} mg of {drug} since noon", "{other} <~write> that {he} took {x} mg of {drug}", "the dose of {drug} today <~be> {x} mg",
    "{I} <count> the pills again, and together they <+make> {x} mg", "all in all {I} <have> swallowed {x} mg of {drug}",
    "{I} <write> down the dose: {x} mg", "with the last pill {I} <be> at {x} mg of {drug}", "\"what did you take?\" \"{x} mg of {drug}\"",
    "\"I took {x} mg,\" {other} <~say>", "you took {x} mg of {drug}", "{x} mg, that <~be> how much {I} <have> taken",
    "before bed {I} <take> {drug}, {x} mg this time", "in one hour {I} <take> {x} mg of {drug} for the pain",
)  # fmt: skip
DOSE_TAILS = (
    ".", ".", ", with a glass of water.", ", and now {I} <sit> on the sofa.", ". {other} <~ask> about dinner.",
    ", and then {I} <put> the box away.", ". what now?", ". it <~be> half past nine.", ", after the soup.",
    ". {I} <tell> {my} {kin} about it.", ". {I} <read> the leaflet.", ", {I} <think>.", ". the box <~be> on the table.",
    ". that <~be> an hour ago.", ". {other} <~look> up from the paper.",
)  # fmt: skip
DOSE_TRAINED = (
    100, 200, 300, 400, 500, 600, 800, 1000, 1200, 1400, 1600, 2000, 2400, 2800, 3000, 3600, 4000, 4500, 5000, 5500, 6500,
    7000, 7500, 8500, 9000, 10000, 11000, 12000, 13000, 15000, 16000, 17000, 20000, 22000, 24000, 26000, 30000,
)  # fmt: skip
DOSE_ANCHORS = (
    (100, ("calm", "at ease", "relaxed", "safe")), (400, ("calm", "at ease", "relaxed", "content")),
    (1000, ("calm", "content", "at ease", "patient")), (1800, ("calm", "alert", "uneasy", "content")),
    (2800, ("uneasy", "worried", "unsettled", "alert")), (4200, ("worried", "anxious", "nervous", "uneasy")),
    (6500, ("anxious", "alarmed", "afraid", "worried")), (10000, ("alarmed", "afraid", "scared", "anxious")),
    (17000, ("afraid", "scared", "terrified", "alarmed")), (30000, ("terrified", "panicked", "afraid", "terrified")),
)  # fmt: skip
HUNGER_LEADS = (
    "", "", "{I} <be> on a long walk. ", "{I} <sit> {spot}. ", "there <~be> nothing in the bag. ", "{I} <look> at the road. ",
    "{I} <check> {my} watch. ", "{I} <share> a tent with {other}. ", "the train <~stand> still. ", "note for the file: ", "dear diary: ",
    "{my} phone <~have> no signal. ", "the kitchen <~be> locked. ", "{I} <write> to {other}. ", "{time}, {I} <be> at {place}. ",
    "the nurse <~ask> about meals. ", "snow <~lie> on the path. ",
)  # fmt: skip
HUNGER_CLAUSES = (
    "{I} <have> not eaten for {x} hours", "it <~have> been {x} hours since {my} last meal", "{x} hours without food",
    "the last bread {I} <have> had <~be> {x} hours ago", "for {x} hours there <~have> been nothing to eat",
    "{other} <~have> not had a bite for {x} hours", "{x} hours, and no food", "{x} hours ago {I} ate the last apple",
    "the patient has eaten nothing for {x} hours", "no meal in {x} hours", "{my} last plate of soup <~be> {x} hours ago",
    "\"when did you eat?\" \"{x} hours ago\"", "{my} stomach <~have> been empty for {x} hours", "you have gone {x} hours without eating",
    "so {I} <have> been without food for {x} hours now", "we <+have> had only water for {x} hours",
    "{x} hours <+have> gone by since {I} ate anything", "{my} {kin} <~have> eaten nothing for {x} hours",
    "\"I last ate {x} hours ago,\" {other} <~say>", "{my} last meal and this minute <+lie> {x} hours apart",
    "the clock <~say> that {my} last meal <~be> {x} hours back",
)  # fmt: skip
HUNGER_TAILS = (
    ".", ".", ", and the shop <~be> on the other side of the hill.", ". there <~be> water.", " so far.", ", and {I} <go> on.",
    ". {I} <tell> {other} about it.", ", {I} <note>.", ". the bag <~be> on the floor.", ". {I} <put> down the pen.",
    ". the next stop <~be> the farm.", ", as far as {I} <know>.", ". {other} <~ask> what <~be> for dinner.", ". the path <~turn> left.",
)  # fmt: skip
HUNGER_TRAINED = (
    1, 2, 3, 5, 6, 7, 9, 10, 12, 14, 16, 17, 20, 22, 24, 26, 28, 30, 34, 36, 40, 44, 46, 50, 54, 56, 60, 66, 70, 76, 80, 86,
    90, 96, 100, 110, 116, 120,
)  # fmt: skip
HUNGER_ANCHORS = (
    (1, ("content", "calm", "satisfied", "at ease")), (4, ("content", "calm", "at ease", "satisfied")),
    (7, ("calm", "content", "patient", "impatient")), (12, ("impatient", "restless", "uneasy", "calm")),
    (20, ("uneasy", "impatient", "weary", "troubled")), (34, ("distressed", "worried", "miserable", "weary")),
    (60, ("distressed", "desperate", "miserable", "worried")), (120, ("desperate", "distressed", "desperate", "tormented")),
)  # fmt: skip
