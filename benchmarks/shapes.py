"""What is measured: the demo model, and a random model in the shape of GPT-2 small; the texts; the prompt sets."""

from __future__ import annotations

from pathlib import Path

import torch
from transformers import AutoTokenizer, GPT2Config, GPT2LMHeadModel

from emotion_core.models.catalogue import DEMO_FOLDER
from emotion_core.prompts.builtin import load_prompts
from emotion_core.prompts.prompt_set import PromptSet, PromptText, Side

GPT2_SMALL = {"n_layer": 12, "n_head": 12, "n_embd": 768, "n_positions": 1024, "vocab_size": 50257}


def random_gpt2_small(folder: Path) -> Path:
    """A folder with a random model in GPT-2 small's shape and the demo model's tokenizer.

    Its time does not depend on the weights; a tokenizer of fewer pieces only makes the texts longer, for everybody.
    """
    torch.manual_seed(0)
    tokenizer = AutoTokenizer.from_pretrained(str(DEMO_FOLDER), trust_remote_code=False)
    ends = {"eos_token_id": tokenizer.eos_token_id, "bos_token_id": tokenizer.bos_token_id}
    GPT2LMHeadModel(GPT2Config(**GPT2_SMALL, **ends)).save_pretrained(str(folder))
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
