"""What the script of a bundle needs beside it: its settings, its requirements, and a notebook of the same steps."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from emotion_core.models.catalogue import CATALOGUE
from emotion_core.models.template import split_name
from emotion_core.tracing.plain_script import ESTIMATORS, SCRIPT, script_text
from emotion_core.vectors.emotion_vectors import EmotionVectors

SWEEP_PROMPT = "When she opened the door, she"
SWEEP_STRENGTHS = (-0.4, -0.2, 0.0, 0.2, 0.4)
SWEEP_TOKENS = 24


def settings_json(vectors: EmotionVectors, prompt_files: Sequence[str], layers_path: str | None) -> bytes:
    """What the script has to know of the build, and one sweep.

    Args:
        vectors: The vectors.
        prompt_files: File names of their prompt sets in the bundle's `prompts` folder.
        layers_path: Where the model keeps its blocks; None lets the script try the usual places.
    """
    info, first = vectors.model, vectors.emotions[0]
    bare, template = split_name(info.name)
    entry = CATALOGUE.get(bare)
    hub = None if entry is None else entry.hub_id
    if entry is None and not Path(bare).is_absolute() and not bare.startswith((".", "~")):
        hub = bare
    document: dict[str, Any] = {
        "model": shown_name(info.name),
        "source": hub,
        "fingerprint": info.fingerprint,
        "layers": info.layers,
        "width": info.width,
        "dtype": info.dtype,
        "layers_path": layers_path,
        "reading": {
            "pooling": vectors.reading.pooling,
            "start": vectors.reading.start,
            "chat": vectors.reading.chat,
            "first_token": vectors.reading.first_token,
        },
        "template": template,
        "estimator": vectors.estimator,
        "neutral_projection": vectors.neutral_projection,
        "emotions": list(vectors.emotions),
        "prompt_sets": list(prompt_files),
        "sweep": {
            "emotion": first,
            "layer": vectors.layer_of(first),
            "prompt": SWEEP_PROMPT,
            "strengths": list(SWEEP_STRENGTHS),
            "tokens": min(SWEEP_TOKENS, max(1, info.context // 3)),
        },
    }
    return (json.dumps(document, ensure_ascii=False, indent=1) + "\n").encode()


def requirements(vectors: EmotionVectors) -> bytes:
    """The libraries of the script, in the versions of the build."""
    names = ["torch", "nnsight", "transformers", "numpy", *(["scikit-learn"] * (vectors.estimator == "logistic"))]
    known = {name: vectors.versions.get(name, "not installed") for name in names}
    # A CPU build calls itself 2.13.0+cpu, a name that no package index has.
    lines = [name if v == "not installed" else f"{name}=={v.split('+')[0]}" for name, v in known.items()]
    return ("\n".join([*lines, "accelerate", "safetensors"]) + "\n").encode()


def shown_name(name: str) -> str:
    """A model's name without the folders of this machine."""
    return Path(name).name if Path(name).is_absolute() else name


def notebook() -> bytes:
    """The same steps as the script, one cell each; the estimators stand in the notebook itself."""
    script, estimators = script_text(SCRIPT), script_text(ESTIMATORS)
    introduction, *steps = re.split(r"^# %%", script, flags=re.MULTILINE)
    imported = re.compile(r"^from estimators import .*\n", flags=re.MULTILINE)
    cells = [_text(introduction.strip().strip('"').strip())]
    for number, step in enumerate(steps):
        title, _, body = step.partition("\n")
        if title.strip():
            cells.append(_text(f"## {title.strip()}"))
        cells.append(_code(imported.sub("", body)))
        if number == 0:
            begin = re.split(r"^# %%", estimators, flags=re.MULTILINE)[1]
            own, _, rest = begin.partition("\n")
            cells += [_text(f"## {own.strip()}"), _code(rest.replace("from __future__ import annotations\n", ""))]
    document = {
        "cells": [{"id": f"cell-{i}", **cell} for i, cell in enumerate(cells)],
        "metadata": {
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    return (json.dumps(document, ensure_ascii=False, indent=1) + "\n").encode()


def _text(source: str) -> dict[str, Any]:
    return {"cell_type": "markdown", "metadata": {}, "source": source}


def _code(source: str) -> dict[str, Any]:
    return {"cell_type": "code", "metadata": {}, "execution_count": None, "outputs": [], "source": source.strip("\n")}
