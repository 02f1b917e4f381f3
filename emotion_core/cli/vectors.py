"""`build`, `import`, `export`: vectors out of texts, in from other tools, and everything about them out."""

from __future__ import annotations

import argparse
import hashlib
import sys
from pathlib import Path

from emotion_core.base.activations import ReadingPosition, open_cache
from emotion_core.base.atomic import require_writable, write_named
from emotion_core.base.errors import SettingsError
from emotion_core.cli.answer import Answer
from emotion_core.cli.arguments import fitting_sets, read_prompt_sets, settings_from
from emotion_core.cli.session import model_of, open_model, run
from emotion_core.exchange.gguf import model_type
from emotion_core.exchange.open_file import (
    Answers,
    Found,
    hint_mismatch,
    import_vectors,
    not_finite,
    open_path,
    refuse_answers,
)
from emotion_core.prompts.prompt_set import n_units
from emotion_core.runs.builds import find_or_build
from emotion_core.runs.limits import build_cost, where_it_computes
from emotion_core.runs.store import open_store
from emotion_core.vectors.build import short_sentence, short_texts
from emotion_core.vectors.emotion_vectors import BuildSettings, EmotionVectors
from emotion_core.vectors.file import load_vectors, save_vectors


def build(arguments: argparse.Namespace) -> Answer:
    """`build PROMPTS ... --out FILE`: vectors of every layer."""
    out = require_writable(arguments.out)
    sets = read_prompt_sets(arguments)
    reading = ReadingPosition(arguments.reading, arguments.from_token, arguments.chat or arguments.reading == "answer")
    settings = settings_from(BuildSettings, arguments, reading=reading)
    model = open_model(arguments.model, arguments.dtype)
    if arguments.leave_out_long:
        sets = fitting_sets(model, sets, chat=reading.chat)
    texts = [t.text for one in sets for t in one.texts]
    cost = build_cost(model.info, len(texts), sum(map(len, texts)))
    print(f"{where_it_computes(model.info)}; {len(texts):,} texts, {cost}.", file=sys.stderr)
    short = run(short_texts(model, texts, reading))
    if short:
        print(short_sentence(short, reading), file=sys.stderr)
    vectors = run(find_or_build(open_store(), model, sets, settings, open_cache()))
    save_vectors(vectors, out)
    info = vectors.model
    document = {
        "model": {"name": info.name, "fingerprint": info.fingerprint, "layers": info.layers, "width": info.width},
        "emotions": list(vectors.emotions),
        "selected_layer": vectors.selected_layer,
        "selected_layers": list(vectors.selected_layers),
        "n_train": sum(n_units(one.part("train")) for one in vectors.prompt_sets),
        "n_heldout": sum(n_units(one.part("heldout")) for one in vectors.prompt_sets),
        "prompt_sets": [
            {"name": s.name, "sha256": s.sha256, "form": s.form, "seed": s.seed, "dropped": list(s.dropped)}
            for s in sets
        ],
        "read_at_last_token": len(short),
        "out": str(out),
    }
    shown = ", ".join(vectors.emotions[:6]) + (", ..." if len(vectors.emotions) > 6 else "")
    text = (
        f"{len(vectors.emotions)} vector(s) ({shown}) of {info.name} at {info.layers} layers, from "
        f"{document['n_train']} training rows; layer {vectors.selected_layer} chosen by cross-validation.\nWrote {out}."
    )
    return Answer(document, text)


def import_file(arguments: argparse.Namespace) -> Answer:
    """`import FILE --out VECTORS`: a vector file from a bundle, GGUF, safetensors, .npy or .npz."""
    out = require_writable(arguments.out)
    opened = open_path(arguments.file)
    answers = Answers(tuple(arguments.emotion or ()), arguments.layer, arguments.shift, arguments.selected_layer)
    if isinstance(opened, EmotionVectors):
        refuse_answers(opened, answers, Path(arguments.file).name)
        if arguments.model or arguments.dtype:
            model_of(opened, arguments.model, arguments.dtype)  # refuses another one than that of the vectors
        vectors = opened
    else:
        vectors = _completed(arguments, opened, answers)
    save_vectors(vectors, out)
    known = bool(vectors.prompt_sets)
    document = {
        "model": {
            "name": vectors.model.name,
            "fingerprint": vectors.model.fingerprint,
            "layers": vectors.model.layers,
            "width": vectors.model.width,
        },
        "emotions": list(vectors.emotions),
        "selected_layer": vectors.selected_layer,
        "selected_layers": list(vectors.selected_layers),
        "origin": vectors.origin or None,
        "training_rows": "known" if known else "unknown",
        "out": str(out),
    }
    text = (
        f"{len(vectors.emotions)} vector(s) ({', '.join(vectors.emotions[:6])}) of {vectors.model.name}, layer "
        f"{vectors.selected_layer}; training rows {document['training_rows']}.\nWrote {out}."
    )
    return Answer(document, text)


def export(arguments: argparse.Namespace) -> Answer:
    """`export VECTORS --out BUNDLE`: numbers, figures, charts, texts and code in one zip."""
    # Charts, maps and tables of the bundle: a second of imports that a build does not need.
    from emotion_core.exchange.bundle import UNKNOWN_ROWS, bundle_bytes, bundle_files, scored_files

    out = require_writable(arguments.out)
    vectors = load_vectors(Path(arguments.vectors))
    if arguments.without_scores:
        files = bundle_files(vectors, None, "the export was asked to leave them out")
    elif not vectors.prompt_sets:
        files = bundle_files(vectors, None, UNKNOWN_ROWS)
    else:
        model = model_of(vectors, arguments.model, arguments.dtype)
        files = run(scored_files(model, vectors, open_cache()))
    data = bundle_bytes(files)
    write_named(out, data)
    document = {
        "out": str(out),
        "bytes": len(data),
        "emotions": list(vectors.emotions),
        "scored": "tables/scores.csv" in files,
        "files": [
            {"name": name, "bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
            for name, content in files.items()
        ],
    }
    scored = "with" if document["scored"] else "without"
    return Answer(document, f"{len(files)} files, {scored} held-out scores, {len(data):,} bytes.\nWrote {out}.")


def _completed(arguments: argparse.Namespace, found: Found, answers: Answers) -> EmotionVectors:
    if arguments.model is None:
        raise SettingsError(
            "The file does not say which model its vectors belong to",
            where=found.source,
            found=found.describe().rstrip("."),
            remedy="Name the model with --model, and what else is missing with --emotion and --layer",
        )
    model = open_model(arguments.model, arguments.dtype)
    doubt = hint_mismatch(found, model_type(model.info.architecture))
    for sentence in filter(None, (doubt, not_finite(found))):
        print(f"{found.source}: {sentence}", file=sys.stderr)
    return run(import_vectors(model, found, answers, open_cache()))
