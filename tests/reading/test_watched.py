"""A text under a monitor of the demo model: alarms, leads and their null come from the readings themselves."""

from __future__ import annotations

import numpy as np
import pytest
from bundled import Bundled

from emotion_core.base.errors import SettingsError
from emotion_core.base.jobs import run_to_end
from emotion_core.models.encode import encode
from emotion_core.models.loaded import LoadedModel
from emotion_core.prompts.builtin import load_prompts
from emotion_core.reading.baseline import Baseline
from emotion_core.reading.monitor import counted_tokens, flagged, read_threshold, trailing, watch
from emotion_core.reading.settings import MonitorSettings
from emotion_core.reading.text import read_text
from emotion_core.vectors.emotion_vectors import EmotionVectors

Read = tuple[LoadedModel, EmotionVectors, Baseline]
TEXT = "The kettle sang. Someone tried the handle of the back door, slowly. I will not open it, I said. " * 3


@pytest.fixture(scope="module")
def demo(bundled: Bundled) -> Read:
    return bundled.model, bundled.vectors, bundled.baseline()


def test_the_values_are_the_readings_and_the_alarms_are_where_scores_cross(demo: Read) -> None:
    model, vectors, baseline = demo
    threshold = run_to_end(read_threshold(model, vectors, baseline, MonitorSettings("fear", 0.3)))
    encoding = encode(model.tokenizer, TEXT, 10**6)
    found = run_to_end(watch(model, baseline, threshold, encoding, "not open"))
    same = run_to_end(read_text(model, baseline, TEXT)).of("fear")
    np.testing.assert_allclose(found.values, same, rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(
        found.scores, trailing(same[:, None], counted_tokens(encoding.content), 5)[:, 0], rtol=1e-3, atol=1e-3
    )
    inside = np.zeros(len(same), bool)
    for alarm in found.alarms:
        inside[alarm.start : alarm.end] = True
        assert alarm.text == "".join(found.tokens[max(1, alarm.start - 4) : alarm.end])
    np.testing.assert_array_equal(inside, np.nan_to_num(found.scores, nan=-np.inf) > threshold.value)
    assert len(found.flagged) == 3
    for one in found.flagged:
        before = np.flatnonzero(inside[: one.token])
        assert one.lead == (one.token - before[0] if len(before) else None)
        assert (one.chance is None) == (one.lead is None)
        assert one.chance is None or 1 / 101 <= one.chance <= one.q_value <= 1


def test_a_lead_that_no_control_has_is_not_certain() -> None:
    fires = np.zeros((60, 101), bool)
    fires[[5, 50], 0] = True
    fires[30:, 1:20] = True
    early, late = flagged(fires, (40, 45), {"random": np.arange(1, 101)})
    assert early.lead == 35 and early.chance == pytest.approx(1 / 101) and early.evidence
    assert late.chance == pytest.approx(1 / 101)
    silent = flagged(np.zeros((60, 101), bool), (40,), {"random": np.arange(1, 101)})[0]
    assert silent.lead is None and silent.chance is None and not silent.evidence
    # A place before which it was silent is a place that was looked at.
    fires[5, 1:4] = True
    first, again = flagged(fires, (3, 40), {"random": np.arange(1, 101)})
    assert first.lead is None and again.chance == pytest.approx(4 / 101) and not again.evidence
    assert flagged(fires, (40,), {"random": np.arange(1, 101)})[0].evidence


def test_the_rate_on_neutral_registers_not_used_is_measured(demo: Read) -> None:
    model, vectors, baseline = demo
    found = run_to_end(read_threshold(model, vectors, baseline, MonitorSettings("fear", 0.1)))
    heldout = load_prompts("neutral").part("heldout")
    assert found.n_texts <= len(heldout) and found.n_tokens > 1000
    assert 0 <= found.rate_low <= found.rate <= found.rate_high <= 1
    stricter = run_to_end(read_threshold(model, vectors, baseline, MonitorSettings("fear", 0.01)))
    assert stricter.value > found.value and (stricter.random > found.random).all()


def test_an_emotion_that_is_not_there_is_refused(demo: Read) -> None:
    model, vectors, baseline = demo
    with pytest.raises(SettingsError, match="no such emotion"):
        run_to_end(read_threshold(model, vectors, baseline, MonitorSettings("joy")))
