"""The models offered by name: the bundled one and a short list of small open ones."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_IN_CHECKOUT, _INSTALLED = ROOT / "demo_model" / "weights", ROOT / "emotion_core" / "demo_weights"
DEMO_NAME = "demo"
DEMO_FOLDER = _INSTALLED if _INSTALLED.is_dir() else _IN_CHECKOUT


@dataclass(frozen=True)
class CatalogueEntry:
    """One model of the list.

    Attributes:
        name: What the visitor types or picks.
        source: Folder or hub id that the weights come from.
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


_ENTRIES = (
    CatalogueEntry(DEMO_NAME, str(DEMO_FOLDER), "6 M", "The bundled model, trained by this project; works offline."),
    CatalogueEntry("gpt2", "gpt2", "124 M", "The model of the 2026 fear study; 0.5 GB on first use."),
    CatalogueEntry("pythia-160m", "EleutherAI/pythia-160m", "160 M", "Open data and many checkpoints; 0.4 GB."),
    CatalogueEntry("smollm2-135m", "HuggingFaceTB/SmolLM2-135M", "135 M", "Small Llama shape, good text; 0.3 GB."),
    CatalogueEntry(
        "smollm2-360m-instruct", "HuggingFaceTB/SmolLM2-360M-Instruct", "360 M", "Follows instructions; 0.7 GB."
    ),
    CatalogueEntry("qwen2.5-0.5b-instruct", "Qwen/Qwen2.5-0.5B-Instruct", "0.5 B", "Chat model; 1 GB."),
)
CATALOGUE: dict[str, CatalogueEntry] = {entry.name: entry for entry in _ENTRIES}
