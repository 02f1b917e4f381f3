"""Neutral texts in the form of what is read: a neutral conversation reads as zero, whatever the template does."""

from __future__ import annotations

import numpy as np
from bundled import Bundled

from emotion_core.base.jobs import run_to_end
from emotion_core.prompts.builtin import load_prompts
from emotion_core.prompts.prompt_set import Turn
from emotion_core.reading.baseline import neutral_dialogues
from emotion_core.reading.conversation import read_conversation_turns


def test_neutral_dialogues_fill_the_context_and_hold_no_template(bundled: Bundled) -> None:
    model = bundled.model
    texts = [one.text for one in load_prompts("neutral").texts]
    made = neutral_dialogues(model, texts, 0)
    dialogues = [one.encoding for one in made]
    assert {len(one) for one in dialogues} == {model.info.context}
    assert len({one.ids for one in dialogues}) == len(dialogues)
    for one in dialogues:
        assert any(one.content) and not all(one.content)
        kept = "".join(model.pieces([i for i, content in zip(one.ids, one.content, strict=True) if content]))
        assert "<|user|>" not in kept and "<|assistant|>" not in kept
    for one in made:
        for source in np.unique(one.sources[one.sources >= 0])[:-1]:
            said = model.decode([i for i, of in zip(one.encoding.ids, one.sources, strict=True) if of == source])
            # The last turn may be cut off by the end of the context, and a dialogue's first token is nobody's.
            assert said.strip() in texts[source] or texts[source] in said


def test_a_neutral_conversation_reads_as_zero_in_its_own_form(bundled: Bundled) -> None:
    model, baseline = bundled.model, bundled.baseline("conversation")
    texts = [one.text for one in load_prompts("neutral").texts]
    means = []
    # All of them: single conversations of eight texts lie half a standard deviation apart by what they are about.
    for first in range(0, len(texts) - 7, 8):
        turns = [
            Turn(role="assistant" if i % 2 else "user", content=text) for i, text in enumerate(texts[first : first + 8])
        ]
        means.append(run_to_end(read_conversation_turns(model, baseline, turns)).turns[1:].mean(axis=0))
    assert np.abs(np.mean(means, axis=0)).max() < 0.35
