"""Rows about the vectors themselves: 1, 4, 13 to 16. What has to be read is read once and kept in the cache."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import scipy

from emotion_core.base.activations import FloatArray
from emotion_core.base.jobs import Job, Progress
from emotion_core.charts.replication import marks
from emotion_core.evaluation.controls import relabelled
from emotion_core.evaluation.rivals import vocabulary_aurocs
from emotion_core.evaluation.transfer import read_twin
from emotion_core.experiments.experiment import Bench
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
    of_part,
    over_units,
)
from emotion_core.geometry.clusters import Labels, adjusted_rand, k_means, paper_labels
from emotion_core.geometry.norms import circumplex
from emotion_core.geometry.rivals import RivalFigure, against, tfidf_vectors
from emotion_core.geometry.similarity import cosine_matrix, principal_components, upper_triangle
from emotion_core.geometry.stability import resampled_rows
from emotion_core.geometry.word_forms import known_form
from emotion_core.prompts.library import load_near_and_far, load_words_12
from emotion_core.stats.intervals import fisher_interval, pearson
from emotion_core.stats.separation import auroc
from emotion_core.steering.next_token import first_tokens
from emotion_core.tracing.logit_lens import logit_lens
from emotion_core.tracing.record import record
from emotion_core.vectors.build import Training, neutral_components, neutral_texts, project_out, training
from emotion_core.vectors.estimate import IntArray, LabelledRows

SHUFFLES = 200
NAMINGS = 10_000
RESAMPLES = 40
CLUSTERS = 10
RIVALS = 2  # of the clusters: the words and the embedding layer


def heldout_auroc(bench: Bench) -> Job[Finding]:
    """Row 1: mean AUROC over emotions on held-out topics, beside shuffled labels and counts of words."""
    vectors, layer = bench.vectors, bench.vectors.selected_layer
    material = yield from training(bench.model, vectors, bench.cache)
    block = next((one for one in material.blocks if isinstance(one, LabelledRows)), None)
    texts = [t for one in vectors.prompt_sets for t in one.part("heldout")]
    if block is None or not texts:
        return not_testable(1, "the set has no held-out texts with labels")
    read = yield from record(bench.model, [t.text for t in texts], vectors.reading, bench.cache)
    test = material.as_scored(read.values)[:, layer]  # (texts, width)
    labels = np.array([block.emotions.index(t.emotion) for t in texts])
    values = material.values[:, [layer]]
    topics = tuple(t.topic or str(i) for i, t in enumerate(texts))
    heldout = LabelledRows(block.emotions, np.arange(len(texts)), labels, topics)
    areas = _areas(test, heldout, material.estimate([block], values=values)[:, 0])
    rng = np.random.default_rng(0)
    null, alone = [], []
    # Labels change places in training and held-out texts together, so that a true direction cannot score by luck.
    for k, (train, scored) in enumerate(
        zip(relabelled(block, SHUFFLES, rng), relabelled(heldout, SHUFFLES, rng), strict=True)
    ):
        assert isinstance(scored, LabelledRows)
        alone.append(_areas(test, scored, material.estimate([train], values=values)[:, 0]))
        null.append(float(np.nanmean(alone[-1])))
        if k % 20 == 0:
            yield Progress(k, SHUFFLES, "shuffling labels")
    sides = [heldout.sides(emotion) for emotion in block.emotions]
    names = material.activations.texts
    words = vocabulary_aurocs(names, [block.sides(e) for e in block.emotions], [t.text for t in texts], sides)
    one, rival = over_units(areas, null), float(np.nanmean(words))
    beside = Estimate(one.value, one.low, one.high, rival, rival)
    judged = both(
        by_size(one, one.null_high),
        condition(
            one.low > rival,
            beside.against_null(),
            f"above the bag of words ({rival:.2f})",
            DOES_NOT if one.high < rival else "cannot be told",
        ),
    )
    highest = (test @ material.estimate([block], values=values)[:, 0].T).argmax(axis=1)
    facts = [
        ("mean AUROC of a bag of words", f"{rival:.3f}"),
        (
            "own direction reads highest",
            f"{(highest == labels).mean():.2f} of texts, chance {1 / len(block.emotions):.3f}",
        ),
        ("layer", f"{layer}, by cross-validation on training texts"),
    ]
    order = np.argsort(-areas)
    shown_ = [*order[:12], *order[-12:]] if len(order) > 24 else order
    chart = marks(
        "points",
        "Held-out AUROC by emotion: those that separate best and worst" if len(order) > 24 else "Held-out AUROC",
        ("AUROC", ""),
        [(block.emotions[i], "vectors", areas[i], 0.0) for i in shown_]
        + [(block.emotions[i], "bag of words", words[i], 0.0) for i in shown_],
        null=band(np.concatenate(alone)),  # of single emotions, as the points are
    )
    return found(1, "mean held-out AUROC over emotions", one, judged, int(np.isfinite(areas).sum()), facts, [chart])


def _areas(test: FloatArray, block: LabelledRows, directions: FloatArray) -> Array:
    """AUROC of each emotion's direction, float64 [emotions]."""
    projected = test @ directions.T  # (texts, emotions)
    areas = np.full(len(block.emotions), np.nan)
    for e, emotion in enumerate(block.emotions):
        own, others = block.sides(emotion)
        if len(own) and len(others):
            areas[e] = float(auroc(projected[own, e], projected[others, e]))
    return areas


def own_words(bench: Bench) -> Job[Finding]:
    """Row 4: do vectors point at the words of their emotion, more than those of the embedding layer do?"""
    vectors, model = bench.vectors, bench.model
    forms = {one.emotion: one.forms for one in load_words_12().words}
    named = {e: known_form(e, forms) for e in vectors.emotions}
    emotions = [e for e in vectors.emotions if named[e]]
    if len(emotions) < 3:
        return not_testable(4, "the vectors have fewer than three of the twelve emotions")
    tokens = [first_tokens(model, forms[str(named[e])]).tolist() for e in emotions]
    index = [vectors.index(e) for e in emotions]
    leads = []
    for layer in range(vectors.n_layers):
        leads.append(_ranks(logit_lens(model, vectors.units[index, layer]), tokens))
        yield Progress(layer, vectors.n_layers, "finding the words of each direction")
    material = yield from training(model, vectors, bench.cache)
    embedded = material.estimate(values=material.activations.embeddings[:, None])[index, 0]
    rival = np.diagonal(_ranks(logit_lens(model, embedded), tokens))
    tables = np.stack(leads)  # (layers, emotions, word lists)
    own = np.diagonal(tables, axis1=1, axis2=2)  # (layers, emotions)
    best = int(own.mean(axis=1).argmax())
    rng = np.random.default_rng(0)
    rows = np.arange(len(emotions))
    dealt = rng.permuted(np.tile(rows, (NAMINGS, 1)), axis=1)
    null = tables[:, rows, dealt].mean(axis=2).max(axis=0)  # best layer of each deal: (deals,)
    one = over_units(own[best], null)
    lead = over_units(own[best] - rival)
    judged = both(by_sign(one), condition(lead.low > 0, lead.against_null(), "more than the embedding layer"))
    facts = [
        ("best layer", f"{best}; the null takes the best layer of every deal"),
        ("embedding layer", f"{rival.mean():.2f}"),
        ("lead over the embedding layer", shown(lead)),
    ]
    chart = marks(
        "lines",
        "Own words over words of the other emotions, by layer",
        ("layer", "powers of ten of the rank"),
        [("", "vectors", float(layer), float(v)) for layer, v in enumerate(own.mean(axis=1))],
        null=(one.null_low, one.null_high),
    )
    statistic = "how many powers of ten own words rank above those of other emotions"
    return found(4, statistic, one, judged, len(emotions), facts, [chart])


def _ranks(lens: FloatArray, tokens: Sequence[Sequence[int]]) -> Array:
    """How far above the mean list each list of words ranks under each direction, powers of ten [directions, lists]."""
    order = np.argsort(np.argsort(-np.nan_to_num(lens, nan=-np.inf), axis=1), axis=1)
    ranks = np.stack([np.median(np.log10(1.0 + order[:, list(own)]), axis=1) for own in tokens], axis=1)
    ranks = ranks - ranks.mean(axis=0)  # some words rank high under any direction
    result: Array = ranks.mean(axis=1, keepdims=True) - ranks
    return result * len(tokens) / (len(tokens) - 1)  # against the mean of the others


def near_and_far(bench: Bench) -> Job[Finding]:
    """Row 13: synonyms above, opposites below the mean cosine, more than with tf-idf of the same texts."""
    vectors, layer = bench.vectors, bench.vectors.selected_layer
    yield Progress(0, 1, "comparing words")
    pairs = [
        (known_form(one.first, vectors.emotions), known_form(one.second, vectors.emotions), one.kind)
        for one in load_near_and_far()
    ]
    known = [(vectors.index(a), vectors.index(b), kind) for a, b, kind in pairs if a and b]
    words = tfidf_vectors(vectors)
    if len(known) < 20 or words is None:
        return not_testable(13, f"the vectors have {len(known)} of the pairs of words")
    sign = np.array([1.0 if kind == "near" else -1.0 for *_, kind in known])
    places = np.array([(a, b) for a, b, _ in known])
    maps = [_standard(cosine_matrix(rows)) for rows in (vectors.values[:, layer].astype(np.float64), words)]
    scores, rival = (one[places[:, 0], places[:, 1]] * sign for one in maps)
    rng = np.random.default_rng(0)
    names = rng.permuted(np.tile(np.arange(len(vectors.emotions)), (2000, 1)), axis=1)
    dealt = maps[0][names[:, places[:, 0]], names[:, places[:, 1]]] * sign  # (namings, pairs)
    one = over_units(scores, dealt.mean(axis=1))
    sides = [over_units(scores[sign == s], dealt[:, sign == s].mean(axis=1)) for s in (1, -1)]
    lead = over_units(scores - rival)
    judged = both(
        *(of_part(name, by_sign(side, 0.2)) for name, side in zip(("synonyms", "opposites"), sides, strict=True)),
        condition(lead.low > 0, lead.against_null(), "more than tf-idf of the same texts"),
    )
    facts = [
        ("synonyms, from the mean of all pairs", shown(sides[0])),
        ("opposites, from the mean of all pairs (expected below 0)", shown(sides[1].turned)),
        ("the same with tf-idf", f"{rival.mean():.2f}"),
        ("lead over tf-idf", shown(lead)),
    ]
    chart = marks(
        "scatter",
        "Cosine of each pair of words, in SD of all pairs",
        ("tf-idf of the same texts", "vectors"),
        [
            (f"{vectors.emotions[a]}, {vectors.emotions[b]}", kind, float(maps[1][a, b]), float(maps[0][a, b]))
            for a, b, kind in known
        ],
    )
    statistic = "synonyms above and opposites below the mean cosine, SD of all cosines"
    return found(13, statistic, one, judged, len(known), facts, [chart])


def _standard(cosines: Array) -> Array:
    every = upper_triangle(cosines)
    result: Array = (cosines - every.mean()) / every.std()
    return result


def ten_clusters(bench: Bench) -> Job[Finding]:
    """Row 14: agreement of ten clusters with the paper's table, over resampled texts, beside words and embeddings."""
    vectors, layer = bench.vectors, bench.vectors.selected_layer
    shared, reference = paper_labels(vectors.emotions)
    words = tfidf_vectors(vectors)
    if len(shared) < 40 or words is None:
        return not_testable(14, f"the vectors have {len(shared)} of the paper's words")
    material = yield from training(bench.model, vectors, bench.cache)
    rng = np.random.default_rng(0)

    def agreement(rows: Array, starts: int = 20) -> float:
        return float(adjusted_rand(k_means(rows, CLUSTERS, 0, starts)[shared], reference[None])[0])

    labels = k_means(vectors.values[:, layer].astype(np.float64), CLUSTERS, 0)
    value = float(adjusted_rand(labels[shared], reference[None])[0])
    drawn = []
    for k in range(RESAMPLES):
        drawn.append(agreement(_resampled(material, layer, rng), 4))
        yield Progress(k, RESAMPLES, "grouping again from resampled texts")
    null = adjusted_rand(labels[shared], rng.permuted(np.tile(reference, (NAMINGS, 1)), axis=1))
    embedded = material.estimate(values=material.activations.embeddings[:, None])[:, 0].astype(np.float64)
    one = around(value, drawn, null)
    rivals = {
        name: beside_rival(name, labels[shared], k_means(rows, CLUSTERS, 0)[shared], reference)
        for name, rows in (("tf-idf of the same texts", words), ("embedding layer", embedded))
    }
    judged = both(by_size(one, 0.05), *(beyond_rival(rival) for rival in rivals.values()))
    facts = [
        (name, f"{rival.size:.2f} (difference {rival.difference:.2f}, {rival.low:.2f} to {rival.high:.2f})")
        for name, rival in rivals.items()
    ]
    chart = marks(
        "points",
        "Adjusted Rand index with the paper's ten clusters",
        ("adjusted Rand index", ""),
        [("vectors", "", value, 0.0), *((name, "", rival.size, 0.0) for name, rival in rivals.items())],
        [(one.low, one.high), *((np.nan, np.nan) for _ in rivals)],
        (one.null_low, one.null_high),
    )
    statistic = "adjusted Rand index with the paper's ten clusters"
    return found(14, statistic, one, judged, len(material.values), facts, [chart])


def beside_rival(name: str, own: Labels, other: Labels, reference: Labels) -> RivalFigure:
    """A rival's clusters of the same words; the interval of the difference leaves out one word after the other."""

    def agreements(words: IntArray) -> tuple[float, float]:
        mine, theirs = adjusted_rand(reference[words], np.stack([own[words], other[words]]))
        return float(mine), float(theirs)

    return against(name, agreements, len(reference), RIVALS)


def beyond_rival(rival: RivalFigure) -> Judged:
    """The condition that the vectors agree better than a rival does, as the marks of the map ask it."""
    error = (rival.high - rival.difference) / float(scipy.special.ndtri(1 - 0.025 / RIVALS))
    p_value = float(scipy.stats.norm.sf(rival.difference / error)) if error > 0 else 1.0
    return condition(
        rival.outcome == "beats", p_value, f"above {rival.name} ({rival.size:.2f}) whichever word is left out"
    )


def valence_and_arousal(bench: Bench) -> Job[Finding]:
    """Row 15: the first component with valence, the next two with arousal."""
    vectors, layer = bench.vectors, bench.vectors.selected_layer
    valence, arousal = circumplex().of(vectors.emotions)
    known = np.isfinite(valence)
    if known.sum() < 10:
        return not_testable(15, f"{int(known.sum())} of the emotions are rated")
    material = yield from training(bench.model, vectors, bench.cache)
    one = valence_of(vectors.values[:, layer], valence)
    others = [_along(vectors.values[:, layer], arousal, c) for c in (1, 2)]
    second = max(others, key=lambda estimate: estimate.value)
    embedded = material.estimate(values=material.activations.embeddings[:, None])[:, 0]
    words = tfidf_vectors(vectors)
    rivals = {"embedding layer": valence_of(embedded, valence)}
    if words is not None:
        rivals["tf-idf of the same texts"] = valence_of(words, valence)
    neutral = yield from record(bench.model, neutral_texts(bench.model, vectors.reading), vectors.reading, bench.cache)
    denoised = project_out(vectors.values, neutral_components(neutral.values))[:, layer]
    components = principal_components(vectors.values[:, layer].astype(np.float64), valence, arousal)
    beyond = one.value > max(rival.high for rival in rivals.values())
    facts = [
        ("variance of the first two", ", ".join(f"{share:.0%}" for share in components.explained[:2])),
        ("arousal on the better of PC2 and PC3", f"{shown(second)}: {by_size(second, 0.33).verdict}"),
        ("without neutral components", shown(valence_of(denoised, valence))),
        *((f"valence, {name}", shown(rival)) for name, rival in rivals.items()),
        ("more than words", "yes" if beyond else "no: the embedding layer or the words reach as much"),
        ("ratings", "this project's own, whole steps from -2 to 2"),
    ]
    places = components.coordinates
    chart = marks(
        "scatter",
        "First component and rated valence",
        ("valence (rated)", "first component"),
        [(vectors.emotions[e], "", float(valence[e]), float(places[e, 0])) for e in np.flatnonzero(known)],
    )
    statistic = "r of the first component with rated valence"
    return found(15, statistic, one, by_size(one, 0.41), int(known.sum()), facts, [chart])


def valence_of(rows: FloatArray | Array, valence: Array) -> Estimate:
    """R of the first component with valence, its interval over emotions, and the same of ratings dealt out again."""
    return _along(rows, valence, 0)


def component_r(rows: FloatArray | Array, rating: Array, component: int = 0) -> float:
    """Size of the correlation of a component with a rating: the sign of a component is arbitrary."""
    places = _places(rows, rating, component)
    return abs(float(pearson(rating[np.isfinite(rating)], places[:, None])[0]))


def _places(rows: FloatArray | Array, rating: Array, component: int) -> Array:
    """Where the rated emotions lie along a component, float64 [rated]."""
    nothing = np.full(len(rating), np.nan)
    coordinates = principal_components(np.asarray(rows, np.float64), nothing, nothing).coordinates
    result: Array = coordinates[np.isfinite(rating), component]
    return result


def _along(rows: FloatArray | Array, rating: Array, component: int) -> Estimate:
    known = rating[np.isfinite(rating)]
    r = component_r(rows, rating, component)
    low, high = (float(end[0]) for end in fisher_interval(np.array([r]), len(known)))
    dealt = np.random.default_rng(0).permuted(np.tile(known, (NAMINGS, 1)), axis=1)
    return Estimate(r, low, high, *band(np.abs(pearson(_places(rows, rating, component), dealt.T))))


def over_layers(bench: Bench) -> Job[Finding]:
    """Row 16: is the arrangement of the emotions the same at all depths, more than in the untrained twin?"""
    vectors = bench.vectors
    upper = list(range(vectors.n_layers // 3, vectors.n_layers))
    material = yield from training(bench.model, vectors, bench.cache)
    twin = yield from read_twin(bench.model, vectors, bench.cache)
    value = _agreement(vectors.values[:, upper])
    rng = np.random.default_rng(0)
    drawn = []
    for k in range(RESAMPLES // 2):
        drawn.append(_agreement(material.estimate([resampled_rows(b, rng) for b in material.blocks])[:, upper]))
        yield Progress(k, RESAMPLES // 2, "building again from resampled texts")
    chosen = _pairs(vectors.values[:, vectors.selected_layer])
    embedded = material.estimate(values=material.activations.embeddings[:, None])[:, 0]
    rivals = [float(pearson(chosen, _pairs(rows)[:, None])[0]) for rows in (twin.values[:, upper[-1]], embedded)]
    # Layers without training hand most of the stream on as it is, so they agree with each other whatever they hold.
    of_twin = _agreement(twin.values[:, upper])
    one = around(value, drawn, [max(of_twin, rivals[0])])
    judged = stable(one)
    facts = [
        ("the same in the untrained twin", f"{of_twin:.2f}"),
        ("untrained twin with the chosen layer", f"{rivals[0]:.2f}"),
        ("embedding layer with the chosen layer", f"{rivals[1]:.2f}"),
        ("layers", f"{upper[0]} to {upper[-1]}"),
    ]
    chart = marks(
        "lines",
        "Agreement of each layer's arrangement with that of the chosen layer",
        ("layer", "r of all cosines"),
        [
            ("", name, float(layer), float(pearson(chosen, _pairs(values[:, layer])[:, None])[0]))
            for name, values in (("this model", vectors.values), ("untrained twin", twin.values))
            for layer in range(vectors.n_layers)
        ],
    )
    statistic = "mean r between the cosines of the upper two thirds of the layers"
    return found(16, statistic, one, judged, len(material.values), facts, [chart])


def stable(one: Estimate) -> Judged:
    """The rule of row 16: from .8 on and above the untrained twin; not below .6."""
    judged = by_size(one, 0.8)
    if judged.verdict == DOES_NOT and one.high >= 0.6:
        return Judged("cannot be told", judged.p_value, f"between .6 and .8: {one.value:.2f}")
    if judged.verdict == "cannot be told" and one.low <= one.null_high:
        return replace(judged, why=f"the layers of an untrained twin agree as well ({one.null_high:.2f})")
    return judged


def _agreement(values: FloatArray) -> float:
    """Mean correlation of the cosines between layers; of float32 [emotions, layers, width]."""
    rows = np.stack([_pairs(values[:, layer]) for layer in range(values.shape[1])])
    r: Array = np.asarray(np.corrcoef(rows), np.float64)
    return float(upper_triangle(r).mean())


def _pairs(rows: FloatArray) -> Array:
    return upper_triangle(cosine_matrix(rows.astype(np.float64)))


def _resampled(material: Training, layer: int, rng: np.random.Generator) -> Array:
    """Vectors from resampled texts at one layer, float64 [emotions, width]."""
    blocks = [resampled_rows(block, rng) for block in material.blocks]
    return material.estimate(blocks, values=material.values[:, [layer]])[:, 0].astype(np.float64)


def around(value: float, draws: Sequence[float], null: npt.ArrayLike) -> Estimate:
    """A figure with the interval that the spread of resampled ones gives.

    Resampled texts repeat some and lack others, which lowers an agreement: their spread is used and not their place.
    """
    half = 1.96 * float(np.std(np.asarray(draws), ddof=1))
    return Estimate(value, value - half, value + half, *band(null))
