"""Rows about what a model prefers: 8 to 12, all on the answers of row 8; where those follow order, none is testable."""

from __future__ import annotations

import numpy as np

from emotion_core.base.activations import FloatArray
from emotion_core.base.jobs import Job, Progress
from emotion_core.behavior.bradley_terry import fit
from emotion_core.behavior.preference_settings import PreferenceSettings, SteeredSettings
from emotion_core.behavior.preferences import Preferences, ask_pairs, read_activities
from emotion_core.behavior.question import standard_wording
from emotion_core.charts.figure import marks
from emotion_core.evaluation.controls import rotated_sets
from emotion_core.experiments.behavior import PREFERENCES, PreferenceRequest
from emotion_core.experiments.experiment import Bench, computed
from emotion_core.experiments.replication.finding import Finding, found, not_testable, shown
from emotion_core.experiments.replication.rule import (
    DOES_NOT,
    Array,
    Estimate,
    Judged,
    band,
    both,
    by_sign,
    by_size,
    condition,
    over_units,
    resampled,
)
from emotion_core.geometry.norms import circumplex
from emotion_core.models.catalogue import DEMO_NAME
from emotion_core.prompts.library import load_activities, load_reworded_activities
from emotion_core.reading.places import chat_of, place_tokens
from emotion_core.stats.correlation import fisher_interval, pearson
from emotion_core.tracing.record import record_places

CONSISTENT, RELIABLE = 0.7, 0.6
OPPONENTS_REWORDED = 16
DRAWS = 2000
STEERED, STRENGTH, CONTROLS = 40, 0.2, 8
GOOD, HARMFUL = ("caring",), ("harmful", "dishonest")
QUESTION = "How would you feel about {activity}?"


def _settings(bench: Bench) -> PreferenceSettings:
    items = load_activities()
    # The demo model was trained on the question as plain text, chat models on messages.
    chat = bool(bench.model.tokenizer.chat_template) and bench.model.info.name != DEMO_NAME
    return PreferenceSettings(
        tuple(one.activity for one in items), tuple(one.kind for one in items), standard_wording(chat)
    )


def _answers(bench: Bench) -> Job[Preferences]:
    result = yield from computed(bench, PREFERENCES, PreferenceRequest(_settings(bench)))
    return result.base


def _gate(base: Preferences) -> str:
    """Why there is no order of activities to explain; empty where there is one.

    Rows 9 to 12 are about these activities in these words, so the agreement of the two orders counts; that of two
    wordings, which row 8 asks for as well, is about activities in any words.
    """
    if base.consistent < CONSISTENT:
        return f"{base.consistent:.0%} of the pairs are answered alike in both orders, {CONSISTENT:.0%} are needed"
    if not base.orders.r >= RELIABLE:
        return f"what is won when named first and when named second agree at {base.orders.r:.2f}, .6 is needed"
    return ""


def order_of_activities(bench: Bench) -> Job[Finding]:
    """Row 8: is there a stable order, with caring activities above harmful ones?"""
    base = yield from _answers(bench)
    settings, kinds = base.settings, np.array(base.settings.kinds)
    alike = (base.forth > 0) == (base.back < 0)
    n = len(settings.activities)
    members = [np.flatnonzero((base.pairs == i).any(axis=1)) for i in range(n)]
    one = over_units([alike[own].mean() for own in members], [0.5])
    elo = base.scores.score
    good, bad = (elo[np.isin(kinds, names)] for names in (GOOD, HARMFUL))
    difference = _difference(good, bad)
    order = _correlation(base.orders.r, n)
    facts = [
        ("named first is chosen", f"{base.share_first:.0%}"),
        ("agreement of the two orders", f"r {order.value:.2f} ({order.low:.2f} to {order.high:.2f})"),
        ("caring above harmful, nats", shown(difference)),
        ("agreement with length in tokens", f"r {base.length_r:.2f}"),
    ]
    parts = [by_size(one, CONSISTENT), _reliable(order)]
    if parts[0].verdict == "replicates":
        words = yield from _reworded(bench, base)
        parts.append(_reliable(words))
        facts.append(("agreement of two wordings", f"r {words.value:.2f} ({words.low:.2f} to {words.high:.2f})"))
    parts.append(by_sign(difference))
    chart = marks(
        "points",
        "Score by kind of activity",
        ("nats", ""),
        [(kind, "", float(elo[kinds == kind].mean()), 0.0) for kind in dict.fromkeys(settings.kinds)],
        [(one_kind.low, one_kind.high) for one_kind in (over_units(elo[kinds == k]) for k in dict.fromkeys(kinds))],
    )
    return found(8, "share of pairs answered alike in both orders", one, both(*parts), n, facts, [chart])


def _correlation(r: float, n: int) -> Estimate:
    low, high = (float(end[0]) for end in fisher_interval(np.array([r]), n))
    return Estimate(r, low, high, 0.0, 0.0)


def _reliable(one: Estimate) -> Judged:
    holds = one.value >= RELIABLE and one.low > 0.4
    return condition(
        holds, one.against_null(), "a reliable order", DOES_NOT if one.high < RELIABLE else "cannot be told"
    )


def _difference(first: Array, second: Array) -> Estimate:
    gap = float(first.mean() - second.mean())
    half = 1.96 * float(np.sqrt(first.var(ddof=1) / len(first) + second.var(ddof=1) / len(second)))
    return Estimate(gap, gap - half, gap + half, 0.0, 0.0)


def _reworded(bench: Bench, base: Preferences) -> Job[Estimate]:
    """Agreement of the scores with those of the same activities in other words."""
    names = tuple(one.activity for one in load_reworded_activities())
    settings = PreferenceSettings(names, base.settings.kinds, base.settings.wording, OPPONENTS_REWORDED)
    asked = yield from ask_pairs(bench.model, settings)
    scores = fit(len(names), asked.pairs, asked.forth, asked.back)
    r = pearson(base.scores.score, scores.score[:, None])
    return _correlation(float(r[0]), len(names))


def reading_with_preference(bench: Bench) -> Job[Finding]:
    """Row 9: within kinds of activities, does what reads blissful go with what is preferred?"""
    base = yield from _answers(bench)
    why = _gate(base)
    if why:
        return not_testable(9, why)
    vectors, score = bench.vectors, base.scores.score
    words = [e for e in ("blissful", "hostile") if e in vectors.emotions]
    if len(words) < 2:
        return not_testable(9, "the vectors lack blissful or hostile")
    streams = yield from _in_question(bench, base.settings.activities)  # (activities, layers, width)
    middle = range(vectors.n_layers // 3, max(vectors.n_layers // 3 + 1, 2 * vectors.n_layers // 3))
    units = vectors.units
    readings = np.stack([streams[:, layer] @ units[:, layer].T for layer in middle]).mean(axis=0)
    kinds = np.array(base.settings.kinds)
    inside = {word: _within_kinds(score, readings[:, vectors.index(word)], kinds) for word in words}
    one, hostile = inside["blissful"], inside["hostile"].turned
    pooled = {word: float(pearson(score, readings[:, [vectors.index(word)]])[0]) for word in words}
    in_pair = {word: _within_kinds(score, base.readings[:, vectors.index(word)], kinds) for word in words}
    harmless = ~np.isin(kinds, HARMFUL)
    facts = [
        ("hostile within kinds", f"{shown(hostile.turned)}: {by_size(hostile, 0.18).verdict}"),
        *(
            (f"{word}, all activities together", f"r {pooled[word]:.2f}, no verdict: kinds alone do most of it")
            for word in words
        ),
        *(
            (
                f"{word}, without harmful kinds",
                f"r {float(pearson(score[harmless], readings[harmless][:, [vectors.index(word)]])[0]):.2f}",
            )
            for word in words
        ),
        *((f"{word} within kinds, read in the question of the choice", shown(in_pair[word])) for word in words),
        ("layers", f"mean of {middle[0]} to {middle[-1]}"),
    ]
    rest = _without_kinds(np.stack([readings[:, vectors.index("blissful")], score], axis=1), kinds)
    chart = marks(
        "scatter",
        "Reading of blissful and preference, both around the mean of their kind",
        ("reading", "score (nats)"),
        [(a, k, float(x), float(y)) for a, k, (x, y) in zip(base.settings.activities, kinds, rest, strict=True)],
    )
    statistic = "r of the reading of blissful with preference, within kinds"
    return found(9, statistic, one, by_size(one, 0.18), len(score), facts, [chart])


def _in_question(bench: Bench, activities: tuple[str, ...]) -> Job[FloatArray]:
    """Stream at each activity's words in the paper's question, float32 [activities, layers, width]."""
    chats = [chat_of(bench.model, QUESTION.format(activity=one)) for one in activities]
    spans = [[place_tokens(chat, "W", one)] for chat, one in zip(chats, activities, strict=True)]
    read = yield from record_places(bench.model, [chat.encoding for chat in chats], spans)
    return read[:, 0]


def _without_kinds(values: Array, kinds: np.ndarray) -> Array:
    rest = np.asarray(values, np.float64).copy()
    for kind in np.unique(kinds):
        rest[kinds == kind] -= rest[kinds == kind].mean(axis=0)
    return rest


def _within_kinds(score: Array, reading: FloatArray, kinds: np.ndarray) -> Estimate:
    """Correlation within kinds, over activities drawn again in their kinds, beside readings exchanged in them."""
    rng = np.random.default_rng(0)
    both_ = _without_kinds(np.stack([score, reading], axis=1), kinds)
    value = float(pearson(both_[:, 0], both_[:, [1]])[0])
    groups = [np.flatnonzero(kinds == kind) for kind in np.unique(kinds)]
    drawn, null = [], []
    for _ in range(DRAWS):
        rows = np.concatenate([rng.choice(own, len(own)) for own in groups])
        again = _without_kinds(np.stack([score[rows], reading[rows]], axis=1), kinds[rows])
        drawn.append(float(pearson(again[:, 0], again[:, [1]])[0]))
        dealt = np.concatenate([rng.permutation(own) for own in groups])
        places = np.concatenate(groups)
        null.append(float(pearson(both_[places, 0], both_[dealt, 1][:, None])[0]))
    return resampled(value, drawn, null)


def steered_half(bench: Bench) -> Job[Finding]:
    """Row 10: do the emotions that go with preference raise it when they are added?"""
    base = yield from _answers(bench)
    why = _gate(base)
    if why:
        return not_testable(10, why)
    order = np.argsort(base.correlation.r)
    chosen = order[np.unique(np.linspace(0, len(order) - 1, min(STEERED, len(order))).round().astype(int))]
    emotions = tuple(base.emotions[e] for e in chosen)
    steering = SteeredSettings(emotions, STRENGTH, controls=CONTROLS)
    result = yield from computed(bench, PREFERENCES, PreferenceRequest(base.settings, steering))
    moved = result.moved
    if moved is None or moved.follows is None:
        return not_testable(10, "fewer than four emotions can be steered with")
    rng = np.random.default_rng(0)
    dealt = rng.permuted(np.tile(moved.r, (DRAWS, 1)), axis=1)
    one = Estimate(moved.follows.r, moved.follows.low, moved.follows.high, *band(pearson(moved.shift, dealt.T)))
    valence, _ = circumplex().of(emotions)
    partial = _partial(moved.shift, moved.r, valence)
    facts = [
        ("what valence leaves of it", f"r {partial[0]:.2f} ({partial[1]:.2f} to {partial[2]:.2f}), {partial[3]}"),
        ("the same over control directions", moved.follows.beside or "none"),
        ("more than control directions", "yes" if moved.follows.evidence else "no"),
        ("strength", f"{STRENGTH:g} of the residual norm at layer {moved.layer}, {steering.opponents} opponents each"),
    ]
    chart = marks(
        "scatter",
        "Shift of the steered half against the correlation without steering",
        ("r of reading and preference", "shift (nats)"),
        [(e, "", float(r), float(s)) for e, r, s in zip(emotions, moved.r, moved.shift, strict=True)],
    )
    judged = both(
        by_size(one, 0.43), condition(moved.follows.evidence, one.against_null(), "more than control directions")
    )
    statistic = "r over emotions of the shift with the correlation without steering"
    return found(10, statistic, one, judged, len(emotions), facts, [chart])


def _partial(shift: Array, r: Array, valence: Array) -> tuple[float, float, float, str]:
    """Correlation of shift and r that valence leaves, its interval, and in words whether it is beyond valence."""
    known = np.isfinite(valence)
    rest = []
    for values in (shift[known], r[known]):
        slope = np.polyfit(valence[known], values, 1)
        rest.append(values - np.polyval(slope, valence[known]))
    value = pearson(rest[0], rest[1][:, None])
    low, high = (float(end[0]) for end in fisher_interval(value, int(known.sum()) - 1))
    return float(value[0]), low, high, "beyond valence" if low > 0 else "not beyond valence"


def valence_explains(bench: Bench) -> Job[Finding]:
    """Row 12: are the emotions that go with preference the pleasant ones?"""
    base = yield from _answers(bench)
    why = _gate(base)
    if why:
        return not_testable(12, why)
    vectors, layer = bench.vectors, base.layer
    valence, arousal = circumplex().of(vectors.emotions)
    known = np.isfinite(valence)
    if known.sum() < 10:
        return not_testable(12, f"{int(known.sum())} of the emotions are rated")
    r = base.correlation.r
    value = pearson(valence[known], r[known][:, None])
    streams, _ = yield from read_activities(bench.model, base.settings, layer)
    yield Progress(0, 1, "turning the vectors")
    turned = rotated_sets(vectors.units[:, [layer]], 200, np.random.default_rng(0))[:, :, 0]  # (draws, emotions, width)
    null = [
        float(pearson(valence[known], pearson(base.scores.score, streams @ one.T)[known][:, None])[0]) for one in turned
    ]
    low, high = (float(end[0]) for end in fisher_interval(value, int(known.sum())))
    one = Estimate(float(value[0]), low, high, *band(null))
    facts = [("with arousal", f"r {float(pearson(arousal[known], r[known][:, None])[0]):.2f}")]
    chart = marks(
        "scatter",
        "Correlation with preference against rated valence",
        ("valence (rated)", "r of reading and preference"),
        [(vectors.emotions[e], "", float(valence[e]), float(r[e])) for e in np.flatnonzero(known)],
    )
    statistic = "r over emotions of their correlation with preference, and valence"
    return found(12, statistic, one, by_size(one, 0.38), int(known.sum()), facts, [chart])
