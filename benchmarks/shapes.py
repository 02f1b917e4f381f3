"""What is measured: the demo model, and random models in GPT-2's shape, small and of other sizes; the prompt sets."""

from __future__ import annotations

from pathlib import Path

import torch
from transformers import AutoTokenizer, GPT2Config, GPT2LMHeadModel

from emotion_core.models.catalogue import DEMO_FOLDER
from emotion_core.prompts.builtin import load_prompts
from emotion_core.prompts.prompt_set import PromptSet, PromptText, Side

# Blocks, heads and width: those of GPT-2 small, medium and large, and a smaller and a larger one.
GPT2_SMALL = (12, 12, 768)
SIZES = ((6, 6, 384), GPT2_SMALL, (24, 16, 1024), (36, 20, 1280), (26, 28, 1792))


def random_gpt2(folder: Path, size: tuple[int, int, int] = GPT2_SMALL) -> Path:
    """A folder with a random model in GPT-2's shape, by default that of the small one, and the demo model's tokenizer.

    Its time does not depend on the weights; a tokenizer of fewer pieces only makes the texts longer, for everybody.
    """
    torch.manual_seed(0)
    tokenizer = AutoTokenizer.from_pretrained(str(DEMO_FOLDER), trust_remote_code=False)
    ends = {"eos_token_id": tokenizer.eos_token_id, "bos_token_id": tokenizer.bos_token_id}
    layers, heads, width = size
    shape = {"n_layer": layers, "n_head": heads, "n_embd": width, "n_positions": 1024, "vocab_size": 50257}
    GPT2LMHeadModel(GPT2Config(**shape, **ends)).save_pretrained(str(folder))
    tokenizer.save_pretrained(str(folder))
    return folder


def pairs(count: int, changed: int = 0) -> PromptSet:
    """A prompt set of `count` pairs of natural texts of about 50 words, all for training.

    Args:
        count: Pairs.
        changed: The first pairs get other texts, as after an edit.
    """
    texts = [t.text for t in load_prompts("emotions-171").texts]
    rows = []
    for i in range(count):
        sides: tuple[tuple[Side, int], ...] = (("positive", 2 * i), ("negative", 2 * i + 1))
        for side, place in sides:
            text = texts[place % len(texts)]
            turn = place // len(texts)
            text = f"{text} That was the end of part {turn}." if turn else text
            text = f"{text} Then it rained." if i < changed else text
            rows.append(PromptText(text, "feeling", side, f"topic {i % 40}", "train", i, i + 1))
    return PromptSet(f"{count} pairs", "pairs", tuple(rows), 0)
