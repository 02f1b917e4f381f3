"""The model under test: activations by forward hooks, log-probabilities, and additions to the residual stream."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from transformers import AutoModelForCausalLM, AutoTokenizer

Array = NDArray[np.float32]


class Reader:
    """A loaded model with its tokenizer; texts go in, arrays come out."""

    def __init__(self, folder: Path) -> None:
        self.model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, trust_remote_code=False).eval()
        self.tokenizer = AutoTokenizer.from_pretrained(folder, trust_remote_code=False)
        self.blocks = self.model.transformer.h
        self.layers, self.width = len(self.blocks), self.model.config.n_embd

    def batches(self, texts: list[str], size: int = 64) -> Iterator[tuple[list[int], Tensor, Tensor]]:
        """Length-sorted batches: indices, ids ``[batch, time]`` padded on the right, mask of the same shape."""
        ids = [self.tokenizer(text)["input_ids"][-512:] for text in texts]
        order = sorted(range(len(texts)), key=lambda index: len(ids[index]))
        for start in range(0, len(order), size):
            part = order[start : start + size]
            longest = max(len(ids[index]) for index in part)
            tokens, mask = torch.zeros(len(part), longest, dtype=torch.long), torch.zeros(len(part), longest)
            for row, index in enumerate(part):
                tokens[row, : len(ids[index])] = torch.tensor(ids[index])
                mask[row, : len(ids[index])] = 1
            yield part, tokens, mask

    @torch.inference_mode()
    def activations(self, texts: list[str], first: int = 0) -> Array:
        """Mean residual stream of each text after every block, from token ``first`` on: ``[texts, layers, width]``."""
        pooled = np.zeros((len(texts), self.layers, self.width), np.float32)
        for part, tokens, mask in self.batches(texts):
            seen: list[Tensor] = []
            hooks = [
                block.register_forward_hook(lambda _m, _i, out, seen=seen: seen.append(_tensor(out)))
                for block in self.blocks
            ]
            self.model.transformer(tokens, attention_mask=mask)
            for hook in hooks:
                hook.remove()
            weights = mask.clone()
            weights[:, :first] = torch.where(mask.sum(1, keepdim=True) > first, 0.0, weights[:, :first])
            stacked = torch.stack(seen, 1)  # (B, L, T, C)
            mean = (stacked * weights[:, None, :, None]).sum(2) / weights.sum(1)[:, None, None]
            pooled[part] = mean.numpy()
        return pooled

    @torch.inference_mode()
    def option_scores(self, prompts: list[str], options: list[str]) -> Array:
        """Summed log-probability of ``options[i]`` after ``prompts[i]``, in nats."""
        scores = np.zeros(len(prompts), np.float32)
        starts = [len(self.tokenizer(prompt)["input_ids"]) for prompt in prompts]
        for part, tokens, mask in self.batches([p + o for p, o in zip(prompts, options, strict=True)]):
            states = self.model.transformer(tokens, attention_mask=mask)[0]
            first = min(starts[index] for index in part)  # the head is the dearest part: options only
            log_probs = self.model.lm_head(states[:, first - 1 : -1]).log_softmax(-1)
            picked = log_probs.gather(-1, tokens[:, first:, None])[..., 0] * mask[:, first:]  # (B, T - first)
            for row, index in enumerate(part):
                scores[index] = float(picked[row, starts[index] - first :].sum())
        return scores

    @contextmanager
    def steered(self, layer: int, vector: Array) -> Iterator[None]:
        """Add a vector to a block's output at every position."""
        shift = torch.from_numpy(np.asarray(vector, np.float32))

        def add(_module: object, _inputs: object, output: Tensor | tuple[Tensor, ...]) -> object:
            return (output[0] + shift, *output[1:]) if isinstance(output, tuple) else output + shift

        hook = self.blocks[layer].register_forward_hook(add)
        try:
            yield
        finally:
            hook.remove()

    @torch.inference_mode()
    def continue_texts(self, prompts: list[str], tokens: int, seed: int) -> list[list[int]]:
        """Sampled continuations (temperature 1, top-p .95) as token ids, each exactly ``tokens`` long."""
        torch.manual_seed(seed)
        found: list[list[int]] = []
        for prompt in sorted(set(prompts)):
            count = prompts.count(prompt)
            encoded = self.tokenizer([prompt] * count, return_tensors="pt")
            out = self.model.generate(
                **encoded, max_new_tokens=tokens, min_new_tokens=tokens, do_sample=True, top_p=0.95, top_k=0
            )
            found += [row[encoded["input_ids"].shape[1] :] for row in out.tolist()]
        return found

    @torch.inference_mode()
    def surprise(self, prompt: str, continuation: list[int]) -> float:
        """Mean nats a token of a continuation."""
        start = self.tokenizer(prompt)["input_ids"]
        tokens = torch.tensor([start + continuation])
        log_probs = self.model(tokens).logits.log_softmax(-1)[0, len(start) - 1 : -1]
        return float(-log_probs.gather(-1, tokens[0, len(start) :, None]).mean())


def _tensor(output: Tensor | tuple[Tensor, ...]) -> Tensor:
    return output[0] if isinstance(output, tuple) else output
