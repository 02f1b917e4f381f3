"""`build`: vectors from prompt sets."""

from __future__ import annotations

import argparse
import sys

from emotion_core.cli.answer import Answer
from emotion_core.cli.parts import fitting_sets, read_prompt_sets
from emotion_core.cli.places import writable


def build(arguments: argparse.Namespace) -> Answer:
    """`build PROMPTS ... --out FILE`: vectors of every layer."""
    from emotion_core.base.activations import ReadingPosition
    from emotion_core.cli.session import open_cache, open_model, run
    from emotion_core.prompts.prompt_set import n_units
    from emotion_core.reading.short import short_sentence, short_texts
    from emotion_core.runs.cost import build_cost, where_it_computes
    from emotion_core.vectors.build import build as build_job
    from emotion_core.vectors.file import save_vectors
    from emotion_core.vectors.settings import BuildSettings

    out = writable(arguments.out)
    sets = read_prompt_sets(arguments)
    reading = ReadingPosition(arguments.reading, arguments.from_token, arguments.chat or arguments.reading == "answer")
    settings = BuildSettings(
        estimator=arguments.estimator,
        reading=reading,
        neutral_projection=arguments.neutral_projection,
        seed=arguments.seed,
    )
    model = open_model(arguments.model, arguments.dtype)
    if arguments.leave_out_long:
        sets = fitting_sets(model, sets, chat=reading.chat)
    texts = [t.text for one in sets for t in one.texts]
    cost = build_cost(model.info, len(texts), sum(map(len, texts)))
    print(f"{where_it_computes(model.info)}; {len(texts):,} texts, {cost}.", file=sys.stderr)
    short = run(short_texts(model, texts, reading))
    if short:
        print(short_sentence(short, reading), file=sys.stderr)
    vectors = run(build_job(model, sets, settings, open_cache()))
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
