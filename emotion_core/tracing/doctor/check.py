"""What a check says, and the limits that its figures are held to."""

from __future__ import annotations

from dataclasses import dataclass

from emotion_core.models.loaded import LoadedModel

# Largest relative difference that is rounding and not a fault, by dtype of the weights.
_ROUNDING = {"float32": 1e-4, "bfloat16": 5e-2, "float16": 1e-2}

REPORT = "Do not trust readings of this model; report its class and the version of transformers"


@dataclass(frozen=True)
class Check:
    """One finding on a model.

    Attributes:
        name: What was checked, a few words.
        passed: Whether the project can rely on it; informational checks always pass.
        detail: A plain sentence with figures.
        remedy: What to do; empty where the check passed.
    """

    name: str
    passed: bool
    detail: str
    remedy: str = ""


def verdict(name: str, passed: bool, detail: str, remedy: str) -> Check:
    """A check whose remedy only counts when it failed."""
    return Check(name, passed, detail, "" if passed else remedy)


def rounding(model: LoadedModel) -> float:
    """Largest relative difference between two ways to compute the same that is not a fault."""
    return _ROUNDING.get(model.info.computes_in, 5e-2)
