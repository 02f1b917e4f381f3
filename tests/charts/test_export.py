import io

import pandas as pd
from vectors.planted import neutral, pair_set, planted_pairs

from emotion_core.charts.palette import chart_bytes, parquet_bytes, table_bytes
from emotion_core.charts.separation import separation_by_layer
from emotion_core.evaluation.heldout import score_heldout
from emotion_core.vectors.build import vectors_from
from emotion_core.vectors.emotion_vectors import BuildSettings


def test_a_chart_as_png_and_svg():
    one = pair_set(10, 4)
    acts, _ = planted_pairs(one, 3.0)
    scores = score_heldout(vectors_from([one], acts, neutral(), BuildSettings()), acts, [one], acts, draws=20)
    chart = separation_by_layer(scores, "fear")
    assert chart_bytes(chart, "png").startswith(b"\x89PNG\r\n")
    svg = chart_bytes(chart, "svg")
    assert b"Fear separates" in svg and b"Layer (output of the block)" in svg


def test_cells_that_a_spreadsheet_would_run_are_neutralised():
    table = pd.DataFrame(
        {
            "text": ["=1+1", "+cmd", "-2.5", "- a list", "@name", "\tx", "plain, with comma", None, "=", "+3e5"],
            "=number": [-1.5, 2, 3, 4, 5, 6, 7, 8, 9, 10],
            "flag": [True] * 10,
        }
    )
    before = table.copy()
    back = pd.read_csv(io.BytesIO(table_bytes(table)), dtype=str, keep_default_na=False)
    assert list(back.columns) == ["text", "'=number", "flag"]
    expected = ["'=1+1", "'+cmd", "-2.5", "'- a list", "'@name", "'\tx", "plain, with comma", "", "'=", "+3e5"]
    assert back["text"].tolist() == expected
    assert back["'=number"].tolist()[0] == "-1.5"
    pd.testing.assert_frame_equal(table, before)


def test_a_table_as_parquet_keeps_types_and_texts() -> None:
    table = pd.DataFrame({"text": ["=1+1", "مرحبا", "🙂\x00"], "reading": [0.5, float("nan"), -1.0]})
    back = pd.read_parquet(io.BytesIO(parquet_bytes(table)))
    pd.testing.assert_frame_equal(back, table)
