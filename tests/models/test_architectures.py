"""Architectures on their whole way, from a few tokens to options: some in every run, all of them in a nightly one.

`EMOTION_TEST_ARCHITECTURES=all` tries every causal language model of transformers and every composite one, small and
random; `python -m benchmarks.architectures` counts the same and says why some are refused.
"""

from __future__ import annotations

import os
import warnings

import pytest
import transformers

from benchmarks.architectures import examined, names
from emotion_core.models.catalogue import DEMO_FOLDER

# A state that is not copied and one that is, copies of the stream, two towers.
FEW = ("rwkv", "lfm2", "gemma3n_text", "gemma3")
ALL = os.environ.get("EMOTION_TEST_ARCHITECTURES") == "all"
# What no class does by its configuration alone, and transformers' own faults, by the words of the refusal.
REFUSED = ("sees what comes after", "cannot run a text", "list of layers was not found", "residual stream")


@pytest.fixture(scope="module")
def tokenizer():
    transformers.logging.set_verbosity_error()
    return transformers.AutoTokenizer.from_pretrained(DEMO_FOLDER, trust_remote_code=False)


@pytest.mark.parametrize("name", names() if ALL else FEW)
def test_an_architecture_works_or_is_refused_in_one_sentence(name, tokenizer):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = examined(name, tokenizer)
    if found.outcome == "cannot be made small":
        pytest.skip(found.detail)
    if found.outcome == "refused" and ALL:
        assert any(words in found.detail for words in REFUSED) and "Traceback" not in found.detail
        return
    assert (found.outcome, found.detail) == ("passes", "")
