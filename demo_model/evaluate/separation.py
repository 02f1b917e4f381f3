"""Directions that must separate texts the model has not seen: ``fear-calm``, and everyday sentences."""

from __future__ import annotations

import csv
import json

import numpy as np
from numpy.typing import NDArray
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression

from demo_model import paths
from demo_model.evaluate.figures import Figure, auroc, cohens_d, unit
from demo_model.evaluate.reader import Array, Reader


def _best_layer(positive: Array, negative: Array, groups: list[str]) -> int:
    """The layer whose left-out groups separate best, within the training texts only."""
    scores = np.zeros(positive.shape[1])
    names = sorted(set(groups))
    folds = [[index for index, group in enumerate(groups) if names.index(group) % 5 == fold] for fold in range(5)]
    for layer in range(positive.shape[1]):
        for fold in folds:
            kept = [index for index in range(len(groups)) if index not in fold]
            direction = unit(positive[kept, layer].mean(0) - negative[kept, layer].mean(0))
            scores[layer] += auroc(positive[fold, layer] @ direction, negative[fold, layer] @ direction)
    return int(scores.argmax())


def fear_calm(reader: Reader) -> list[Figure]:
    """Held-out Cohen's d with a bootstrap interval, beside the band of 200 shuffled-label directions."""
    with (paths.PROMPTS / "fear-calm.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    train = [row for row in rows if row["split"] == "train"]
    held = [row for row in rows if row["split"] == "heldout"]
    sides = [
        reader.activations([row[side] for row in part]) for part in (train, held) for side in ("positive", "negative")
    ]
    positive, negative, held_positive, held_negative = sides
    layer = _best_layer(positive, negative, [row["topic"] for row in train])
    rng = np.random.default_rng(0)
    differences = positive[:, layer] - negative[:, layer]  # (pairs, C)
    direction = unit(differences.mean(0))
    up, down = held_positive[:, layer] @ direction, held_negative[:, layer] @ direction
    found = cohens_d(up, down)
    draws = [rng.integers(0, len(up), (2, len(up))) for _ in range(2000)]
    low, high = np.quantile([cohens_d(up[a], down[b]) for a, b in draws], (0.025, 0.975))
    null = []
    for _ in range(200):
        shuffled = unit((differences * rng.choice((-1, 1), (len(differences), 1))).mean(0))
        null.append(cohens_d(held_positive[:, layer] @ shuffled, held_negative[:, layer] @ shuffled))
    band = float(np.quantile(null, 0.975))
    by_layer = []
    for at in range(reader.layers):
        line = unit((positive[:, at] - negative[:, at]).mean(0))
        by_layer.append(f"{cohens_d(held_positive[:, at] @ line, held_negative[:, at] @ line):.2f}")
    value = f"d {found:.2f} [{low:.2f}, {high:.2f}], null {band:.2f}, layer {layer}"
    return [
        Figure("fear-calm held out", value, "d >= 1.5, interval > null", bool(found >= 1.5 and low > band)),
        Figure("fear-calm held out, all layers", " ".join(by_layer)),
        Figure("fear-calm held out, AUROC", f"{auroc(up, down):.2f}"),
    ]


def everyday(reader: Reader) -> list[Figure]:
    """80 frightening and 80 joyful sentences give the direction, 80 and 80 others are separated."""
    check = json.loads((paths.PACKAGE / "checks" / "everyday.json").read_text(encoding="utf-8"))
    parts = {
        (split, side): reader.activations(check[split][side]) for split in ("train", "test") for side in ("fear", "joy")
    }
    fear, joy = parts["train", "fear"], parts["train", "joy"]
    layer = _best_layer(fear, joy, [str(index) for index in range(len(fear))])
    direction = unit(fear[:, layer].mean(0) - joy[:, layer].mean(0))
    found = auroc(parts["test", "fear"][:, layer] @ direction, parts["test", "joy"][:, layer] @ direction)
    learned = _learned(
        np.concatenate([fear, joy])[:, layer], [parts["test", side][:, layer] for side in ("fear", "joy")]
    )
    counts = CountVectorizer(binary=True).fit(check["train"]["fear"] + check["train"]["joy"])
    words = {
        split: [counts.transform(check[split][side]).toarray() for side in ("fear", "joy")]
        for split in ("train", "test")
    }
    bag = _learned(np.concatenate(words["train"]), words["test"])
    return [
        Figure("everyday sentences, difference in means", f"AUROC {found:.3f}, layer {layer}", ">= .80", found >= 0.8),
        Figure("everyday sentences, logistic regression", f"AUROC {learned:.3f}"),
        Figure("everyday sentences, bag of words (rival)", f"AUROC {bag:.3f}"),
    ]


def _learned(train: NDArray[np.floating], test: list[NDArray[np.floating]]) -> float:
    scale = train.std(0) + 1e-6
    labels = np.repeat([1, 0], len(train) // 2)
    fitted = LogisticRegression(C=0.05, max_iter=2000).fit(train / scale, labels)
    return auroc(*(fitted.decision_function(part / scale) for part in test))
