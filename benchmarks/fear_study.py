"""The fear study on every small model at hand: `python -m benchmarks.fear_study` prints the tables of docs/results.md.

Builds `fear-calm` by difference in means, scores the ten held-out pairs at every layer, and runs one sweep; the demo
model always, and the models in `../shared/models` where that folder is there.
"""

from __future__ import annotations

import platform
from datetime import UTC, datetime
from pathlib import Path

import torch

from emotion_core.base.jobs import run_to_end
from emotion_core.evaluation.heldout import heldout
from emotion_core.evaluation.scores import HeldOutScores
from emotion_core.models.load import load_model
from emotion_core.models.loaded import LoadedModel
from emotion_core.prompts.builtin import load_prompts
from emotion_core.steering.finding import sweep_finding
from emotion_core.steering.settings import SweepSettings, parse_strengths
from emotion_core.steering.sweep import Sweep, sweep
from emotion_core.vectors.build import build, library_versions
from emotion_core.vectors.emotion_vectors import BuildSettings

SHARED = Path(__file__).resolve().parents[2] / "shared" / "models"
OPENINGS = {
    "demo": ("When she opened the door, she", "It was late in the evening when they"),
    "stories260K": ("Once upon a time, there was a", "When she opened the door, she"),
    "craftgpt-5m": ("[inst] how was your day? [/inst]", "[inst] tell me a story. [/inst]"),
}


def main() -> None:
    """Prints the report as markdown."""
    names = ["demo"] + [str(SHARED / name) for name in ("stories260K", "craftgpt-5m") if (SHARED / name).is_dir()]
    print(header(), end="\n\n")
    for name in names:
        model = load_model(name)
        label = Path(name).name
        prompts = [load_prompts("fear-calm")]
        vectors = run_to_end(build(model, prompts, BuildSettings()))
        scores = run_to_end(heldout(model, vectors, prompts))
        print(f"### {label}\n\n{about(model)}\n\n{separation(scores)}\n")
        settings = SweepSettings(
            emotion="fear", prompts=OPENINGS[label], strengths=parse_strengths("-0.6:0.6:0.1"), max_new_tokens=24
        )
        print(dose_response(run_to_end(sweep(model, vectors, settings))), end="\n\n")


def header() -> str:
    """Machine, versions and date."""
    versions = ", ".join(f"{name} {version}" for name, version in library_versions().items())
    threads = torch.get_num_threads()
    return (
        f"Printed by `python -m benchmarks.fear_study` on {datetime.now(UTC):%Y-%m-%d}, {platform.machine()}, "
        f"{threads} thread(s); {versions}."
    )


def about(model: LoadedModel) -> str:
    """One line on a model."""
    info = model.info
    return (
        f"{info.architecture}, {info.parameters:,} parameters, {info.layers} layers x {info.width}, "
        f"fingerprint `{info.fingerprint[:16]}`."
    )


def separation(scores: HeldOutScores) -> str:
    """The held-out table, one row a layer."""
    chosen = scores.selected_layers[0]
    lines = [
        "| layer | Cohen's d | 95 % interval | AUROC | null 95 % | p | overlap | accuracy |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for layer in range(scores.n_layers):
        mark = " (chosen)" if layer == chosen else ""
        lines.append(
            f"| {layer}{mark} | {scores.cohens_d[0, layer]:.2f} | {scores.d_low[0, layer]:.2f} to "
            f"{scores.d_high[0, layer]:.2f} | {scores.auroc[0, layer]:.2f} | {scores.null_auroc_95[0, layer]:.2f} | "
            f"{scores.p_value[0, layer]:.3f} | {scores.overlap[0, layer]:.2f} | {scores.accuracy[0, layer]:.2f} |"
        )
    verdict = scores.verdicts[0]
    return "\n".join([*lines, "", f"Verdict: **{verdict.word}**. {verdict.reason}"])


def dose_response(result: Sweep) -> str:
    """The sweep's table, one row a strength."""
    low, high = result.usable_window
    lines = [
        f"Sweep at layer {result.layer}, {len(result.rows)} texts, usable window {low:g} to {high:g}:",
        "",
        "| strength | effect (SD) | 95 % interval | controls' band | coherent | surprise |",
        "|---|---|---|---|---|---|",
    ]
    for one in result.strengths:
        cells = [
            f"{one.strength:g}",
            _cell(one.effect),
            f"{_cell(one.effect_low)} to {_cell(one.effect_high)}",
            f"{_cell(one.null_low)} to {_cell(one.null_high)}",
            "yes" if one.coherent else "no",
            _cell(one.surprise),
        ]
        lines.append("| " + " | ".join(cells) + " |")
    finding = sweep_finding(result)
    return "\n".join([*lines, "", f"The line: **{finding.mark}**. {finding.sentence}"])


def _cell(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"


if __name__ == "__main__":
    main()
