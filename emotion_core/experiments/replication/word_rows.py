"""Row 7: does adding a vector raise the words of its emotion, given beforehand, and not those of the others?"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import numpy as np

from emotion_core.base.activations import FloatArray
from emotion_core.base.jobs import Job
from emotion_core.charts.replication import marks
from emotion_core.evaluation.controls import draw_controls
from emotion_core.experiments.experiment import Bench
from emotion_core.experiments.replication.finding import Finding, found, not_testable, shown
from emotion_core.experiments.replication.rule import (
    DOES_NOT,
    UNTOLD,
    Array,
    Estimate,
    band,
    both,
    by_zero,
    condition,
    over_units,
)
from emotion_core.geometry.word_forms import known_form
from emotion_core.prompts.builtin import load_prompts
from emotion_core.prompts.library import load_words_12
from emotion_core.reading.places import chat_of, place_tokens
from emotion_core.steering.directions import Directions
from emotion_core.steering.generate import generate
from emotion_core.steering.next_token import first_tokens, word_changes
from emotion_core.steering.settings import PlannedRow, WritingSettings
from emotion_core.vectors.build import NEUTRAL_SET, training
from emotion_core.vectors.estimate import estimate

STRENGTHS = (0.1, 0.2, 0.5)  # beside the one that the verdict goes by
STRENGTH = 0.35
CONTROLS = 16
SAMPLES, NEW_TOKENS, INVENTED = 8, 50, 0.02  # of the third prompt; the share of story words that counts as none


def given_words(bench: Bench) -> Job[Finding]:
    """Row 7: "He feels", "I feel": the own word's rise beyond controls and beyond what other vectors do to it."""
    vectors, model = bench.vectors, bench.model
    texts = load_words_12()
    forms = {one.emotion: one.forms for one in texts.words}
    emotions = [e for e in vectors.emotions if known_form(e, forms)]
    n = len(emotions)
    if n < 8:
        return not_testable(7, f"the vectors have {n} of the twelve emotions")
    layer = min(vectors.selected_layer, vectors.n_layers - 1)
    controls = yield from draw_controls(model, vectors, (layer,), count=CONTROLS, cache=bench.cache)
    material = yield from training(model, vectors, bench.cache)
    embedded = np.concatenate(
        [estimate(material.activations.embeddings[:, None], block, vectors.estimator) for block in material.blocks]
    )[list(material.kept), 0]
    index = [vectors.index(e) for e in emotions]
    rival = embedded[index] / np.linalg.norm(embedded[index], axis=1, keepdims=True)
    own = vectors.units[index, layer]
    directions = np.concatenate([own, rival, controls.units[:, 0]]).astype(np.float32)
    chats = [chat_of(model, one.question, one.beginning) for one in texts.beginnings]
    begun = [(chat.encoding.ids, place_tokens(chat, "H")[0]) for chat in chats]
    words = [first_tokens(model, forms[str(known_form(e, forms))]).tolist() for e in emotions]
    scale = float(vectors.residual_norms[layer])
    # (prompts, directions, words)
    change = yield from word_changes(model, begun, words, layer, directions, STRENGTH * scale)
    others = {}
    for strength in STRENGTHS:
        others[strength] = yield from word_changes(model, begun, words, layer, own, strength * scale)
    meaningless = controls.units[np.array(controls.kinds) == "random", 0]
    stories = yield from _story_words(bench, texts.event, emotions, own, meaningless, layer)
    about = np.array([one.about for one in texts.beginnings])
    felt = change[about != "neutral"]  # prompts about somebody
    diagonal = np.stack([felt[:, i, i] for i in range(n)], axis=1)  # (prompts, emotions)
    random = felt[:, 2 * n :]  # (prompts, controls, words)
    beyond = sum(over_units(diagonal[:, i]).low > band(random[:, :, i].mean(axis=0))[1] for i in range(n))
    specific = _specific(felt[:, :n])
    column = felt[:, :n].mean(axis=(0, 1))
    one = over_units(specific, (random.mean(axis=0) - column).mean(axis=1))
    holds = beyond >= 9 * n / 12
    judged = both(
        condition(
            holds,
            one.against_null(),
            f"{beyond} of {n} own words rise beyond control directions",
            DOES_NOT if beyond < 3 * n / 12 else UNTOLD,
            f"only {beyond} of {n} own words rise beyond control directions",
        ),
        condition(one.low > 0, one.against_null(), "more than other vectors raise them"),
    )
    facts = [
        ("own words beyond control directions", f"{beyond} of {n}"),
        *(
            (f"own minus other words, {name}", f"{_specific(change[about == kind][:, :n]).mean():+.2f} nats")
            for kind, name in (("other", "he or she feels"), ("self", "I feel"), ("neutral", "neutral beginnings"))
        ),
        *((f"at strength {s:g}", f"{_specific(c[about != 'neutral']).mean():+.2f} nats") for s, c in others.items()),
        ("embedding-layer directions", f"{_specific(felt[:, n : 2 * n]).mean():+.2f} nats"),
        ("strength", f"{STRENGTH:g} of the residual norm at layer {layer}, from the header to the beginning"),
        (
            f"share of story words after {texts.event}, beside no steering",
            f"{shown(stories, 3)}: {by_zero(stories, INVENTED).verdict} as a zero",
        ),
    ]
    table = felt[:, :n].mean(axis=0)
    chart = marks(
        "points",
        "Change of an emotion's words under its own vector, and under the others",
        ("nats", ""),
        [(e, "own vector", float(table[i, i]), 0.0) for i, e in enumerate(emotions)]
        + [(e, "other vectors", float(np.delete(table[:, i], i).mean()), 0.0) for i, e in enumerate(emotions)],
        null=band(random.mean(axis=0)),
    )
    statistic = "rise of own words beyond what the other vectors do to them, nats"
    return found(7, statistic, one, judged, n, facts, [chart])


def _specific(change: np.ndarray) -> np.ndarray:
    """Own word minus the mean of what other vectors do to it, [emotions], of [prompts, vectors, words]."""
    table = change.mean(axis=0)
    n = len(table)
    result: np.ndarray = np.diagonal(table) - (table.sum(axis=0) - np.diagonal(table)) / (n - 1)
    return result


def _story_words(
    bench: Bench, question: str, emotions: Sequence[str], own: FloatArray, random: FloatArray, layer: int
) -> Job[Estimate]:
    """Do texts after a neutral question take over words of an emotion's stories when its vector is added?

    Args:
        bench: Model and vectors.
        question: What is asked.
        emotions: Names.
        own: float32 [emotions, width], their directions.
        random: float32 [controls, width].
        layer: Steered layer.

    Returns:
        Share of content words that are of the emotion's stories, steered minus unsteered, over emotions, beside random
        directions read by the same lists.
    """
    model, vectors = bench.model, bench.vectors
    texts = [t for one in vectors.prompt_sets for t in one.part("train")]
    common = content_words(t.text for t in load_prompts(NEUTRAL_SET).texts)
    lists = [content_words(t.text for t in texts if t.emotion == e) - common for e in emotions]
    settings = WritingSettings(
        prompts=(question,), samples=SAMPLES, max_new_tokens=NEW_TOKENS, chat=bool(model.tokenizer.chat_template)
    )
    values = np.concatenate([own, random])[:, None]  # (directions, layers, width)
    at = Directions((layer,), values, np.array([vectors.residual_norms[layer]], np.float32))
    asked = [(0, 0.0), *((d, STRENGTH) for d in range(len(values)))]
    rows = [PlannedRow(0, sample, d, strength) for d, strength in asked for sample in range(SAMPLES)]
    made = yield from generate(model, settings, at, [rows])
    by_condition: dict[tuple[int, float], list[str]] = {one: [] for one in asked}
    for one in made.written:
        by_condition[one.row.direction, one.row.strength].append(model.decode(list(one.ids)))
    unsteered, *steered = (share_of(by_condition[one], lists) for one in asked)
    changes = np.stack(steered) - unsteered  # (directions, lists)
    n = len(emotions)
    return over_units(np.diagonal(changes[:n]), np.nanmean(changes[n:], axis=1))


def content_words(texts: Iterable[str]) -> set[str]:
    """Words of three letters and more that are no function words."""
    from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS  # slow to import, and pages do not need it

    words: set[str] = {word for text in texts for word in re.findall(r"[a-z]{3,}", text.lower())}
    return words.difference(ENGLISH_STOP_WORDS)


def share_of(texts: Sequence[str], lists: Sequence[set[str]]) -> Array:
    """Share of the different content words of texts that stand on each list, float64 [lists]; nan without words."""
    own = [content_words([text]) for text in texts]
    total = sum(map(len, own))
    if not total:
        return np.full(len(lists), np.nan)
    return np.array([sum(len(words & one) for words in own) / total for one in lists])
