"""Two texts aligned from both ends: identical inputs give exactly 0, other partners nothing, wrong pairs a refusal."""

import numpy as np
import pytest
from bundled import Bundled

from emotion_core.base.errors import ModelError
from emotion_core.models.loaded import LoadedModel
from emotion_core.reading.places import aligned, chat_of, read_pairs

GOOD = "Things have been really good at home. On Saturday my cousin turns thirty. What can I bake?"


def directions(model: LoadedModel) -> dict[int, np.ndarray]:
    rows = np.random.default_rng(0).standard_normal((3, model.info.width)).astype(np.float32)
    return {layer: rows / np.linalg.norm(rows, axis=1, keepdims=True) for layer in range(model.info.layers)}


def test_identical_inputs_give_exactly_nothing(bundled: Bundled) -> None:
    chat = chat_of(bundled.model, GOOD)
    (pair,) = bundled.run(read_pairs(bundled.model, [(chat, chat)], directions(bundled.model)))
    assert pair.left == len(chat.encoding) and pair.right == 0
    assert not pair.varied.any()
    other = chat_of(bundled.model, GOOD.replace("good", "hard"))
    one, two = bundled.run(read_pairs(bundled.model, [(other, chat), (other, chat)], directions(bundled.model)))
    assert np.array_equal(one.suffix, two.suffix) and one.suffix.any()


def test_what_differs_is_found_between_what_is_shared(bundled: Bundled) -> None:
    first, second = chat_of(bundled.model, GOOD), chat_of(bundled.model, GOOD.replace("good", "hard"))
    (pair,) = bundled.run(read_pairs(bundled.model, [(first, second)], directions(bundled.model)))
    shared = first.text[: first.offsets[pair.left - 1][1]]
    assert shared.strip().endswith("really")
    end = first.text[first.offsets[len(first.encoding) - pair.right][0] :]
    assert end.startswith(" at home") and len(pair.suffix) == pair.right
    # A causal model reads the same before the difference, whatever comes after it.
    np.testing.assert_allclose(pair.first[: pair.left], pair.second[: pair.left], atol=1e-4)


def test_turning_a_pair_around_turns_every_sign(bundled: Bundled) -> None:
    first, second = chat_of(bundled.model, GOOD), chat_of(bundled.model, GOOD.replace("good", "hard"))
    one, two = bundled.run(read_pairs(bundled.model, [(first, second), (second, first)], directions(bundled.model)))
    np.testing.assert_array_equal(one.suffix, -two.suffix)
    np.testing.assert_array_equal(one.varied, -two.varied)


def test_common_parts_that_are_tokenized_differently_are_refused(bundled: Bundled) -> None:
    """The same letters on both sides of the difference, cut into other tokens."""
    first, second = chat_of(bundled.model, "a bc def ghi jkl"), chat_of(bundled.model, "a bc def ghi jkl")
    broken = type(second)(
        second.turns,
        second.text.replace("bc", "xx"),
        type(second.encoding)(tuple(i + 1 for i in second.encoding.ids), second.encoding.content),
        second.offsets,
        second.spans,
        second.header,
    )
    with pytest.raises(ModelError):
        aligned(first, broken)
