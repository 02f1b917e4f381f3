"""`--orthogonalise-against`: what is left of vectors once chosen directions are projected out of them."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from emotion_core.cli.answer import number

if TYPE_CHECKING:
    from pathlib import Path

    from emotion_core.evaluation.scores import HeldOutScores
    from emotion_core.models.loaded import LoadedModel
    from emotion_core.prompts.prompt_set import PromptSet
    from emotion_core.vectors.emotion_vectors import EmotionVectors


def orthogonalised(
    model: LoadedModel,
    vectors: EmotionVectors,
    before: HeldOutScores | None,
    sets: Sequence[PromptSet],
    arguments: argparse.Namespace,
    out: Path | None,
) -> tuple[dict[str, Any], str]:
    """Projects the named directions out, scores what is left on the same texts, and writes it where asked.

    Args:
        model: The model of the vectors.
        vectors: The vectors as they were.
        before: Their held-out scores; None where there are none.
        sets: The sets that were scored.
        arguments: `orthogonalise_against`, `confound` and `seed` are used.
        out: Vector file to write, or none.

    Returns:
        The document, and the same in words.

    Raises:
        SettingsError: There is nothing to project out, or nothing is left.
        PromptSetError: A name is neither an emotion of the vectors nor a prompt set.
    """
    from emotion_core.base.errors import SettingsError
    from emotion_core.base.numbers import finite
    from emotion_core.cli.session import open_cache, run
    from emotion_core.evaluation.heldout import heldout
    from emotion_core.evaluation.orthogonalise import orthogonalise
    from emotion_core.prompts.builtin import load_prompts
    from emotion_core.vectors.file import save_vectors

    emotions = [name for name in arguments.orthogonalise_against if name in vectors.emotions]
    references = [name for name in arguments.orthogonalise_against if name not in vectors.emotions]
    against = [load_prompts(name, seed=arguments.seed) for name in references]
    left = run(orthogonalise(model, vectors, emotions=emotions, sets=against, cache=open_cache()))
    if out is not None:
        save_vectors(left, out)
    after, reason = None, None
    if before is not None:
        confounds = [load_prompts(reference, seed=arguments.seed) for reference in arguments.confound]
        try:
            after = run(heldout(model, left, sets, open_cache(), confound_sets=confounds))
        except SettingsError as error:
            reason = error.message
    rows = [_kept(vectors, left, emotion) | _change(before, after, emotion) for emotion in left.emotions]
    document = {
        "against": list(arguments.orthogonalise_against),
        "emotions": rows,
        "scores": None if after is None else after.to_json()["emotions"],
        "reason": reason,
        "out": None if out is None else str(out),
    }
    lines = [
        f"{row['emotion']} without {', '.join(arguments.orthogonalise_against)}: cosine to the old vector "
        f"{number(finite(row['cosine_to_whole']))}; held-out AUROC {number(row['auroc_before'])} before, "
        f"{number(row['auroc_after'])} after; {row['verdict_after'] or reason or 'nothing held out'}"
        for row in rows
    ]
    return document, "\n".join(lines + [f"Wrote {out}."] * (out is not None))


def _kept(before: EmotionVectors, after: EmotionVectors, emotion: str) -> dict[str, Any]:
    from emotion_core.base.numbers import finite
    from emotion_core.evaluation.variants import cosine

    layer = after.layer_of(emotion)
    old, new = before.values[before.index(emotion), layer], after.values[after.index(emotion), layer]
    return {"emotion": emotion, "layer": layer, "cosine_to_whole": finite(cosine(new, old))}


def _change(before: HeldOutScores | None, after: HeldOutScores | None, emotion: str) -> dict[str, Any]:
    from emotion_core.base.numbers import finite

    row: dict[str, Any] = {}
    for when, scores in (("before", before), ("after", after)):
        known = scores is not None and emotion in scores.emotions
        row |= dict.fromkeys((f"auroc_{when}", f"cohens_d_{when}", f"verdict_{when}"))
        if scores is not None and known:
            e = scores.emotions.index(emotion)
            layer = scores.selected_layers[e]
            row[f"auroc_{when}"] = finite(scores.auroc[e, layer])
            row[f"cohens_d_{when}"] = finite(scores.cohens_d[e, layer])
            row[f"verdict_{when}"] = scores.verdicts[e].word
    return row
