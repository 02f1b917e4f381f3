"""Settings that are declared once: what is read of the declaration, and what is refused."""

from dataclasses import dataclass, fields
from typing import Annotated, Literal

import pytest

from emotion_core.base.ask import Ask, Seed, asked_of, enforce, require
from emotion_core.base.errors import SettingsError


@dataclass(frozen=True)
class Toy:
    text: Annotated[str, Ask("Text")]
    plain: int = 3
    count: Annotated[int, Ask("How many", least=1, most=2000)] = 2
    share: Annotated[float | None, Ask("Share", least=0.0, most=1.0)] = None
    free: Annotated[float, Ask("Free")] = 0.0
    way: Annotated[Literal["up", "down"], Ask("Way")] = "up"
    seed: Seed = 0

    def __post_init__(self) -> None:
        enforce(self)


def test_what_is_declared_is_found_and_the_rest_is_not() -> None:
    asked = asked_of(Toy)
    assert list(asked) == [one.name for one in fields(Toy) if one.name != "plain"]
    assert asked["text"].required and not asked["count"].required
    assert (asked["share"].kind, asked["share"].optional, asked["share"].default) == (float, True, None)
    assert asked["way"].choices == ("up", "down") and asked["count"].choices == ()
    assert asked["count"].ask.range == "1 to 2,000" and asked["free"].ask.range == ""


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"count": 1},
        {"count": 2000},
        {"share": 0.0},
        {"share": 1},
        {"way": "down"},
        {"free": -1e9},
        {"seed": 2**53 - 1},
    ],
)
def test_both_ends_belong_to_a_range(settings: dict) -> None:
    Toy("x", **settings)


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"count": 0}, "'how many'.*1 to 2,000.*Found: 0"),
        ({"count": 2001}, "1 to 2,000"),
        ({"share": 1.1}, "'share'.*0 to 1"),
        ({"share": float("nan")}, "0 to 1.*nan"),
        ({"free": float("inf")}, "a finite number.*inf"),
        ({"way": "left"}, "up, down.*left"),
        ({"seed": -1}, "seed"),
    ],
)
def test_what_lies_outside_is_refused_with_its_range(settings: dict, says: str) -> None:
    with pytest.raises(SettingsError, match=says):
        Toy("x", **settings)


def test_a_declaration_is_enforced_where_no_settings_have_it() -> None:
    require(Seed, 2**53 - 1)
    for value in (-1, 2**53):
        with pytest.raises(SettingsError, match=r"'seed' is out of range.*0 to 9,007,199,254,740,991"):
            require(Seed, value)
