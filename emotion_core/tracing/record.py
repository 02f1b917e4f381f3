"""Records pooled activations of texts: one nnsight trace a batch, no language-model head, cached by content."""

from __future__ import annotations

from collections.abc import Sequence

import nnsight
import numpy as np
import torch

from emotion_core.base.activations import RECORDER_VERSION, Activations, FloatArray, ReadingPosition
from emotion_core.base.cache import ActivationCache, CachedRow
from emotion_core.base.errors import ModelError
from emotion_core.base.jobs import Job, Progress
from emotion_core.base.pace import pace
from emotion_core.models.encode import Encoding
from emotion_core.models.load import not_finite
from emotion_core.models.loaded import LoadedModel
from emotion_core.tracing.batches import length_sorted, pad_right
from emotion_core.tracing.envoy import blocks_of, envoy_of, read_stream
from emotion_core.tracing.pooled_rows import Rows
from emotion_core.tracing.remote import retried, trace_options


def record(
    model: LoadedModel,
    texts: Sequence[str],
    reading: ReadingPosition,
    cache: ActivationCache | None = None,
    last_layer: int | None = None,
) -> Job[Activations]:
    """Reads texts at every layer, as a job that yields after each batch.

    Args:
        model: The model.
        texts: The texts; a repeated text is read once.
        reading: Which tokens are pooled.
        cache: Where rows that were read before are found and new ones are kept.
        last_layer: Stop the forward pass after this layer; by default all layers.

    Returns:
        Activations in the order of `texts`, layers 0 to `last_layer`.

    Raises:
        ModelError: A text is empty for the tokenizer, longer than the context, or gives numbers that are not finite.
    """
    depth = model.info.layers if last_layer is None else last_layer + 1
    if not 0 < depth <= model.info.layers:
        raise ModelError("There is no such layer", expected=f"0 to {model.info.layers - 1}", found=str(last_layer))
    unique = list(dict.fromkeys(texts))
    keys = [cache_key(model, text, reading, depth) for text in unique]
    rows = Rows(len(unique), depth, model.info.width)
    if cache:
        rows.fill_from(cache, keys)
    missing = rows.missing()
    encodings = {i: model.encode(unique[i], chat=reading.chat, reply=reading.reply) for i in missing}
    yield Progress(rows.n_filled, len(unique), "reading texts")
    for batch in length_sorted([len(encodings[i]) for i in missing]):
        chosen = [missing[b] for b in batch]
        fresh = _read_batch(model, [encodings.pop(i) for i in chosen], reading, depth)
        rows.fill(chosen, fresh)
        if cache:
            cache.put_many([(keys[i], row) for i, row in zip(chosen, fresh, strict=True)])
        yield Progress(rows.n_filled, len(unique), "reading texts")
    return rows.activations(model.info, reading, texts, unique)


def record_places(
    model: LoadedModel, encodings: Sequence[Encoding], places: Sequence[Sequence[Sequence[int]]]
) -> Job[FloatArray]:
    """Means of the residual stream over some tokens of texts, at every layer, as a job that yields after each batch.

    Args:
        model: The model.
        encodings: The texts, tokenized.
        places: For each text equally many lists of positions, none of them empty; the tokens of a list are averaged.

    Returns:
        float32 [texts, places, layers, width].

    Raises:
        ModelError: Numbers that are not finite.
    """
    count = len(places[0]) if places else 0
    found = np.zeros((len(encodings), count, model.info.layers, model.info.width), np.float32)
    done = 0
    for batch in length_sorted([len(one) for one in encodings]):
        ids = pad_right([encodings[i] for i in batch], _any_id(model), model.info.device, model.info.context)
        pooled = _trace_places(model, ids, [[list(one) for one in places[i]] for i in batch])
        found[batch] = torch.stack(pooled, dim=2).cpu().numpy()  # (rows, places, layers, width)
        done += len(batch)
        yield Progress(done, len(encodings), "reading places")
    if not np.isfinite(found).all():
        raise not_finite(model, np.flatnonzero(~np.isfinite(found).all(axis=(0, 1, 3))).tolist())
    return found


def cache_key(model: LoadedModel, text: str, reading: ReadingPosition, depth: int) -> str:
    """Everything that a row of activations depends on."""
    parts = (model.info.fingerprint, str(RECORDER_VERSION), reading.key, str(depth), text)
    return "\x1f".join(parts)


def read_tokens(encoding: Encoding, reading: ReadingPosition) -> list[int]:
    """Positions of the tokens that are read, counted from 0 over all tokens: what the token audit shows."""
    if reading.pooling in ("last", "answer"):
        return [len(encoding) - 1]
    content = [i for i, is_content in enumerate(encoding.content) if is_content]
    if reading.pooling == "last_content":
        return content[-1:]
    read = [i for i in content[reading.start :] if i or reading.first_token]
    return read or content[-1:]


def _read_batch(
    model: LoadedModel, encodings: Sequence[Encoding], reading: ReadingPosition, depth: int
) -> list[CachedRow]:
    ids = pad_right(encodings, _any_id(model), model.info.device, model.info.context)  # (rows, tokens)
    read = [read_tokens(encoding, reading) for encoding in encodings]
    # Without the first token, an attention sink; a text of one token has only that one.
    tails = [list(range(min(1, len(e) - 1), len(e))) for e in encodings]
    with pace().measured("read", model.info, sum(map(len, encodings))):
        pooled, norms = _trace(model, ids, read, tails, depth)
    values = torch.stack(pooled, dim=1).cpu().numpy()  # (rows, 1 + layers, width)
    lengths = torch.stack(norms, dim=1).cpu().numpy()  # (rows, layers)
    if not (np.isfinite(values).all() and np.isfinite(lengths).all()):
        broken = ~np.isfinite(values[:, 1:]).all(axis=(0, 2)) | ~np.isfinite(lengths).all(axis=0)  # (layers,)
        raise not_finite(model, np.flatnonzero(broken).tolist())
    return [CachedRow(values[i], lengths[i], len(e)) for i, e in enumerate(encodings)]


@retried
def _trace(
    model: LoadedModel, ids: torch.Tensor, read: Sequence[list[int]], tails: Sequence[list[int]], depth: int
) -> tuple[list[torch.Tensor], list[torch.Tensor]]:
    envoy, blocks, copy = envoy_of(model), blocks_of(model), model.copy
    inputs = {"input_ids": ids, "use_cache": False}
    with torch.inference_mode(), envoy.trace(inputs, **trace_options(model)) as tracer:
        pooled = nnsight.save([])
        norms = nnsight.save([])
        pooled.append(_means(read_stream(blocks[0].input, copy), read))
        for i in range(depth):
            hidden = read_stream(blocks[i].output, copy)  # (rows, tokens, width)
            pooled.append(_means(hidden, read))
            norms.append(_mean_lengths(hidden, tails))
        tracer.stop()
    return pooled, norms


@retried
def _trace_places(model: LoadedModel, ids: torch.Tensor, places: list[list[list[int]]]) -> list[torch.Tensor]:
    envoy, blocks, copy = envoy_of(model), blocks_of(model), model.copy
    inputs = {"input_ids": ids, "use_cache": False}
    with torch.inference_mode(), envoy.trace(inputs, **trace_options(model)) as tracer:
        pooled = nnsight.save([])
        for i in range(len(blocks)):
            hidden = read_stream(blocks[i].output, copy)  # (rows, tokens, width)
            pooled.append(_place_means(hidden, places))
        tracer.stop()
    found: list[torch.Tensor] = pooled
    return found


def _place_means(hidden: torch.Tensor, places: list[list[list[int]]]) -> torch.Tensor:
    """float32 [rows, places, width] of [rows, tokens, width]."""
    count = len(places[0])
    return torch.stack([_means(hidden, [row[p] for row in places]) for p in range(count)], dim=1)


def _means(hidden: torch.Tensor, read: Sequence[list[int]]) -> torch.Tensor:
    """float32 [rows, width] of [rows, tokens, width]; averaged in float32 whatever the model computes in.

    Row by row over the tokens that are read: a masked sum over the padded length would round differently for a text
    that is padded further.
    """
    return torch.stack([_tokens(hidden[row], tokens).float().mean(0) for row, tokens in enumerate(read)])


def _mean_lengths(hidden: torch.Tensor, tails: Sequence[list[int]]) -> torch.Tensor:
    """float32 [rows], mean length of the residual stream over the tokens of each row."""
    lengths = hidden.float().norm(dim=-1)  # (rows, tokens)
    return torch.stack([_tokens(lengths[row], tokens).mean() for row, tokens in enumerate(tails)])


def _tokens(row: torch.Tensor, tokens: list[int]) -> torch.Tensor:
    """The chosen tokens of a row; a view where they stand side by side, as they nearly always do."""
    begin, end = tokens[0], tokens[-1] + 1
    return row[begin:end] if end - begin == len(tokens) else row[tokens]


def _any_id(model: LoadedModel) -> int:
    """Fills rows up; which token it is changes nothing, see `pad_right`."""
    return int(model.tokenizer.pad_token_id or 0)
