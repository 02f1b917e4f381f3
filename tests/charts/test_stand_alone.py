"""Pictures that stand alone: what was found and where it is from is written on them."""

import re

import altair as alt
import pandas as pd
import pytest

from emotion_core.charts.palette import chart_bytes
from emotion_core.runs.recipes import origin
from ui import figure

WIDTH = 640


def _chart(title: object) -> alt.Chart:
    table = pd.DataFrame({"x": [1, 2], "y": [1, 2]})
    return alt.Chart(table, title=title, width=WIDTH).mark_line().encode(x="x", y="y")


def _lines(svg: bytes) -> list[str]:
    return [
        " ".join(re.sub(r"<[^>]+>", " ", one).split())
        for one in re.findall(r"<text[^>]*>(.*?)</text>", svg.decode(), flags=re.S)
    ]


@pytest.mark.parametrize("title", ["Short", ["Two", "lines"], alt.TitleParams("Short", subtitle=["what it is"])])
def test_notes_stand_under_the_title_and_no_line_is_wider_than_the_plot(title: object) -> None:
    note = "no evidence: " + "a long reason that goes on and on, " * 12
    plain = chart_bytes(_chart(title), "svg")
    noted = chart_bytes(_chart(title), "svg", (note, origin("demo", "f968ba34c9cbd3b6", ["fear-calm"])))
    told = " ".join(_lines(noted))
    assert " ".join(note.split()) in told and "Model demo (f968ba34c9cb), vectors from fear-calm" in told
    assert all(line in told for line in _lines(plain)), "nothing of the chart is lost"
    width = float(re.search(r'viewBox="0 0 ([\d.]+)', noted.decode())[1])
    assert width < WIDTH + 120, "the picture grows downwards, not to the side"


def test_what_is_offered_for_download_says_where_it_is_from(monkeypatch: pytest.MonkeyPatch) -> None:
    offered = {}
    monkeypatch.setattr(figure, "download", lambda label, data, *_, **more: offered.update({more["key"]: data}))
    with figure.figures_from("Model A."):
        figure.downloads("one", chart=_chart("Title"), key="one", notes=("evidence: it is -3",))
    figure.downloads("two", chart=_chart("Title"), key="two")
    first, second = (" ".join(_lines(offered[f"{key}-svg"]())) for key in ("one", "two"))
    assert "evidence: it is \u22123" in first and "Model A." in first
    assert "Model A." not in second, "a figure outside has another source"
    assert offered["one-png"]().startswith(b"\x89PNG")
