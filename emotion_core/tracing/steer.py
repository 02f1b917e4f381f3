"""Steering inside a trace: edits of the residual stream, one strength and one direction a row.

Five operations on what lies along a direction, each of which may be kept behind a gate. All of them are plain tensor
arithmetic row by row and token by token, so a row is steered alike in any batch, and a trace can be sent to NDIF.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:  # named in annotations alone, so settings that name an operation do not wait for it
    import torch

Operation = Literal["add", "project_out", "clamp", "cap", "floor"]
OPERATIONS: tuple[Operation, ...] = ("add", "project_out", "clamp", "cap", "floor")
# Strength is a share of what can be taken away or filled up there, and no length.
SHARES: tuple[Operation, ...] = ("project_out", "cap", "floor")
BOUNDED: tuple[Operation, ...] = ("cap", "floor")
# What lies along the direction becomes less, so its reading should fall.
TAKES_AWAY: tuple[Operation, ...] = ("project_out", "cap")


@dataclass(frozen=True)
class OpenWhen:
    """A gate: a token is steered only where another reading of it is above a threshold.

    The reading is that of the residual stream as the block gives it, before anything is done to it at this layer.

    Attributes:
        directions: float32 [rows, width], what is read, unit length.
        thresholds: float32 [rows], projections.
        below: Open below the threshold instead of above it.
    """

    directions: torch.Tensor
    thresholds: torch.Tensor
    below: bool = False


@dataclass(frozen=True)
class Intervention:
    """An edit of one block's output in every row of a batch.

    Attributes:
        layer: The block whose output is edited.
        operation: `add` moves by amount x direction; `project_out` takes away the share `amount` of what lies along
            the direction; `clamp` sets the projection on the direction to `amount`; `cap` takes away the share `amount`
            of what lies above `bounds` (activation capping), `floor` fills up the share of what is missing below them.
        directions: float32 [rows, width], unit length.
        amounts: float32 [rows], or [rows, tokens] where tokens are steered differently, in the units of the residual
            stream (a share for `project_out`, `cap` and `floor`). Where it is 0 nothing is done, bit for bit.
        bounds: float32 [rows], projections that `cap` and `floor` hold to; None for the other operations.
        gate: Where it is closed nothing is done, bit for bit; None is always open.
    """

    layer: int
    operation: Operation
    directions: torch.Tensor
    amounts: torch.Tensor
    bounds: torch.Tensor | None = None
    gate: OpenWhen | None = None

    def rows(self, index: torch.Tensor) -> Intervention:
        """The same for a selection of rows."""
        gate = self.gate and replace(
            self.gate, directions=self.gate.directions[index], thresholds=self.gate.thresholds[index]
        )
        return Intervention(
            self.layer,
            self.operation,
            self.directions[index],
            self.amounts[index],
            None if self.bounds is None else self.bounds[index],
            gate,
        )

    def times(self, weights: torch.Tensor) -> Intervention:
        """The same with amounts times float32 [rows] or [rows, tokens]."""
        amounts = self.amounts[:, None] if weights.dim() > self.amounts.dim() else self.amounts
        return replace(self, amounts=amounts * weights)


def by_layer(edits: Iterable[Intervention]) -> list[tuple[int, list[Intervention]]]:
    """Edits of the same layer together, in forward order, which is how a trace reads layers."""
    found: dict[int, list[Intervention]] = {}
    for edit in edits:
        found.setdefault(edit.layer, []).append(edit)
    return sorted(found.items())


def steered_by(hidden: torch.Tensor, edits: Sequence[Intervention]) -> torch.Tensor:
    """The residual stream of a layer after all its edits, one after the other; gates read it as it arrived."""
    moved = hidden
    for edit in edits:
        moved = steered(moved, edit, hidden)
    return moved


def steered(hidden: torch.Tensor, edit: Intervention, arrived: torch.Tensor | None = None) -> torch.Tensor:
    """The edited residual stream.

    Args:
        hidden: [rows, tokens, width] in the model's dtype, or [rows, tokens, copies, width]: each copy is edited alike.
        edit: The intervention, with as many rows.
        arrived: What its gate reads, of the same shape; `hidden` by default.

    Returns:
        The same shape, in the dtype of `hidden`.
    """
    rows, between = len(edit.directions), (1,) * (hidden.dim() - 2)
    direction = edit.directions.to(hidden.device).reshape(rows, *between, -1)  # (rows, 1, width)
    amount = edit.amounts.to(hidden.device).reshape(rows, -1, *between)  # (rows, 1 or tokens, 1)
    exact, acts = hidden.float(), amount != 0
    if edit.operation == "add":
        change = amount
    else:
        along = (exact * direction).sum(-1, keepdim=True)  # (rows, tokens, 1)
        if edit.operation == "project_out":
            change = -amount * along
        elif edit.operation == "clamp":
            change = amount - along
        else:
            beyond = edit.bounds.to(hidden.device).reshape(rows, *between, 1) - along  # type: ignore[union-attr]
            change = amount * (beyond.clamp(max=0) if edit.operation == "cap" else beyond.clamp(min=0))
            acts = acts & (change != 0)
    if edit.gate is not None:
        read = (hidden if arrived is None else arrived).float()
        read = read.mean(2, keepdim=True) if read.dim() == 4 else read
        looked = edit.gate.directions.to(hidden.device).reshape(rows, *between, -1)
        over = (read * looked).sum(-1, keepdim=True) - edit.gate.thresholds.to(hidden.device).reshape(rows, *between, 1)
        acts = acts & ((over < 0) if edit.gate.below else (over > 0))
    moved = exact + change * direction
    # Where nothing is done the stream must not pass through arithmetic that could round it.
    return moved.to(hidden.dtype).where(acts, hidden)
