"""Charts of monitors: no alarm is lost in a long text, and the figures in the title are those of the result."""

import numpy as np

from emotion_core.charts.palette import chart_bytes
from emotion_core.charts.reading import labelled_table, roc, watched, watched_table
from emotion_core.prompts.prompt_set import Turn
from emotion_core.reading.monitor import Alarm, Flagged, Labelled, Threshold, Watched, scored
from emotion_core.reading.settings import MonitorSettings

THRESHOLD = Threshold(MonitorSettings("fear"), 1, 1.0, 100, 0.01, 0.0, 0.02, 1, 10, 40.0, np.ones(3, np.float32))


def test_a_single_alarm_in_a_long_text_is_drawn() -> None:
    scores = np.zeros(5000, np.float32)
    scores[0], scores[3333] = np.nan, 2.5
    found = Watched(
        THRESHOLD,
        ("a ",) * 5000,
        (True,) * 5000,
        scores,
        scores,
        (Alarm(3333, 3334, 2.5, "a "),),
        "a",
        (Flagged(4, None, None),),
    )
    chart = watched(found)
    data = chart.to_dict()["datasets"]
    drawn = [row for rows in data.values() for row in rows if row.get("alarm") == "above"]
    assert len(drawn) == 1 and drawn[0]["score"] == 2.5
    assert "fires 1 time" in str(chart.title.text) and watched_table(found)["fires"].sum() == 1
    assert chart_bytes(chart, "png").startswith(b"\x89PNG")


def test_the_curve_says_its_area_and_interval() -> None:
    labels = [True, True, False, False]
    conversations = [Labelled((Turn("user", "a"),), one, str(i)) for i, one in enumerate(labels)]
    peaks = np.array([[3.0, 0, 1, 0], [2, 1, 0, 1], [1, 0, 1, 1], [0.5, 1, 1, 0]])
    found = scored(THRESHOLD, conversations, peaks, [1, 2, -1, -1], [5, 6, 7, 8], {"random": np.arange(1, 4)})
    chart = roc(found)
    assert "100%" in str(chart.title.text) and "AUROC 1.00" in str(chart.title.subtitle)
    table = labelled_table(found)
    assert table["first_alarm"].isna().tolist() == [False, False, True, True]
    assert chart_bytes(chart, "svg").startswith(b"<svg")
