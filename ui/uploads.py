"""The content of a file that a visitor brings, within the limit that the field names."""

from __future__ import annotations

from typing import Protocol

from emotion_core.base.errors import LimitError
from ui.services import app_settings


class Upload(Protocol):
    """What Streamlit's uploader returns."""

    @property
    def name(self) -> str:
        """Of the file."""

    @property
    def size(self) -> int:
        """In bytes."""

    def getvalue(self) -> bytes:
        """The content."""


def content(file: Upload) -> bytes:
    """The bytes of an uploaded file.

    The limit of a field is kept by the browser alone; the server keeps `server.maxUploadSize`, which may be larger.

    Raises:
        LimitError: It is larger than `upload_mb`.
    """
    most = app_settings().upload_mb
    if most and file.size > most * 1_048_576:
        raise LimitError(
            "The file is too large",
            where=file.name,
            expected=f"at most {most} MB",
            found=f"{file.size / 1_048_576:.1f} MB",
            remedy="Take a part of it",
        )
    return file.getvalue()
