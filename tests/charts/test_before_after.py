"""The chart of what is left after directions were projected out."""

import numpy as np
from vectors.planted import neutral, pair_set, planted_pairs

from emotion_core.charts.palette import chart_bytes
from emotion_core.charts.separation import before_after_chart, before_after_table, kept_sentence
from emotion_core.evaluation.heldout import score_heldout
from emotion_core.vectors.build import orthogonal_to, vectors_from
from emotion_core.vectors.emotion_vectors import BuildSettings


def test_both_vectors_stand_side_by_side():
    one = pair_set()
    acts, direction = planted_pairs(one, 3.0)
    vectors = vectors_from([one], acts, neutral(), BuildSettings())
    left = orthogonal_to(vectors, direction[None].astype(np.float32), ["planted"])
    before, after = (score_heldout(v, acts, [one], acts, draws=20) for v in (vectors, left))
    table = before_after_table(before, after, "fear")
    assert table["vector"].tolist() == ["before"] * 4 + ["after"] * 4
    np.testing.assert_array_equal(table["auroc"][:4], before.auroc[0])
    np.testing.assert_array_equal(table["cohens_d"][4:], after.cohens_d[0])
    assert table["chosen"].sum() == 2
    chart = before_after_chart(before, after, "fear")
    layer = vectors.selected_layers[0]
    assert f"{after.auroc[0, layer]:.2f} without" in chart.to_dict()["title"]["text"]
    assert chart_bytes(chart, "svg").startswith(b"<svg")
    assert "cosine of 0." in kept_sentence(vectors, left, "fear")
