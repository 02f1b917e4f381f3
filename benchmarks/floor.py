"""The floor of the hardware: the same work in plain torch and transformers, and nothing else around it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch
from torch import nn
from transformers import AutoModelForCausalLM, AutoTokenizer

from emotion_core.models.loaded import LoadedModel
from emotion_core.models.prepare import adopt
from emotion_core.tracing.record import TOKENS_PER_BATCH


def bare_model(path: Path) -> LoadedModel:
    """The model as transformers loads it, without what `load_model` changes in it."""
    module = AutoModelForCausalLM.from_pretrained(str(path), dtype=torch.float32, trust_remote_code=False)
    return adopt(module, AutoTokenizer.from_pretrained(str(path), trust_remote_code=False), path.name)


def bare_forward(model: LoadedModel, texts: Sequence[str], depth: int | None = None) -> None:
    """A length-sorted forward of the base model over texts, tokenized inside, nothing read.

    Args:
        model: The model.
        texts: The texts.
        depth: Blocks to run; by default all.
    """
    ids = [model.tokenizer(text)["input_ids"] for text in texts]
    base = model.module.base_model
    blocks = base.get_submodule(model.layers_path.removeprefix(f"{model.module.base_model_prefix}."))
    handles = []
    if depth is not None:
        handles.append(blocks[depth - 1].register_forward_hook(_stop))
    try:
        with torch.inference_mode():
            for batch in length_sorted_batches([len(one) for one in ids]):
                longest = max(len(ids[i]) for i in batch)
                rows = torch.tensor([ids[i] + [0] * (longest - len(ids[i])) for i in batch])
                try:
                    base(input_ids=rows, use_cache=False)
                except _Stopped:
                    continue
    finally:
        for handle in handles:
            handle.remove()


def bare_generation(
    model: LoadedModel, prompt: str, pushes: torch.Tensor, layer: int, tokens: int, *, serial: bool = False
) -> None:
    """Generation by transformers with a hook that adds a push to every row; all rows in one batch, or one by one.

    Args:
        model: The model.
        prompt: Text of every row.
        pushes: float32 [rows, width], added to the residual stream at the layer.
        layer: The steered layer.
        tokens: New tokens a row, all of them written.
        serial: One row after another, as a loop over strengths does.
    """
    block = model.module.get_submodule(model.layers_path)[layer]
    ids = torch.tensor(model.tokenizer(prompt)["input_ids"])
    for part in pushes.split(1) if serial else (pushes,):
        handle = block.register_forward_hook(_adding(part))
        try:
            with torch.inference_mode():
                model.module.generate(
                    input_ids=ids.repeat(len(part), 1),
                    attention_mask=torch.ones(len(part), len(ids), dtype=torch.int64),
                    do_sample=True,
                    min_new_tokens=tokens,
                    max_new_tokens=tokens,
                    pad_token_id=0,
                )
        finally:
            handle.remove()


def length_sorted_batches(lengths: Sequence[int]) -> list[list[int]]:
    """What anybody would write: longest first, a batch is full when one more text would be too many tokens."""
    batches: list[list[int]] = []
    for index in sorted(range(len(lengths)), key=lambda i: -lengths[i]):
        if batches and (len(batches[-1]) + 1) * lengths[batches[-1][0]] <= TOKENS_PER_BATCH:
            batches[-1].append(index)
        else:
            batches.append([index])
    return batches


class _Stopped(Exception):
    """Raised by a hook to leave the forward early."""


def _stop(module: nn.Module, args: object, output: object) -> None:
    raise _Stopped


def _adding(part: torch.Tensor):
    def hook(module: nn.Module, args: object, output: object) -> object:
        if isinstance(output, tuple):
            return (output[0] + part[:, None], *output[1:])
        return output + part[:, None]

    return hook
