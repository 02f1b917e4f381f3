"""The files in the repository load offline and are small."""

from __future__ import annotations

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from demo_model import paths

LIMIT = 16_000_000


def test_weights_are_small_and_half_precision() -> None:
    assert sum(file.stat().st_size for file in paths.WEIGHTS.glob("*.safetensors")) <= LIMIT
    assert not list(paths.WEIGHTS.glob("*.bin"))


def test_model_loads_and_writes() -> None:
    model = AutoModelForCausalLM.from_pretrained(paths.WEIGHTS, dtype=torch.float32, trust_remote_code=False)
    tokenizer = AutoTokenizer.from_pretrained(paths.WEIGHTS, trust_remote_code=False)
    assert model.config.n_positions >= 256
    assert 4000 <= model.config.vocab_size <= 8000
    encoded = tokenizer("The dog ran to the door and", return_tensors="pt")
    with torch.inference_mode():
        loss = model(**encoded, labels=encoded["input_ids"]).loss
    assert loss < 6.0  # a random network of this vocabulary is at 8.5


def test_tokenizer_goes_back_and_forth_and_keeps_digits_apart() -> None:
    tokenizer = AutoTokenizer.from_pretrained(paths.WEIGHTS, trust_remote_code=False)
    text = 'She said, "I took 1250 mg."\nFeeling: grief-stricken \u00e9\u4e2d'
    assert tokenizer.decode(tokenizer(text)["input_ids"]) == text
    assert {"1", "2", "5", "0"} <= set(tokenizer.tokenize(text))


def test_chat_template_marks_the_roles() -> None:
    tokenizer = AutoTokenizer.from_pretrained(paths.WEIGHTS, trust_remote_code=False)
    turns = [{"role": "system", "content": "Be kind."}, {"role": "user", "content": "hi"}]
    shown = tokenizer.apply_chat_template(turns, tokenize=False, add_generation_prompt=True)
    assert shown == "<|system|>Be kind.<|end|><|user|>hi<|end|><|assistant|>"
    ids = tokenizer(shown)["input_ids"]
    assert ids.count(tokenizer.convert_tokens_to_ids("<|user|>")) == 1
