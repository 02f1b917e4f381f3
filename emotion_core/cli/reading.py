"""`read`: emotions by token, turn, dose, situation and attempt, system prompts compared, and monitors."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from emotion_core.cli.answer import Answer, number, table
from emotion_core.stats.p_words import p_words

if TYPE_CHECKING:
    from emotion_core.reading.attempts import AttemptsReading
    from emotion_core.reading.continuation import Continuation
    from emotion_core.reading.conversation import ConversationReading
    from emotion_core.reading.dose import DoseReading
    from emotion_core.reading.monitor import LabelledReading, Threshold, Watched
    from emotion_core.reading.priors import PriorsReading
    from emotion_core.reading.situations import SituationReading
    from emotion_core.reading.text import TokenReading

# Emotions that the answer for people lists; the document has all.
SHOWN = 8
_UNIT = "standard deviations of neutral tokens."


def read(arguments: argparse.Namespace) -> Answer:
    """`read VECTORS` and what to read, see `--help`."""
    from emotion_core.cli.reading_request import make_request
    from emotion_core.cli.runs import result
    from emotion_core.experiments.reading import reading_of
    from emotion_core.vectors.file import load_vectors

    # What is read is looked at first: a fault in it should not cost the loading of a model.
    settings = make_request(arguments)
    vectors = load_vectors(Path(arguments.vectors))
    experiment = reading_of(settings)
    found = result(experiment, vectors, settings, arguments)
    shown: dict[str, Callable[[Any], str]] = {
        "read-text": _text,
        "read-conversation": _conversation,
        "read-reply": _continuation,
        "read-dose": _dose,
        "read-situations": _situations,
        "read-attempts": _attempts,
        "read-priors": _priors,
        "read-monitor": _watched,
        "read-labelled": _labelled,
    }
    return Answer(found.to_json(), shown[experiment.kind](found))


def _text(every: TokenReading) -> str:
    found = every.single
    top = np.argsort(-np.abs(found.values[:, 0]).mean(axis=0))[:SHOWN]
    names = [found.emotions[e] for e in top]
    rows = [
        [repr(token)[1:-1], *(number(found.values[i, 0, e], 1) for e in top)] for i, token in enumerate(found.tokens)
    ]
    return table(["token", *names], rows) + f"\n\nLayer {found.layers[0]}; {_UNIT}"


def _conversation(found: ConversationReading) -> str:
    top = np.argsort(-np.abs(found.turns).max(axis=0))[:SHOWN]
    names = [found.tokens.emotions[e] for e in top]
    rows = [
        [str(i + 1), turn.role, *(number(found.turns[i, e], 1) for e in top)]
        for i, turn in enumerate(found.dialogue.turns)
    ]
    drifts = [found.drift_of(name)[1] for name in found.tokens.emotions if found.evidence(name)]
    end = f"\n\nLayer {found.tokens.layer}; {found.dialogue.template}; {_UNIT}\n"
    return table(["turn", "role", *names], rows) + end + ("\n".join(drifts) or "No emotion drifts beyond chance.")


def _continuation(found: Continuation) -> str:
    lines = []
    names = ("Unsteered", f"{found.writing.emotion} {found.writing.strength:+g}")
    for name, text, reading in zip(names, found.texts, found.readings, strict=False):
        mean = reading.turns[-1, reading.tokens.emotions.index(found.writing.emotion)] if text else None
        lines.append(f"{name} ({found.writing.emotion} {number(mean)}): {text or '(nothing)'}")
    return "\n\n".join(lines) + f"\n\nLayer {found.layer}; mean of the reply in {_UNIT}"


def _dose(found: DoseReading) -> str:
    named = [found.emotions.index(name) for name in found.expected]
    others = [e for e in np.argsort(np.nan_to_num(found.trend.chance.p_value, nan=1.0)).tolist() if e not in named]
    rows = [
        [
            found.emotions[e],
            number(found.trend.change[e]),
            number(found.ranges[e]),
            number(found.trend.chance.p_value[e], 4),
            number(found.trend.chance.q_value[e], 4),
            "yes" if found.evidence(found.emotions[e]) else "",
            found.outcome(found.emotions[e]) if found.emotions[e] in found.expected else "",
        ]
        for e in [*named, *others][:20]
    ]
    end = (
        f"\n\nLayer {found.layer}; change and range in standard deviations of neutral texts; p against control "
        "directions on the same texts, q corrected for the expected emotions or for all."
    )
    if found.expected:
        end += f"\n{found.met} of {len(found.expected)} met. {found.chance_sentence}"
    if found.unmatched:
        end += f"\nNo vector stands for {', '.join(found.unmatched)}."
    return table(["emotion", "change", "range", "p", "q", "evidence", "expected"], rows) + end


def _situations(found: SituationReading) -> str:
    rows = [[implied, str(rank)] for implied, rank in zip(found.implied, found.ranks, strict=True)]
    return table(["implied", "rank"], rows) + (
        f"\n\nHighest in {found.top1:.0%}, among the first three in {found.top3:.0%}; mean rank {found.mean_rank:.1f} "
        f"of {len(found.emotions)} (chance {found.null_low:.1f} to {found.null_high:.1f}, p = {found.p_value:.4f})."
    )


def _attempts(found: AttemptsReading) -> str:
    rows = []
    for e, name in enumerate(found.emotions):
        change, cheat = found.encouraged(name), found.cheat_reading(name)
        rows.append(
            [
                name,
                number(found.drift.change[e]),
                number(found.drift.chance.q_value[e], 3),
                "yes" if found.evidence(name) else "",
                f"{change.mean:+.2f} ({change.low:+.2f} to {change.high:+.2f})",
                "" if cheat is None else number(cheat[0]),
            ]
        )
    head = ["emotion", "drift", "q", "evidence", "encouragement (95 %)", "at the cheat"]
    return table(head, rows) + f"\n\nLayer {found.layer}; {found.template}; {_UNIT}"


def _priors(found: PriorsReading) -> str:
    rows = []
    for s in range(1, len(found.names)):
        for name in found.emotions:
            late = found.lasting(s, name)
            figures = f"{late.mean:+.2f} ({late.low:+.2f} to {late.high:+.2f})"
            null = f"{late.null_low:+.2f} to {late.null_high:+.2f}"
            rows.append([found.names[s], name, figures, null, "lasts" if late.lasts else ""])
    head = ["system prompt", "emotion", "last third (95 %)", "random directions", ""]
    end = f"\n\nDifference from {found.names[0]}; {len(found.roles)} conversations; layer {found.layer}; {_UNIT}"
    return table(head, rows) + end


def _watched(found: Watched) -> str:
    from emotion_core.reading.chance import control_words

    rows = [[str(a.start), str(a.end - a.start), number(a.peak), repr(a.text.strip())[1:-1][:80]] for a in found.alarms]
    lines = [table(["token", "tokens", "highest", "text"], rows), "", _threshold(found.threshold)]
    for one in found.flagged:
        told = (
            "silent until then"
            if one.lead is None
            else f"first alarm {one.lead} tokens before it "
            f"({p_words(one.chance or 0)} against {control_words(one.against)})"
        )
        lines.append(f"{found.phrase!r} at token {one.token}: {told}.")
    return "\n".join(lines)


def _threshold(found: Threshold) -> str:
    settings = found.settings
    return (
        f"Threshold {found.value:.2f} on {settings.emotion}, layer {found.layer}: {settings.false_alarms:.1%} of "
        f"neutral tokens lie above it, and {found.rate:.1%} of others (95 % {found.rate_low:.1%} to "
        f"{found.rate_high:.1%})."
    )


def _labelled(found: LabelledReading) -> str:
    from emotion_core.reading.chance import control_words

    rows = [
        [name, "yes" if label else "no", number(peak), str(first) if first >= 0 else "-"]
        for name, label, peak, first in zip(found.names, found.labels, found.peaks, found.first, strict=True)
    ]
    area = (
        f"AUROC {found.auroc:.2f} (95 % {found.auroc_low:.2f} to {found.auroc_high:.2f}); random directions "
        f"{found.null_low:.2f} to {found.null_high:.2f}, {p_words(found.p_value)} against "
        f"{control_words(found.against)}; length {found.length_auroc:.2f} "
        f"(difference {found.gain_low:+.2f} to {found.gain_high:+.2f})."
    )
    return "\n".join([table(["name", "label", "highest", "first alarm"], rows), "", area, _threshold(found.threshold)])
