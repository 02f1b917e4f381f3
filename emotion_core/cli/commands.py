"""One function a command: arguments in, Answer out. Heavy imports are inside, so that `--help` answers at once."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

from emotion_core.cli.answer import Answer, number, table
from emotion_core.errors import SettingsError


def build(arguments: argparse.Namespace) -> Answer:
    """`build PROMPTS ... --out FILE`: vectors of every layer."""
    from emotion_core.cli.session import open_cache, open_model, run
    from emotion_core.prompts.builtin import load_prompts
    from emotion_core.prompts.prompt_set import n_units
    from emotion_core.tracing.activations import ReadingPosition
    from emotion_core.vectors.build import build as build_job
    from emotion_core.vectors.file import save_vectors
    from emotion_core.vectors.settings import BuildSettings

    out = _writable(arguments.out)
    sets = [load_prompts(reference, seed=arguments.seed) for reference in arguments.prompts]
    reading = ReadingPosition(arguments.reading, arguments.from_token, arguments.chat)
    settings = BuildSettings(
        estimator=arguments.estimator,
        reading=reading,
        neutral_projection=arguments.neutral_projection,
        seed=arguments.seed,
    )
    for one in sets:
        for message in one.dropped:
            print(f"{one.name}: {message}", file=sys.stderr)
    model = open_model(arguments.model, arguments.dtype)
    vectors = run(build_job(model, sets, settings, open_cache()))
    save_vectors(vectors, out)
    info = vectors.model
    document = {
        "model": {"name": info.name, "fingerprint": info.fingerprint, "layers": info.layers, "width": info.width},
        "emotions": list(vectors.emotions),
        "selected_layer": vectors.selected_layer,
        "selected_layers": list(vectors.selected_layers),
        "n_train": sum(n_units(one.part("train")) for one in vectors.prompt_sets),
        "n_heldout": sum(n_units(one.part("heldout")) for one in vectors.prompt_sets),
        "prompt_sets": [
            {"name": s.name, "sha256": s.sha256, "form": s.form, "seed": s.seed, "dropped": list(s.dropped)}
            for s in sets
        ],
        "out": str(out),
    }
    shown = ", ".join(vectors.emotions[:6]) + (", ..." if len(vectors.emotions) > 6 else "")
    text = (
        f"{len(vectors.emotions)} vector(s) ({shown}) of {info.name} at {info.layers} layers, from "
        f"{document['n_train']} training rows; layer {vectors.selected_layer} chosen by cross-validation.\nWrote {out}."
    )
    return Answer(document, text)


def heldout(arguments: argparse.Namespace) -> Answer:
    """`heldout VECTORS PROMPTS ...`: scores on texts that were not trained on."""
    from emotion_core.cli.session import model_of, open_cache, run
    from emotion_core.evaluation.heldout import heldout as heldout_job
    from emotion_core.prompts.builtin import load_prompts
    from emotion_core.vectors.file import load_vectors

    vectors = load_vectors(Path(arguments.vectors))
    sets = [load_prompts(reference, seed=arguments.seed) for reference in arguments.prompts]
    model = model_of(vectors, arguments.model, arguments.dtype)
    document = run(heldout_job(model, vectors, sets, open_cache())).to_json()
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
        parts.append(f"{one['emotion']}: {one['verdict']} ({one['n_heldout']} scored rows)\n{table(head, rows)}")
    return Answer(document, "\n\n".join(parts) + "\n\n* chosen by cross-validation on the training rows")


def report(arguments: argparse.Namespace) -> Answer:
    """`report PROMPTS ...`: what in the sets could pass for an emotion; exit status 1 with an error among it."""
    from emotion_core.cli.session import open_cache, open_model, run
    from emotion_core.evaluation.report import report as report_job
    from emotion_core.prompts.builtin import load_prompts
    from emotion_core.vectors.settings import BuildSettings

    sets = [load_prompts(reference, seed=arguments.seed) for reference in arguments.prompts]
    model = open_model(arguments.model, arguments.dtype)
    found = run(report_job(model, sets, BuildSettings(seed=arguments.seed), open_cache()))
    document = found.to_json()
    lines = [f"{f.severity}  {name}, {f.check}: {f.detail} {f.remedy}" for name, f in found.findings]
    lines += [
        f"{row['emotion']}: held-out AUROC of the direction {number(row['direction_auroc'])}, of a bag of words "
        f"{number(row['bag_of_words_auroc'])}, length {number(row['length_auroc'])}, embedding layer "
        f"{number(row['embedding_auroc'])}"
        for row in document["emotions"]
    ]
    if len(document["emotions"]) == 1:
        lines += [f"{c.set}: AUROC {c.auroc:.2f} ({c.low:.2f} to {c.high:.2f})" for c in found.confounds]
    lines += [
        f"{p['n']} rows: cosine to the full vector {number(p['cosine_to_full'])}, held-out AUROC {number(p['auroc'])}"
        for p in document["sample_size"]
    ]
    return Answer(document, "\n".join(lines + [found.reason] * bool(found.reason)) or "nothing found")


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


def sweep(arguments: argparse.Namespace) -> Answer:
    """`sweep VECTORS --prompt TEXT --strengths RANGE`: a dose-response beside random directions."""
    from emotion_core.cli.session import model_of, run
    from emotion_core.steering.settings import SweepSettings, parse_strengths
    from emotion_core.steering.sweep import sweep as sweep_job
    from emotion_core.vectors.file import load_vectors

    vectors = load_vectors(Path(arguments.vectors))
    settings = SweepSettings(
        emotion=_emotion(arguments.emotion, vectors.emotions),
        prompts=tuple(arguments.prompt),
        strengths=parse_strengths(arguments.strengths),
        controls=arguments.controls,
        samples=arguments.samples or (1 if arguments.decoding == "greedy" else 4),
        max_new_tokens=arguments.tokens,
        layer=arguments.layer,
        unit=arguments.unit,
        operation=arguments.operation,
        scope=arguments.scope,
        decoding=arguments.decoding,
        temperature=arguments.temperature,
        top_p=arguments.top_p,
        seed=arguments.seed,
        chat=arguments.chat,
    )
    model = model_of(vectors, arguments.model, arguments.dtype)
    result = run(sweep_job(model, vectors, settings))
    rows = [
        [
            f"{one.strength:g}",
            number(one.effect),
            f"{number(one.effect_low)} to {number(one.effect_high)}",
            f"{number(one.null_low)} to {number(one.null_high)}",
            "yes" if one.coherent else "no",
            "yes" if one.evidence else "",
            number(one.surprise),
        ]
        for one in result.strengths
    ]
    head = ["strength", "effect", "95 % interval", "null band", "coherent", "evidence", "surprise"]
    low, high = result.usable_window
    text = f"{table(head, rows)}\n\nLayer {result.layer}; usable window {low:g} to {high:g} ({result.settings.unit})."
    return Answer(result.to_json(), text)


def doctor(arguments: argparse.Namespace) -> Answer:
    """`doctor`: can this model be read and steered as the project assumes?"""
    from dataclasses import asdict

    from emotion_core.cli.session import open_model, run
    from emotion_core.runs.settings import settings
    from emotion_core.tracing.doctor import doctor as doctor_job

    model = open_model(arguments.model, arguments.dtype)
    checks = run(doctor_job(model))
    document = {
        "model": asdict(model.info),
        "settings": {name: _plain(value) for name, value in asdict(settings()).items()},
        "checks": [asdict(check) for check in checks],
    }
    lines = [f"{'passed' if c.passed else 'FAILED'}  {c.name}: {c.detail}" for c in checks]
    lines += [f"        {c.name}: {c.remedy}" for c in checks if not c.passed]
    return Answer(document, "\n".join(lines), status=0 if all(c.passed for c in checks) else 1)


COMMANDS: dict[str, Callable[[argparse.Namespace], Answer]] = {
    "build": build,
    "heldout": heldout,
    "report": report,
    "geometry": geometry,
    "compare": compare,
    "sweep": sweep,
    "doctor": doctor,
}


def _writable(text: str) -> Path:
    """Refuses a place that cannot be written to before anything is computed."""
    path = Path(text)
    if path.is_dir() or not path.resolve().parent.is_dir():
        raise SettingsError(
            "The vector file cannot be written there",
            where=text,
            expected="a file in a folder that exists",
            found="a folder" if path.is_dir() else f"no folder {path.parent}",
        )
    return path


def _emotion(asked: str | None, emotions: tuple[str, ...]) -> str:
    if asked is not None:
        return asked
    if len(emotions) == 1:
        return emotions[0]
    raise SettingsError(
        "The vector file has several emotions", expected="--emotion with one of them", found=", ".join(emotions[:12])
    )


def _plain(value: object) -> object:
    return str(value) if isinstance(value, Path) else value
