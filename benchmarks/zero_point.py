"""Why tokens are compared at the same place: `python -m benchmarks.zero_point` prints what long neutral text reads.

Neutral texts that the zero point is not made from stand one after another up to the context. Against a flat zero point
(all tokens of short neutral texts together) and against the one by position: how far from zero are they, late in the
text, on the fear direction and on 200 random ones?
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from benchmarks.fear_study import SHARED, about, header
from emotion_core.base.jobs import run_to_end
from emotion_core.models.load import load_model
from emotion_core.models.loaded import LoadedModel
from emotion_core.prompts.builtin import load_prompts
from emotion_core.reading.baseline import neutral_dialogues, neutral_documents, read_baseline, scale_of
from emotion_core.tracing.record import project_layers
from emotion_core.vectors.build import build, neutral_texts
from emotion_core.vectors.emotion_vectors import BuildSettings


def main() -> None:
    """Prints the report as markdown."""
    print(header().replace("fear_study", "zero_point"), end="\n\n")
    print("| model | form | tokens from | fear, flat | fear, by position | random, flat | random, by position |")
    print("|---|---|---|---|---|---|---|")
    lines = []
    for name in ("demo", str(SHARED / "stories260K"), str(SHARED / "craftgpt-5m")):
        if name == "demo" or Path(name).is_dir():
            model = load_model(name)
            lines.append(f"- {Path(name).name}: {about(model)}")
            report(model, Path(name).name)
    print("\n" + "\n".join(lines))


def report(model: LoadedModel, label: str) -> None:
    """Two lines of the table: plain text and conversations."""
    vectors = run_to_end(build(model, [load_prompts("fear-calm")], BuildSettings()))
    heldout = [one.text for one in load_prompts("neutral").part("heldout") if model.fits(one.text)]
    training = [model.encode(text) for text in neutral_texts(model, vectors.reading) if text not in set(heldout)]
    baseline = run_to_end(read_baseline(model, vectors))
    short = run_to_end(project_layers(model, training, baseline.by_layer))
    flat = scale_of(np.concatenate([one[1:] for one in short]))
    for form in ("text", "conversation"):
        matched = run_to_end(read_baseline(model, vectors, form=form)).tokens
        unseen = (neutral_documents if form == "text" else neutral_dialogues)(model, heldout, 1)
        read = run_to_end(project_layers(model, unseen, baseline.by_layer))
        late = len(unseen[0]) // 2
        kept = [np.array(one.content)[late:] for one in unseen]
        means = {}
        for how, scale in (("flat", flat), ("matched", matched)):
            rows = [scale(one)[late:, 0][mask] for one, mask in zip(read, kept, strict=True)]
            means[how] = np.concatenate(rows).mean(axis=0)  # (directions,)
        fear = [f"{means[how][0]:+.2f}" for how in means]
        others = [f"{np.sqrt((means[how][1:] ** 2).mean()):.2f}" for how in means]
        print(f"| {label} | {form} | {late} | {' | '.join(fear)} | {' | '.join(others)} |")


if __name__ == "__main__":
    main()
