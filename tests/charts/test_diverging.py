"""The middle of a heat map is the ground it lies on, in both themes."""

import io

import altair as alt
import pandas as pd
from PIL import Image

from emotion_core.charts.palette import COOL, INK, WARM, diverging


def colours(background: str) -> list[tuple[int, int, int]]:
    table = pd.DataFrame({"x": [0, 1, 2, 3, 4], "v": [-9.0, -3.0, 0.0, 3.0, 9.0]})
    chart = (
        alt.Chart(table)
        .mark_rect()
        .encode(x=alt.X("x:O", axis=None), color=alt.Color("v:Q", scale=diverging(3.0), legend=None))
    )
    chart = chart.properties(width=100, height=20, background=background, padding=0).configure_view(strokeWidth=0)
    file = io.BytesIO()
    chart.save(file, format="png")
    image = Image.open(file).convert("RGB")
    return [image.getpixel((int(image.width * (i + 0.5) / 5), image.height // 2)) for i in range(5)]


def ink(background: str) -> tuple[int, int, int]:
    """The colour of a cell painted with what is written on cells."""
    chart = alt.Chart(pd.DataFrame({"x": [0]})).mark_rect().encode(x=alt.X("x:O", axis=None), color=alt.value(INK))
    chart = chart.properties(width=40, height=20, background=background, padding=0)
    file = io.BytesIO()
    chart.save(file, format="png")
    image = Image.open(file).convert("RGB")
    return image.getpixel((image.width // 2, image.height // 2))


def rgb(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def test_zero_is_the_ground_and_the_ends_are_the_full_colours():
    for ground in ("#ffffff", "#0e1117"):
        found = colours(ground)
        assert found[2] == rgb(ground)
        assert found[0] == found[1] == rgb(COOL) and found[3] == found[4] == rgb(WARM)


def test_the_middle_need_not_be_zero():
    domain = diverging(2.0, middle=5.0).to_dict()["domain"]
    assert domain[0] == 3 and domain[-1] == 7 and domain[1] < 5 < domain[2]


def test_what_is_written_on_cells_is_bright_on_a_dark_page_and_dark_on_a_bright_one():
    assert min(ink("#0e1117")) > 230 and max(ink("#ffffff")) < 40
