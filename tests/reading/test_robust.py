"""What nobody expects in a text: every script, markup, great length, empty turns, unknown roles. Nothing is lost."""

from __future__ import annotations

import json

import numpy as np
import pytest
from bundled import Bundled

from emotion_core.base.errors import EmotionCoreError, SettingsError
from emotion_core.base.jobs import run_to_end
from emotion_core.charts.palette import chart_bytes, parquet_bytes, table_bytes
from emotion_core.charts.reading import course, layer_heat, token_table
from emotion_core.experiments.reading import TextSettings
from emotion_core.models.loaded import LoadedModel
from emotion_core.prompts.library import read_conversation
from emotion_core.reading.baseline import Baseline
from emotion_core.reading.dose import make_template, parse_values
from emotion_core.reading.text import MOST_CHARACTERS, TokenReading, read_text
from emotion_core.runs.codec import as_plain, from_bytes, from_plain, to_bytes

HOSTILE = (
    "שלום עליכם, مرحبا يا صديقي 🧗‍♀️🙂 <img src=x onerror=alert(1)></script> =1+1 $x^2$ **bold** [a](b) "
    "\u202edrawkcab\u202c \u0000 \ufeff ﷽ `code` |a|b|"
)


@pytest.fixture(scope="module")
def read(bundled: Bundled) -> tuple[LoadedModel, Baseline]:
    return bundled.model, bundled.baseline(layers=[0, bundled.vectors.n_layers - 1])


def test_every_script_and_markup_is_read_stored_and_exported(read: tuple[LoadedModel, Baseline]) -> None:
    model, baseline = read
    found = run_to_end(read_text(model, baseline, HOSTILE))
    assert np.isfinite(found.values).all()
    assert from_bytes(TokenReading, to_bytes(found)).tokens == found.tokens
    settings = TextSettings(HOSTILE)
    assert from_plain(TextSettings, json.loads(json.dumps(as_plain(settings)))) == settings
    table = token_table(found.single)
    assert len(parquet_bytes(table)) and len(table_bytes(table))
    assert chart_bytes(course(found.single, "fear"), "svg").startswith(b"<svg")
    assert chart_bytes(layer_heat(found, "fear"), "png").startswith(b"\x89PNG")
    json.dumps(found.to_json(), allow_nan=False)


def test_the_longest_text_is_read_and_a_longer_one_refused(bundled: Bundled) -> None:
    model, baseline = bundled.model, bundled.baseline(layers=[0])  # the depth of a pass says nothing about length
    text = ("The tram was late, and nobody minded. " * 3000)[:MOST_CHARACTERS]
    found = run_to_end(read_text(model, baseline, text))
    assert found.n_windows > 10 and np.isfinite(found.values).all()
    # Charts stay small whatever the length.
    assert len(course(found, "fear").to_json()) < 300_000
    with pytest.raises(SettingsError, match="too long"):
        run_to_end(read_text(model, baseline, text + "x"))


@pytest.mark.parametrize(
    "document",
    [
        '[{"role": "user", "content": "  "}]',
        '[{"role": "robot", "content": "Hello."}]',
        '[{"role": "user"}]',
        '[{"role": "user", "content": 5}]',
        '[{"role": "user", "content": "lone \\ud800 half"}]',
        '{"role": "user", "said": "no list"}',
        "[]",
        "not json",
    ],
)
def test_faulty_conversations_are_refused_with_a_sentence(document: str) -> None:
    with pytest.raises(EmotionCoreError) as caught:
        read_conversation("talk.json", document.encode())
    assert caught.value.what and "talk.json" in str(caught.value)


@pytest.mark.parametrize("values", ["one, two, three", "1, 2, nan", "1, inf, 3", "1, 2", "", "1,1,1", "²,3,4"])
def test_values_that_are_no_numbers_or_too_few_are_refused(values: str) -> None:
    with pytest.raises(SettingsError):
        make_template("It has been {x} hours.", parse_values(values))
