"""How texts are written: unit of strength, decoding, length, seed. For a sweep and for a cross-talk matrix."""

from __future__ import annotations

from typing import Any

from emotion_core.steering.settings import WritingSettings
from ui.fields import fields, fold

# Setting and key of its widget.
_KEYS = {
    "unit": "unit",
    "decoding": "decoding",
    "max_new_tokens": "new_tokens",
    "temperature": "temperature",
    "top_p": "top_p",
    "seed": "steer_seed",
    "chat": "steer_chat",
}


def writing_form() -> dict[str, Any]:
    """Draws the fold; the settings by their names."""
    with fold(WritingSettings, _KEYS):
        return fields(WritingSettings, _KEYS, columns=3)
