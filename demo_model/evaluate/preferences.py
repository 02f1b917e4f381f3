"""Preference over the built-in activities, by the probability of either letter, in both orders."""

from __future__ import annotations

import json
from itertools import permutations

import numpy as np
import torch

from demo_model import paths
from demo_model.evaluate.figures import Figure
from demo_model.evaluate.reader import Reader
from demo_model.generator.banks.activities import KINDS

QUESTION = "Would you prefer to (A) {first} or (B) {second}?\nAnswer: ("


@torch.inference_mode()
def preferences(reader: Reader) -> list[Figure]:
    """Correlation of each activity's score with its kind's planted pleasantness."""
    rows = json.loads((paths.PROMPTS / "activities.json").read_text(encoding="utf-8"))
    pairs = list(permutations(range(len(rows)), 2))
    prompts = [QUESTION.format(first=rows[a]["activity"], second=rows[b]["activity"]) for a, b in pairs]
    letters = [reader.tokenizer(f"({letter}")["input_ids"][-1] for letter in "AB"]
    margins = np.zeros(len(pairs))
    for part, tokens, mask in reader.batches(prompts, size=128):
        states = reader.model.transformer(tokens, attention_mask=mask)[0]
        last = states[torch.arange(len(part)), mask.sum(1).long() - 1]  # (B, C)
        logits = reader.model.lm_head(last)[:, letters]
        margins[part] = (logits[:, 0] - logits[:, 1]).numpy()
    size = len(rows)
    as_first, as_second = np.zeros(size), np.zeros(size)
    for (a, b), margin in zip(pairs, margins, strict=True):
        as_first[a] += margin / (size - 1)
        as_second[b] -= margin / (size - 1)
    planted = np.array([KINDS[row["kind"]][0] for row in rows])
    r_first, r_second = (float(np.corrcoef(planted, score)[0, 1]) for score in (as_first, as_second))
    by_kind = {
        kind: np.mean([as_first[i] + as_second[i] for i in range(size) if rows[i]["kind"] == kind]) / 2
        for kind in KINDS
    }
    return [
        Figure("preference with planted pleasantness, named first", f"r {r_first:.2f}", ">= .7", r_first >= 0.7),
        Figure("preference with planted pleasantness, named second", f"r {r_second:.2f}", ">= .7", r_second >= 0.7),
        Figure("mean score by kind (nats)", " ".join(f"{kind} {score:+.1f}" for kind, score in by_kind.items())),
        Figure("share of answers (A)", f"{(margins > 0).mean():.2f}"),
    ]
