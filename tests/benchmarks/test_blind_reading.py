"""The agreement of the usable window with a reader."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score

from benchmarks.blind_reading import STRENGTHS, agreement, drawn, kappa, score
from emotion_core import library


def test_agreement_counts_what_both_call_fine_or_broken() -> None:
    found = agreement([True] * 30 + [False] * 30, [False] * 27 + [True] * 33)
    assert found["agreement"] == pytest.approx(57 / 60)
    assert found["kappa"] == pytest.approx(0.9)
    low, high = found["kappa_interval"]
    assert 0.7 < low < 0.9 < high <= 1
    assert found["broken_inside"] == "3 of 30"
    assert found["broken_outside"] == "30 of 30"


def test_answers_that_know_nothing_have_no_kappa() -> None:
    found = agreement([True, False] * 30, [True, True, False, False] * 15)
    assert found["kappa"] == pytest.approx(0)


def _folder(folder: Path, answers: list[str]) -> Path:
    key = [{"text": f"t{at}", "emotion": "afraid", "strength": at, "in_window": abs(at) < 0.6} for at in STRENGTHS]
    (folder / "key.json").write_text(json.dumps(key), encoding="utf-8")
    with (folder / "texts.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(
            [
                ["number", "text", "broken"],
                *([n, one["text"], a] for n, (one, a) in enumerate(zip(key, answers, strict=True))),
            ]
        )
    return folder


def test_the_reader_is_compared_by_text_and_strength(tmp_path: Path) -> None:
    found = score(_folder(tmp_path, ["1" if abs(at) > 0.6 else "0" for at in STRENGTHS]))
    assert found["agreement"] == 1
    assert found["by_strength"]["1.2"] == {"broken": 1, "in_window": 0, "texts": 1}


def test_an_unfinished_reading_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="open: \\['3'\\]"):
        score(_folder(tmp_path, ["0", "0", "0", "", "0", "0", "0", "0", "0", "0"]))


def test_kappa_is_scikit_learns() -> None:
    first, second = np.random.default_rng(0).random((2, 5, 40)) < [[[0.7]], [[0.4]]]
    expected = [cohen_kappa_score(a, b) for a, b in zip(first, second, strict=True)]
    assert kappa(first, second) == pytest.approx(expected)


def test_two_prompts_give_two_texts_at_each_strength() -> None:
    model = library.load("demo")
    vectors = library.build(model, "fear-calm")
    prompts = ("It was raining when", "My sister called and")
    found = library.steer(model, vectors, prompts, (-9, 0.1), samples=2, controls=3, max_new_tokens=8)
    texts = drawn(found)
    assert [(one["strength"], one["text"].startswith(prompts)) for one in texts] == [
        (strength, True) for _ in prompts for strength in (-9, 0, 0.1)
    ]
    assert not texts[0]["in_window"]
    assert texts[1]["in_window"]
