"""The loss curve of the card: ``python -m demo_model.curve main soft`` draws what led to the last run's weights.

Runs are named in the order in which each went on from the one before. Where a run went back to an earlier step (after
a kill, or to a checkpoint from before its rate fell) the abandoned rows are left out.
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Iterable
from pathlib import Path

import altair as alt
import pandas as pd

from demo_model import paths
from emotion_core.charts.palette import COOL, WARM, chart_bytes

STEP_TOKENS = 12_288
PICTURE = paths.PACKAGE / "loss.svg"
TABLE = paths.PACKAGE / "loss.csv"
_LANGUAGE, _EMOTION = "next token", "emotion head (training only)"


def path_taken(rows: Iterable[tuple[int, float, float]]) -> list[tuple[int, float, float]]:
    """Rows of (step, language loss, emotion loss) without those that were gone back on.

    >>> path_taken([(1, 5.0, 3.0), (2, 4.0, 3.0), (3, 3.5, 3.0), (2, 3.9, 3.0)])
    [(1, 5.0, 3.0), (2, 3.9, 3.0)]
    """
    taken: list[tuple[int, float, float]] = []
    for row in rows:
        while taken and taken[-1][0] >= row[0]:
            taken.pop()
        taken.append(row)
    return taken


def read(files: Iterable[Path]) -> list[tuple[int, float, float]]:
    """The rows of several runs, one run after the other."""
    rows = []
    for file in files:
        with file.open(newline="", encoding="utf-8") as lines:
            rows += [(int(row[0]), float(row[1]), float(row[2])) for row in csv.reader(lines)]
    return path_taken(rows)


def chart(rows: list[tuple[int, float, float]]) -> alt.Chart:
    """Both losses in nats a token over the tokens seen, each the mean of 20 seconds or so."""
    table = pd.DataFrame(
        [
            (step * STEP_TOKENS / 1e6, nats, name)
            for step, *both in rows
            for nats, name in zip(both, (_LANGUAGE, _EMOTION), strict=True)
        ],
        columns=["tokens", "nats", "loss"],
    )
    lines: alt.Chart = (
        alt.Chart(table, title="Loss of the demo model; the mix of texts changes along the way")
        .mark_line(strokeWidth=1.2)
        .encode(
            x=alt.X("tokens:Q", title="million tokens seen"),
            y=alt.Y("nats:Q", title="nats a token", scale=alt.Scale(zero=False)),
            color=alt.Color("loss:N", title=None, scale=alt.Scale(domain=[_LANGUAGE, _EMOTION], range=[COOL, WARM])),
        )
    )
    return lines


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("runs", nargs="+")
    rows = read(paths.TRAIN / "runs" / run / "curve.csv" for run in parser.parse_args().runs)
    with TABLE.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([("step", "language_nats", "emotion_nats"), *rows])
    PICTURE.write_bytes(chart_bytes(chart(rows), "svg"))


if __name__ == "__main__":
    main()
