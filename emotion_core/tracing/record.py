"""Records pooled activations of texts: one nnsight trace a batch, no language-model head, cached by content."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from emotion_core.base.activations import (
    RECORDER_VERSION,
    ActivationCache,
    Activations,
    CachedRow,
    FloatArray,
    ModelInfo,
    ReadingPosition,
)
from emotion_core.base.errors import ModelError
from emotion_core.base.jobs import Job, Progress
from emotion_core.base.later import torch
from emotion_core.models.encode import Encoding
from emotion_core.models.loaded import LoadedModel
from emotion_core.models.prepare import not_finite
from emotion_core.tracing.envoy import (
    along,
    blocks_of,
    cut,
    envoy_of,
    read_stream,
    retried,
    stacked,
    timed,
    trace_options,
)

Doubles = npt.NDArray[np.float64]

# Enough tokens to keep two cores busy, few enough to answer a cancel and to stay small in memory.
TOKENS_PER_BATCH = 2048

# Texts are padded to a multiple of this and of about a thirtieth of their length, whichever is more.
LENGTH_MULTIPLE = 4
# Products over fewer tokens round otherwise.
LEAST_LENGTH = 16
# Elsewhere every batch is a request that waits in a line, so there are few and large ones, whatever padding they need.
REMOTE_MULTIPLE = 64
ELSEWHERE = 8  # times as many tokens in a batch


def padded_length(length: int, multiple: int = LENGTH_MULTIPLE) -> int:
    """Tokens of a text with its padding, which depends on nothing but its length.

    Attention adds up in steps of the padded length, so a text padded further gives other last bits. A text padded
    always alike gives the same bits whatever the other rows are (float32 on a CPU, three trained models), so what is
    read of a text, and kept in a cache that visitors share, does not depend on which texts it was read together with.
    Padding adds a thirtieth on average, and there are at most 16 padded lengths between a length and its double.
    """
    step = max(multiple, 1 << max(0, length.bit_length() - 5))
    return max(LEAST_LENGTH, length + -length % step)


def length_sorted(
    lengths: Sequence[int], tokens_per_batch: int = TOKENS_PER_BATCH, multiple: int = LENGTH_MULTIPLE
) -> list[list[int]]:
    """Splits indices into batches of one padded length each and of at most `tokens_per_batch` tokens.

    Longest first: the first batch needs the most memory, so a model that fits at all fails at once or not at all.

    Args:
        lengths: Tokens of each text.
        tokens_per_batch: Limit on rows times their padded length; a longer text is a batch of its own.
        multiple: That texts of a batch are padded to at least.

    Returns:
        Lists of indices into `lengths`; every index once.
    """
    alike: dict[int, list[int]] = {}
    for i in sorted(range(len(lengths)), key=lambda i: (-lengths[i], i)):
        alike.setdefault(padded_length(lengths[i], multiple), []).append(i)
    batches: list[list[int]] = []
    for padded, texts in alike.items():
        rows = max(1, tokens_per_batch // max(1, padded))
        batches += [texts[k : k + rows] for k in range(0, len(texts), rows)]
    return batches


def tokens_per_batch(model: LoadedModel) -> int:
    """How many tokens go through a model at once, where their logits are not needed."""
    return TOKENS_PER_BATCH if _here(model) else ELSEWHERE * TOKENS_PER_BATCH


def batches_of(model: LoadedModel, lengths: Sequence[int], most: int | None = None) -> list[list[int]]:
    """`length_sorted` for texts that a model reads here, or in few requests elsewhere.

    Args:
        model: The model.
        lengths: Tokens of each text.
        most: Limit of tokens in a batch, by default `tokens_per_batch`.
    """
    most = tokens_per_batch(model) if most is None else most
    return length_sorted(lengths, most, LENGTH_MULTIPLE if _here(model) else REMOTE_MULTIPLE)


def _here(model: LoadedModel) -> bool:
    return model.remote is None or model.remote.where == "dry run"


def pad_right(encodings: Sequence[Encoding], pad_id: int, device: str, context: int) -> torch.Tensor:
    """Token ids int64 [rows, tokens], rows filled up on the right to the longest one's padding, or to the context.

    In a causal model no token sees what stands to its right, and positions count from the left. Padding on the right
    therefore changes nothing for the tokens that are read, and needs neither a mask nor position ids; padding on the
    left (nnsight's default for strings) needs both to be right in every architecture.
    """
    longest = max(len(e) for e in encodings)
    longest = max(longest, min(context, padded_length(longest)))
    rows = [[*e.ids, *([pad_id] * (longest - len(e)))] for e in encodings]
    return torch.tensor(rows, dtype=torch.int64, device=device)


# Rows fetched from the cache at a time: what is on its way from the file is all that exists beside the result.
_AT_A_TIME = 500


class Rows:
    """One row a text, filled in any order.

    Args:
        n: Texts.
        depth: Layers.
        width: Of the residual stream.
    """

    def __init__(self, n: int, depth: int, width: int) -> None:
        self._depth, self._width = depth, width
        self._values = np.empty((n, 1 + depth, width), dtype=np.float32)  # row 0 is the input of block 0
        self._token_norms = np.empty((n, depth), dtype=np.float32)
        self._n_tokens = np.zeros(n, dtype=np.int64)
        self._filled = np.zeros(n, dtype=bool)

    @property
    def n_filled(self) -> int:
        """Rows that are there."""
        return int(self._filled.sum())

    def missing(self) -> list[int]:
        """Rows that are not there yet."""
        return [int(i) for i in np.flatnonzero(~self._filled)]

    def fill(self, index: Sequence[int], rows: Sequence[CachedRow]) -> None:
        """Takes rows over."""
        for i, row in zip(index, rows, strict=True):
            self._values[i], self._token_norms[i], self._n_tokens[i] = row.values, row.token_norms, row.n_tokens
            self._filled[i] = True

    def fill_from(self, cache: ActivationCache, keys: Sequence[str]) -> None:
        """Takes over every row that a cache has under its key."""
        for begin in range(0, len(keys), _AT_A_TIME):
            found = cache.get_many(keys[begin : begin + _AT_A_TIME], self._depth, self._width)
            self.fill([begin + i for i in found], list(found.values()))

    def activations(
        self, model: ModelInfo, reading: ReadingPosition, texts: Sequence[str], unique: Sequence[str]
    ) -> Activations:
        """The rows as activations of texts; a copy is made only where a text comes twice.

        Args:
            model: That was read.
            reading: Where.
            texts: As asked for.
            unique: The texts of the rows.
        """
        values, norms, n_tokens = self._values, self._token_norms, self._n_tokens
        if len(unique) != len(texts):
            place = {text: i for i, text in enumerate(unique)}
            index = [place[text] for text in texts]
            values, norms, n_tokens = values[index], norms[index], n_tokens[index]
        return Activations(model, reading, tuple(texts), values[:, 1:], values[:, 0], norms, n_tokens)


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
    for batch in batches_of(model, [len(encodings[i]) for i in missing]):
        chosen = [missing[b] for b in batch]
        fresh = read_batch(model, [encodings.pop(i) for i in chosen], reading, depth)
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
    for batch in batches_of(model, [len(one) for one in encodings]):
        ids = pad_right([encodings[i] for i in batch], _any_id(model), model.info.device, model.info.context)
        pooled = _trace_places(model, ids, [[list(one) for one in places[i]] for i in batch])
        found[batch] = stacked(pooled, dim=2).numpy()  # (rows, places, layers, width)
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


def read_batch(
    model: LoadedModel, encodings: Sequence[Encoding], reading: ReadingPosition, depth: int
) -> list[CachedRow]:
    """Reads texts in one batch, whatever padding they need; `depth` layers of them."""
    ids = pad_right(encodings, _any_id(model), model.info.device, model.info.context)  # (rows, tokens)
    read = [read_tokens(encoding, reading) for encoding in encodings]
    # Without the first token, an attention sink; a text of one token has only that one.
    tails = [list(range(min(1, len(e) - 1), len(e))) for e in encodings]
    with timed(model, "read", sum(map(len, encodings))):
        pooled, norms = _trace(model, ids, read, tails, depth)
    values = stacked(pooled, dim=1).numpy()  # (rows, 1 + layers, width)
    lengths = stacked(norms, dim=1).numpy()  # (rows, layers)
    if not (np.isfinite(values).all() and np.isfinite(lengths).all()):
        broken = ~np.isfinite(values[:, 1:]).all(axis=(0, 2)) | ~np.isfinite(lengths).all(axis=0)  # (layers,)
        raise not_finite(model, np.flatnonzero(broken).tolist())
    return [CachedRow(values[i], lengths[i], len(e)) for i, e in enumerate(encodings)]


@retried
def _trace(
    model: LoadedModel, ids: torch.Tensor, read: Sequence[list[int]], tails: Sequence[list[int]], depth: int
) -> tuple[list[torch.Tensor], list[torch.Tensor]]:
    import nnsight

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
    import nnsight

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


def project_tokens(
    model: LoadedModel, encodings: Sequence[Encoding], layer: int, directions: FloatArray
) -> Job[list[FloatArray]]:
    """Projects every token of texts, as a job that yields after each batch.

    Args:
        model: The model.
        encodings: The texts, tokenized.
        layer: Layer whose output is projected.
        directions: float32 [directions, width], unit length.

    Returns:
        For each text float32 [tokens, directions].
    """
    found = yield from project_layers(model, encodings, {layer: directions})
    return [one[:, 0] for one in found]


def project_layers(
    model: LoadedModel, encodings: Sequence[Encoding], directions: Mapping[int, FloatArray]
) -> Job[list[FloatArray]]:
    """Projects every token of texts at several layers in one pass, as a job that yields after each batch.

    Only the projections of a batch are kept, never its residual streams, so memory does not grow with the width.

    Args:
        model: The model.
        encodings: The texts, tokenized, none longer than the context.
        directions: For each layer that is read float32 [directions, width], unit length, equally many for each.

    Returns:
        For each text float32 [tokens, layers, directions], layers in ascending order.
    """
    matrices = {i: torch.tensor(directions[i], device=model.info.device) for i in sorted(directions)}
    # Of many directions the stream itself is less to send, and the directions need not travel.
    whole = model.remote is not None and any(len(one) > one.shape[1] for one in matrices.values())
    found: dict[int, FloatArray] = {}
    for batch in batches_of(model, [len(one) for one in encodings]):
        chosen = [encodings[i] for i in batch]
        ids = pad_right(
            chosen, int(model.tokenizer.pad_token_id or 0), model.info.device, model.info.context
        )  # (rows, tokens)
        with timed(model, "read", sum(map(len, chosen))):
            spans = [(0, len(one)) for one in chosen]
            if whole:
                streams = _trace_of_tokens(model, ids, spans, dict.fromkeys(matrices))
                projected = stacked([along(one, matrices[i]) for i, one in zip(matrices, streams, strict=True)], dim=1)
            else:
                projected = stacked(_trace_of_tokens(model, ids, spans, matrices), dim=1)
        # (tokens, layers, directions) of each text
        parts = np.split(projected.numpy(), np.cumsum([len(one) for one in chosen])[:-1])
        found.update(zip(batch, parts, strict=True))
        yield Progress(len(found), len(encodings), "reading tokens")
    return [found[i] for i in range(len(encodings))]


@retried
def _trace_of_tokens(
    model: LoadedModel,
    ids: torch.Tensor,
    spans: Sequence[tuple[int, int]],
    matrices: Mapping[int, torch.Tensor | None],
) -> list[torch.Tensor]:
    """Projections at each layer, float32 [tokens of all rows, directions]; the stream where there is no matrix."""
    import nnsight

    envoy, blocks, copy = envoy_of(model), blocks_of(model), model.copy
    with torch.inference_mode(), envoy.trace({"input_ids": ids, "use_cache": False}, **trace_options(model)) as tracer:
        kept = nnsight.save([])
        for layer, matrix in matrices.items():
            hidden = read_stream(blocks[layer].output, copy)
            kept.append(cut(hidden if matrix is None else along(hidden, matrix), spans))
        tracer.stop()
    found: list[torch.Tensor] = kept
    return found


@dataclass(frozen=True)
class Sums:
    """What many texts read on directions, added up.

    Attributes:
        weighted: float64 [sums, layers, directions], weighted sums over tokens.
        squares: float64 [layers, directions], sums of squares over the same tokens.
        means: For each text float32 [means, layers, directions].
    """

    weighted: Doubles
    squares: Doubles
    means: tuple[FloatArray, ...]


# Of a text the tokens that are added up, and those of each mean.
Places = tuple[list[int], list[list[int]]]


def project_sums(
    model: LoadedModel,
    encodings: Sequence[Encoding],
    directions: Mapping[int, FloatArray],
    places: Sequence[Places],
    weights: Doubles,
) -> Job[Sums]:
    """Sums of projections that are added up where the model is, in one request, as a job.

    Of more directions than the stream is wide the sums are those of the stream and of its products, which give the
    same for every direction, and the directions stay here.

    Args:
        model: The model.
        encodings: The texts, tokenized, none longer than the context.
        directions: As `project_layers` takes them.
        places: For each text its tokens that are added up, and those of each mean, none of them empty.
        weights: float64 [positions, sums], what a token at a position weighs.
    """
    yield Progress(0, len(encodings), "reading tokens")
    matrices = {i: torch.tensor(directions[i], device=model.info.device) for i in sorted(directions)}
    whole = any(len(one) > one.shape[1] for one in matrices.values())
    sent = dict.fromkeys(matrices) if whole else matrices
    batches, order = [], []
    for batch in batches_of(model, [len(one) for one in encodings]):
        ids = pad_right([encodings[i] for i in batch], _any_id(model), model.info.device, model.info.context)
        batches.append((ids, [places[i] for i in batch]))
        order += batch
    added, rows = _trace_of_sums(model, batches, sent, torch.from_numpy(weights))
    weighted, squares = [], []
    for one, matrix in zip(added, matrices.values(), strict=True):
        first, products = one.cpu()[: weights.shape[1]], one.cpu()[weights.shape[1] :]
        exact = matrix.cpu().double()  # (directions, width)
        weighted.append(first @ exact.T if whole else first)
        squares.append(((exact @ products) * exact).sum(1) if whole else products[0])
    projected = [along(one.cpu(), matrix.cpu()) if whole else one.cpu() for one, matrix in _paired(rows, matrices)]
    layers = [torch.cat(projected[k :: len(matrices)]) for k in range(len(matrices))]
    ends = np.cumsum([len(places[i][1]) for i in order])[:-1]
    parts = dict(zip(order, np.split(torch.stack(layers, dim=1).numpy(), ends), strict=True))
    yield Progress(len(encodings), len(encodings), "reading tokens")
    means = tuple(parts[i] for i in range(len(encodings)))
    return Sums(torch.stack(weighted, dim=1).numpy(), torch.stack(squares).numpy(), means)


def _paired(
    rows: Sequence[torch.Tensor], matrices: Mapping[int, torch.Tensor]
) -> list[tuple[torch.Tensor, torch.Tensor]]:
    """What came of each batch and layer with the directions of the layer."""
    return list(zip(rows, [*matrices.values()] * (len(rows) // len(matrices)), strict=True))


@retried
def _trace_of_sums(
    model: LoadedModel,
    batches: Sequence[tuple[torch.Tensor, list[Places]]],
    matrices: Mapping[int, torch.Tensor | None],
    weights: torch.Tensor,
) -> tuple[list[torch.Tensor], list[torch.Tensor]]:
    """At each layer what `_added` gives, of all batches together; of each batch and layer what `_averaged` gives."""
    import nnsight

    envoy, blocks, copy = envoy_of(model), blocks_of(model), model.copy
    with envoy.session(**trace_options(model)):
        totals = nnsight.save([])
        rows = nnsight.save([])
        parts: list[torch.Tensor] = []
        with torch.no_grad():  # whether gradients are on is up to the service
            for ids, placed in batches:
                with envoy.trace({"input_ids": ids, "use_cache": False}) as tracer:
                    for layer, matrix in matrices.items():
                        hidden = read_stream(blocks[layer].output, copy)
                        read = hidden.float() if matrix is None else along(hidden, matrix)
                        parts.append(_added(read, placed, weights, matrix is None))
                        rows.append(_averaged(read, placed))
                    tracer.stop()
        for k in range(len(matrices)):
            totals.append(torch.stack(parts[k :: len(matrices)]).sum(0))
    return totals, rows


def _added(read: torch.Tensor, placed: Sequence[Places], weights: torch.Tensor, products: bool) -> torch.Tensor:
    """Weighted sums of tokens, and sums of their squares or of the products of all columns.

    Args:
        read: [rows, tokens, columns].
        placed: Of each row.
        weights: float64 [positions, sums].
        products: Of all pairs of columns.

    Returns:
        float64 [sums + 1, columns], or [sums + columns, columns].
    """
    total = None
    for row, (tokens, _) in zip(read, placed, strict=True):
        if tokens:
            values = row[tokens].double()  # (n, columns)
            second = values.T @ values if products else (values**2).sum(0, keepdim=True)
            one = torch.cat([weights.to(row.device)[tokens].T @ values, second])
            total = one if total is None else total + one
    size = weights.shape[1] + (read.shape[2] if products else 1)
    return read.new_zeros((size, read.shape[2]), dtype=torch.float64) if total is None else total


def _averaged(read: torch.Tensor, placed: Sequence[Places]) -> torch.Tensor:
    """float32 [means of all rows, columns] of [rows, tokens, columns]."""
    found = [row[one].float().mean(0) for row, (_, means) in zip(read, placed, strict=True) for one in means]
    return torch.stack(found) if found else read.new_zeros((0, read.shape[2]))


@retried
def number_format(model: LoadedModel) -> str:
    """What the model computes in where its traces run, such as `bfloat16`, asked with a trace of one token."""
    import nnsight

    envoy, blocks, copy = envoy_of(model), blocks_of(model), model.copy
    inputs = {"input_ids": torch.zeros((1, 1), dtype=torch.int64), "use_cache": False}
    with torch.inference_mode(), envoy.trace(inputs, **trace_options(model)) as tracer:
        formats = nnsight.save([])
        formats.append(str(read_stream(blocks[0].output, copy).dtype))
        tracer.stop()
    return str(formats[0]).removeprefix("torch.")
