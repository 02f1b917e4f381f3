"""Pickled files are programs, not data: they are told by their first bytes and never opened."""

from __future__ import annotations

from emotion_core.base.errors import VectorFileError

# Lines that load tensors without running anything, and save them as data: a tensor alone (persona vectors, CAA), a
# dictionary by layer, or one inside `layer_activations` (steering-vectors). `weights_only` needs torch 2.0 or newer.
RECIPE = (
    "import torch, safetensors.torch\n"
    "state = torch.load('vectors.pt', weights_only=True, map_location='cpu')\n"
    "state = state.get('layer_activations', state) if isinstance(state, dict) else {'vectors': state}\n"
    "safetensors.torch.save_file({f'layer.{k}' if isinstance(k, int) else k: v.float().contiguous() "
    "for k, v in state.items()}, 'vectors.safetensors')"
)
ENDINGS = (".pt", ".pth", ".bin", ".pkl", ".pickle", ".ckpt")


class PickledFileError(VectorFileError):
    """The file is a pickle; its remedy is `RECIPE`."""


def is_pickle(data: bytes) -> bool:
    """Whether the bytes begin as a pickle of protocol 2 or newer does."""
    return len(data) > 1 and data[0] == 0x80 and 2 <= data[1] <= 5


def refuse_pickle(where: str, found: str) -> PickledFileError:
    """The error for a pickled file, with a recipe for converting it safely."""
    return PickledFileError(
        "Pickled files can run any program when they are opened, so they are not",
        where=where,
        expected="GGUF, safetensors, .npy or .npz",
        found=found,
        remedy="Convert it yourself in four lines and import the result:  " + "  then  ".join(RECIPE.split("\n")),
    )
