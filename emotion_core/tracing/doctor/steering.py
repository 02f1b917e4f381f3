"""Checks of steering: every row and every step, strength 0, and how a batch is split."""

from __future__ import annotations

from collections.abc import Sequence

from emotion_core.base.later import torch
from emotion_core.models.loaded import LoadedModel
from emotion_core.tracing.decode import ROW_MULTIPLE, prefill, spread, step
from emotion_core.tracing.doctor.check import REPORT, Check, rounding, verdict
from emotion_core.tracing.doctor.hooks import forward, watched
from emotion_core.tracing.doctor.probe import probe_ids
from emotion_core.tracing.memory import slowness
from emotion_core.tracing.steer import Intervention, Operation

STEPS = 3


def every_row_and_step_steered(model: LoadedModel) -> Check:
    """Compares steered with unsteered decoding: the steered layer moves as asked, earlier ones not at all."""
    name = "every row and step steered"
    layer = max(0, (model.info.layers - 1) // 2)
    edit = _intervention(model, layer, ROW_MULTIPLE)
    plain, plain_logits = _decode(model, ROW_MULTIPLE, [])
    moved, moved_logits = _decode(model, ROW_MULTIPLE, [edit])
    if model.info.layers == 1:
        changed = (moved_logits != plain_logits).any(-1)  # (steps, rows)
        detail = f"In the model's only layer, {int(changed.sum())} of {changed.numel()} rows and steps changed."
        return verdict(name, bool(changed[:, 1:].all()), detail, REPORT)
    asked = (edit.amounts[:, None] * edit.directions).to(model.info.device)[None]  # (1, rows, width)
    # What block i puts out, steering included, is what goes into block i + 1.
    error = (moved[layer + 1].float() - plain[layer + 1].float() - asked).norm(dim=-1)  # (steps, rows)
    length = (plain[layer + 1].float() + asked).norm(dim=-1)
    relative = torch.nan_to_num(error / length, nan=torch.inf)
    before = max(float((moved[i].float() - plain[i].float()).abs().max()) for i in range(layer + 1))
    wrong = int((relative > rounding(model)).sum())
    detail = (
        f"Layer {layer} was steered in {relative.shape[1]} rows and {relative.shape[0]} steps: it moved by strength x "
        f"direction to within {float(relative.max()):.1e} of its length"
        + (f", except in {wrong} of {relative.numel()} rows and steps" if wrong else "")
        + f"; earlier layers moved by {before:.1g}."
    )
    return verdict(name, not wrong and before == 0, detail, REPORT)


def decoding_equals_a_full_forward(model: LoadedModel) -> Check:
    """Feeds a text token by token and in one pass."""
    ids = probe_ids(model)
    _, full = forward(model, ids)
    cache, logits = None, []
    for t in range(ids.shape[1]):
        cache, one = step(model, ids[:, t], cache)
        logits.append(one[0])
    stepwise, whole = torch.stack(logits), full[0].float()
    apart = float((stepwise - whole).norm(dim=-1).max() / whole.norm(dim=-1).max())
    limit = 10 * rounding(model)
    detail = (
        f"{ids.shape[1]} tokens one by one and in one pass give logits that differ by {apart:.1e} of their length "
        f"(up to {limit:.0e} is rounding)."
    )
    if slowness(model):
        detail += " What the model remembers cannot be kept, so each token is computed from the whole text: slow."
    return verdict("decoding equals a full forward", apart <= limit, detail, REPORT)


def strength_zero_is_identity(model: LoadedModel) -> Check:
    """Steers with amount 0 by every operation and compares the logits with no steering."""
    _, plain = _decode(model, ROW_MULTIPLE, [])
    changed = []
    operations: tuple[Operation, ...] = ("add", "project_out", "clamp")
    for operation in operations:
        edit = _intervention(model, model.info.layers // 2, ROW_MULTIPLE, operation)
        still = Intervention(edit.layer, operation, edit.directions, torch.zeros(ROW_MULTIPLE))
        if not torch.equal(_decode(model, ROW_MULTIPLE, [still])[1], plain):
            changed.append(operation)
    detail = (
        f"Strength 0 changes the logits when the operation is {', '.join(changed)}."
        if changed
        else f"Strength 0 gives the same logits as no steering, bit for bit, over {STEPS} steps and all operations."
    )
    return verdict("strength 0 is the identity", not changed, detail, REPORT)


def batch_split_changes_nothing(model: LoadedModel) -> Check:
    """Decodes the same rows in one batch and in three, as a long sweep is split."""
    edit = _intervention(model, model.info.layers // 2, 3 * ROW_MULTIPLE)
    _, whole = _decode(model, 3 * ROW_MULTIPLE, [edit])
    parts = []
    for start in range(0, 3 * ROW_MULTIPLE, ROW_MULTIPLE):
        rows = slice(start, start + ROW_MULTIPLE)
        part = Intervention(edit.layer, edit.operation, edit.directions[rows], edit.amounts[rows])
        parts.append(_decode(model, ROW_MULTIPLE, [part])[1])
    split = torch.cat(parts, dim=1)  # (steps, rows, vocabulary)
    apart = float(torch.nan_to_num((split - whole).norm(dim=-1) / whole.norm(dim=-1), nan=torch.inf).max())
    exact = torch.equal(split, whole)
    limit = rounding(model)
    detail = f"{3 * ROW_MULTIPLE} rows decoded together and in three parts " + (
        "give the same logits, bit for bit."
        if exact
        else f"give logits that differ by {apart:.1e} of their length (up to {limit:.0e} is rounding; a text may "
        "change where two tokens are that close)."
    )
    return verdict("batch split changes nothing", apart <= limit, detail, "Run on one thread, or in float32")


def _intervention(model: LoadedModel, layer: int, rows: int, operation: Operation = "add") -> Intervention:
    """A direction of its own for every row; strengths from 0 (row 0) to one length of the residual stream."""
    generator = torch.Generator().manual_seed(0)
    directions = torch.randn(rows, model.info.width, generator=generator)
    directions = directions / directions.norm(dim=-1, keepdim=True)
    seen, _ = forward(model, probe_ids(model))
    length = float(seen.outputs[layer][0][0, -1].float().norm())
    return Intervention(layer, operation, directions, torch.linspace(0, 1, rows) * length)


def _decode(model: LoadedModel, rows: int, edits: Sequence[Intervention]) -> tuple[list[torch.Tensor], torch.Tensor]:
    """Decodes fixed tokens after a prompt: input of every block [steps, rows, width], logits [steps, rows, vocabulary].

    The tokens do not depend on the steering, so that two calls can be compared step by step.
    """
    ids = probe_ids(model)[0].tolist()
    steps = min(STEPS, len(ids))
    prompt, forced = ids[:-steps], ids[-steps:]
    cache = spread(prefill(model, [prompt]), [0] * rows) if prompt else None
    logits = []
    with watched(model) as seen:
        for token in forced:
            cache, one = step(model, torch.full((rows,), token, device=model.info.device), cache, edits)
            logits.append(one)
    return [torch.stack([x[:, -1] for x in inputs]) for inputs in seen.inputs], torch.stack(logits)
