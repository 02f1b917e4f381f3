"""Texts of strangers and of models in what others download: no spreadsheet runs a formula, no page a script."""

from __future__ import annotations

import csv
import io

import pandas as pd
from hostile_helpers import MANY
from hypothesis import given
from hypothesis import strategies as st

from emotion_core.charts.palette import table_bytes
from ui.plain import plain

STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", " =", "＝", "＋", "－", "＠")
CELL = st.one_of(
    st.text(max_size=20),
    st.builds(
        str.__add__,
        st.sampled_from(STARTS),
        st.sampled_from(["cmd|' /C calc'!A0", 'HYPERLINK("http://x")', "1+1", "SUM(A1)", "5", "x", "-0.5"]),
    ),
    st.floats(),
    st.integers(),
    st.none(),
)


def runs(cell: str) -> bool:
    """Whether a spreadsheet takes a cell for a formula; numbers with a sign are none."""
    if cell.lstrip("\n")[:1] not in tuple("=+-@\t\r＝＋－＠"):
        return False
    try:
        float(cell)
    except ValueError:
        return True
    return False


@MANY
@given(st.lists(st.tuples(CELL, CELL), max_size=5), CELL.map(str))
def test_no_cell_and_no_heading_is_a_formula(rows: list[tuple[object, object]], heading: str) -> None:
    table = pd.DataFrame({heading: [one for one, _ in rows], "b": [two for _, two in rows]}, dtype=object)
    written = list(csv.reader(io.StringIO(table_bytes(table).decode("utf-8", "surrogatepass"))))
    for line in written:
        for cell in line:
            assert not runs(cell), cell


@MANY
@given(st.text(st.sampled_from("<>[]()!*_`$:#~|\\&a1 \n=\"'"), max_size=40))
def test_no_text_becomes_markup(text: str) -> None:
    shown = plain(text)
    for start in ("<", "[", "!", "$", "`", ":"):
        at = shown.find(start)
        while at >= 0:
            assert at > 0 and shown[at - 1] == "\\", f"{start} stands bare in {shown!r}"
            at = shown.find(start, at + 1)
