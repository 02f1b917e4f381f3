"""Emotions that cannot be tested, and sets too small to say much."""

from __future__ import annotations

from collections import Counter

from emotion_core.prompts.checks.finding import Finding, listed
from emotion_core.prompts.prompt_set import PromptSet

CHECK = "split sizes"
FEW = 8


def split_sizes(prompt_set: PromptSet) -> list[Finding]:
    """Warns of emotions without held-out rows; notes few training rows, none at all, or a single labelled emotion."""
    counts: dict[str, Counter[str]] = {"train": Counter(), "heldout": Counter()}
    for text in prompt_set.texts:
        counts[text.split][text.emotion] += text.side != "negative"
    train, heldout = counts["train"], counts["heldout"]
    unit = "pairs" if prompt_set.form == "pairs" else "texts"
    findings = []
    if not train:
        detail = f"All {unit} are held out: a vector can be tested on them, none can be built"
        return [Finding(CHECK, "note", (), detail, "Mark rows as train to build a vector from them")]
    untested = [emotion for emotion in prompt_set.emotions if not heldout[emotion]]
    if untested:
        detail = f"No held-out {unit}, so no held-out figures (null): " + listed(untested)
        remedy = f"Add {unit}, or mark some as heldout in the column split"
        rows = tuple(sorted({t.row for t in prompt_set.texts if t.emotion in set(untested)}))
        findings.append(Finding(CHECK, "warning", rows, detail, remedy))
    few = [f"{emotion} ({train[emotion]})" for emotion in prompt_set.emotions if train[emotion] < FEW]
    if few:
        detail = f"Fewer than {FEW} training {unit}: " + listed(few)
        findings.append(Finding(CHECK, "note", (), detail, f"Add {unit}; 20 or more give a stable vector"))
    if prompt_set.form == "labelled" and len(prompt_set.emotions) == 1:
        detail = "Labelled texts of one emotion have nothing to be compared with"
        remedy = "Build them together with other labelled emotions, or use them as neutral texts"
        findings.append(Finding(CHECK, "note", (), detail, remedy))
    return findings
