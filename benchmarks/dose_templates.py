"""Do readings follow a number? `python -m benchmarks.dose_templates` prints the six built-in templates on three models.

The numbers lie between those that the bundled model was trained on, and two templates whose number means nothing
stand beside the six: what moves there is what a number does by its digits alone.
"""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from pathlib import Path

import numpy as np

from benchmarks.fear_study import SHARED, about, header
from demo_model import corpus
from demo_model.generator.banks.numbers import TEMPLATES
from emotion_core.base.activations import ReadingPosition
from emotion_core.base.jobs import run_to_end
from emotion_core.models.load import load_model
from emotion_core.models.loaded import LoadedModel
from emotion_core.prompts.builtin import load_prompts
from emotion_core.prompts.library import Template, load_templates
from emotion_core.prompts.prompt_set import PromptSet, PromptText
from emotion_core.reading.baseline import read_baseline
from emotion_core.reading.dose import DoseReading, read_dose
from emotion_core.stats.intervals import p_words
from emotion_core.vectors.build import build
from emotion_core.vectors.emotion_vectors import BuildSettings, EmotionVectors

# Built-in templates and the generator's of the same situation.
PLANTED = {
    "painkiller-dose": "dose",
    "hours-without-food": "hunger",
    "dog-missing-days": "dog",
    "months-of-money": "runway",
    "age-at-death": "age",
    "students-passed": "passed",
}
NULLS = (
    "The tram on line {x} stopped at the corner, and the doors opened and closed again.",
    "The form is in folder {x}, on the second shelf beside the window.",
)
NULL_VALUES = (3, 7, 11, 16, 22, 29, 37, 44, 52, 61, 73, 85)
MOST_VALUES = 14
STORIES = "held-out stories"
STORIES_EACH = 10
# Where the paper reads; beside the layer that cross-validation chose.
DEPTH = 2 / 3


def between(template: Template) -> Template:
    """The template at values between those the bundled model was trained on, within its own range."""
    trained = TEMPLATES[PLANTED[template.name]].trained
    middle = [(low + high) // 2 for low, high in pairwise(trained) if high - low > 1]
    inside = [x for x in middle if min(template.values) <= x <= max(template.values)]
    chosen = [inside[i] for i in np.unique(np.linspace(0, len(inside) - 1, MOST_VALUES).round().astype(int))]
    return template.model_copy(update={"values": tuple(float(x) for x in chosen)})


def main() -> None:
    """Prints the report as markdown."""
    print(header().replace("fear_study", "dose_templates"), end="\n\n")
    for name, sets in (
        ("demo", (STORIES, "emotions-171")),
        (str(SHARED / "stories260K"), ("emotions-171",)),
        (str(SHARED / "craftgpt-5m"), ("fear-calm",)),
    ):
        if name != "demo" and not Path(name).is_dir():
            continue
        model = load_model(name)
        print(f"### {Path(name).name}\n\n{about(model)}\n")
        for one in sets:
            vectors = run_to_end(build(model, [_texts(model, one)], _settings(one)))
            for layer in dict.fromkeys((vectors.selected_layer, round(DEPTH * (model.info.layers - 1)))):
                report(model, vectors, one, layer)


def _texts(model: LoadedModel, name: str) -> PromptSet:
    """A built-in set, or stories of the templates' words about topics that the bundled model was never trained on."""
    if name != STORIES:
        return load_prompts(name)
    topics, taken = corpus.held_out_topics(), Counter[str]()
    words = {word for one in load_templates() for word in (*one.rise, *one.fall)}
    texts = []
    for number, row in enumerate(corpus.rows("emotion-stories-171")):
        text = corpus.tidy(row["text"])
        wanted = row["emotion"] in words and row["topic"] in topics
        if wanted and taken[row["emotion"]] < STORIES_EACH and model.fits(text):
            taken[row["emotion"]] += 1
            texts.append(PromptText(text, row["emotion"], "labelled", row["topic"], "train", None, number))
    return PromptSet(STORIES, "labelled", tuple(texts))


def _settings(name: str) -> BuildSettings:
    """Stories say their emotion late: they are read from the 20th token on."""
    return BuildSettings(reading=ReadingPosition(start=20)) if name == STORIES else BuildSettings()


def report(model: LoadedModel, vectors: EmotionVectors, prompt_set: str, layer: int) -> None:
    """One model with the vectors of one set at one layer."""
    baseline = run_to_end(read_baseline(model, vectors, [layer]))
    how = "chosen by cross-validation" if layer == vectors.selected_layer else "two thirds of the depth"
    print(f"Vectors from {prompt_set}, layer {layer} ({how}), {len(vectors.emotions)} emotion(s):\n")
    print("| template | values | expected: change (SD), q, range (SD) | met | others that move |")
    print("|---|---|---|---|---|")
    for template in map(between, load_templates()):
        found = run_to_end(read_dose(model, baseline, template))
        print(row(template.name, found))
    for i, text in enumerate(NULLS, start=1):
        null = Template(name=f"null {i}", template=text, values=NULL_VALUES)
        print(row(null.name, run_to_end(read_dose(model, baseline, null))))
    print()


def row(name: str, found: DoseReading) -> str:
    """A line of the table."""
    parts = []
    for emotion, way in found.expected.items():
        e = found.emotions.index(emotion)
        sign, q = "↑" if way == "rise" else "↓", p_words(float(found.trend.chance.q_value[e]), "q")
        parts.append(f"{emotion} {sign} {found.trend.change[e]:+.2f}, {q}, {found.ranges[e]:.2f}")
    others = sum(found.evidence(one) for one in found.emotions if one not in found.expected)
    missing = f"; no vector for {', '.join(found.unmatched)}" if found.unmatched else ""
    told = f"{found.met} of {len(found.expected)}" if found.expected else "-"
    n_others = len(found.emotions) - len(found.expected)
    return f"| {name} | {len(found.x)} | {'; '.join(parts) or '-'}{missing} | {told} | {others} of {n_others} |"


if __name__ == "__main__":
    main()
