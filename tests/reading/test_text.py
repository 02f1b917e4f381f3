"""Token readings: the same projections as the build's, long texts in windows, positions compared with positions."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from bundled import Bundled

from emotion_core.base.activations import ReadingPosition
from emotion_core.base.errors import SettingsError
from emotion_core.base.jobs import run_to_end
from emotion_core.models.loaded import LoadedModel
from emotion_core.prompts.builtin import load_prompts
from emotion_core.reading.baseline import Baseline, position_scale, read_baseline
from emotion_core.reading.text import read_text, windows
from emotion_core.tracing.record import record
from emotion_core.vectors.emotion_vectors import EmotionVectors

Read = tuple[LoadedModel, EmotionVectors, Baseline]


@pytest.fixture(scope="module")
def demo(bundled: Bundled) -> Read:
    return bundled.model, bundled.vectors, bundled.baseline(layers=range(bundled.vectors.n_layers))


def test_the_mean_over_tokens_is_what_the_build_reads(demo: Read) -> None:
    model, vectors, baseline = demo
    text = "Someone tried the handle of the back door, slowly, while the kettle began to sing."
    found = run_to_end(read_text(model, baseline, text))
    pooled = run_to_end(record(model, [text], ReadingPosition(first_token=True))).values[0]  # (layers, width)
    expected = np.einsum("lw,elw->le", pooled, vectors.units)
    kept = np.array(found.content)
    np.testing.assert_allclose(found.projections[kept].mean(axis=0), expected, rtol=1e-4, atol=1e-4)
    assert "".join(found.tokens) == text


def test_a_long_text_is_read_in_windows_and_every_token_once(demo: Read) -> None:
    model, _, baseline = demo
    text = "The tram was late and the rain had stopped. " * 90
    found = run_to_end(read_text(model, baseline, text))
    assert found.n_windows > 1
    assert "".join(found.tokens) == text
    assert len(found.tokens) == len(found.values) == len(found.band_low)
    assert np.isfinite(found.values).all()
    # The first window is the plain reading of its own tokens.
    short = run_to_end(read_text(model, baseline, "".join(found.tokens[:100])))
    np.testing.assert_allclose(found.projections[:90], short.projections[:90], rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize(("length", "context"), [(1, 8), (8, 8), (9, 8), (33, 8), (7, 1), (100, 7)])
def test_windows_cover_every_token_once_and_fit(length: int, context: int) -> None:
    found = windows(length, context)
    kept = [token for one in found for token in range(one.first_kept, one.end)]
    assert kept == list(range(length))
    assert all(0 <= one.start <= one.first_kept < one.end <= one.start + context for one in found)


def test_growth_along_neutral_texts_is_no_reading() -> None:
    rng = np.random.default_rng(0)

    def text(tokens: int, more: float = 0.0) -> np.ndarray:
        grown = 5 * np.log2(np.maximum(1, np.arange(tokens)))[:, None, None]
        return (grown + rng.normal(size=(tokens, 1, 3)) + more).astype(np.float32)

    scale = position_scale([text(300) for _ in range(20)])
    assert abs(scale(text(300))[250:].mean()) < 0.35
    assert abs(scale(text(300, more=4.0))[250:].mean() - 4.0) < 0.5
    # Without regard to position the end of any text would stand out.
    whole = np.concatenate([text(300)[1:] for _ in range(20)])
    assert (text(300)[250:].mean() - whole.mean()) / whole.std() > 0.8


def test_most_neutral_tokens_lie_in_the_null_band(demo: Read) -> None:
    model, _, baseline = demo
    texts = [one.text for one in load_prompts("neutral").texts][:12]
    found = [run_to_end(read_text(model, baseline, text)) for text in texts]
    inside = [
        ((one.values >= one.band_low[:, :, None]) & (one.values <= one.band_high[:, :, None])).mean() for one in found
    ]
    assert np.mean(inside) > 0.75
    assert all((one.band_low <= one.band_high).all() for one in found)


@pytest.mark.parametrize("text", ["", "  \n ", "a" * 100_001])
def test_no_text_and_too_long_a_text_are_refused(demo: Read, text: str) -> None:
    model, _, baseline = demo
    with pytest.raises(SettingsError):
        run_to_end(read_text(model, baseline, text))


@pytest.mark.parametrize(
    "text", ["مرحبا يا صديقي", "<img src=x onerror=alert(1)>", "🙂🙃 🧗‍♀️", "\u202edrawkcab", "a\x00b"]
)
def test_any_script_is_read(demo: Read, text: str) -> None:
    model, _, baseline = demo
    found = run_to_end(read_text(model, baseline, text))
    assert len(found.tokens) and np.isfinite(found.values).all()


def test_a_layer_that_is_not_there_is_refused(tiny: Callable[[str], LoadedModel], demo: Read) -> None:
    model, vectors, _ = demo
    with pytest.raises(SettingsError, match="no such layer"):
        run_to_end(read_baseline(model, vectors, [vectors.n_layers]))


def test_one_of_all_layers_is_the_reading_of_that_layer_alone(demo: Read, bundled: Bundled) -> None:
    model, vectors, baseline = demo
    text = "Someone tried the handle of the back door, slowly."
    every = run_to_end(read_text(model, baseline, text))
    alone = run_to_end(read_text(model, run_to_end(read_baseline(model, vectors, cache=bundled.cache)), text))
    one = every.single
    assert one.layers == alone.layers == (vectors.selected_layer,)
    np.testing.assert_allclose(one.values, alone.values, rtol=1e-3, atol=1e-3)
    np.testing.assert_allclose(one.band_high, alone.band_high, rtol=1e-3, atol=1e-3)
    assert every.to_json()["layer"] == vectors.selected_layer and len(every.to_json()["by_layer"]) == len(every.layers)
