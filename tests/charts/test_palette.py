import ast
import re
from pathlib import Path

from emotion_core.charts import palette


def luminance(colour: str) -> float:
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return sum(w * c for w, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_at_most_eight_categorical_colours_all_different():
    assert len(set(palette.CATEGORICAL)) == len(palette.CATEGORICAL) <= 8
    assert palette.NULL not in palette.CATEGORICAL  # grey means chance and nothing else


def test_marks_can_be_seen_on_light_and_on_dark_grounds():
    marks = {palette.WARM, palette.COOL, palette.POSITIVE, palette.NEGATIVE, palette.NULL, palette.CHOSEN}
    for colour in (*marks, palette.USABLE, *palette.CATEGORICAL):
        assert re.fullmatch("#[0-9a-f]{6}", colour)
        assert contrast(colour, "#ffffff") >= 2.5 and contrast(colour, "#14171c") >= 2.5, colour


def test_the_two_sides_differ_in_hue_the_diverging_ends_too():
    for warm, cool in ((palette.POSITIVE, palette.NEGATIVE), (palette.WARM, palette.COOL)):
        assert int(warm[1:3], 16) > int(warm[5:7], 16) and int(cool[1:3], 16) < int(cool[5:7], 16)


def test_words_on_charts_are_in_the_ink_that_follows_the_ground():
    """The grey and the colours of the palette are for marks: as letters they stand out too little (WCAG AA)."""
    faint = []
    for path in sorted(Path(palette.__file__).parent.glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "mark_text":
                colours = [ast.unparse(one.value) for one in node.keywords if one.arg == "color"]
                faint += [f"{path.name}:{node.lineno}" for colour in colours if colour != "INK"]
    assert faint == []
