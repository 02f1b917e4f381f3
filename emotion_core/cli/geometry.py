"""`geometry`, `compare`: how emotions lie to each other."""

from __future__ import annotations

import argparse
from pathlib import Path

from emotion_core.base.activations import FloatArray
from emotion_core.base.atomic import require_writable
from emotion_core.cli.answer import Answer, number, table
from emotion_core.cli.arguments import settings_from
from emotion_core.cli.runs import result
from emotion_core.experiments.evaluation import OnOwnTexts
from emotion_core.experiments.geometry import TWIN, MapSettings
from emotion_core.geometry.claims import claims
from emotion_core.geometry.compare import compare as compare_vectors
from emotion_core.geometry.emotion_map import fewer_clusters, map_emotions
from emotion_core.geometry.norms import circumplex, fit_axes, read_norms
from emotion_core.geometry.rivals import rival_rows
from emotion_core.geometry.supervised import read_norms_off
from emotion_core.stats.intervals import p_words
from emotion_core.vectors.emotion_vectors import EmotionVectors
from emotion_core.vectors.file import load_vectors, save_vectors


def geometry(arguments: argparse.Namespace) -> Answer:
    """`geometry VECTORS`: how the emotions lie to each other."""
    axes = require_writable(arguments.axes) if arguments.axes else None
    vectors = load_vectors(Path(arguments.vectors))
    norms = read_norms(Path(arguments.norms)) if arguments.norms else None
    clusters = settings_from(MapSettings, arguments).clusters
    found = map_emotions(vectors, layer=arguments.layer, clusters=clusters, norms=norms, seed=arguments.seed)
    if axes is not None:
        save_vectors(fit_axes(vectors, norms), axes)
    twin = _twin(vectors, arguments) if arguments.untrained_twin else None
    readings = read_norms_off(vectors.values[:, found.layer], vectors.emotions, norms or circumplex())
    claimed = claims(found, readings, rival_rows(vectors, found.layer, twin))
    document = {**found.to_json(), "claims": [one.to_json() for one in claimed]}
    rows = [
        [e["emotion"], number(e["pc1"]), number(e["pc2"]), str(e["cluster"]), ", ".join(e["nearest"][:3])]
        for e in document["emotions"]
    ]
    fewer = fewer_clusters(clusters, len(vectors.emotions))
    explained = ", ".join(f"{share:.0%}" for share in document["explained_variance"][:4])
    text = f"Layer {document['layer']}; variance explained: {explained}; silhouette {number(document['silhouette'])}\n"
    text += f"{fewer}\n" * bool(fewer)
    text += table(["emotion", "PC1", "PC2", "cluster", "nearest"], rows)
    text += (
        f"\n\nRatings: {found.human.name}. p-values are corrected together (Holm, at .025). Evidence: more than "
        "chance, and more than on the maps without a trained model that stand beside it.\n"
    )
    text += "".join(f"{one.mark}: {one.sentence}\n" for one in claimed if one.value == one.value)
    return Answer(document, text.rstrip("\n"))


def _twin(vectors: EmotionVectors, arguments: argparse.Namespace) -> FloatArray:
    """The untrained twin's vectors."""
    return result(TWIN, vectors, OnOwnTexts(), arguments).values


def compare(arguments: argparse.Namespace) -> Answer:
    """`compare A B`: do two vector files agree on which emotions are alike?"""
    found = compare_vectors(load_vectors(Path(arguments.a)), load_vectors(Path(arguments.b)), seed=arguments.seed)
    document = found.to_json()
    shared = f"{document['n_shared']} shared emotions"
    figures = f"r = {number(document['r'])} over {shared}, {p_words(float(document['p_value']))}"
    return Answer(document, f"{figures}\n{found.mark}: {found.sentence}")
