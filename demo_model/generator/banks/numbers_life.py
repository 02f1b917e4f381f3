# ruff: noqa: E501 - one phrase a line reads best
"""Numeric situations about people: the age at which somebody died, and how many of thirty passed."""

AGE_LEADS = (
    "", "", "the bells <+ring>. ", "{I} <read> the notice. ", "{I} <have> put on the black coat. ", "the family <~stand> together. ",
    "{time}, {I} <be> at the church. ", "dear diary: ", "from the paper: ", "{I} <lay> a flower down. ", "a call <~come> from {place}. ",
    "{I} <write> a card. ", "the doctor <~close> the file. ", "{other} <~have> been ill. ", "we <+stand> by the grave. ",
    "{I} <light> a candle. ", "the news <~come> {time}. ",
)  # fmt: skip
AGE_CLAUSES = (
    "{other} <~be> {x} when {he} died", "{my} {kin} <~have> died at {x}", "{other} <~be> dead at the age of {x}",
    "{he} <~live> to be {x} years old", "they <+bury> {other} today, {x} years old", "the stone <~say> that {he} reached the age of {x}",
    "{x} years old, {other} <~have> died", "at {x}, {my} {kin} <~have> passed away", "{other} <~have> died, aged {x}",
    "aged {x}, {other} fell asleep and did not wake", "{my} {friend} <~be> gone, at {x} years", "the patient died at the age of {x}",
    "\"how old was {he}?\" \"{x} years\"", "\"{he} was {x} years old,\" the priest <~say>", "{x} was the age at which {my} {kin} died",
    "your {kin} has died at {x}", "the life of {other} <~have> ended after {x} years", "{other} <~have> had {x} years on this earth",
    "{x} years, that <~be> the whole life of {other}", "we <+say> goodbye to {other}, who died at {x}",
    "the notice <~give> the age of {my} {kin} as {x}",
)  # fmt: skip
AGE_TAILS = (
    ".", ".", ", and the church <~be> full.", ". {I} <sign> the book.", ". it <~be> in the paper.", ". there <~will> be a meal afterward.",
    ", on a Thursday.", ". {I} <stand> by the door.", ". {other} <~be> from this town.", ". the choir <~sing>.", ". {I} <know> the street.",
    ". {I} <hold> the card.", ". the family <~thank> everyone.", ". a hymn <~follow>.",
)  # fmt: skip
AGE_TRAINED = (
    2, 3, 5, 6, 8, 9, 11, 12, 14, 16, 17, 19, 21, 22, 24, 27, 28, 30, 33, 34, 36, 38, 39, 41, 44, 45, 48, 50, 52, 54, 56, 58, 60,
    63, 64, 66, 69, 70, 72, 75, 76, 78, 80, 82, 83, 85, 87, 88, 90, 92, 94, 95, 97, 98, 100,
)  # fmt: skip
AGE_ANCHORS = (
    (2, ("heartbroken", "grief-stricken", "tormented", "heartbroken")), (15, ("heartbroken", "grief-stricken", "tormented", "sad")),
    (30, ("heartbroken", "grief-stricken", "sad", "hurt")), (45, ("sad", "heartbroken", "hurt", "unhappy")),
    (58, ("sad", "unhappy", "melancholy", "hurt")), (70, ("melancholy", "sad", "reflective", "resigned")),
    (80, ("reflective", "peaceful", "melancholy", "thankful")), (90, ("peaceful", "thankful", "calm", "serene")),
    (100, ("peaceful", "serene", "thankful", "serene")),
)  # fmt: skip
PASSED_LEADS = (
    "", "", "{I} <teach> a class of 30. ", "the results <+be> in. ", "{I} <open> the list. ", "the head <~call> {me} in. ",
    "{I} <have> marked the papers. ", "dear diary: ", "from the school paper: ", "it <~be> the last week of term. ", "{I} <meet> {other} in the corridor. ",
    "{time}, {I} <get> the results. ", "{other} <~read> out the numbers. ", "the envelope <~lie> on {my} desk. ", "a message to the parents: ",
    "{I} <add> up the marks. ", "the board <~hang> in the hall. ",
)  # fmt: skip
PASSED_CLAUSES = (
    "{x} of the 30 students <+have> passed", "of 30 students, {x} <+have> passed the exam", "{x} out of 30 <+pass> the test",
    "in {my} class {x} of 30 <+have> passed", "there <+be> 30 names, and {x} of them <+pass>", "30 <+take> the exam, and {x} <+pass> it",
    "passed: {x} of 30", "{x} of {my} 30 students <+pass>", "the number of passes in {my} class of 30 <~be> {x}",
    "out of {my} 30 pupils {x} <+have> made it", "\"how many of the 30 passed?\" \"{x}\"", "\"{x} of your 30 passed,\" {other} <~say>",
    "{I} <count> the passes again: {x} of 30", "30 papers, {x} passes", "the sheet <~have> {x} passes and 30 names",
    "with {my} help {x} of 30 pupils <+have> passed", "you taught 30 students, and {x} passed", "{x} from the class of 30 <+go> up a year",
    "the exam <~be> over, with {x} of {my} 30 through", "{I} <write> the result on the board: {x} of 30",
    "for {my} class the head <~note> {x} passes out of 30",
)  # fmt: skip
PASSED_TAILS = (
    ".", ".", ", the list <~say>.", " this year.", ". {I} <close> the folder.", ". {other} <~ask> {me} how it <~go>.", ", all in all.",
    ". {I} <pin> the list to the board.", ". the bell <~ring>.", ". {I} <tell> the class.", ", after a year of lessons.",
    ". the parents <+come> at six.", ". {I} <put> down the red pen.", ", {I} <read>.",
)  # fmt: skip
PASSED_TRAINED = (0, 2, 3, 4, 6, 7, 8, 10, 11, 12, 14, 15, 16, 18, 19, 20, 22, 23, 24, 26, 27, 29, 30)
PASSED_ANCHORS = (
    (0, ("ashamed", "miserable", "sad", "ashamed")), (5, ("ashamed", "sad", "dispirited", "miserable")),
    (9, ("sad", "dispirited", "ashamed", "troubled")), (13, ("troubled", "dispirited", "resigned", "sad")),
    (17, ("troubled", "uneasy", "satisfied", "resigned")), (19, ("hopeful", "uneasy", "satisfied", "patient")),
    (21, ("satisfied", "pleased", "content", "hopeful")),
    (25, ("pleased", "happy", "satisfied", "proud")), (28, ("happy", "proud", "pleased", "delighted")),
    (30, ("proud", "happy", "delighted", "triumphant")),
)  # fmt: skip
