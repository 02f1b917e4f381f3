"""What is read of a text does not depend on which texts it is read together with: not in the last bit."""

import numpy as np
import pytest

from emotion_core.base.activations import ReadingPosition
from emotion_core.base.jobs import run_to_end
from emotion_core.models.encode import Encoding
from emotion_core.models.load import load_model
from emotion_core.tracing.record import pad_right, record

TEXTS = [" ".join(["the quick brown fox met a slow grey dog and ran"] * n)[: 7 * n + 5] for n in range(1, 30)]


@pytest.mark.parametrize("pooling", ["mean", "last_content", "last"])
def test_alone_and_in_any_batch_on_the_bundled_model(pooling):
    model = load_model("demo", device="cpu")
    reading = ReadingPosition(pooling)
    together = run_to_end(record(model, TEXTS, reading))
    halves = [run_to_end(record(model, TEXTS[start::2], reading)) for start in (0, 1)]
    for i, text in enumerate(TEXTS):
        alone = run_to_end(record(model, [text], reading))
        half = halves[i % 2]
        for name in ("values", "embeddings", "token_norms"):
            assert np.array_equal(getattr(alone, name)[0], getattr(together, name)[i]), (i, name)
            assert np.array_equal(getattr(half, name)[i // 2], getattr(together, name)[i]), (i, name)


@pytest.mark.parametrize(("length", "context", "width"), [(93, 200, 96), (93, 94, 94), (96, 200, 96), (1, 200, 16)])
def test_rows_are_filled_to_a_multiple_of_4_within_the_context(length, context, width):
    encodings = [Encoding((5,) * length, (True,) * length), Encoding((5,), (True,))]
    ids = pad_right(encodings, 7, "cpu", context)
    assert ids.shape == (2, width)
    assert ids[0].tolist() == [5] * length + [7] * (width - length)
    assert ids[1].tolist() == [5] + [7] * (width - 1)
