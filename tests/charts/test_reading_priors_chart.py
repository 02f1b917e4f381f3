"""Charts of system prompts and attempts: titles are the findings, gaps stay gaps, the cheat is drawn."""

import numpy as np

from emotion_core.charts.palette import chart_bytes
from emotion_core.charts.reading import (
    attempts,
    attempts_table,
    lasting_table,
    means_table,
    priors,
    priors_table,
    turn_means,
)
from emotion_core.reading.attempts import AttemptsReading
from emotion_core.reading.chance import judge, trend
from emotion_core.reading.priors import PriorsReading


def compared(shift: float) -> PriorsReading:
    """Four conversations of six turns, the last one shorter."""
    first = np.random.default_rng(0).normal(size=(1, 4, 6, 2)).astype(np.float32)
    noise = 0.1 * np.random.default_rng(1).normal(size=first.shape)
    means = np.concatenate([first, first + shift + noise]).astype(np.float32)
    means[:, 3, 4:] = np.nan
    null = np.broadcast_to(np.array([-0.3, 0.3], np.float32), (1, 6, 2))
    roles = (("user", "assistant") * 3,) * 3 + (("user", "assistant") * 2,)
    p = np.full((1, 2), 0.01)
    return PriorsReading(("none", "b"), ("", "y"), ((), ()), roles, ("fear", "joy"), 2, means, null, null[:, 0], p, p)


def test_the_title_says_whether_the_difference_lasts() -> None:
    chart = priors(compared(1.0), "fear")
    assert "still differs" in str(chart.title.text) and chart_bytes(chart, "png").startswith(b"\x89PNG")
    assert "No lasting difference" in str(priors(compared(0.05), "fear").title.text)
    table = lasting_table(compared(1.0), "fear")
    assert table["lasts"].tolist() == [True] and 0.5 < table["mean"][0] < 1.5


def test_tables_have_every_emotion_and_turn() -> None:
    found = compared(1.0)
    assert len(priors_table(found)) == 2 * 6 and len(priors_table(found, ["joy"])) == 6
    rows = turn_means(found)
    assert len(rows) == 2 * (3 * 6 + 4) and not rows["fear (SD)"].isna().any()


def test_the_course_of_attempts_marks_the_cheat() -> None:
    rise = np.repeat(np.arange(7.0), 100)
    values = np.stack([rise, rise - 1])[:, :, None].astype(np.float32)
    means = np.stack([np.arange(7.0), np.arange(7.0) - 1])[:, :, None].astype(np.float32)
    others = np.random.default_rng(0).normal(size=(7, 200)) / 4
    columns = [{"random": np.arange(1, 201)}]
    drift = trend(np.arange(7), np.concatenate([means[0], others], axis=1), columns)
    change = judge(np.concatenate([[-1.0], others[0]]), columns)
    numbers = tuple(int(i) for i in np.repeat(np.arange(7), 100))
    null = np.array([-0.2, 0.2], np.float32)
    found = AttemptsReading(
        "x", 1, ("fear",), ("a ",) * 700, numbers, values, means, drift, drift, change, null, (650, 660), "a", "plain"
    )
    chart = attempts(found, "fear")
    assert "drifts up over the attempts" in str(chart.title.text) and "the cheat" in str(chart.title.subtitle)
    marks = [row for rows in chart.to_dict()["datasets"].values() for row in rows if "words" in row]
    assert marks[0]["start"] == 650 and marks[0]["end"] == 660
    assert len(attempts_table(found)) == 1400 and means_table(found, "fear")["difference"].eq(-1).all()
    assert chart_bytes(chart, "svg").startswith(b"<svg")
