"""`heldout`, `transfer`, `report`: what is to be believed of vectors, and of the texts they are built from."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from emotion_core.base.activations import open_cache
from emotion_core.base.atomic import require_writable
from emotion_core.base.errors import SettingsError
from emotion_core.base.numbers import counted, finite
from emotion_core.cli.answer import Answer, number, table
from emotion_core.cli.arguments import fitting_sets, read_prompt_sets
from emotion_core.cli.runs import result
from emotion_core.cli.session import model_of, open_model, run
from emotion_core.evaluation.report import Report
from emotion_core.evaluation.scores import HeldOutScores
from emotion_core.evaluation.transfer import Contrast, transfer_sentence
from emotion_core.evaluation.variants import Variant, cosine
from emotion_core.experiments.evaluation import (
    CONFOUNDS,
    HELDOUT,
    ORTHOGONAL,
    SIZES,
    TRANSFER,
    VARIANTS,
    OnOwnTexts,
    OnSets,
    ToAnotherSource,
    Without,
)
from emotion_core.models.loaded import LoadedModel
from emotion_core.prompts.builtin import built_in_confounds, load_prompts
from emotion_core.prompts.checks import check
from emotion_core.prompts.prompt_set import PromptSet
from emotion_core.runs.builds import find_or_build
from emotion_core.runs.store import open_store
from emotion_core.vectors.build import check_enough
from emotion_core.vectors.emotion_vectors import BuildSettings, EmotionVectors
from emotion_core.vectors.file import load_vectors, save_vectors


def heldout(arguments: argparse.Namespace) -> Answer:
    """`heldout VECTORS PROMPTS ...`: scores on texts that were not trained on."""
    out = _out_of_what_is_left(arguments)
    vectors = load_vectors(Path(arguments.vectors))
    sets = read_prompt_sets(arguments)
    if arguments.leave_out_long:
        sets = fitting_sets(model_of(vectors, arguments.model, arguments.dtype), sets, chat=vectors.reading.chat)
    confounds = _confounds(arguments)
    scores = result(HELDOUT, vectors, OnSets(sets, confounds, arguments.seed), arguments)
    document = scores.to_json()
    # A confound set, say: its texts stand for something that no vector here is for.
    without = [{"set": s.name, "emotion": e} for s in sets for e in s.emotions if e not in vectors.emotions]
    document["without_vector"] = without
    for one in without:
        print(f"{one['set']}: there is no vector for '{one['emotion']}', its texts are not scored", file=sys.stderr)
    parts = []
    for one in document["emotions"]:
        chosen = one["selected_layer"]
        rows = [
            [
                f"{layer['layer']}{' *' if layer['layer'] == chosen else ''}",
                number(layer["cohens_d"]),
                f"{number(layer['cohens_d_low'])} to {number(layer['cohens_d_high'])}",
                number(layer["auroc"]),
                number(layer["null_auroc_95"]),
                number(layer["p_value"], 3),
                number(layer["overlap"]),
            ]
            for layer in one["layers"]
        ]
        head = ["layer", "d", "95 % interval", "AUROC", "null 95 %", "p", "overlap"]
        told = f"{one['emotion']}: {one['verdict']} ({counted(one['n_heldout'], 'scored row')}). {one['reason']}"
        if one["interval_reason"]:
            told += f" Cohen's d has {one['interval_reason']}."
        parts += [f"{told}\n{table(head, rows)}", *_leads(one["gaps"])]
    if scores.left_out:
        parts.append(f"Left out: {counted(len(scores.left_out), 'held-out text')} that the vectors were built from")
    beside = f"; its null 95 % and its p go by {scores.all_null_words}" if scores.null_directions else ""
    parts.append(f"{_chosen(vectors)}{beside.removesuffix(',')}")
    if arguments.orthogonalise_against:
        document["orthogonalised"], told = _orthogonalised(vectors, scores, sets, arguments, out)
        parts.append(told)
    return Answer(document, "\n\n".join(parts))


def transfer(arguments: argparse.Namespace) -> Answer:
    """`transfer VECTORS PROMPTS`: scores on another set, beside rivals that were trained on the same texts."""
    vectors = load_vectors(Path(arguments.vectors))
    (target,) = read_prompt_sets(arguments)
    contrast = None
    if arguments.positive or arguments.negative:
        contrast = Contrast(_names(arguments.positive), _names(arguments.negative))
    if arguments.leave_out_long:
        model = model_of(vectors, arguments.model, arguments.dtype)
        (target,) = fitting_sets(model, (target,), chat=vectors.reading.chat)
    asked = ToAnotherSource(target, contrast, arguments.untrained_twin, arguments.seed)
    found = result(TRANSFER, vectors, asked, arguments)
    document = found.to_json()
    lines = [transfer_sentence(found)]
    if found.left_out:
        lines.append(f"{len(found.left_out)} texts were left out because the vectors were built from them.")
    for score in document["emotions"]:
        lines.append(f"\n{score['emotion']}: {score['verdict']}. {score['reason']}")
        rivals = [
            [rival["name"], number(rival["auroc"]), number(rival["paired"]), _with_ends(gap)]
            for rival, gap in zip(score["rivals"], score["gaps"], strict=True)
        ]
        layers = [
            [
                f"{layer['layer']}{' *' if layer['layer'] == score['selected_layer'] else ''}",
                number(layer["auroc"]),
                f"{number(layer['low'])} to {number(layer['high'])}",
                number(layer["paired"]),
                number(layer["null_auroc_95"]),
                number(layer["p_value"], 3),
            ]
            for layer in score["layers"]
        ]
        lines.append(table(["layer", "AUROC", "95 % interval", "pairs", "null 95 %", "p"], layers))
        lines.append(table(["rival", "AUROC", "pairs", "gap (95 %)"], rivals))
    lines.append("* chosen by cross-validation on the training rows")
    return Answer(document, "\n".join(lines))


def _chosen(vectors: EmotionVectors) -> str:
    """What the star beside a layer means: vectors may come without training rows to choose it on."""
    if vectors.prompt_sets:
        return "* chosen by cross-validation on the training rows"
    return "* as the vector file has it; the training rows are not known, so it was not chosen on them"


def _with_ends(gap: dict[str, Any]) -> str:
    return f"{number(gap['gap'])} ({number(gap['low'])} to {number(gap['high'])})"


def _names(text: str) -> tuple[str, ...]:
    """Emotions divided by commas."""
    return tuple(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))


def report(arguments: argparse.Namespace) -> Answer:
    """`report PROMPTS ...`: what in the sets could pass for an emotion; exit status 1 with an error among it."""
    out = _out_of_what_is_left(arguments)
    sets = read_prompt_sets(arguments)
    model = open_model(arguments.model, arguments.dtype)
    if arguments.leave_out_long:
        sets = fitting_sets(model, sets)
    confounds = _confounds(arguments)
    vectors, found = _report(model, sets, confounds, arguments)
    document = found.to_json()
    lines = [f"{f.severity}  {name}, {f.check}: {f.detail} → {f.remedy}" for name, f in found.findings]
    lines += [
        f"{row['emotion']}: {row['verdict']}; held-out AUROC of the direction {number(row['direction_auroc'])}, of a "
        f"bag of words {number(row['bag_of_words_auroc'])}, character n-grams {number(row['character_ngrams_auroc'])}, "
        f"length {number(row['length_auroc'])}, embedding layer {number(row['embedding_auroc'])}"
        for row in document["emotions"]
    ]
    if len(document["emotions"]) == 1:
        lines += [
            f"{c.set}, {c.contrast}: AUROC {number(finite(c.auroc))} ({c.low:.2f} to {c.high:.2f}), cosine "
            f"{number(finite(c.cosine))} (95 % of shuffled sides within {number(finite(c.cosine_chance))})"
            for c in found.confounds
        ]
    lines += [
        f"{p['n']} rows: cosine of two disjoint parts of as many {number(p['split_half'])} (95 % of shuffled "
        f"labels up to {number(p['noise_95'])}), held-out AUROC {number(p['auroc'])}"
        for p in document["sample_size"]
    ]
    lines += _ways(found.ways)
    if arguments.orthogonalise_against and vectors is not None:
        document["orthogonalised"], told = _orthogonalised(vectors, found.scores, sets, arguments, out, model)
        lines.append(told)
    return Answer(document, "\n".join(lines + [found.reason] * bool(found.reason)) or "nothing found")


def _report(
    model: LoadedModel, sets: tuple[PromptSet, ...], confounds: tuple[PromptSet, ...], arguments: argparse.Namespace
) -> tuple[EmotionVectors | None, Report]:
    """The vectors of the sets, and what the runs over them say; no vectors of sets that none can be built from."""
    findings = tuple((one.name, finding) for one in sets for finding in check(one))
    try:
        check_enough(sets)
    except SettingsError as error:
        return None, Report(findings, None, (), (), error.message)
    asked = BuildSettings(seed=arguments.seed)
    vectors = run(find_or_build(open_store(), model, sets, asked, open_cache()))
    scores, reason = None, ""
    try:
        scores = result(HELDOUT, vectors, OnSets(sets, confounds, arguments.seed), arguments, model)
        contrasts = scores.confounds
    except SettingsError as error:
        reason = error.message
        contrasts = result(CONFOUNDS, vectors, OnSets((*built_in_confounds(), *confounds)), arguments, model).scores
    sizes = result(SIZES, vectors, OnOwnTexts(), arguments, model).points
    ways = result(VARIANTS, vectors, OnOwnTexts(), arguments, model).rows
    return vectors, Report(findings, scores, contrasts, sizes, reason, ways)


def _confounds(arguments: argparse.Namespace) -> tuple[PromptSet, ...]:
    return tuple(load_prompts(reference, seed=arguments.seed) for reference in arguments.confound)


def _leads(gaps: Sequence[dict[str, Any]]) -> list[str]:
    """Lead of a direction over each rival and confound, as a table."""
    rows = [
        [gap["name"], gap["kind"], number(gap["gap"]), f"{number(gap['low'])} to {number(gap['high'])}"] for gap in gaps
    ]
    return [table(["lead over", "kind", "AUROC", "95 % interval"], rows)] if rows else []


def _out_of_what_is_left(arguments: argparse.Namespace) -> Path | None:
    """Where `--out` writes to; refused without anything to project out, which would write nothing."""
    if arguments.out is None:
        return None
    if not arguments.orthogonalise_against:
        raise SettingsError(
            "There is nothing to write",
            where="--out",
            expected="--orthogonalise-against beside it",
            found="none",
            remedy="To write the vectors themselves use `build`",
        )
    return require_writable(arguments.out)


def _ways(ways: Sequence[Variant]) -> list[str]:
    """The table of estimators and reading positions."""
    head = ["emotion", "estimator", "neutral", "reading", "layer", "d", "95 % interval", "AUROC", "cosine", "halves"]
    rows = [
        [
            one.emotion,
            one.estimator + " *" * one.shown,
            "projected out" if one.neutral_projection else "-",
            one.reading,
            str(one.layer),
            number(finite(one.cohens_d)),
            f"{number(finite(one.d_low))} to {number(finite(one.d_high))}",
            number(finite(one.auroc)),
            number(finite(one.cosine)),
            number(finite(one.split_half)),
        ]
        for one in ways
    ]
    return (
        [
            table(head, rows),
            "* as built; the cosine is to that vector; halves: cosine of two vectors from halves of the training rows",
        ]
        if rows
        else []
    )


def _orthogonalised(
    vectors: EmotionVectors,
    before: HeldOutScores | None,
    sets: tuple[PromptSet, ...],
    arguments: argparse.Namespace,
    out: Path | None,
    model: LoadedModel | None = None,
) -> tuple[dict[str, Any], str]:
    """Projects the named directions out, scores what is left on the same texts, and writes it where asked.

    Args:
        vectors: The vectors as they were.
        before: Their held-out scores; None where there are none.
        sets: The sets that were scored.
        arguments: `orthogonalise_against`, `confound` and `seed` are used.
        out: Vector file to write, or none.
        model: Where it is loaded already.

    Returns:
        The document, and the same in words.

    Raises:
        SettingsError: There is nothing to project out, or nothing is left.
        PromptSetError: A name is neither an emotion of the vectors nor a prompt set.
    """
    emotions = tuple(name for name in arguments.orthogonalise_against if name in vectors.emotions)
    references = [name for name in arguments.orthogonalise_against if name not in vectors.emotions]
    against = tuple(load_prompts(name, seed=arguments.seed) for name in references)
    left = result(ORTHOGONAL, vectors, Without(emotions, against), arguments, model).vectors
    if out is not None:
        save_vectors(left, out)
    after, reason = None, None
    if before is not None:
        try:
            after = result(HELDOUT, left, OnSets(sets, _confounds(arguments), arguments.seed), arguments, model)
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
    layer = after.layer_of(emotion)
    old, new = before.values[before.index(emotion), layer], after.values[after.index(emotion), layer]
    return {"emotion": emotion, "layer": layer, "cosine_to_whole": finite(cosine(new, old))}


def _change(before: HeldOutScores | None, after: HeldOutScores | None, emotion: str) -> dict[str, Any]:
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
