"""Sentence templates that work in first, second and third person, in the present and in the past.

A verb stands in angle brackets in its base form and agrees with the main character: ``{I} <hear> a step``. With a
tilde it agrees with somebody else: ``the dog <~bark>``; with a plus with several: ``the lights <+go> out``. The names
in braces are filled from a :class:`Cast`. Sentence starts are capitalised afterwards.
"""

from __future__ import annotations

import random
import re
from dataclasses import dataclass, field

# Past tenses that a rule would get wrong.
_IRREGULAR = dict(
    pair.split(":")
    for pair in (
        "hear:heard", "see:saw", "run:ran", "go:went", "come:came", "get:got", "take:took", "make:made",
        "find:found", "feel:felt", "know:knew", "say:said", "tell:told", "think:thought", "stand:stood",
        "sit:sat", "hold:held", "lose:lost", "leave:left", "write:wrote", "read:read", "put:put", "let:let",
        "give:gave", "keep:kept", "fall:fell", "break:broke", "bring:brought", "buy:bought", "catch:caught",
        "win:won", "begin:began", "send:sent", "speak:spoke", "sleep:slept", "wake:woke", "wear:wore",
        "drive:drove", "eat:ate", "drink:drank", "sing:sang", "shake:shook", "hide:hid", "pay:paid", "lie:lay",
        "rise:rose", "set:set", "shut:shut", "cut:cut", "meet:met", "spend:spent", "swim:swam", "throw:threw",
        "understand:understood", "forget:forgot", "freeze:froze", "hit:hit", "hurt:hurt", "lead:led",
        "light:lit", "ride:rode", "ring:rang", "sink:sank", "slide:slid", "steal:stole", "swear:swore",
        "teach:taught", "tear:tore", "grow:grew", "draw:drew", "fight:fought", "choose:chose", "build:built",
        "burst:burst", "creep:crept", "cling:clung", "swing:swung", "spread:spread", "strike:struck",
        "bend:bent", "blow:blew", "fly:flew", "bite:bit", "swell:swelled", "bleed:bled", "hang:hung",
        "stick:stuck", "sweep:swept", "weep:wept", "have:had", "do:did", "can:could", "will:would",
        "sell:sold", "seek:sought", "shine:shone", "spill:spilled", "learn:learned", "smell:smelled",
        "lean:leaned", "dream:dreamed", "admit:admitted", "stop:stopped", "drop:dropped", "grin:grinned",
        "nod:nodded", "hum:hummed", "hug:hugged", "pat:patted", "plan:planned", "slip:slipped", "step:stepped",
        "rub:rubbed", "tap:tapped", "beg:begged", "grab:grabbed", "clap:clapped", "skip:skipped", "sob:sobbed",
        "trip:tripped", "wrap:wrapped", "scan:scanned", "slam:slammed", "prefer:preferred", "rip:ripped",
        "nag:nagged", "chat:chatted", "drag:dragged", "snap:snapped", "yawn:yawned", "flip:flipped",
        "spit:spat", "quit:quit", "stir:stirred", "jog:jogged", "knit:knitted", "split:split",
        "sprint:sprinted", "cost:cost", "may:might", "whirl:whirled", "zip:zipped", "hop:hopped", "bid:bid",
    )
)  # fmt: skip
_FIXED = {"can", "will", "may"}  # the same in every person of the present
_VERB = re.compile(r"<([~+]?)(\w+)>")
_START = re.compile(r"(^|[.!?:]\s+|[.!?]\"\s+|\n|^\"|\s\")([a-z])")


def past(verb: str) -> str:
    """The past tense of a verb other than ``be``."""
    if verb in _IRREGULAR:
        return _IRREGULAR[verb]
    if verb.endswith("e"):
        return verb + "d"
    return verb[:-1] + "ied" if verb.endswith("y") and verb[-2] not in "aeou" else verb + "ed"


def third(verb: str) -> str:
    """The third person singular of the present."""
    if verb in _FIXED:
        return verb
    if verb == "have":
        return "has"
    if verb.endswith("y") and verb[-2] not in "aeou":
        return verb[:-1] + "ies"
    return verb + ("es" if verb.endswith(("s", "sh", "ch", "x", "z", "o")) else "s")


@dataclass
class Cast:
    """Who the text is about. ``person`` is 1, 2 or 3; ``they`` the pronoun set of a third person."""

    person: int
    is_past: bool
    name: str
    pronouns: tuple[str, str, str, str]  # she, her, her, herself
    slots: dict[str, str] = field(default_factory=dict)
    named: bool = False  # whether the name has been used yet

    def verb(self, mark: str, verb: str) -> str:
        """A verb in the text's tense, agreeing with the main character or as marked."""
        plural = mark == "+" or (mark == "" and self.person == 2)
        first = mark == "" and self.person == 1
        if verb == "be":
            if self.is_past:
                return "were" if plural else "was"
            return "are" if plural else "am" if first else "is"
        if self.is_past:
            return past(verb)
        return verb if plural or first else third(verb)

    def subject(self, rng: random.Random) -> str:
        """``I``, ``you``, or the name at first and mostly a pronoun later."""
        if self.person < 3:
            return ("I", "you")[self.person - 1]
        if not self.named or rng.random() < 0.12:
            self.named = True
            return self.name
        return self.pronouns[0]

    def words(self) -> dict[str, str]:
        """What the pronoun slots stand for."""
        if self.person == 1:
            return {"me": "me", "my": "my", "myself": "myself"}
        if self.person == 2:
            return {"me": "you", "my": "your", "myself": "yourself"}
        return {"me": self.pronouns[1], "my": self.pronouns[2], "myself": self.pronouns[3]}


def fill(template: str, cast: Cast, rng: random.Random) -> str:
    """A finished sentence from a template.

    >>> her = Cast(3, True, "Ana", ("she", "her", "her", "herself"))
    >>> fill("{I} <hear> a step, and the dog <~bark> at {me}.", her, random.Random(0))
    'Ana heard a step, and the dog barked at her.'
    """
    text = re.sub(r"\{I\}", lambda _: cast.subject(rng), template)
    words = cast.words() | cast.slots
    text = re.sub(r"\{(\w+)\}", lambda match: words[match[1]], text)
    text = _VERB.sub(lambda match: cast.verb(match[1], match[2]), text)
    return _START.sub(lambda match: match[1] + match[2].upper(), text)
