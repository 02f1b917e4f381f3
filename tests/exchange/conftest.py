"""A tiny model on disk, as a script from outside would load it, and vectors of it."""

from __future__ import annotations

import pytest
from tiny import tiny_module, tiny_tokenizer

from emotion_core.base.jobs import run_to_end
from emotion_core.models.load import load_model
from emotion_core.prompts.prompt_set import PromptSet, PromptText
from emotion_core.vectors.build import build
from emotion_core.vectors.emotion_vectors import BuildSettings


@pytest.fixture(scope="session")
def model_folder(tmp_path_factory):
    """Two families: a GPT-2, and a GPT-Neo, whose blocks put out tuples."""

    def saved(family: str):
        folder = tmp_path_factory.mktemp(family)
        # Room for some of the neutral texts and not for others, which a bundle has to know.
        context = {"n_positions": 160} if family == "gpt2" else {"max_position_embeddings": 160}
        tiny_module(family, **context).save_pretrained(folder)
        tiny_tokenizer().save_pretrained(folder)
        return folder

    return saved


def pairs() -> PromptSet:
    texts = []
    for i in range(8):
        split = "heldout" if i > 4 else "train"
        sides = (f"Something moved behind door {i}.", f"I watered plant {i} and listened to the rain.")
        for side, text in zip(("positive", "negative"), sides, strict=True):
            texts.append(PromptText(text, "fear / dread", side, f"t{i}", split, i, i + 1))
    return PromptSet("my pairs", "pairs", tuple(texts), None)


def labelled() -> PromptSet:
    words = {"joy": "danced around table", "calm": "watered plant", "anger": "slammed door"}
    texts = [
        PromptText(
            f"We {what} {i} today, {i} times.", emotion, "labelled", f"t{i}", "heldout" if i > 4 else "train", None, i
        )
        for i in range(7)
        for emotion, what in words.items()
    ]
    return PromptSet("labelled", "labelled", tuple(texts), None)


def built(folder, sets, **settings):
    """A loaded model and vectors of it."""
    model = load_model(str(folder))
    return model, run_to_end(build(model, sets, BuildSettings(**settings)))
