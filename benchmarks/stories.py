"""What stories carry over, and what their map shows: the figures of docs/results.md that are not shipped.

    python -m benchmarks.stories --models smollm2 path/to/gemma3-270m.gguf
    python -m benchmarks.stories --models smollm2 --parts names map --cache activations.sqlite

`words`: what counted words of the stories tell, of no model. `sides`: directions from stories of fearful against calm
words, on the fear-calm pairs. `names`: directions of twelve words, on the texts of emotions-12. Each beside every rival
and the untrained twin. `map`: the components of the map of all 171 words at the chosen layer and some others, with
tokens from 20 on, the neutral projection in and out, beside tf-idf of the same stories; and what in the form of the
stories the components go with.
"""

from __future__ import annotations

import argparse
import re
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from scipy.stats import t as student

from emotion_core.base.activations import ActivationCache
from emotion_core.base.jobs import run_to_end
from emotion_core.evaluation.rivals import Sides, character_scores, word_scores
from emotion_core.evaluation.transfer import Transfer, transfer, transfer_sentence
from emotion_core.experiments.ship import CORE_SET, HOME_SET, STORIES_SET, settings_of, sides_of, stories_of_sides
from emotion_core.geometry.norms import circumplex
from emotion_core.geometry.rivals import VOCABULARY, rival_rows
from emotion_core.geometry.similarity import correlation, principal_components
from emotion_core.models.load import load_model
from emotion_core.models.loaded import LoadedModel
from emotion_core.prompts.builtin import load_prompts
from emotion_core.prompts.prompt_set import PromptSet, PromptText
from emotion_core.stats.separation import Array, auroc
from emotion_core.tracing.record import record
from emotion_core.vectors.build import build, neutral_texts, training_texts, vectors_from
from emotion_core.vectors.emotion_vectors import EmotionVectors

# The word of the stories for each emotion of emotions-12.
WORDS = {
    "joy": "joyful",
    "sadness": "sad",
    "anger": "angry",
    "fear": "afraid",
    "disgust": "disgusted",
    "surprise": "surprised",
    "calm": "calm",
    "desperation": "desperate",
    "pride": "proud",
    "guilt": "guilty",
    "love": "loving",
    "boredom": "bored",
}
# What a reader sees at once in the form of a story: per word, but for the length of its sentences.
FORM: dict[str, Callable[[str], float]] = {
    "quotation marks": lambda text: text.count('"') / len(text.split()),
    "words a sentence": lambda text: len(text.split()) / max(1, len(re.findall(r"[.!?]", text))),
    "names": lambda text: len(re.findall(r"(?<=[a-z,;] )[A-Z][a-z]+", text)) / len(text.split()),
    "I and you": lambda text: len(re.findall(r"\b(I|me|my|[Yy]ou)\b", text)) / len(text.split()),
}


def stories_by_name() -> PromptSet:
    """The stories of twelve words under the names of emotions-12."""
    name_of = {word: name for name, word in WORDS.items()}
    stories = load_prompts(STORIES_SET)
    kept = [replace(t, emotion=name_of[t.emotion]) for t in stories.texts if t.emotion in name_of]
    return PromptSet(f"{stories.name}, twelve words", stories.form, tuple(kept), stories.seed)


def carried(model: LoadedModel, source: PromptSet, target: str, cache: ActivationCache, *, sides: bool) -> Transfer:
    """Vectors of stories on another set, the untrained twin among the rivals."""
    vectors = run_to_end(build(model, [source], settings_of(STORIES_SET), cache))
    contrast = sides_of(vectors) if sides else None
    return run_to_end(transfer(model, vectors, load_prompts(target), contrast, cache, untrained=True))


def transfer_lines(found: Transfer) -> Iterator[str]:
    """Markdown of a transfer: the mean over its directions and its lead over each rival."""
    own = np.array([score.auroc[score.selected_layer] for score in found.scores])
    yield f"{found.source} to {found.target}, layer {found.scores[0].selected_layer}: {found.verdict_word}."
    if len(found.scores) == 1:
        yield transfer_sentence(found)
    yield ""
    yield "| | AUROC | lead | 95 % interval | pairs in order |"
    yield "|---|---|---|---|---|"
    paired = [score.paired[score.selected_layer] for score in found.scores]
    yield f"| directions | {own.mean():.2f} | | | {_share(paired)} |"
    for rival in found.scores[0].rivals:
        scored = [one for score in found.scores if (one := score.rival(rival.name)) is not None]
        gaps = [next(gap for gap in score.gaps if gap.name == rival.name) for score in found.scores]
        lead, low, high = (gaps[0].gap, gaps[0].low, gaps[0].high) if len(gaps) == 1 else _mean([g.gap for g in gaps])
        area, order = np.mean([one.auroc for one in scored]), _share([one.paired for one in scored])
        yield f"| {rival.name} | {area:.2f} | {lead:+.2f} | {low:+.2f} to {high:+.2f} | {order} |"
    if found.top:
        yield ""
        ranks = "; ".join(f"{one.name} {one.top1:.0%} and {one.top3:.0%}" for one in found.top)
        yield f"The right emotion first, and among the first three, of {found.n_ranked}: {ranks}."


def map_lines(model: LoadedModel, cache: ActivationCache) -> Iterator[str]:
    """Markdown of the map: components with the ratings, and with the form of the stories."""
    stories, settings = load_prompts(STORIES_SET), settings_of(STORIES_SET)
    read = run_to_end(record(model, training_texts([stories]), settings.reading, cache))
    neutral = run_to_end(record(model, neutral_texts(model, settings.reading), settings.reading, cache))
    valence, arousal = circumplex().of(stories.emotions)
    yield "| map | layer | cross-validated AUROC | PC1 to PC3 with valence | with arousal |"
    yield "|---|---|---|---|---|"
    vectors: EmotionVectors | None = None
    for projected in (True, False):
        vectors = vectors_from([stories], read, neutral, replace(settings, neutral_projection=projected))
        chosen = vectors.selected_layer
        for layer in sorted({chosen, *(round(share * vectors.n_layers) for share in (0.2, 0.4, 0.8))}):
            axes = principal_components(vectors.values[:, layer], valence, arousal).coordinates
            area = float(np.nanmean(vectors.cv_auroc[:, layer]))
            name = "neutral projection" if projected else "as built"
            mark = " (chosen)" if layer == chosen else ""
            yield f"| {name} | {layer}{mark} | {area:.3f} | {_with(axes, valence)} | {_with(axes, arousal)} |"
    assert vectors is not None
    words = principal_components(rival_rows(vectors, vectors.selected_layer)[VOCABULARY], valence, arousal).coordinates
    yield f"| tf-idf of the same stories | | | {_with(words, valence)} | {_with(words, arousal)} |"
    axes = principal_components(vectors.values[:, vectors.selected_layer], valence, arousal).coordinates
    yield ""
    yield f"| form of the stories | PC1 to PC3 as built, layer {vectors.selected_layer} |"
    yield "|---|---|"
    train = stories.part("train")
    for name, measure in FORM.items():
        mean = [np.mean([measure(t.text) for t in train if t.emotion == emotion]) for emotion in stories.emotions]
        yield f"| {name} | {_with(axes, np.array(mean))} |"


def words_lines() -> Iterator[str]:
    """Markdown of what counted words of the stories tell about stories on other topics, without any model."""
    stories = load_prompts(STORIES_SET)
    train, test = stories.part("train"), stories.part("heldout")
    sides, held = ([_sides(part, emotion) for emotion in stories.emotions] for part in (train, test))
    yield "| counted in the stories | AUROC of one word against the others, other topics | right word of 171 first |"
    yield "|---|---|---|"
    for name, scores_of in (("words", word_scores), ("character n-grams", character_scores)):
        scores = np.zeros((len(held), len(test)))
        areas = []
        for e, found in enumerate(scores_of([t.text for t in train], sides, [t.text for t in test], held)):
            assert found is not None
            for rows, values in zip(held[e], found, strict=True):
                scores[e, rows] = values
            areas.append(float(auroc(*found)))
        right = [stories.emotions[e] == t.emotion for e, t in zip(scores.argmax(axis=0), test, strict=True)]
        yield f"| {name} | {np.mean(areas):.2f} | {np.mean(right):.1%} |"


def _sides(texts: Sequence[PromptText], emotion: str) -> Sides:
    own = np.array([text.emotion == emotion for text in texts])
    return np.flatnonzero(own), np.flatnonzero(~own)


def _with(axes: Array, target: Array) -> str:
    return ", ".join(f"{abs(correlation(axes[:, c], target)[0]):.2f}" for c in range(3))


def _mean(values: list[float]) -> tuple[float, float, float]:
    """Mean over emotions with its interval by Student's t."""
    reach = float(student.ppf(0.975, len(values) - 1) * np.std(values, ddof=1) / np.sqrt(len(values)))
    return float(np.mean(values)), float(np.mean(values)) - reach, float(np.mean(values)) + reach


def _share(paired: list[float]) -> str:
    return "" if np.isnan(paired).all() else f"{np.nanmean(paired):.0%}"


def main() -> None:
    """Prints the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", nargs="+", default=["smollm2"])
    parts = ("words", "sides", "names", "map")
    parser.add_argument("--parts", nargs="+", choices=parts, default=list(parts))
    parser.add_argument("--cache", type=Path, help="activations read before")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        for name in arguments.models:
            model = load_model(name)
            print(f"\n### {Path(name).name}\n\nfingerprint `{model.info.fingerprint[:16]}`\n")
            cache = ActivationCache(arguments.cache or Path(folder) / "activations.sqlite")
            for part in arguments.parts:
                print("\n".join(_lines(part, model, cache)), end="\n\n", flush=True)


def _lines(part: str, model: LoadedModel, cache: ActivationCache) -> Iterator[str]:
    if part == "words":
        return words_lines()
    if part == "map":
        return map_lines(model, cache)
    sides = part == "sides"
    source, target = (stories_of_sides(), HOME_SET) if sides else (stories_by_name(), CORE_SET)
    return transfer_lines(carried(model, source, target, cache, sides=sides))


if __name__ == "__main__":
    main()
