"""Reads the header of a safetensors file before anything is allocated by what it claims."""

from __future__ import annotations

import json
import struct

from emotion_core.base.errors import VectorFileError

LARGEST_HEADER = 64 * 1024**2
_REMEDY = "Choose a .safetensors file that was saved by Build vectors"


def check_header(data: bytes, where: str) -> dict[str, str]:
    """Checks that the header fits the file and returns its metadata.

    Args:
        data: The whole file.
        where: Its name, for messages.

    Raises:
        VectorFileError: The file is no safetensors file, its header is longer than the file or than 64 MB, or its
            tensors claim more or fewer bytes than there are.
    """
    if len(data) < 8:
        raise VectorFileError(
            "This is not a safetensors file", where=where, expected="at least 8 bytes", found=str(len(data))
        )
    (size,) = struct.unpack("<Q", data[:8])
    if size > min(LARGEST_HEADER, len(data) - 8):
        raise VectorFileError(
            "This is not a safetensors file, or it is cut off",
            where=where,
            expected=f"a header of at most {min(LARGEST_HEADER, len(data) - 8)} bytes",
            found=f"{size} bytes",
            remedy=_REMEDY,
        )
    try:
        header = json.loads(data[8 : 8 + size].decode("utf-8"))
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        raise VectorFileError("The header is not JSON", where=where, found=str(error)[:120], remedy=_REMEDY) from error
    if not isinstance(header, dict):
        raise VectorFileError("The header is not a JSON object", where=where, found=type(header).__name__)
    claimed = _claimed_bytes(header, where)
    if claimed != len(data) - 8 - size:
        raise VectorFileError(
            "The tensors do not fit the file",
            where=where,
            expected=f"{claimed} bytes of tensors",
            found=f"{len(data) - 8 - size}",
            remedy=_REMEDY,
        )
    metadata = header.get("__metadata__") or {}
    if not isinstance(metadata, dict):
        raise VectorFileError("The metadata is not a JSON object", where=where, found=type(metadata).__name__)
    return {str(key): str(value) for key, value in metadata.items()}


def _claimed_bytes(header: dict[str, object], where: str) -> int:
    """End of the last tensor, in bytes after the header."""
    end = 0
    for name, entry in header.items():
        if name == "__metadata__":
            continue
        offsets = entry.get("data_offsets") if isinstance(entry, dict) else None
        if not isinstance(offsets, list) or len(offsets) != 2 or not all(isinstance(i, int) for i in offsets):
            raise VectorFileError("The header of a tensor is broken", where=f"{where}, {name[:60]}", remedy=_REMEDY)
        end = max(end, offsets[1])
    return end
