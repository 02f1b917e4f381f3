"""What a run costs, said before it starts: it grows as the work does, and is said in words."""

from dataclasses import replace

import pytest

from emotion_core.base.activations import ModelInfo
from emotion_core.runs.limits import about, build_bytes, build_cost, build_seconds, where_it_computes

GPT2 = ModelInfo("gpt2", "0" * 64, 12, 768, 1024, "GPT2LMHeadModel", "float32", "cpu", 124_000_000)


def test_memory_holds_the_weights_once_and_grows_by_a_row_a_text():
    few, many, most = (build_bytes(GPT2, n) for n in (100, 5_100, 10_100))
    assert few > 4 * GPT2.parameters
    assert many - few == pytest.approx(most - many)  # linear
    row = 13 * 768 * 4
    assert row <= (many - few) / 5_000 <= 4 * row
    assert build_bytes(replace(GPT2, dtype="bfloat16"), 100) < few - 1.9 * GPT2.parameters


def test_time_grows_with_texts_and_a_gpu_is_faster():
    assert build_seconds(GPT2, 2_000, neutral=False) > 1.8 * build_seconds(GPT2, 1_000, neutral=False)
    assert build_seconds(GPT2, 100, 200_000) > 1.8 * build_seconds(GPT2, 100, 90_000), "long texts take longer"
    measured = {124_000_000: 17.9, 6_180_864: 1.42}  # 100 pairs and the neutral texts, docs/performance.md
    for parameters, seconds in measured.items():
        said = build_seconds(replace(GPT2, parameters=parameters), 200, 200 * 25 * 4)
        assert seconds / 1.5 < said < 1.5 * seconds
    assert build_seconds(replace(GPT2, device="cuda:0"), 5_000) < build_seconds(GPT2, 5_000) / 5


def test_words():
    assert build_cost(GPT2, 400).startswith("about ") and build_cost(GPT2, 400).endswith(" GB of memory")
    assert where_it_computes(GPT2) == "gpt2 computes on the CPU in float32"
    assert where_it_computes(replace(GPT2, device="cuda:0", dtype="bfloat16")) == (
        "gpt2 computes on the GPU (cuda:0) in bfloat16"
    )
    assert "weights in 8 bits" in where_it_computes(replace(GPT2, dtype="int8"))
    assert (about(0.2), about(40), about(600)) == ("about 1 s", "about 40 s", "about 10 min")
