"""Surprise, awe and puzzlement."""

SURPRISE = (
    "the wall <~slide> aside, and behind it <~be> a whole room that {I} never <know> of.",
    "the sky <~be> full of green light from one side to the other.",
    "{other}, who never <~sing>, <~open> {his} mouth, and the hall <~fall> silent.",
    "the old coat from the attic <~have> a bundle of banknotes in its lining.",
    "{my} {kin} <~stand> in the door, who <~be> supposed to be in another country.",
    "the small child <~play> the whole piece from memory.",
    "there <~be> a crash, and a tree <~lie> across the table where {I} just <sit>.",
    "the whale <~rise> beside the boat, larger than a house.",
    "the quiet clerk <~take> off his glasses and <~turn> out to be the owner of it all.",
    "without a word, {other} <~throw> {his} plate at the wall.",
    "from the top, {I} <see> for the first time how big the world <~be>.",
)
PUZZLE = (
    "the key <~fit> the lock, but the room <~be> not {my} room.",
    "the note <~say> only, not the blue one, and {I} <have> no idea what it <~mean>.",
    "the map <~show> a street that <~be> not there.",
    "{I} <come> out of the station and <can> not tell left from right.",
    "there <+be> five cups on the table, and only four people in the house.",
    "the sum <~come> out different every time {I} <add> it up.",
    "the clock <~strike> thirteen, and {I} <count> again.",
    "{I} <wake> in a bed that {I} <do> not know.",
    "a parcel without a sender <~hold> a single left shoe.",
    "{other} <~thank> {me} for something that {I} <have> never done.",
)
