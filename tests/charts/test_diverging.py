"""The middle of a heat map is the ground it lies on, in both themes."""

import io

import altair as alt
import pandas as pd
from PIL import Image

from emotion_core.charts.diverging import diverging
from emotion_core.charts.palette import COOL, WARM


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


def rgb(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def test_zero_is_the_ground_and_the_ends_are_the_full_colours():
    for ground in ("#ffffff", "#0e1117"):
        found = colours(ground)
        assert found[2] == rgb(ground)
        assert found[0] == found[1] == rgb(COOL) and found[3] == found[4] == rgb(WARM)
