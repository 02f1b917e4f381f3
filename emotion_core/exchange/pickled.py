"""Pickled files are programs, not data: they are told by their first bytes and never opened."""

from __future__ import annotations

from emotion_core.base.errors import VectorFileError

# Two lines that load tensors without running anything, and save them as data. `weights_only` needs torch 2.0 or newer.
RECIPE = (
    "state = torch.load('vectors.pt', weights_only=True, map_location='cpu')\n"
    "safetensors.torch.save_file({f'layer.{i}': v.float().contiguous() for i, v in state.items()}, "
    "'vectors.safetensors')"
)
ENDINGS = (".pt", ".pth", ".bin", ".pkl", ".pickle", ".ckpt")


class PickledFileError(VectorFileError):
    """The file is a pickle; its remedy is `RECIPE`."""


def is_pickle(data: bytes) -> bool:
    """Whether the bytes begin as a pickle of protocol 2 or newer does."""
    return len(data) > 1 and data[0] == 0x80 and 2 <= data[1] <= 5


def refuse_pickle(where: str, found: str) -> PickledFileError:
    """The error for a pickled file, with a recipe for converting it safely."""
    first, second = RECIPE.split("\n")
    return PickledFileError(
        "Pickled files can run any program when they are opened, so they are not",
        where=where,
        expected="GGUF, safetensors, .npy or .npz",
        found=found,
        remedy=f"Convert it yourself in two lines and import the result:  {first}  then  {second}",
    )
