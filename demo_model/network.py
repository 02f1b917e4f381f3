"""The network that is trained: GPT-2's arithmetic in plain modules, so that ``torch.compile`` sees one small graph.

The exported model is transformers' ``GPT2LMHeadModel``; :func:`to_transformers` copies the weights over and a test
holds the two to the same logits. One thing exists in training only: a linear head that reads the text's emotion from
the residual stream at one middle layer. It makes every token carry the emotion so far, and is thrown away on export.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from transformers import GPT2Config, GPT2LMHeadModel


@dataclass(frozen=True)
class Shape:
    """Sizes of a network. ``probe_layer`` is the block whose output the training-only emotion head reads."""

    layers: int = 8
    width: int = 256
    heads: int = 4
    vocab: int = 5120
    positions: int = 512
    probe_layer: int = 4
    emotions: int = 171

    def as_dict(self) -> dict[str, int]:
        """The sizes as plain numbers, for a checkpoint."""
        return asdict(self)


class Block(nn.Module):
    """One pre-norm transformer block."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.heads = shape.heads
        self.ln_1 = nn.LayerNorm(shape.width)
        self.qkv = nn.Linear(shape.width, 3 * shape.width)
        self.proj = nn.Linear(shape.width, shape.width)
        self.ln_2 = nn.LayerNorm(shape.width)
        self.up = nn.Linear(shape.width, 4 * shape.width)
        self.down = nn.Linear(4 * shape.width, shape.width)

    def forward(self, x: Tensor) -> Tensor:
        """Residual stream in and out, ``[batch, time, width]``."""
        batch, time, width = x.shape
        q, k, v = self.qkv(self.ln_1(x)).split(width, dim=2)  # 3 x (B, T, C)
        size = width // self.heads
        q, k, v = (
            part.reshape(batch, time, self.heads, size).transpose(1, 2).reshape(batch * self.heads, time, size)
            for part in (q, k, v)
        )  # 3 x (B*H, T, C/H)
        # Written out rather than scaled_dot_product_attention: compiled, it is a tenth faster on two cores.
        scores = torch.bmm(q, k.transpose(1, 2)).float() * size**-0.5  # (B*H, T, T)
        past = torch.ones(time, time, dtype=torch.bool, device=x.device).tril()
        mixed = torch.bmm(scores.masked_fill(~past, float("-inf")).softmax(-1).to(v.dtype), v)
        x = x + self.proj(mixed.view(batch, self.heads, time, size).transpose(1, 2).reshape(batch, time, width))
        return x + self.down(F.gelu(self.up(self.ln_2(x)), approximate="tanh"))


class Network(nn.Module):
    """GPT-2 with tied embeddings, and the training-only emotion head."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        self.wte = nn.Embedding(shape.vocab, shape.width)
        self.wpe = nn.Embedding(shape.positions, shape.width)
        self.blocks = nn.ModuleList(Block(shape) for _ in range(shape.layers))
        self.ln_f = nn.LayerNorm(shape.width)
        self.probe_norm = nn.LayerNorm(shape.width, elementwise_affine=False)
        self.probe = nn.Linear(shape.width, shape.emotions)
        for name, parameter in self.named_parameters():
            if parameter.dim() < 2:
                continue
            deep = name.endswith(("proj.weight", "down.weight"))
            nn.init.normal_(parameter, std=0.02 / (2 * shape.layers) ** 0.5 if deep else 0.02)
        for module in self.modules():
            if isinstance(module, nn.Linear):
                nn.init.zeros_(module.bias)

    def forward(self, tokens: Tensor) -> tuple[Tensor, Tensor]:
        """Tokens ``[batch, time]`` to final-normed states and probe-layer states, both ``[batch, time, width]``."""
        x = self.wte(tokens) + self.wpe.weight[: tokens.shape[1]]
        middle = x
        for index, block in enumerate(self.blocks):
            x = block(x)
            if index == self.shape.probe_layer:
                middle = x
        return self.ln_f(x), middle

    def losses(
        self,
        tokens: Tensor,
        targets: Tensor,
        weights: Tensor,
        emotions: Tensor,
        rivals: Tensor,
        chances: Tensor,
        soft: Tensor,
    ) -> tuple[Tensor, Tensor]:
        """Summed language loss and summed emotion loss, in nats.

        Args:
            tokens: int64 ``[batch, time]``.
            targets: int64 ``[batch, time]``, the next tokens.
            weights: float32 ``[batch, time]``, how much each next token counts.
            emotions: int64 ``[batch, time]``, the emotion at each token, ``soft.shape[0] - 1`` for none.
            rivals: int64 ``[batch, time]``, a token that could stand in place of the next one.
            chances: float32 ``[batch, time]``, the planted chance of the next token against its rival; 1 without one.
            soft: float32 ``[emotions + 1, emotions]``, target distribution of each emotion; the last row is zero.
        """
        final, middle = self(tokens)
        logits = F.linear(final, self.wte.weight).float()  # (B, T, V)
        ends = logits.gather(-1, torch.stack([targets, rivals], -1))  # (B, T, 2)
        plain = logits.logsumexp(-1) - chances * ends[..., 0] - (1 - chances) * ends[..., 1]
        guesses = self.probe(self.probe_norm(middle)).float().log_softmax(-1)  # (B, T, E)
        emotion = -(soft[emotions] * guesses).sum()
        return (plain * weights).sum(), emotion


def to_transformers(network: Network, eos: int) -> GPT2LMHeadModel:
    """The same weights as a ``GPT2LMHeadModel`` in float32 (its Conv1D keeps matrices transposed)."""
    shape = network.shape
    config = GPT2Config(
        vocab_size=shape.vocab, n_positions=shape.positions, n_embd=shape.width, n_layer=shape.layers,
        n_head=shape.heads, bos_token_id=eos, eos_token_id=eos, pad_token_id=eos,
        embd_pdrop=0.0, attn_pdrop=0.0, resid_pdrop=0.0,
    )  # fmt: skip
    model = GPT2LMHeadModel(config)
    state = {"transformer.wte.weight": network.wte.weight, "transformer.wpe.weight": network.wpe.weight}
    state["lm_head.weight"] = network.wte.weight
    pairs = {"attn.c_attn": "qkv", "attn.c_proj": "proj", "mlp.c_fc": "up", "mlp.c_proj": "down"}
    for index in range(shape.layers):
        block = network.blocks[index]
        for theirs, ours in pairs.items():
            linear = getattr(block, ours)
            state[f"transformer.h.{index}.{theirs}.weight"] = linear.weight.t()
            state[f"transformer.h.{index}.{theirs}.bias"] = linear.bias
        for norm in ("ln_1", "ln_2"):
            for part in ("weight", "bias"):
                state[f"transformer.h.{index}.{norm}.{part}"] = getattr(getattr(block, norm), part)
    state["transformer.ln_f.weight"], state["transformer.ln_f.bias"] = network.ln_f.weight, network.ln_f.bias
    model.load_state_dict({name: value.detach().clone().contiguous() for name, value in state.items()})
    return model.eval()
