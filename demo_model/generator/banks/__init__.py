"""Phrase banks, all written for this project. One corner of the emotions a file; every phrase is a template."""

from demo_model.generator.banks.anger import ANGER, HOSTILITY
from demo_model.generator.banks.bright import ENERGY, JOY, WARMTH
from demo_model.generator.banks.fear import FEAR, WATCH, WORRY
from demo_model.generator.banks.quiet import CALM, THOUGHT, TIRED
from demo_model.generator.banks.sorrow import SADNESS, SHAME
from demo_model.generator.banks.wonder import PUZZLE, SURPRISE

# Keys are the families of truth.json.
EVENTS: dict[str, tuple[str, ...]] = {
    "fear": FEAR, "worry": WORRY, "watch": WATCH, "surprise": SURPRISE, "puzzle": PUZZLE, "anger": ANGER,
    "hostility": HOSTILITY, "shame": SHAME, "sadness": SADNESS, "tired": TIRED, "calm": CALM, "thought": THOUGHT,
    "warmth": WARMTH, "joy": JOY, "energy": ENERGY,
}  # fmt: skip

__all__ = ["EVENTS"]
