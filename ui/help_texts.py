"""What the parameters mean that stand in forms without settings of their own."""

from __future__ import annotations

from emotion_core.base.ask import SEED
from emotion_core.steering.settings import NEW_TOKENS

__all__ = ["LAYER", "NEW_TOKENS", "SEED"]

LAYER = "Which block of the model is read and steered. The chosen one was found on training texts alone."
