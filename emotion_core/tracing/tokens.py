"""Reads texts token by token: the residual stream of one layer, projected on directions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import nnsight
import torch

from emotion_core.base.activations import FloatArray
from emotion_core.base.jobs import Job, Progress
from emotion_core.base.pace import pace
from emotion_core.models.encode import Encoding
from emotion_core.models.loaded import LoadedModel
from emotion_core.tracing.batches import length_sorted, pad_right
from emotion_core.tracing.envoy import blocks_of, envoy_of, read_stream
from emotion_core.tracing.remote import retried, trace_options


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
    found: dict[int, FloatArray] = {}
    for batch in length_sorted([len(one) for one in encodings]):
        chosen = [encodings[i] for i in batch]
        ids = pad_right(
            chosen, int(model.tokenizer.pad_token_id or 0), model.info.device, model.info.context
        )  # (rows, tokens)
        with pace().measured("read", model.info, sum(map(len, chosen))):
            projected = _trace(model, ids, matrices).cpu().numpy()  # (rows, tokens, layers, directions)
        found.update({i: projected[row, : len(encodings[i])] for row, i in enumerate(batch)})
        yield Progress(len(found), len(encodings), "reading tokens")
    return [found[i] for i in range(len(encodings))]


@retried
def _trace(model: LoadedModel, ids: torch.Tensor, matrices: Mapping[int, torch.Tensor]) -> torch.Tensor:
    envoy, blocks, copy = envoy_of(model), blocks_of(model), model.copy
    with torch.inference_mode(), envoy.trace({"input_ids": ids, "use_cache": False}, **trace_options(model)) as tracer:
        kept = nnsight.save([])
        for layer, matrix in matrices.items():
            kept.append(read_stream(blocks[layer].output, copy).float() @ matrix.T)
        tracer.stop()
    return torch.stack(kept, dim=2)
