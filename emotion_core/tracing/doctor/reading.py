"""Checks of what is read: traces against hooks, padding, determinism, size of the numbers."""

from __future__ import annotations

import numpy as np

from emotion_core.base.activations import Activations, FloatArray, ReadingPosition
from emotion_core.base.jobs import run_to_end
from emotion_core.base.later import torch
from emotion_core.models.loaded import LoadedModel
from emotion_core.models.prepare import not_finite
from emotion_core.tracing.doctor.check import REPORT, Check, rounding, verdict
from emotion_core.tracing.doctor.hooks import forward
from emotion_core.tracing.doctor.probe import probe_ids, probes
from emotion_core.tracing.doctor.sinks import SINK, stream_sizes
from emotion_core.tracing.record import read_batch, record


def trace_equals_hooks(model: LoadedModel) -> Check:
    """Compares the recorder with plain PyTorch hooks on one text, at every layer and in the embeddings."""
    text = max(probes(model), key=lambda one: len(model.encode(one)))
    encoding = model.encode(text)
    seen, _ = forward(model, torch.tensor([encoding.ids], device=model.info.device))
    content = torch.tensor(encoding.content)
    streams = [seen.inputs[0][0], *(outputs[0] for outputs in seen.outputs)]
    plain = np.stack([h[0].float().cpu()[content].mean(0).numpy() for h in streams])  # (1 + layers, width)
    read = _read(model, [text])
    traced = np.concatenate([read.embeddings[:, None], read.values], axis=1)[0]
    apart, where = _largest(traced, plain)
    layer = "the embeddings" if where == 0 else f"layer {where - 1}"
    limit = rounding(model) / 10
    detail = (
        f"Over {len(encoding)} tokens and {model.info.layers} layers, traces and plain hooks differ by at most "
        f"{apart:.1e} of the residual stream's length (at {layer}; up to {limit:.0e} is rounding)."
    )
    return verdict("trace equals hooks", apart <= limit, detail, REPORT)


def padding_changes_nothing(model: LoadedModel) -> Check:
    """Reads texts of different lengths in one batch, padded to the longest, and each alone."""
    texts = probes(model)
    encodings = [model.encode(text) for text in texts]
    together = read_batch(model, encodings, ReadingPosition(first_token=True), model.info.layers)
    apart, where = 0.0, 0
    for i, text in enumerate(texts):
        one, _ = _largest(together[i].values[1:], _read(model, [text]).values[0])
        if not one <= apart:
            apart, where = one, i
    lengths = [len(one) for one in encodings]
    limit = rounding(model)
    detail = (
        f"{len(texts)} texts of {min(lengths)} to {max(lengths)} tokens, read alone and in one "
        f"padded batch, differ by at most {apart:.1e} of the residual stream's length (text {where + 1}; up to "
        f"{limit:.0e} is rounding)."
    )
    remedy = (
        "Tokens of this model see what stands behind them, so it is no causal language model, or its masks are wrong: "
        "choose another model"
    )
    return verdict("padding changes nothing", apart <= limit, detail, remedy)


def deterministic(model: LoadedModel) -> Check:
    """Reads the same texts twice."""
    first, second = _read(model, probes(model)), _read(model, probes(model))
    apart, _ = _largest(first.values, second.values)
    same = bool((first.values == second.values).all())
    detail = (
        "Reading the same texts twice gives the same numbers, bit for bit."
        if same
        else f"Reading the same texts twice gives numbers that differ by {apart:.1e} of the residual stream's length."
    )
    remedy = "Run on one thread (OMP_NUM_THREADS=1), or on the CPU, and check that dropout is off"
    return verdict("determinism", same, detail, remedy)


def finite_activations(model: LoadedModel) -> Check:
    """Looks for infinite numbers, and how near the largest one comes to the dtype's limit."""
    seen, logits = forward(model, probe_ids(model))
    largest = [float(outputs[0].float().abs().max()) for outputs in seen.outputs]
    broken = [i for i, size in enumerate(largest) if not np.isfinite(size)]
    top = torch.finfo(getattr(torch, model.info.computes_in)).max
    if broken or not bool(torch.isfinite(logits).all()):
        where = f"at layer {broken[0]}" if broken else "in the logits"
        error = not_finite(model, broken)
        detail = (
            f"Numbers that are not finite appear {where} in {model.info.computes_in}: {error.what} ({error.found})."
        )
        return Check("finite activations", False, detail, error.remedy)
    peak = int(np.argmax(largest))
    share = largest[peak] / top
    detail = (
        f"The largest activation is {largest[peak]:.3g} (layer {peak}); {model.info.computes_in} holds up to {top:.3g}"
        + (f", of which that is {share:.1%}." if share > 1e-3 else ".")
    )
    # Steering adds up to a few lengths of the stream: half of the range leaves no room for it.
    return verdict("finite activations", share < 0.5, detail, "Load the model in float32 or bfloat16")


def huge_dimensions(model: LoadedModel) -> Check:
    """Says how much of the squared length a single dimension carries; informational."""
    shares = stream_sizes(model, probe_ids(model)[0].tolist()).shares  # (layers, width)
    layer, dimension = (int(i) for i in np.unravel_index(shares.argmax(), shares.shape))
    share = float(shares[layer, dimension])
    detail = (
        f"At layer {layer}, dimension {dimension} of {model.info.width} carries {share:.0%} of the squared length of "
        f"the residual stream, more than any other at any layer."
    )
    if share > 0.2:
        detail += " Compare results with the neutral projection on, which takes such dimensions out."
    return Check("huge dimensions", True, detail)


def attention_sinks(model: LoadedModel) -> Check:
    """Says how much longer single tokens are than the others; informational."""
    encoding = model.encode(max(probes(model), key=lambda one: len(model.encode(one))))
    sizes = stream_sizes(model, encoding.ids)
    most, layer = sizes.longest(0)
    detail = f"The first token is up to {most:.3g} times as long as the median of the others (layer {layer})"
    detail += (
        ": an attention sink. Means and norms leave it out." if most >= SINK else ". Means and norms leave it out."
    )
    others = [i for i in sizes.sinks if i]
    if others:
        token = max(others, key=lambda i: sizes.longest(i)[0])
        more = np.flatnonzero(sizes.times[:, token] >= SINK)
        piece = model.pieces(list(encoding.ids))[token]
        detail += (
            f" The token {piece!r} behind it is {sizes.longest(token)[0]:.3g} times as long, at layers {more[0]} to "
            f"{more[-1]}; it stays in, so trust means at these layers less."
        )
    else:
        detail += f" No other token of {len(encoding)} is {SINK:.0f} times as long."
    return Check("attention sinks", True, detail)


def _read(model: LoadedModel, texts: tuple[str, ...] | list[str]) -> Activations:
    return run_to_end(record(model, texts, ReadingPosition(first_token=True)))


def _largest(values: FloatArray, reference: FloatArray) -> tuple[float, int]:
    """Largest distance of two vectors in lengths of the second, over all leading axes, and its place."""
    lengths = np.maximum(np.linalg.norm(reference, axis=-1), 1e-12)
    apart = (np.linalg.norm(values - reference, axis=-1) / lengths).ravel()
    apart = np.where(np.isfinite(apart), apart, np.inf)
    place = int(apart.argmax())
    return float(apart[place]), place
