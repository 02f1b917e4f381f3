"""Everything about vectors in one zip: numbers, figures, texts, a card, and the code that makes them again."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from emotion_core.base.activations import ActivationCache, ReadingPosition
from emotion_core.base.errors import SettingsError
from emotion_core.base.jobs import Job, Progress
from emotion_core.charts.emotion_map import component_plane
from emotion_core.charts.palette import chart_bytes, parquet_bytes, table_bytes
from emotion_core.charts.separation import points_at_layer, separation_by_layer, separation_table
from emotion_core.evaluation.heldout import heldout
from emotion_core.evaluation.scores import HeldOutScores
from emotion_core.evaluation.verdict import RULE
from emotion_core.exchange.gguf import gguf_bytes
from emotion_core.exchange.open_file import VECTORS_IN_BUNDLE, slugs
from emotion_core.geometry.emotion_map import FEWEST_EMOTIONS, map_emotions
from emotion_core.models.catalogue import CATALOGUE
from emotion_core.models.encode import split_name
from emotion_core.models.loaded import LoadedModel
from emotion_core.prompts.builtin import load_prompts
from emotion_core.prompts.files import to_csv
from emotion_core.prompts.prompt_set import PromptSet, n_units
from emotion_core.tracing.plain_script import ESTIMATORS, SCRIPT, script_text
from emotion_core.vectors.build import NEUTRAL_SET, neutral_texts
from emotion_core.vectors.emotion_vectors import EmotionVectors
from emotion_core.vectors.file import vector_bytes

# The figures of a bundle as tables: held-out scores, and where every scored text projects.

# Above this many rows (emotions x layers x texts) the projections are kept at each emotion's chosen layer alone.
MOST_ROWS = 200_000


def projection_table(scores: HeldOutScores) -> pd.DataFrame:
    """One row an emotion, layer and scored text: the projection on the unit direction.

    With more than `MOST_ROWS` rows, the chosen layer of each emotion only.
    """
    everything = scores.projections.size <= MOST_ROWS
    return pd.concat(
        [
            _projected(scores, e, layer)
            for e, chosen in enumerate(scores.selected_layers)
            for layer in (range(scores.n_layers) if everything else (chosen,))
        ],
        ignore_index=True,
    )


def _projected(scores: HeldOutScores, e: int, layer: int) -> pd.DataFrame:
    kept = np.flatnonzero(scores.sides[e])
    return pd.DataFrame(
        {
            "emotion": scores.emotions[e],
            "layer": layer,
            "chosen": layer == scores.selected_layers[e],
            "side": np.where(scores.sides[e, kept] > 0, "positive", "negative"),
            "projection": scores.projections[e, layer, kept].astype(float),
            "text": [scores.texts[i] for i in kept],
        }
    )


def score_table(scores: HeldOutScores) -> pd.DataFrame:
    """One row an emotion and layer: every measure with its null, and at the chosen layer verdict and rivals."""
    table = separation_table(scores)
    chosen = table["chosen"]
    by_emotion = {emotion: e for e, emotion in enumerate(scores.emotions)}
    place = table["emotion"].map(by_emotion)
    table["verdict"] = [scores.verdicts[e].word if at else None for e, at in zip(place, chosen, strict=True)]
    table["p_corrected"] = [scores.q_values[e] if at else np.nan for e, at in zip(place, chosen, strict=True)]
    for column, rival in (
        ("bag_of_words_auroc", "vocabulary"),
        ("length_auroc", "length"),
        ("embedding_auroc", "embedding"),
        ("character_ngrams_auroc", "characters"),
    ):
        table[column] = [getattr(scores.rivals[e], rival) for e in place]
    return table


def table_files(scores: HeldOutScores) -> dict[str, bytes]:
    """Both tables as CSV and parquet, by their path in a bundle."""
    files = {}
    for name, table in (("scores", score_table(scores)), ("projections", projection_table(scores))):
        files[f"tables/{name}.csv"] = table_bytes(table)
        files[f"tables/{name}.parquet"] = parquet_bytes(table)
    return files


# The README of a bundle: what the vectors are, what was measured, what was not, and how to use the files.

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


_CAVEATS = """\
- These are functional directions: directions in a model's activations along which texts with and without an emotion
  differ, and along which its output can be pushed. They say nothing about experience.
- Held-out rows come from the same hand as the training rows. A direction that separates them may still stand for
  something that goes along with the emotion in both: danger, arousal, a strange place, a topic.
- Steering at a strength that the bundle was not tested at can break the model's text; compare it with random
  directions of the same length before reading anything into it.
- The figures belong to the model with the fingerprint above, in its dtype. Another checkpoint of the same name, or a
  quantised copy, is another model.
"""


def card(
    vectors: EmotionVectors, scores: HeldOutScores | None, reason: str, files: Mapping[str, bytes], *, redo: bool
) -> str:
    """The README as Markdown.

    Args:
        vectors: The vectors.
        scores: Their held-out scores.
        reason: Why there are none, else empty.
        files: The other files of the bundle.
        redo: Whether the script is among them.
    """
    shown = ", ".join(vectors.emotions[:12]) + (", ..." if len(vectors.emotions) > 12 else "")
    parts = [
        f"# Emotion vectors: {shown}\n",
        _facts(vectors),
        "## Held-out figures\n",
        _figures(scores) if scores is not None else f"Not scored: {reason or 'no texts are held out'}\n",
        "## What these figures do not say\n",
        _CAVEATS,
        "## Files\n",
        _listing(files),
        "## Use\n",
        _use(vectors, redo),
    ]
    return "\n".join(parts)


def _facts(vectors: EmotionVectors) -> str:
    info, reading = vectors.model, vectors.reading
    sets = [
        f"{one.name} ({n_units(one.part('train'))} training and {n_units(one.part('heldout'))} held-out "
        f"{'pairs' if one.form == 'pairs' else 'texts'}, sha256 `{one.sha256[:16]}...`)"
        for one in vectors.prompt_sets
    ]
    tokens = {
        "mean": "mean of content tokens"
        + (f" from {reading.start} on" if reading.start > 1 else "" if reading.first_token else " but the first"),
        "last": "last token",
        "answer": "where the answer begins",
    }
    rows = {
        "Model": f"{shown_name(info.name)} ({info.architecture or 'architecture unknown'}, {info.layers} layers of "
        f"width {info.width}, {info.dtype}); weights are read as numbers only, pickled ones by a weights-only reader",
        "Fingerprint": f"`{info.fingerprint}`",
        "Emotions": str(len(vectors.emotions)),
        "Layer for all": f"{vectors.selected_layer}, counted from 0: the output of that block",
        "Training rows": "; ".join(sets) or "unknown: the vectors were imported",
        "Origin": vectors.origin or "built here",
        "Estimator": vectors.estimator + (", neutral projection" if vectors.neutral_projection else ""),
        "Read at": tokens.get(reading.pooling, "last content token") + (", in the chat template" * reading.chat),
        "Seed": str(vectors.seed),
        "Versions": ", ".join(f"{name} {number}" for name, number in vectors.versions.items()) or "unknown",
        "Created": vectors.created or "unknown",
    }
    return "\n".join(["| | |", "|---|---|", *(f"| {key} | {_cell(value)} |" for key, value in rows.items())]) + "\n"


def _figures(scores: HeldOutScores) -> str:
    head = "| emotion | verdict | layer | Cohen's d (95 %) | AUROC | chance (95 %) | p | bag of words | n |"
    lines = [head, "|---|---|---|---|---|---|---|---|---|"]
    for e, emotion in enumerate(scores.emotions):
        layer = scores.selected_layers[e]
        lines.append(
            f"| {_cell(emotion)} | {scores.verdicts[e].word} | {layer} | {_number(scores.cohens_d[e, layer])} "
            f"({_number(scores.d_low[e, layer])} to {_number(scores.d_high[e, layer])}) | "
            f"{_number(scores.auroc[e, layer])} | {_number(scores.null_auroc_95[e, layer])} | "
            f"{_number(scores.q_values[e], 3)} | {_number(scores.rivals[e].vocabulary)} | {scores.n_heldout[e]} |"
        )
    lines += [
        "",
        f"Chance: 95 % of {scores.all_null_words} stay at or below it ({scores.draws} draws at other layers than the "
        "chosen one). p: the largest of all nulls, corrected for the number of emotions. n: held-out pairs, or texts "
        "of the emotion.",
        "",
        RULE,
        "",
    ]
    if scores.not_scored:
        lines += [f"Without held-out texts, so not scored: {', '.join(scores.not_scored)}.", ""]
    return "\n".join(lines)


def _listing(files: Mapping[str, bytes]) -> str:
    said = {
        "vectors.safetensors": "all vectors with their manifest; this project's format",
        "gguf/": "one control vector an emotion, for llama.cpp and repeng",
        "tables/": "held-out scores and projections, CSV and parquet",
        "charts/": "figures as SVG and PNG",
        "prompts/": "the prompt sets with their split, and the neutral texts that strengths are measured by",
        "redo.py": "builds the vectors again and runs a sweep, in plain nnsight",
        "estimators.py": "the arithmetic that redo.py uses",
        "redo.ipynb": "the same as a notebook",
        "settings.json": "what redo.py has to know",
        "requirements.txt": "what redo.py needs",
    }
    lines = [f"- `{name}`: {text}" for name, text in said.items() if any(one.startswith(name) for one in files)]
    return "\n".join(lines) + "\n"


def _use(vectors: EmotionVectors, redo: bool) -> str:
    emotion = vectors.emotions[0]
    layer = vectors.layer_of(emotion)
    scale = scale_of(vectors, emotion, 0.2)
    name = slugs(vectors.emotions)[0]
    text = (
        "A strength is a share of the mean length of the residual stream at the layer, over neutral text: "
        f"{float(vectors.residual_norms[layer]):.4g} at layer {layer}. The tools below add scale x vector instead.\n"
    )
    if np.isfinite(scale):
        text += (
            f"\nStrength +0.2 of {emotion} at layer {layer}, in steering-vectors:\n\n```\n"
            'values = safetensors.torch.load_file("vectors.safetensors")["values"]  # emotions, layers, width\n'
            f"SteeringVector({{{layer}: values[0, {layer}]}}).apply(model, multiplier={scale:.4g})\n```\n"
        )
    if np.isfinite(scale) and layer > 0:
        text += (
            "\nIn llama.cpp (older releases want a space for the colon; "
            "whether a quantised copy of the model reacts the same was not tested):\n\n```\nllama-cli -m MODEL.gguf "
            f"--control-vector-scaled gguf/{name}.gguf:{scale:.4g} --control-vector-layer-range {layer} {layer}\n"
            "```\n\n"
            f"In repeng, which steers every layer it is given, so name layer {layer} alone:\n\n```\n"
            f'vector = ControlVector.import_gguf("gguf/{name}.gguf")\n'
            f"ControlModel(model, [{layer}]).set_control(vector, {scale:.4g})\n```\n"
        )
    elif layer == 0:
        text += "\nThe chosen layer is 0, which GGUF control vectors have no place for; choose another one there.\n"
    if redo:
        share = "1e-4" if vectors.estimator == "pca" else "1e-5"  # as redo.py has it
        text += (
            "\nAgain from the prompts, in a fresh environment (takes the model's download and a few minutes):\n\n```\n"
            "pip install -r requirements.txt\npython redo.py --model HUB_ID_OR_FOLDER\n```\n\n"
            f"It ends with status 0 where every vector is the same to {share} of its length, and writes {SWEEP_TOKENS} "
            "greedy tokens at five strengths.\n"
        )
    return text


def scale_of(vectors: EmotionVectors, emotion: str, strength: float) -> float:
    """What other tools multiply a vector by for one of our strengths; nan for a vector without a length.

    Args:
        vectors: The vectors.
        emotion: The emotion, at the layer chosen for it.
        strength: As a share of the mean length of the residual stream there.
    """
    layer = vectors.layer_of(emotion)
    length = float(np.linalg.norm(vectors.values[vectors.index(emotion), layer]))
    return strength * float(vectors.residual_norms[layer]) / length if length > 0 else float("nan")


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def _number(value: float, digits: int = 2) -> str:
    return f"{value:.{digits}f}" if np.isfinite(value) else "-"


# Two charts an emotion; of more emotions the clearest ones, and the tables have all.
MOST_EMOTIONS = 12


def charts(vectors: EmotionVectors, scores: HeldOutScores | None) -> dict[str, alt.LayerChart]:
    """Charts by name: separation and texts of each emotion, and the map where there are enough emotions."""
    found: dict[str, alt.LayerChart] = {}
    shown = clearest(scores) if scores is not None else ()
    for emotion, name in zip(shown, slugs(shown), strict=True):
        assert scores is not None
        layer = scores.selected_layers[scores.emotions.index(emotion)]
        found[f"separation-{name}"] = separation_by_layer(scores, emotion)
        found[f"texts-{name}"] = points_at_layer(scores, emotion, layer)
    at = vectors.values[:, vectors.selected_layer]
    if len(vectors.emotions) >= FEWEST_EMOTIONS and np.isfinite(at).all() and at.any(axis=1).all():
        found["map"] = component_plane(map_emotions(vectors), vectors.emotions[0])
    return found


def chart_files(vectors: EmotionVectors, scores: HeldOutScores | None) -> dict[str, bytes]:
    """The charts by their path in a bundle."""
    files = {}
    for name, chart in charts(vectors, scores).items():
        files[f"charts/{name}.svg"] = chart_bytes(chart, "svg")
        files[f"charts/{name}.png"] = chart_bytes(chart, "png")
    return files


def clearest(scores: HeldOutScores) -> tuple[str, ...]:
    """All emotions, or of many the ones with the highest AUROC at their layer, in their own order."""
    if len(scores.emotions) <= MOST_EMOTIONS:
        return scores.emotions
    at = scores.auroc[np.arange(len(scores.emotions)), list(scores.selected_layers)]
    best = np.argsort(-np.nan_to_num(at, nan=-1.0), kind="stable")[:MOST_EMOTIONS]
    return tuple(scores.emotions[i] for i in sorted(best))


UNKNOWN_ROWS = "the training rows are unknown, so no texts are known to be held out"
_STORED = (".png", ".parquet")  # already compressed


def scored_files(
    model: LoadedModel, vectors: EmotionVectors, cache: ActivationCache | None = None
) -> Job[dict[str, bytes]]:
    """Scores the vectors on their held-out rows and makes the files of the bundle, as a job.

    Raises:
        VectorFileError: The vectors belong to another model.
    """
    scores, reason = None, UNKNOWN_ROWS
    if vectors.prompt_sets:
        try:
            scores, reason = (yield from heldout(model, vectors, vectors.prompt_sets, cache)), ""
        except SettingsError as error:
            reason = error.message  # nothing is held out: the rest is good to have all the same
    yield Progress(0, 1, "packing the bundle")
    return bundle_files(vectors, scores, reason, fitting_neutral(model, vectors.reading), model.layers_path)


def bundle_files(
    vectors: EmotionVectors,
    scores: HeldOutScores | None,
    reason: str = "",
    neutral: PromptSet | None = None,
    layers_path: str | None = None,
) -> dict[str, bytes]:
    """The files of a bundle by their path.

    Args:
        vectors: The vectors.
        scores: Their held-out scores; None leaves tables and charts of scores out.
        reason: Why there are no scores.
        neutral: The neutral texts that fit into the model's context; None takes all of the built-in ones.
        layers_path: Where the model keeps its blocks; None leaves it to the script to find them.
    """
    dated = vectors if vectors.created else replace(vectors, created=datetime.now(UTC).isoformat(timespec="seconds"))
    files = {VECTORS_IN_BUNDLE: vector_bytes(dated)}
    for emotion, name in zip(vectors.emotions, slugs(vectors.emotions), strict=True):
        files[f"gguf/{name}.gguf"] = gguf_bytes(dated, emotion)
    if scores is not None:
        files.update(table_files(scores))
    files.update(chart_files(vectors, scores))
    names = [f"{name}.csv" for name in slugs([one.name for one in vectors.prompt_sets])]
    for one, name in zip(vectors.prompt_sets, names, strict=True):
        files[f"prompts/{name}"] = to_csv(one).encode()
    redo = (
        bool(vectors.prompt_sets)
        and vectors.estimator != "unknown"
        and vectors.removed is None
        and vectors.model.dtype != "int8"
    )
    if redo:
        files["prompts/neutral.csv"] = to_csv(neutral or load_prompts(NEUTRAL_SET)).encode()
        files["settings.json"] = settings_json(vectors, names, layers_path)
        files["requirements.txt"] = requirements(vectors)
        files[SCRIPT], files[ESTIMATORS] = script_text(SCRIPT).encode(), script_text(ESTIMATORS).encode()
        files["redo.ipynb"] = notebook()
    return {"README.md": card(dated, scores, reason, files, redo=redo).encode(), **files}


def bundle_bytes(files: Mapping[str, bytes]) -> bytes:
    """The files as one zip; the same files give the same bytes."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, data in files.items():
            entry = zipfile.ZipInfo(name)  # dated 1980, as reproducible archives are
            entry.compress_type = zipfile.ZIP_STORED if name.endswith(_STORED) else zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, data)
    return stream.getvalue()


def fitting_neutral(model: LoadedModel, reading: ReadingPosition) -> PromptSet:
    """The neutral texts that the residual norms were measured on: those that fit into the model's context.

    Raises:
        ModelError: Fewer than 20 fit.
    """
    neutral = load_prompts(NEUTRAL_SET)
    fitting = set(neutral_texts(model, reading))
    return replace(neutral, texts=tuple(t for t in neutral.texts if t.text in fitting))
