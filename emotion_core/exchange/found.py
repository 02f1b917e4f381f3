"""What a file of another tool holds, before anything that it lacks has been asked for."""

from __future__ import annotations

from dataclasses import dataclass

from emotion_core.base.activations import FloatArray
from emotion_core.base.errors import VectorFileError


@dataclass(frozen=True)
class Piece:
    """One array of the file.

    Attributes:
        emotion: Place in `Found.emotions`.
        layer: The number that the file gives it, None where it gives none.
        values: float32 [rows, width]; without a layer number, several rows are layers in order.
    """

    emotion: int
    layer: int | None
    values: FloatArray


@dataclass(frozen=True)
class Found:
    """Vectors without a manifest of this project.

    Attributes:
        source: Name of the file.
        format: In words, such as `GGUF control vector`.
        emotions: Names, in the file's order; an empty one where the file has none.
        pieces: The arrays, all of one width.
        hint: What the file says about its model, such as `gpt2`; empty where it says nothing.
    """

    source: str
    format: str
    emotions: tuple[str, ...]
    pieces: tuple[Piece, ...]
    hint: str = ""

    def __post_init__(self) -> None:
        widths = sorted({piece.values.shape[1] for piece in self.pieces})
        if not self.pieces or 0 in widths:
            raise VectorFileError("The file holds no vectors", where=self.source, remedy="Choose another file")
        if len(widths) > 1:
            raise VectorFileError(
                "The vectors are of different widths, so they belong to different models",
                where=self.source,
                expected="one width",
                found=" and ".join(map(str, widths[:4])),
                remedy="Import them one file a model",
            )

    @property
    def width(self) -> int:
        """Size of the vectors."""
        return int(self.pieces[0].values.shape[1])

    @property
    def unnamed(self) -> int:
        """How many emotions have no name."""
        return sum(not name for name in self.emotions)

    @property
    def needs_layer(self) -> bool:
        """Whether a single vector comes without the layer it belongs to."""
        return any(piece.layer is None and len(piece.values) == 1 for piece in self.pieces)

    @property
    def numbers(self) -> tuple[int, ...]:
        """The layer numbers of the file, counted from 0 where it only has rows in order."""
        named = {piece.layer for piece in self.pieces if piece.layer is not None}
        rows = [range(len(piece.values)) for piece in self.pieces if piece.layer is None and len(piece.values) > 1]
        return tuple(sorted(named.union(*rows)))

    def describe(self) -> str:
        """One sentence for people."""
        count = len(self.emotions)
        named = [name for name in self.emotions if name]
        shown = ", ".join(named[:6]) + (", ..." if len(named) > 6 else "") if named else "without a name"
        layers = self.numbers
        where = "without a layer number"
        if layers:
            where = f"layers {layers[0]} to {layers[-1]}" if len(layers) > 1 else f"layer {layers[0]}"
        about = f", made for {self.hint}" if self.hint else ""
        return (
            f"{self.format}: {count} emotion{'s' * (count > 1)} ({shown}), {where}, vectors of {self.width} "
            f"numbers{about}."
        )


@dataclass(frozen=True)
class Answers:
    """What the visitor knows about the file.

    Attributes:
        emotions: Names for the emotions that have none, in order.
        layer: The layer of vectors that come without a number, counted from 0: the output of that block.
        shift: Added to the layer numbers of the file; -1 where it counts the embeddings as 0.
        selected_layer: The layer to work with; None takes the one at two thirds of the depth, or the nearest there is.
    """

    emotions: tuple[str, ...] = ()
    layer: int | None = None
    shift: int = 0
    selected_layer: int | None = None
