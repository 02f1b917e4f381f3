"""Row 7: does adding a vector raise the words of its emotion, given beforehand, and not those of the others?"""

from __future__ import annotations

import numpy as np

from emotion_core.base.jobs import Job
from emotion_core.charts.figure import marks
from emotion_core.evaluation.controls import draw_controls
from emotion_core.experiments.experiment import Bench
from emotion_core.experiments.replication.finding import Finding, found, not_testable
from emotion_core.experiments.replication.rule import DOES_NOT, UNTOLD, band, both, condition, over_units
from emotion_core.geometry.word_forms import known_form
from emotion_core.prompts.library import load_words_12
from emotion_core.reading.places import chat_of, place_tokens
from emotion_core.steering.given_words import first_tokens, word_changes
from emotion_core.vectors.build import training
from emotion_core.vectors.estimate import estimate

STRENGTHS = (0.1, 0.2, 0.5)  # beside the one that the verdict goes by
STRENGTH = 0.35
CONTROLS = 16


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
        ("third prompt", "texts after What just happened? are not written here"),
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
