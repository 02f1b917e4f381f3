"""Steering inside a trace: edits of the residual stream, one strength and one direction a row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import torch

Operation = Literal["add", "project_out", "clamp"]


@dataclass(frozen=True)
class Intervention:
    """An edit of one block's output in every row of a batch.

    Attributes:
        layer: The block whose output is edited.
        operation: `add` moves by amount x direction; `project_out` takes away the share `amount` of what lies along
            the direction; `clamp` sets the projection on the direction to `amount`.
        directions: float32 [rows, width], unit length.
        amounts: float32 [rows], in the units of the residual stream (a share for `project_out`). A row with amount 0
            is left alone in every operation, bit for bit.
    """

    layer: int
    operation: Operation
    directions: torch.Tensor
    amounts: torch.Tensor


def steered(hidden: torch.Tensor, edit: Intervention) -> torch.Tensor:
    """The edited residual stream.

    Args:
        hidden: [rows, tokens, width] in the model's dtype, or [rows, tokens, copies, width]: each copy is edited alike.
        edit: The intervention, with as many rows.

    Returns:
        The same shape, in the dtype of `hidden`.
    """
    between = (1,) * (hidden.dim() - 2)
    direction = edit.directions.to(hidden.device).reshape(len(edit.directions), *between, -1)  # (rows, 1, width)
    amount = edit.amounts.to(hidden.device).reshape(-1, *between, 1)  # (rows, 1, 1)
    exact = hidden.float()
    if edit.operation == "add":
        moved = exact + amount * direction
    else:
        along = (exact * direction).sum(-1, keepdim=True)  # (rows, tokens, 1)
        change = -amount * along if edit.operation == "project_out" else amount - along
        moved = exact + change * direction
    # The rows with amount 0 must not pass through arithmetic that could round them.
    return torch.where(amount == 0, hidden, moved.to(hidden.dtype))
