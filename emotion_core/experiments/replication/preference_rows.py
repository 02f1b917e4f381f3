"""Rows about what a model prefers: 8 to 12, all on the answers of row 8; where those follow order, none is testable."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from emotion_core.base.activations import FloatArray
from emotion_core.base.jobs import Job, Progress
from emotion_core.behavior.preference_settings import PreferenceSettings, SteeredSettings, halves, standard_wording
from emotion_core.behavior.preferences import Preferences, ask_pairs, read_activities
from emotion_core.behavior.scale import fit
from emotion_core.behavior.scenes import built_in_activities
from emotion_core.behavior.steered_preferences import ask_all, by_activity, opposing
from emotion_core.charts.replication import marks
from emotion_core.evaluation.controls import random_units, rotated_sets
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
from emotion_core.prompts.library import load_reworded_activities
from emotion_core.reading.places import chat_of, place_tokens
from emotion_core.stats.intervals import fisher_interval, pearson
from emotion_core.steering.directions import emotion_units, residual_norm
from emotion_core.tracing.record import record_places

CONSISTENT, RELIABLE = 0.7, 0.6
OPPONENTS_REWORDED = 16
DRAWS = 2000
STEERED, STRENGTH, CONTROLS = 40, 0.2, 8
GOOD, HARMFUL = ("caring",), ("harmful", "dishonest")
# Row 11: emotions with the way in which they are expected to go, and what is asked at each layer.
BY_LAYER = {"blissful": 1.0, "happy": 1.0, "calm": 1.0, "hostile": -1.0, "sad": -1.0, "afraid": -1.0}
LAYERS, LAYER_OPPONENTS, RANDOM = 8, 4, 8
MIDDLE, FLAT = (0.25, 0.75), 0.2
QUESTION = "How would you feel about {activity}?"


def _settings(bench: Bench) -> PreferenceSettings:
    # The demo model was trained on the question as plain text, chat models on messages.
    chat = bool(bench.model.tokenizer.chat_template) and bench.model.info.name != DEMO_NAME
    return PreferenceSettings(*built_in_activities(), standard_wording(chat))


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
    read = yield from _read_middle(bench, base)
    readings = np.stack([read.reading(units) for units in vectors.units], axis=1)  # (activities, emotions)
    kinds, middle = read.kinds, read.layers
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


@dataclass(frozen=True)
class Activities:
    """Activities read in the paper's question at the middle layers, with what is preferred.

    Attributes:
        score: float64 [activities].
        kinds: Kind of each.
        layers: The layers.
        streams: float32 [activities, layers, width].
    """

    score: Array
    kinds: np.ndarray
    layers: tuple[int, ...]
    streams: FloatArray

    def reading(self, units: FloatArray) -> FloatArray:
        """Mean reading over the middle layers, float32 [activities], of float32 [all layers, width]."""
        result: FloatArray = np.einsum("alw,lw->al", self.streams, units[list(self.layers)]).mean(axis=1)
        return result

    def r(self, units: FloatArray) -> float:
        """Correlation of a reading with preference within kinds."""
        rest = _without_kinds(np.stack([self.score, self.reading(units)], axis=1), self.kinds)
        return float(pearson(rest[:, 0], rest[:, [1]])[0])

    def estimate(self, units: FloatArray) -> Estimate:
        """The same with its interval and null."""
        return _within_kinds(self.score, self.reading(units), self.kinds)


def _read_middle(bench: Bench, base: Preferences) -> Job[Activities]:
    streams = yield from _in_question(bench, base.settings.activities)  # (activities, layers, width)
    third = bench.vectors.n_layers // 3
    layers = tuple(range(third, max(third + 1, 2 * bench.vectors.n_layers // 3)))
    return Activities(base.scores.score, np.array(base.settings.kinds), layers, streams[:, list(layers)])


def good_reading(bench: Bench) -> Job[Activities | None]:
    """What row 9 reads, as a job; None where it cannot be tested on these vectors."""
    base = yield from _answers(bench)
    if _gate(base) or not {"blissful", "hostile"} <= set(bench.vectors.emotions):
        return None
    return (yield from _read_middle(bench, base))


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


def by_layer(bench: Bench) -> Job[Finding]:
    """Row 11: is there a middle range of layers where steering moves preferences, while r is the same at all?"""
    base = yield from _answers(bench)
    why = _gate(base)
    if why:
        return not_testable(11, why)
    vectors, model, n_layers = bench.vectors, bench.model, bench.vectors.n_layers
    emotions = [e for e in BY_LAYER if e in vectors.emotions]
    if not {"blissful", "hostile"} <= set(emotions) or n_layers < 4:
        return not_testable(11, "the vectors lack blissful or hostile, or the model has fewer than four layers")
    sign = np.array([BY_LAYER[e] for e in emotions])
    streams = yield from _in_question(bench, base.settings.activities)  # (activities, layers, width)
    units = vectors.units[[vectors.index(e) for e in emotions]]  # (emotions, layers, width)
    readings = np.einsum("alw,elw->lae", streams, units, dtype=np.float64) * sign  # (layers, activities, emotions)
    n = len(base.settings.activities)
    steered = halves(base.settings.kinds, 0)
    pairs = opposing(steered, LAYER_OPPONENTS, 0)
    # What is added at an activity's words in the last layer reaches no answer.
    layers = np.unique(np.linspace(0, n_layers - 2, min(LAYERS, n_layers - 1)).round().astype(int))
    moved, random, rng = [], [], np.random.default_rng(0)
    for layer in layers:
        own = emotion_units(vectors, emotions, (int(layer),))[:, 0]  # (emotions, width)
        added = np.concatenate([own, -own, random_units(own.shape[1], RANDOM, rng)])
        amount = STRENGTH * residual_norm(vectors, int(layer))
        answers = yield from ask_all(model, base, pairs, int(layer), added, amount)
        shifts = np.stack([by_activity(n, pairs, one - answers[0]) for one in answers[1:]])[:, steered]
        own_shifts = (shifts[: len(own)] - shifts[len(own) : 2 * len(own)]) / 2
        moved.append((own_shifts * sign[:, None]).mean(axis=0))
        random.append(shifts[2 * len(own) :].mean(axis=1))
    one, inside, peak = peaks(np.stack(moved), np.stack(random), (layers + 0.5) / n_layers)
    flat = _range_of_r(base.scores.score, readings)
    judged = both(
        condition(one.low > one.null_high, one.against_null(), "steering differs over layers beyond random directions"),
        condition(
            inside >= 0.95,
            (1 + DRAWS * (1 - inside)) / (1 + DRAWS),
            "its maximum lies in the middle half",
            DOES_NOT if inside <= 0.05 else "cannot be told",
            f"the maximum lies in the middle half in {inside:.0%} of the draws",
        ),
        condition(flat.high < FLAT, flat.inside(FLAT), f"r differs by less than {FLAT:g} over the layers"),
    )
    curve = np.stack(moved).mean(axis=1)
    facts = [
        ("most at layer", f"{layers[peak]} of 0 to {n_layers - 1}; in the middle half in {inside:.0%} of the draws"),
        ("range of r over all layers", f"{flat.value:.2f} ({flat.low:.2f} to {flat.high:.2f})"),
        ("emotions", ", ".join(f"{'+' if BY_LAYER[e] > 0 else '-'}{e}" for e in emotions)),
        ("strength", f"{STRENGTH:g} of each layer's residual norm, both signs, {LAYER_OPPONENTS} opponents each"),
    ]
    chart = marks(
        "lines",
        "Shift of the steered half as expected, by layer",
        ("layer", "shift (nats)"),
        [("", "emotions", float(layer), float(v)) for layer, v in zip(layers, curve, strict=True)]
        + [
            ("", "random directions, mean size", float(layer), float(np.abs(v).mean()))
            for layer, v in zip(layers, random, strict=True)
        ],
    )
    statistic = "range over layers of what steering does to preference, nats"
    return found(11, statistic, one, judged, int(steered.sum()), facts, [chart])


def peaks(moved: Array, random: Array, depth: Array) -> tuple[Estimate, float, int]:
    """Range of a curve over layers, how often its maximum lies in the middle half, and where it lies.

    Args:
        moved: float64 [layers, activities], what steering does to each.
        random: float64 [layers, directions], the same of random directions, mean over the activities.
        depth: float64 [layers], from 0 to 1.

    Returns:
        The range, activities drawn again, beside curves of one random direction a layer, either sign; the share of the
        draws with the maximum in the middle half; and the layer of the maximum, counted in `depth`.
    """
    rng = np.random.default_rng(0)
    middle = (depth >= MIDDLE[0]) & (depth <= MIDDLE[1])
    rows = rng.integers(0, moved.shape[1], (DRAWS, moved.shape[1]))
    drawn = moved[:, rows].mean(axis=2)  # (layers, draws)
    chosen = rng.integers(0, random.shape[1], (len(random), DRAWS))
    null = np.take_along_axis(random, chosen, axis=1) * rng.choice([-1.0, 1.0], chosen.shape)
    curve = moved.mean(axis=1)
    one = resampled(float(np.ptp(curve)), np.ptp(drawn, axis=0), np.ptp(null, axis=0))
    return one, float(middle[drawn.argmax(axis=0)].mean()), int(curve.argmax())


def _range_of_r(score: Array, readings: Array) -> Estimate:
    """Range over layers of the mean r with readings [layers, activities, emotions], activities drawn again."""
    rng = np.random.default_rng(0)

    def reach(rows: np.ndarray) -> float:
        return float(np.ptp([np.nanmean(pearson(score[rows], one[rows])) for one in readings]))

    everything = np.arange(len(score))
    return resampled(reach(everything), [reach(rng.choice(everything, len(score))) for _ in range(DRAWS // 4)])


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
