"""`geometry`, `compare`: how emotions lie to each other."""

from __future__ import annotations

import argparse
from pathlib import Path

from emotion_core.cli.answer import Answer, number, table
from emotion_core.evaluation.p_words import p_words


def geometry(arguments: argparse.Namespace) -> Answer:
    """`geometry VECTORS`: how the emotions lie to each other."""
    from emotion_core.geometry.claims import claims
    from emotion_core.geometry.emotion_map import map_emotions
    from emotion_core.geometry.norms import circumplex, read_norms
    from emotion_core.geometry.supervised import read_norms_off
    from emotion_core.vectors.file import load_vectors

    vectors = load_vectors(Path(arguments.vectors))
    norms = read_norms(Path(arguments.norms)) if arguments.norms else None
    found = map_emotions(vectors, layer=arguments.layer, clusters=arguments.clusters, norms=norms, seed=arguments.seed)
    document = found.to_json()
    rows = [
        [e["emotion"], number(e["pc1"]), number(e["pc2"]), str(e["cluster"]), ", ".join(e["nearest"][:3])]
        for e in document["emotions"]
    ]
    explained = ", ".join(f"{share:.0%}" for share in document["explained_variance"][:4])
    text = f"Layer {document['layer']}; variance explained: {explained}; silhouette {number(document['silhouette'])}\n"
    text += table(["emotion", "PC1", "PC2", "cluster", "nearest"], rows)
    readings = read_norms_off(vectors.values[:, found.layer], vectors.emotions, norms or circumplex())
    text += f"\n\nRatings: {found.human.name}. p-values corrected together (Holm); a claim stands at .025.\n"
    for one in claims(found, readings):
        if one.value == one.value:
            # The sign of a component is turned by the ratings, so only its size counts.
            component = one.what.startswith("Component")
            said = f"|r| = {number(abs(one.value))}" if component else f"{one.measure} = {number(one.value)}"
            word = "stands" if one.stands else "does not stand"
            text += f"{word}: {one.what}: {said}, n = {one.n}, {p_words(one.p_corrected)}\n"
    return Answer(document, text.rstrip("\n"))


def compare(arguments: argparse.Namespace) -> Answer:
    """`compare A B`: do two vector files agree on which emotions are alike?"""
    from emotion_core.geometry.compare import compare as compare_vectors
    from emotion_core.vectors.file import load_vectors

    found = compare_vectors(load_vectors(Path(arguments.a)), load_vectors(Path(arguments.b)), seed=arguments.seed)
    document = found.to_json()
    shared = f"{document['n_shared']} shared emotions"
    return Answer(document, f"r = {number(document['r'])} over {shared}, {p_words(float(document['p_value']))}")
