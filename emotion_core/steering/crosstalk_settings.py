"""What a cross-talk matrix is asked to do."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated

from emotion_core.base.ask import Ask
from emotion_core.base.errors import SettingsError
from emotion_core.steering.writing import WritingSettings, require_shares


@dataclass(frozen=True, kw_only=True)
class CrossTalkSettings(WritingSettings):
    """Settings of one cross-talk matrix; equal settings give equal texts.

    Attributes:
        strength: Of every emotion alike, in `unit`s; not 0.
        emotions: Which to steer and to read; empty takes all of the vectors.
    """

    strength: Annotated[float, Ask("Strength", "The same for every emotion, in the unit of strength.", step=0.05)]
    emotions: Annotated[
        tuple[str, ...],
        Ask("Emotions", "Steer and read this one (default: all).", option="--emotion", metavar="E", of_vectors=True),
    ] = ()

    def __post_init__(self) -> None:
        super().__post_init__()
        if not math.isfinite(self.strength) or self.strength == 0:
            raise SettingsError(
                "Cross-talk needs a strength that steers",
                expected="a finite number other than 0",
                found=str(self.strength),
            )
        require_shares(self.operation, (self.strength,))
        if len(set(self.emotions)) != len(self.emotions):
            raise SettingsError("The same emotion is there twice", remedy="Name each emotion once")
