"""The field for a file that a visitor brings, and its content, within the limit that the field names."""

from __future__ import annotations

from typing import Any, Protocol

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

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


def upload_field(label: str, *, place: DeltaGenerator | None = None, **widget: Any) -> Any:
    """The field for a file, with the limit of this app; what it returns is that of Streamlit's uploader.

    Args:
        label: Of the field.
        place: Where; by default where the page is.
        widget: Endings of names, by default any, key, help, and what else the uploader takes.
    """
    return (place or st).file_uploader(label, max_upload_size=app_settings().upload_mb, **widget)


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
