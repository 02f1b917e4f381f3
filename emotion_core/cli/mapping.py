"""`geometry`, `compare`: how emotions lie to each other."""

from __future__ import annotations

import argparse
from pathlib import Path

from emotion_core.cli.answer import Answer, number, table


def geometry(arguments: argparse.Namespace) -> Answer:
    """`geometry VECTORS`: how the emotions lie to each other."""
    from emotion_core.geometry.emotion_map import map_emotions
    from emotion_core.geometry.norms import read_norms
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
    return Answer(document, text + table(["emotion", "PC1", "PC2", "cluster", "nearest"], rows))


def compare(arguments: argparse.Namespace) -> Answer:
    """`compare A B`: do two vector files agree on which emotions are alike?"""
    from emotion_core.geometry.compare import compare as compare_vectors
    from emotion_core.vectors.file import load_vectors

    found = compare_vectors(load_vectors(Path(arguments.a)), load_vectors(Path(arguments.b)), seed=arguments.seed)
    document = found.to_json()
    text = (
        f"r = {number(document['r'])} over {document['n_shared']} shared emotions, p = {number(document['p_value'], 3)}"
    )
    return Answer(document, text)
