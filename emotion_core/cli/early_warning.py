"""`behaviors --early-warning`: the texts before the scenarios, and what is said of the readings there."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from emotion_core.base.errors import PromptSetError, SettingsError
from emotion_core.cli.answer import number, table

if TYPE_CHECKING:
    from emotion_core.behavior.scenes import Scene
    from emotion_core.behavior.warning import EarlyWarning, WarningSettings
    from emotion_core.vectors.emotion_vectors import EmotionVectors


def warning_settings(
    vectors: EmotionVectors, scenes: tuple[Scene, ...], before: str | None, seed: int
) -> WarningSettings:
    """The texts of a file, one a line, or the held-out texts that the vectors came with.

    Raises:
        SettingsError: No scenario has options, or there are fewer than 8 different texts.
        PromptSetError: The file cannot be read.
    """
    from emotion_core.behavior.leads import lead_texts
    from emotion_core.behavior.warning import WarningSettings
    from emotion_core.prompts.decoding import decode

    if not any(scene.options for scene in scenes):
        raise SettingsError(
            "The early warning needs a scenario with options",
            found="scenarios with a pattern only",
            remedy="Add one with options, or leave --early-warning out",
        )
    if before is None:
        return WarningSettings(lead_texts(vectors), seed)
    try:
        data = Path(before).read_bytes()
    except OSError as error:
        raise PromptSetError("The file cannot be read", where=before, found=error.strerror or str(error)) from error
    lines = (line.strip() for line in decode(before, data).splitlines())
    return WarningSettings(tuple(dict.fromkeys(line for line in lines if line)), seed)


def warning_document(found: EarlyWarning) -> dict[str, Any]:
    """The figures with the curves: false and true positive rates over all cuts."""
    document = found.to_json()
    for e, one in enumerate(document["emotions"]):
        false, true = found.curve(e)
        one["roc"] = {"false_positives": false.tolist(), "true_positives": true.tolist()}
    return {"scenarios": list(found.scenarios), "texts_before": len(found.leads), **document}


def warning_text(found: EarlyWarning) -> str:
    """The same for people."""
    from emotion_core.behavior.nulls import control_words

    rows = [
        [
            emotion,
            number(found.auroc[e]),
            f"{number(found.low[e])} to {number(found.high[e])}",
            number(found.r[e]),
            number(found.p_value[e], 4),
            number(found.q_value[e], 4),
            "yes" if found.evidence(e) else "",
        ]
        for e, emotion in enumerate(found.emotions)
    ]
    return (
        f"Reading before the decision against the decision, {found.decided.size:,} cases in "
        f"{len(found.scenarios)} scenarios:\n\n"
        f"{table(['emotion', 'AUROC', '95 % interval', 'r with log-odds', 'p', 'q', 'beyond chance'], rows)}\n\n"
        f"{control_words(found.against.kinds)}: {number(found.null_low)} to {number(found.null_high)}. p: the "
        "larger of that against the hardest kind of these and that of exchanged texts; q: corrected for all emotions."
    )
