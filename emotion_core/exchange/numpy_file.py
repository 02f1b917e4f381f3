"""Reads .npy and .npz without pickle, and without believing a header's size before it has been compared."""

from __future__ import annotations

import io
import tokenize
import zipfile
import zlib
from math import prod

import numpy as np
import numpy.typing as npt

from emotion_core.base.errors import VectorFileError
from emotion_core.exchange.pickled import refuse_pickle

MAGIC = b"\x93NUMPY"
# Unpacked; a zip of a few kilobytes may claim a petabyte.
LARGEST_UNPACKED = 2**30
# Numbers of a model shrink by a tenth when they are packed; a bomb by a factor of a thousand.
_MOST_GROWTH = 20
_SMALL = 2**24


def read_npy(data: bytes, where: str, *, texts: bool = False) -> npt.NDArray[np.generic]:
    """One array of numbers.

    Args:
        data: The file's content.
        where: Its name, for messages.
        texts: Whether an array of texts will do too.

    Raises:
        VectorFileError: It is damaged, holds pickled objects, or no plain numbers.
    """
    stream = io.BytesIO(data)
    try:
        version = np.lib.format.read_magic(stream)
        read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        shape, fortran, dtype = read(stream)
    # numpy reads the header as a Python literal, which fails in as many ways as Python can be misspelt.
    except (ValueError, SyntaxError, TypeError, KeyError, RecursionError, MemoryError, tokenize.TokenError) as error:
        raise VectorFileError(
            "The .npy header cannot be read", where=where, found=str(error)[:120], remedy="Save the array again"
        ) from error
    if dtype.hasobject:
        raise refuse_pickle(where, "an array of Python objects")
    if dtype.kind not in ("fiuU" if texts else "fiu"):
        raise VectorFileError(
            "The array holds no plain numbers", where=where, expected="float32 or similar", found=str(dtype)
        )
    rest = data[stream.tell() :]
    if min(shape, default=1) < 0 or prod(shape) * dtype.itemsize != len(rest):
        raise VectorFileError(
            "The array does not fit the file",
            where=where,
            expected=f"{prod(shape) * dtype.itemsize} bytes for {list(shape)} of {dtype}",
            found=f"{len(rest)}",
            remedy="Save the array again",
        )
    return np.frombuffer(rest, dtype).reshape(shape, order="F" if fortran else "C")


def refuse_bomb(unpacked: int, packed: int, where: str) -> None:
    """Refuses an archive that unpacks to far more than numbers ever do.

    Raises:
        VectorFileError: It is one.
    """
    if unpacked > max(_SMALL, _MOST_GROWTH * packed):
        raise VectorFileError(
            "The archive unpacks to far more than it holds",
            where=where,
            expected=f"at most {_MOST_GROWTH} times its size",
            found=f"{unpacked:,} bytes from {packed:,}",
            remedy="Save the vectors again",
        )


def read_npz(data: bytes, where: str) -> dict[str, npt.NDArray[np.generic]]:
    """Every array of an .npz by its name.

    Raises:
        VectorFileError: As `read_npy`, or the archive is damaged or unpacks to more than 1 GB.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = archive.infolist()
            unpacked = sum(member.file_size for member in members)
            if unpacked > LARGEST_UNPACKED:
                raise VectorFileError(
                    "The archive is too large", where=where, expected=f"{LARGEST_UNPACKED} bytes", found=str(unpacked)
                )
            refuse_bomb(unpacked, len(data), where)
            found = {}
            for member in members:
                with archive.open(member) as stream:
                    content = stream.read(member.file_size + 1)
                name = member.filename.removesuffix(".npy")
                found[name] = read_npy(content, f"{where}, {member.filename}", texts=True)
            return found
    except (zipfile.BadZipFile, zlib.error, EOFError, ValueError, NotImplementedError, RuntimeError, OSError) as error:
        raise VectorFileError(
            "The archive is damaged", where=where, found=str(error)[:120], remedy="Save it again"
        ) from error
