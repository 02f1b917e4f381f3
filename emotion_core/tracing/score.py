"""Reads generated texts with the unsteered model: surprise of every token, and emotions along given directions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from emotion_core.base.activations import FloatArray
from emotion_core.base.jobs import Job, Progress
from emotion_core.base.later import torch
from emotion_core.models.encode import Encoding
from emotion_core.models.loaded import LoadedModel
from emotion_core.tracing.envoy import (
    along,
    blocks_of,
    cut,
    envoy_of,
    keeps_logits,
    read_stream,
    retried,
    timed,
    trace_options,
)
from emotion_core.tracing.record import batches_of, pad_right, tokens_per_batch

# Logits of a batch are float32 [tokens, vocabulary]: a large vocabulary takes fewer tokens at a time.
LOGITS_PER_BATCH = 2**25


@dataclass(frozen=True)
class Continuation:
    """A prompt with what was generated after it.

    Attributes:
        ids: Tokens of both.
        start: Position of the first generated token.
    """

    ids: tuple[int, ...]
    start: int


@dataclass(frozen=True)
class Scores:
    """What the unsteered model makes of continuations.

    Attributes:
        surprise: For each continuation, float32 [generated], nats of each generated token.
        readings: float32 [continuations, directions], mean projection of the generated tokens at the layer; nan
            where nothing was generated.
        tokens: For each continuation, float32 [generated, directions], the projections that `readings` is the mean
            of, where they were asked for; else empty.
    """

    surprise: tuple[FloatArray, ...]
    readings: FloatArray
    tokens: tuple[FloatArray, ...] = ()


def score(
    model: LoadedModel,
    texts: Sequence[Continuation],
    layer: int,
    directions: FloatArray,
    every_token: Sequence[int] = (),
) -> Job[Scores]:
    """Scores continuations as a job that yields after each batch.

    Args:
        model: The model, unsteered.
        texts: The continuations.
        layer: Layer whose output is projected.
        directions: float32 [directions, width], unit length.
        every_token: Directions whose projections are kept token by token.
    """
    matrix = torch.tensor(directions, device=model.info.device)  # (directions, width)
    surprise: list[FloatArray] = [np.zeros(0, dtype=np.float32)] * len(texts)
    tokens: list[FloatArray] = [np.zeros((0, len(every_token)), dtype=np.float32)] * len(texts)
    readings = np.full((len(texts), len(directions)), np.nan, dtype=np.float32)
    wanted = [i for i, text in enumerate(texts) if len(text.ids) > text.start]
    budget = max(1, min(tokens_per_batch(model), LOGITS_PER_BATCH // model.vocabulary))
    done = len(texts) - len(wanted)
    for batch in batches_of(model, [len(texts[i].ids) for i in wanted], budget):
        chosen = [wanted[b] for b in batch]
        for i, (nats, projected) in zip(
            chosen, _score_batch(model, [texts[i] for i in chosen], layer, matrix), strict=True
        ):
            surprise[i], readings[i] = nats, projected.mean(0)
            tokens[i] = projected[:, list(every_token)].astype(np.float32)
        done += len(chosen)
        yield Progress(done, len(texts), "reading the texts without steering")
    return Scores(tuple(surprise), readings, tuple(tokens) if every_token else ())


def _score_batch(
    model: LoadedModel, texts: Sequence[Continuation], layer: int, matrix: torch.Tensor
) -> list[tuple[FloatArray, FloatArray]]:
    """Of each text nats, float32 [generated], and projections, float32 [generated, directions]."""
    encodings = [Encoding(text.ids, (True,) * len(text.ids)) for text in texts]
    ids = pad_right(
        encodings, int(model.tokenizer.pad_token_id or 0), model.info.device, model.info.context
    )  # (rows, tokens)
    with timed(model, "read", sum(map(len, encodings))):
        projected, nats = _trace(model, ids, [(text.start, len(text.ids)) for text in texts], layer, matrix)
    ends = np.cumsum([len(text.ids) - text.start for text in texts])[:-1]
    parts = (np.split(one.cpu().numpy(), ends) for one in (nats, projected))
    return list(zip(*parts, strict=True))


@retried
def _trace(
    model: LoadedModel, ids: torch.Tensor, spans: Sequence[tuple[int, int]], layer: int, matrix: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """Projections, float32 [tokens of all rows, directions], and nats, float32 [tokens of all rows]."""
    import nnsight

    # Token t is predicted at position t - 1; no logits are made of the prompts before.
    first = min(start for start, _ in spans) - 1
    before = [(start - 1 - first, end - 1 - first) for start, end in spans]
    at = torch.arange(first, ids.shape[1] - 1, device=ids.device)
    targets = [ids[row, start:end] for row, (start, end) in enumerate(spans)]
    entropy, only = torch.nn.functional.cross_entropy, keeps_logits(model)
    inputs = {"input_ids": ids, "use_cache": False} | ({"logits_to_keep": at} if only else {})
    envoy, blocks, copy = envoy_of(model), blocks_of(model), model.copy
    with torch.inference_mode(), envoy.trace(inputs, **trace_options(model)):
        projected = nnsight.save(cut(along(read_stream(blocks[layer].output, copy), matrix), spans))
        # Inside the trace, because logits are the largest thing that could travel over a network.
        logits = envoy.output.logits if only else envoy.output.logits[:, at]  # (rows, tokens, vocabulary)
        rows = [logits[row, start:end].float() for row, (start, end) in enumerate(before)]
        nats = nnsight.save(torch.cat([entropy(*pair, reduction="none") for pair in zip(rows, targets, strict=True)]))
    return projected, nats
