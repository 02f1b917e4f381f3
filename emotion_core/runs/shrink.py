"""Result files made small for the repository: numbers to half precision, then compressed.

A figure on a page has three digits; a float32 has seven, and its last ones do not compress. So every floating-point
array of a safetensors file is rounded, by default to the eleven significant bits of a float16 (a relative error of at
most 1 in 2,000), and stays in its own type, which keeps its range and every reader.
"""

from __future__ import annotations

import json
import lzma
from typing import Any

import numpy as np
import numpy.typing as npt
from safetensors.numpy import load, save

ENDING = ".xz"
SIGNIFICANT = 11  # bits, the leading one included


def rounded(data: bytes, bits: int = SIGNIFICANT) -> bytes:
    """A safetensors file with the same header and its floating-point arrays at fewer significant bits."""
    length = int.from_bytes(data[:8], "little")
    metadata = json.loads(data[8 : 8 + length]).get("__metadata__")
    return bytes(save({name: _shortened(array, bits) for name, array in load(data).items()}, metadata=metadata))


def compressed(data: bytes) -> bytes:
    """The bytes as they lie in the repository."""
    return lzma.compress(data, preset=9)


def restored(data: bytes) -> bytes:
    """The bytes as `compressed` got them."""
    return lzma.decompress(data)


def _shortened(array: npt.NDArray[Any], bits: int) -> npt.NDArray[Any]:
    if array.dtype not in (np.float32, np.float64):
        return array
    fraction, exponent = np.frexp(array)  # nan and infinity come through as they are
    result: npt.NDArray[Any] = np.ldexp(np.round(fraction * 2**bits) / 2**bits, exponent)
    return result.astype(array.dtype)
