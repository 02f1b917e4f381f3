"""How often each view calls something evidence that is nothing: `python -m benchmarks.false_claims --json`.

Every view that can say evidence looks at directions without a meaning in the place of emotions (random ones, mixes of
neutral texts, rotated sets of the real vectors) and at inputs without one (templates whose number means nothing,
neutral texts in random order as a conversation, pairs whose sides were swapped by a coin, the untrained twin). The
share called evidence stands beside its 95 % interval (Clopper and Pearson), and beside it the power on planted effects,
so that nobody reaches 5 % by saying nothing. Ends with status 1 where the interval of a view lies above .05 as a whole.

Views that only read and score are run with the settings of their pages. Rows of views that write texts name the
settings that differ. `--file` adds the draws to those that a file has, with seeds that it does not have, and prints the
sum; `--draws 0` prints it as it is. `benchmarks/false_claims.json` is the file behind the table of `docs/results.md`.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import torch

from benchmarks import steering_calibration as steered
from benchmarks.behave_calibration import as_emotions, headlines_say, meaningless, preferences_say
from benchmarks.calibration import planted, scored, swapped
from emotion_core.base.activations import ActivationCache, FloatArray, ReadingPosition
from emotion_core.base.atomic import write_atomically
from emotion_core.base.errors import SettingsError
from emotion_core.base.jobs import Job, run_to_end
from emotion_core.behavior.behavior_settings import BehaviorSettings
from emotion_core.behavior.preference_settings import PreferenceSettings, SteeredSettings
from emotion_core.behavior.preferences import PairAnswers, ask_pairs, relate
from emotion_core.behavior.scenes import built_in_activities, built_in_scenes
from emotion_core.behavior.steered_preferences import FEWEST_EMOTIONS, steer_preferences
from emotion_core.behavior.warning import WarningSettings, ask_after, lead_texts
from emotion_core.behavior.warning import relate as relate_warning
from emotion_core.evaluation.confounds import confound_texts, orthogonalise
from emotion_core.evaluation.controls import Kind
from emotion_core.evaluation.heldout import heldout, score_heldout
from emotion_core.evaluation.transfer import Contrast, read_twin, transfer
from emotion_core.geometry.claims import claims
from emotion_core.geometry.compare import compare, overlay
from emotion_core.geometry.emotion_map import map_emotions
from emotion_core.geometry.norms import circumplex
from emotion_core.geometry.rivals import VOCABULARY, rival_rows, tfidf_vectors
from emotion_core.geometry.stability import stability
from emotion_core.geometry.supervised import read_norms_off
from emotion_core.models.load import load_model
from emotion_core.models.loaded import LoadedModel
from emotion_core.models.untrained import untrained_twin
from emotion_core.prompts.builtin import built_in_confounds, load_prompts
from emotion_core.prompts.library import (
    Template,
    load_conversations,
    load_implicit,
    load_system_prompts,
    load_templates,
)
from emotion_core.prompts.prompt_set import PromptSet, PromptText, Turn
from emotion_core.reading.attempts import AttemptsReading, load_attempts, read_attempts
from emotion_core.reading.baseline import Baseline, read_baseline
from emotion_core.reading.conversation import read_conversation_turns
from emotion_core.reading.dose import read_dose
from emotion_core.reading.monitor import (
    Labelled,
    LabelledReading,
    conversation_encoding,
    read_labelled_set,
    read_threshold,
    watch,
)
from emotion_core.reading.priors import Prior, read_priors
from emotion_core.reading.settings import MonitorSettings
from emotion_core.reading.situations import read_situations
from emotion_core.reading.talking import neutral_peaks, read_scale
from emotion_core.reading.text import ranking, ranking_controls, sentence_means
from emotion_core.stats.intervals import clopper_pearson
from emotion_core.steering.factorial import FactorialSettings, factorial
from emotion_core.steering.next_token import next_token_dose
from emotion_core.steering.settings import Gate, SweepSettings
from emotion_core.tracing.record import record
from emotion_core.vectors.build import NEUTRAL_SET, build, neutral_texts, training
from emotion_core.vectors.emotion_vectors import BuildSettings, EmotionVectors
from emotion_core.vectors.estimate import Block, LabelledRows, estimate

KINDS: tuple[Kind, ...] = ("random", "neutral", "rotated")
SET = 12  # directions that stand for emotions together, and are corrected together
LEVEL = 0.05
MEANINGLESS = (
    Template(name="tram", template="The tram of line {x} stops at the corner.", values=(1, 2, 5, 10, 20, 50)),
    Template(name="folder", template="The form lies in folder {x} on the shelf.", values=(3, 10, 30, 100, 300, 1000)),
    Template(name="page", template="The recipe is on page {x} of the book.", values=(4, 12, 40, 90, 160, 400)),
)


@dataclass(frozen=True)
class Count:
    """What one view said of one kind of nothing, or of one planted effect.

    Attributes:
        view: The view.
        input: What it looked at.
        settings: Where they differ from the page's.
    """

    view: str
    input: str
    settings: str = ""


@dataclass(frozen=True)
class Bench:
    """What a view looks with.

    Attributes:
        model: The model.
        cache: What was read before.
        draws: Directions or inputs of a kind.
        first: Number of the first; an input of which there is only one is looked at with the first of all.
    """

    model: LoadedModel
    cache: ActivationCache
    draws: int
    first: int = 0

    @property
    def seeds(self) -> range:
        """Numbers of the draws."""
        return range(self.first, self.first + self.draws)

    @property
    def sets_of_draws(self) -> range:
        """Numbers of the sets of `SET` directions that hold at least so many draws."""
        return range(-(-self.first // SET), -(-(self.first + self.draws) // SET))

    def run(self, job: Job[Any]) -> Any:
        """A job to its end."""
        return run_to_end(job)

    def vectors(self, name: str = "emotions-12") -> EmotionVectors:
        """Vectors of a built-in set, as built by default."""
        built: EmotionVectors = self.run(build(self.model, [load_prompts(name)], BuildSettings(), self.cache))
        return built

    def under_names(self, vectors: EmotionVectors, kind: Kind, seed: int) -> EmotionVectors:
        """Directions without a meaning in the place of emotions, under their names."""
        units: FloatArray = meaningless(self.model, vectors, kind, len(vectors.emotions), seed, self.cache)
        return replace(as_emotions(vectors, units), emotions=vectors.emotions)

    def sets(self, kind: Kind) -> Iterator[tuple[int, EmotionVectors]]:
        """Sets of directions without a meaning, as an imported file would hold them, with their numbers."""
        vectors = self.vectors()
        for seed in self.sets_of_draws:
            units: FloatArray = meaningless(self.model, vectors, kind, SET, 5000 + seed, self.cache)
            yield seed, as_emotions(vectors, units)


Look = Callable[[Bench], Iterator[tuple[Count, bool]]]


def dose(bench: Bench) -> Iterator[tuple[Count, bool]]:
    """Directions on the built-in templates, and real emotions on templates whose number means nothing."""
    for kind in KINDS:
        count = Count("dose", f"{kind} directions")
        for seed, vectors in bench.sets(kind):
            baseline = bench.run(read_baseline(bench.model, vectors, None, seed, cache=bench.cache))
            template = load_templates()[seed % len(load_templates())]
            reading = bench.run(read_dose(bench.model, baseline, template, bench.cache, seed))
            yield from ((count, reading.evidence(name)) for name in reading.emotions)
    if bench.first:
        return
    count = Count("dose", "numbers without a meaning")
    for name in ("emotions-12", "emotions-171"):
        baseline = bench.run(read_baseline(bench.model, bench.vectors(name), cache=bench.cache))
        for template in MEANINGLESS:
            reading = bench.run(read_dose(bench.model, baseline, template, bench.cache))
            yield from ((count, reading.evidence(emotion)) for emotion in reading.emotions)


def expected(bench: Bench) -> Iterator[tuple[Count, bool]]:
    """Directions under the names of the emotions that a template expects to rise or fall; evidence if any does."""
    for kind in KINDS:
        count = Count("dose: k of n met", f"{kind} directions")
        for seed, vectors in bench.sets(kind):
            baseline = bench.run(read_baseline(bench.model, vectors, None, seed, cache=bench.cache))
            for template in load_templates():
                words = (*template.rise, *template.fall)
                named = replace(baseline, emotions=(*words, *baseline.emotions[len(words) :]))
                reading = bench.run(read_dose(bench.model, named, template, bench.cache, seed))
                yield count, reading.met > 0


def sentences(bench: Bench) -> Iterator[tuple[Count, bool]]:
    """Whether any of twelve random directions is named as beyond the lines of Home, on a neutral text each time."""
    texts = [one.text for one in load_prompts(NEUTRAL_SET).part("heldout") if bench.model.fits(one.text)]
    vectors, count = bench.vectors(), Count("sentence: beyond the lines", "random directions")
    for seed in bench.seeds:
        units = meaningless(bench.model, vectors, "random", SET, 12_000 + seed, bench.cache)
        each = ranking_controls(SET)
        job = read_baseline(
            bench.model, as_emotions(vectors, units), None, seed, cache=bench.cache, kinds=("random",), each=each
        )
        baseline = bench.run(job)
        means = bench.run(sentence_means(bench.model, baseline, texts[seed % len(texts)]))
        yield count, bool(ranking(baseline, means).beyond)


def drift(bench: Bench) -> Iterator[tuple[Count, bool]]:
    """Neutral texts in random order as conversations of twelve turns, read with emotions and with directions."""
    texts = [t.text for t in load_prompts("neutral").texts]

    def turns(seed: int) -> tuple[Turn, ...]:
        order = np.random.default_rng([seed, 0x7A]).permutation(len(texts))[:12]
        roles = ("user", "assistant")
        return tuple(Turn(roles[i % 2], texts[j]) for i, j in enumerate(order))

    count = Count("conversation", "neutral texts in random order")
    baseline = bench.run(read_baseline(bench.model, bench.vectors(), form="conversation", cache=bench.cache))
    for seed in bench.seeds[::4]:
        reading = bench.run(read_conversation_turns(bench.model, baseline, turns(seed)))
        yield from ((count, reading.evidence(name)) for name in baseline.emotions)
    for kind in KINDS:
        count = Count("conversation", f"{kind} directions")
        for seed, vectors in bench.sets(kind):
            job = read_baseline(bench.model, vectors, None, seed, form="conversation", cache=bench.cache)
            reading = bench.run(read_conversation_turns(bench.model, bench.run(job), turns(seed)))
            yield from ((count, reading.evidence(name)) for name in vectors.emotions)


def attempts(bench: Bench) -> Iterator[tuple[Count, bool]]:
    """Directions over the built-in runs of failed attempts."""
    for kind, vectors, reading in _attempts(bench):
        count = Count("attempts", f"{kind} directions")
        yield from ((count, reading.evidence(name)) for name in vectors.emotions)


def encouraged(bench: Bench) -> Iterator[tuple[Count, bool]]:
    """What encouragement changes along directions in the built-in runs of failed attempts."""
    for kind, vectors, reading in _attempts(bench):
        count = Count("encouragement", f"{kind} directions")
        yield from ((count, reading.encouraged(name).evidence) for name in vectors.emotions)


def _attempts(bench: Bench) -> Iterator[tuple[Kind, EmotionVectors, AttemptsReading]]:
    runs = load_attempts()
    for kind in KINDS:
        for seed, vectors in bench.sets(kind):
            job = read_baseline(bench.model, vectors, None, seed, form="conversation", cache=bench.cache)
            yield kind, vectors, bench.run(read_attempts(bench.model, bench.run(job), runs[seed % len(runs)]))


def system_prompts(bench: Bench) -> Iterator[tuple[Count, bool]]:
    """Whether what the page's system prompts change along directions still lasts in the last third of the turns."""
    known = {one.name: one for one in load_system_prompts()}
    priors = [Prior("none", ""), *(Prior(name, known[name].text) for name in ("last-chance", "porch-in-summer"))]
    spoken = [one.turns for one in load_conversations()]
    for kind in KINDS:
        count = Count("system prompts", f"{kind} directions")
        for seed, vectors in bench.sets(kind):
            job = read_baseline(bench.model, vectors, None, seed, form="conversation", cache=bench.cache)
            reading = bench.run(read_priors(bench.model, bench.run(job), priors, spoken))
            for name in vectors.emotions:
                yield count, any(reading.lasting(system, name).lasts for system in range(1, len(priors)))


def warnings_before(bench: Bench) -> Iterator[tuple[Count, bool]]:
    """Whether a monitor on a direction is said to warn before a phrase of a built-in conversation.

    The phrase is three words in a row, drawn anew for each direction; "evidence" at any of its places counts.
    """
    spoken = load_conversations()
    for kind in KINDS:
        count = Count("monitor: warns before a phrase", f"{kind} directions")
        for seed, vectors, baseline, e in _monitored(bench, kind):
            rng = np.random.default_rng([seed, e, 0x3A])
            turns = spoken[rng.integers(len(spoken))].turns
            words = turns[rng.integers(len(turns) // 2, len(turns))].content.split()
            at = rng.integers(max(1, len(words) - 2))
            asked = MonitorSettings(vectors.emotions[e])
            threshold = bench.run(read_threshold(bench.model, vectors, baseline, asked, seed))
            encoding = conversation_encoding(bench.model, turns)
            found = bench.run(watch(bench.model, baseline, threshold, encoding, " ".join(words[at : at + 3])))
            yield count, any(one.evidence for one in found.flagged)


def labelled(bench: Bench) -> Iterator[tuple[Count, bool]]:
    """Whether a monitor on a direction is said to tell the page's labelled messages apart; and by labels of a coin."""
    messages = [
        Labelled((Turn("user", one.text),), one.side == "positive", one.topic)
        for one in load_prompts("fear-calm").part("heldout")
    ]
    for kind in KINDS:
        count = Count("monitor: labelled messages", f"{kind} directions")
        for seed, vectors, baseline, e in _monitored(bench, kind):
            yield count, _tells_apart(bench, vectors, baseline, messages, e, seed)
    vectors = bench.vectors()
    baseline = bench.run(read_baseline(bench.model, vectors, form="conversation", cache=bench.cache))
    for seed in bench.seeds[::4]:
        sides = np.random.default_rng([seed, 0x3B]).permutation([one.label for one in messages])
        dealt = [replace(one, label=bool(side)) for one, side in zip(messages, sides, strict=True)]
        e = seed // 4 % len(vectors.emotions)
        yield (
            Count("monitor: labelled messages", "labels dealt out again"),
            _tells_apart(bench, vectors, baseline, dealt, e, seed),
        )


def _tells_apart(
    bench: Bench, vectors: EmotionVectors, baseline: Baseline, messages: Sequence[Labelled], e: int, seed: int
) -> bool:
    threshold = bench.run(read_threshold(bench.model, vectors, baseline, MonitorSettings(vectors.emotions[e]), seed))
    found: LabelledReading = bench.run(read_labelled_set(bench.model, baseline, threshold, messages))
    return found.evidence


def _monitored(bench: Bench, kind: Kind) -> Iterator[tuple[int, EmotionVectors, Baseline, int]]:
    """Every fourth direction of a set: each needs a threshold of its own, for which all neutral texts are read."""
    for seed, vectors in bench.sets(kind):
        job = read_baseline(bench.model, vectors, None, seed, form="conversation", cache=bench.cache)
        baseline = bench.run(job)
        yield from ((seed, vectors, baseline, e) for e in range(0, SET, 4))


def situations(bench: Bench) -> Iterator[tuple[Count, bool]]:
    """Whether sets of directions under the names of emotions read highest in situations that imply these."""
    vectors = bench.vectors()
    for kind in KINDS:
        count = Count("situations", f"sets of {kind} directions")
        for seed in bench.seeds:
            named = bench.under_names(vectors, kind, 7000 + seed)
            job = read_baseline(bench.model, named, None, seed, cache=bench.cache, kinds=("random",), each=1)
            reading = bench.run(read_situations(bench.model, bench.run(job), load_implicit(), bench.cache, seed))
            yield count, reading.p_value < LEVEL


def held_out(bench: Bench) -> Iterator[tuple[Count, bool]]:
    """fear-calm with the sides of its pairs swapped by a coin; the untrained twin; and planted directions."""
    reading, fear = BuildSettings().reading, load_prompts("fear-calm")
    for name, model in (("", bench.model), (", untrained twin", untrained_twin(bench.model))):
        acts, neutral, confounds = _fear(bench, model, reading)
        count = Count("held-out", f"coin-swapped pairs{name}")
        for seed in bench.seeds:
            one = swapped(fear, np.random.default_rng([seed, 0]))
            yield count, scored(acts, neutral, confounds, one, seed).verdicts[0].evidence
        if name and not bench.first:
            yield (
                Count("held-out", "untrained twin, true sides"),
                scored(acts, neutral, confounds, fear, 0).verdicts[0].evidence,
            )


def _fear(bench: Bench, model: LoadedModel, reading: ReadingPosition) -> tuple[Any, Any, Any]:
    texts = [t.text for t in load_prompts("fear-calm").texts]
    parts = (texts, neutral_texts(model, reading), confound_texts(built_in_confounds()))
    return tuple(bench.run(record(model, part, reading, bench.cache)) for part in parts)


def imported(bench: Bench) -> Iterator[tuple[Count, bool]]:
    """Directions of an imported file, scored on emotions-12 one against the rest."""
    targets = load_prompts("emotions-12")
    reading = BuildSettings().reading
    acts = bench.run(record(bench.model, [t.text for t in targets.texts], reading, bench.cache))
    neutral = bench.run(record(bench.model, neutral_texts(bench.model, reading), reading, bench.cache))
    for kind in KINDS:
        count = Count("held-out", f"imported {kind} directions")
        for _, vectors in bench.sets(kind):
            named = replace(vectors, emotions=targets.emotions[: len(vectors.emotions)])
            scores = score_heldout(named, None, [targets], acts, neutral=neutral)
            yield from ((count, verdict.evidence) for verdict in scores.verdicts)


FEAR_BESIDE_CALM = Contrast(("fear", "desperation"), ("calm", "joy"))


def carried_over(bench: Bench) -> Iterator[tuple[Count, bool]]:
    """emotions-12 on fear-calm, with the sides of fear-calm swapped by a coin."""
    vectors, fear, contrast = bench.vectors(), load_prompts("fear-calm"), FEAR_BESIDE_CALM
    count = Count("transfer", "coin-swapped pairs")
    for seed in bench.seeds:
        target = swapped(fear, np.random.default_rng([seed, 1]))
        result = bench.run(transfer(bench.model, vectors, target, contrast, bench.cache, seed=seed))
        yield count, result.scores[0].verdict.word.startswith("evidence")


def carried_by_name(bench: Bench) -> Iterator[tuple[Count, bool]]:
    """Training texts of emotions-12 whose labels were shuffled within topics, on its held-out texts; any emotion."""
    real = load_prompts("emotions-12")
    count = Count("transfer: several emotions", "training labels shuffled within topics")
    target = PromptSet("heldout-12", "labelled", real.part("heldout"), 0)
    for seed in bench.seeds:
        texts = relabelled(real.part("train"), np.random.default_rng([seed, 2]))
        source = PromptSet("shuffled-12", "labelled", texts, 0)
        vectors = bench.run(build(bench.model, [source], BuildSettings(seed=seed), bench.cache))
        result = bench.run(transfer(bench.model, vectors, target, None, bench.cache, seed=seed))
        yield count, any(score.verdict.evidence for score in result.scores)


def relabelled(texts: Sequence[PromptText], rng: np.random.Generator) -> tuple[PromptText, ...]:
    """Labelled texts whose labels changed places within their topics."""
    labels = np.array([one.emotion for one in texts], dtype=object)
    topics = np.array([one.topic for one in texts], dtype=object)
    for topic in dict.fromkeys(topics):
        labels[topics == topic] = rng.permutation(labels[topics == topic])
    return tuple(replace(one, emotion=label) for one, label in zip(texts, labels, strict=True))


def without_a_confound(bench: Bench) -> Iterator[tuple[Count, bool]]:
    """fear-calm with coin-swapped pairs, built, and scored again without the direction of a built-in confound."""
    fear, confounds = load_prompts("fear-calm"), built_in_confounds()
    count = Count("held-out: without a confound", "coin-swapped pairs")
    for seed in bench.seeds:
        one = swapped(fear, np.random.default_rng([seed, 3]))
        vectors = bench.run(build(bench.model, [one], BuildSettings(seed=seed), bench.cache))
        job = orthogonalise(bench.model, vectors, sets=[confounds[seed % len(confounds)]], cache=bench.cache)
        left = bench.run(job)
        scores = bench.run(heldout(bench.model, left, left.prompt_sets, bench.cache))
        yield count, scores.verdicts[0].evidence


def maps(bench: Bench) -> Iterator[tuple[Count, bool]]:
    """Claims of a map of 171 words: of random vectors, of the untrained twin's, of tf-idf of the same texts."""
    vectors = bench.vectors("emotions-171")
    layer = vectors.selected_layer
    rivals = rival_rows(vectors, layer)
    count = Count("map", "random vectors for 171 emotions")
    for seed in bench.seeds[::4]:
        values = np.random.default_rng([seed, 9]).standard_normal(vectors.values.shape).astype(np.float32)
        yield from _claims(count, replace(vectors, values=values), layer, rivals)
    if bench.first:
        return
    twin = bench.run(read_twin(bench.model, vectors, bench.cache))
    yield from _claims(Count("map", "untrained twin"), replace(vectors, values=twin.values), layer, rivals)
    words = tfidf_vectors(vectors)
    if words is not None:
        values = np.zeros_like(vectors.values)
        width = min(words.shape[1], values.shape[2])
        values[:, layer, :width] = words[:, :width]
        yield from _claims(Count("map", "tf-idf in place of the model"), replace(vectors, values=values), layer, rivals)


def _claims(count: Count, vectors: EmotionVectors, layer: int, rivals: Any) -> Iterator[tuple[Count, bool]]:
    found = map_emotions(vectors, layer)
    readings = read_norms_off(vectors.values[:, layer], vectors.emotions, circumplex())  # a map's claims share a family
    made = [one for one in claims(found, readings, rivals) if "predict" not in one.what]
    yield from ((count, claim.mark == "evidence") for claim in made)


def predictions(bench: Bench) -> Iterator[tuple[Count, bool]]:
    """Whether random vectors for 171 words, an untrained twin's, or tf-idf are said to predict valence or arousal."""
    vectors = bench.vectors("emotions-171")
    layer = vectors.selected_layer
    rivals = rival_rows(vectors, layer)

    def says(rows: Any) -> bool:
        values = np.zeros_like(vectors.values)
        width = min(rows.shape[1], values.shape[2])
        values[:, layer, :width] = rows[:, :width]
        found = map_emotions(replace(vectors, values=values), layer)
        readings = read_norms_off(values[:, layer], vectors.emotions, circumplex())
        said = [one for one in claims(found, readings, rivals) if "predict" in one.what]
        return any(one.mark == "evidence" for one in said)

    count = Count("map: predicted ratings", "random vectors for 171 emotions")
    for seed in bench.seeds:
        rng = np.random.default_rng([seed, 10])
        yield count, says(rng.standard_normal((len(vectors.emotions), vectors.values.shape[2])))
    if bench.first:
        return
    twin = bench.run(read_twin(bench.model, vectors, bench.cache))
    yield Count("map: predicted ratings", "untrained twin"), says(twin.values[:, layer])
    yield Count("map: predicted ratings", "tf-idf in place of the model"), says(rivals[VOCABULARY])


def twins(bench: Bench) -> Iterator[tuple[Count, bool]]:
    """True labels on networks with random weights, another one each: held-out pairs, transfer, a map's claims."""
    fear, many, contrast = load_prompts("fear-calm"), bench.vectors("emotions-171"), FEAR_BESIDE_CALM
    layer, reading, inputs = many.selected_layer, BuildSettings().reading, "untrained twins, another one each"
    rivals = rival_rows(many, layer)
    for seed in bench.seeds:
        twin = untrained_twin(bench.model, 1 + seed)
        alone = replace(bench, model=twin, cache=None)  # of a hundred networks nothing is read twice
        yield Count("held-out", inputs), scored(*_fear(alone, twin, reading), fear, seed).verdicts[0].evidence
        result = bench.run(transfer(twin, alone.vectors(), fear, contrast, None, seed=seed))
        yield Count("transfer", inputs), result.scores[0].verdict.word.startswith("evidence")
        values = alone.vectors("emotions-171").values
        yield from _claims(Count("map", inputs), replace(many, values=values), layer, rivals)


def repeating(bench: Bench) -> Iterator[tuple[Count, bool]]:
    """Whether a map repeats with other texts when labels were shuffled within topics, or among all texts."""
    for name, seeds in (("emotions-12", bench.seeds), ("emotions-171", bench.seeds[::10])):
        vectors = bench.vectors(name)
        material = bench.run(training(bench.model, vectors, bench.cache))
        for seed in seeds:
            rng = np.random.default_rng([seed, 11])
            for how in ("within topics", "among all texts"):
                count = Count("map: repeats", f"{name}, labels shuffled {how}", "1 halving")
                blocks = [dealt(block, rng, topics=how == "within topics") for block in material.blocks]
                yield count, repeats(material.values, blocks, vectors, seed)


def dealt(block: Block, rng: np.random.Generator, *, topics: bool) -> Block:
    """Labelled rows with the labels dealt out again, within topics or among all of them."""
    assert isinstance(block, LabelledRows)
    labels, groups = block.labels.copy(), np.array(block.groups if topics else [""] * len(block.labels))
    for group in np.unique(groups):
        labels[groups == group] = rng.permutation(labels[groups == group])
    return replace(block, labels=labels)


def repeats(values: FloatArray, blocks: Sequence[Block], vectors: EmotionVectors, seed: int) -> bool:
    """What the verdict on the map's halves says at the layer that the page shows first."""
    job = stability(values, blocks, vectors.estimator, 10, seed, resamples=1, splits=1)
    return bool(run_to_end(job).p_value[vectors.selected_layer] <= LEVEL)


def two_maps(bench: Bench) -> Iterator[tuple[Count, bool]]:
    """Two independent sets of directions as the vectors of two files: cosines of pairs, and one map on the other."""
    vectors = bench.vectors()
    for kind in KINDS[:2]:  # a rotated set keeps its cosines, so two of them agree truly
        agree, laid = (Count(f"map: two {what}", f"{kind} directions") for what in ("agree", "laid over each other"))
        for seed in bench.seeds:
            drawn = meaningless(bench.model, vectors, kind, 2 * len(vectors.emotions), 9000 + seed, bench.cache)
            one, two = (replace(vectors, values=half) for half in np.split(drawn, 2))
            yield agree, compare(one, two).mark == "evidence"
            yield laid, overlay(one, two).p_value <= LEVEL


def next_tokens(bench: Bench) -> Iterator[tuple[Count, bool]]:
    """Next tokens with a direction in the place of an emotion."""
    yield from _written(bench, "next token")


_SWEEP = f"{steered.TOKENS} tokens, {len(steered.STRENGTHS)} strengths"


def sweeps(bench: Bench) -> Iterator[tuple[Count, bool]]:
    """Sweeps with a direction in the place of an emotion."""
    yield from _written(bench, "sweep", _SWEEP)


def matrices(bench: Bench) -> Iterator[tuple[Count, bool]]:
    """Cross-talk with directions in the place of all emotions; evidence if any of them is called so."""
    yield from _written(bench, "cross-talk", f"{steered.TOKENS} tokens, {steered.MATRIX} emotions, 1 prompt")


def other_operations(bench: Bench) -> Iterator[tuple[Count, bool]]:
    """Sweeps that take a direction away, cap it, add it behind the gate of an emotion, or write greedily."""
    vectors = bench.vectors()
    ways: dict[str, dict[str, Any]] = {
        "project out": {"operation": "project_out", "strengths": (0.5, 1.0)},
        "cap": {"operation": "cap", "strengths": (0.5, 1.0)},
        "gate": {"gate": Gate(vectors.emotions[1], 50.0), "strengths": steered.STRENGTHS},
        "greedy": {"decoding": "greedy", "samples": 1, "strengths": steered.STRENGTHS},
    }
    for kind in KINDS:
        for seed in bench.seeds:
            unit = meaningless(bench.model, vectors, kind, 1, 11_000 + seed, bench.cache)[0]
            other = steered.in_place_of(vectors, {vectors.emotions[0]: unit})
            for name, way in ways.items():
                count = Count(f"sweep: {name}", f"{kind} directions", f"{steered.TOKENS} tokens")
                asked = SweepSettings(
                    emotion=vectors.emotions[0],
                    prompts=steered.PROMPTS,
                    max_new_tokens=steered.TOKENS,
                    layer=vectors.selected_layer,
                    seed=seed,
                    **way,
                )
                yield count, steered.says_evidence(bench.model, other, asked, "sweep", bench.cache)


def taken_away(bench: Bench) -> Iterator[tuple[Count, bool]]:
    """Next tokens and cross-talk of directions that are projected out."""
    vectors = bench.vectors()
    for view, strengths in (("next token", (-1.0, -0.5, 0.5, 1.0)), ("cross-talk", (1.0,))):
        taken = vectors.emotions[: steered.MATRIX if view == "cross-talk" else 1]
        for kind in KINDS:
            count = Count(f"{view}: project out", f"{kind} directions")
            for seed in bench.seeds:
                units = meaningless(bench.model, vectors, kind, len(taken), 14_000 + seed, bench.cache)
                other = steered.in_place_of(vectors, dict(zip(taken, units, strict=True)))
                asked = steered.settings_of(
                    view, vectors.emotions, vectors.selected_layer, seed, steered.TOKENS, strengths
                )
                asked = replace(asked, operation="project_out", **_doses(view, strengths))
                yield count, steered.says_evidence(bench.model, other, asked, view, bench.cache)


def _doses(view: str, strengths: tuple[float, ...]) -> dict[str, Any]:
    return {"strengths": strengths} if view == "next token" else {}


def own_words(bench: Bench) -> Iterator[tuple[Count, bool]]:
    """Directions in the place of all emotions; evidence if any is said to make its emotion's word likelier."""
    vectors = bench.vectors()
    for kind in KINDS:
        count = Count("next token: own words", f"{kind} directions")
        for seed in bench.seeds:
            named = bench.under_names(vectors, kind, 10_000 + seed)
            asked = steered.settings_of("next token", vectors.emotions, vectors.selected_layer, seed, 1, ())
            assert isinstance(asked, SweepSettings)
            found = bench.run(next_token_dose(bench.model, named, asked, bench.cache))
            yield count, found.word_p is not None and bool((found.word_p <= LEVEL).any())


def two_at_once(bench: Bench) -> Iterator[tuple[Count, bool]]:
    """Two directions in the place of two emotions; evidence if they are said not to add up on either reading."""
    vectors = bench.vectors()
    first, second = vectors.emotions[:2]
    for kind in KINDS:
        count = Count("two at once", f"{kind} directions", TWO)
        for seed in bench.seeds:
            units = meaningless(bench.model, vectors, kind, 2, 8000 + seed, bench.cache)
            other = steered.in_place_of(vectors, {first: units[0], second: units[1]})
            yield count, _two_say(bench, other, seed)


TWO = f"strengths .3 and .1, {steered.TOKENS} tokens, 1 prompt"


def _two_say(bench: Bench, vectors: EmotionVectors, seed: int) -> bool:
    first, second = vectors.emotions[:2]
    asked = FactorialSettings(
        prompts=steered.PROMPTS[:1],
        first=first,
        second=second,
        strength=0.3,
        second_strength=0.1,
        max_new_tokens=steered.TOKENS,
        seed=seed,
    )
    found = bench.run(factorial(bench.model, vectors, asked, cache=bench.cache))
    return any(found.evidence(i) for i in range(2))


def shuffled_labels(bench: Bench) -> Iterator[tuple[Count, bool]]:
    """Steering with vectors of emotions-12 whose training labels changed places within their topics."""
    real, how = load_prompts("emotions-12"), "labels shuffled within topics"
    for seed in bench.seeds:
        texts = relabelled(real.texts, np.random.default_rng([seed, 12]))
        vectors = bench.run(
            build(bench.model, [replace(real, texts=texts)], BuildSettings(seed=seed, folds=2), bench.cache)
        )
        for view, short in (
            ("next token", ""),
            ("sweep", _SWEEP),
        ):
            layer, strengths = vectors.selected_layer, () if view == "next token" else steered.STRENGTHS
            asked = steered.settings_of(view, vectors.emotions, layer, seed, steered.TOKENS, strengths)
            yield Count(view, how, short), steered.says_evidence(bench.model, vectors, asked, view, bench.cache)
        yield Count("two at once", how, TWO), _two_say(bench, vectors, seed)


def _written(bench: Bench, view: str, short: str = "") -> Iterator[tuple[Count, bool]]:
    vectors = bench.vectors()
    taken = vectors.emotions[: steered.MATRIX if view == "cross-talk" else 1]
    for kind in KINDS:
        count = Count(view, f"{kind} directions", short)
        for seed in bench.seeds:
            units = meaningless(bench.model, vectors, kind, len(taken), 6000 + seed, bench.cache)
            other = steered.in_place_of(vectors, dict(zip(taken, units, strict=True)))
            asked = steered.settings_of(
                view, vectors.emotions, vectors.selected_layer, seed, steered.TOKENS, steered.STRENGTHS
            )
            yield count, steered.says_evidence(bench.model, other, asked, view, bench.cache)


def alarms(bench: Bench) -> Iterator[tuple[Count, bool]]:
    """An alarm of Talk on neutral turns of other dialogues than those that set its threshold and measured its rate.

    Null: neutral conversations; the promise is at most one turn in twenty.
    """
    vectors = bench.vectors()
    scale = bench.run(read_scale(bench.model, vectors))
    texts = [one.text for one in load_prompts(NEUTRAL_SET).part("heldout") if bench.model.fits(one.text)]
    peaks = bench.run(neutral_peaks(bench.model, vectors, scale, texts, 9000 + bench.first))
    # A turn is the unit: the alarms of a set's emotions read the same tokens, so one emotion is drawn for each turn.
    alarms_of, rng = scale.alarms(scale.layer), np.random.default_rng(bench.first)
    for peak in peaks[: bench.draws]:
        e = rng.integers(len(alarms_of))
        yield Count("talk alarm", "neutral turns"), bool(peak[e] > alarms_of[e].threshold)


def preferred(bench: Bench) -> Iterator[tuple[Count, bool]]:
    """Directions against the preferences over the built-in activities."""
    settings = PreferenceSettings(*built_in_activities())
    answers: PairAnswers = bench.run(ask_pairs(bench.model, settings))
    for kind in KINDS:
        count = Count("preferences", f"{kind} directions")
        for seed, vectors in bench.sets(kind):
            said = preferences_say(bench.model, vectors, replace(settings, seed=seed), bench.cache, answers)
            yield from ((count, bool(one)) for one in said)


def steered_half(bench: Bench) -> Iterator[tuple[Count, bool]]:
    """Whether steering half of the activities with a direction is said to move them, and whether shifts follow r."""
    asked = PreferenceSettings(*built_in_activities())
    answers: PairAnswers = bench.run(ask_pairs(bench.model, asked))
    for kind in KINDS:
        short = f"{FEWEST_EMOTIONS} emotions, 2 opponents"
        count, follows = (
            Count(view, f"{kind} directions", short) for view in ("steered half", "shift follows correlation")
        )
        for seed, vectors in bench.sets(kind):
            base = bench.run(relate(bench.model, vectors, replace(asked, seed=seed), answers, bench.cache))
            steering = SteeredSettings(vectors.emotions[:FEWEST_EMOTIONS], opponents=2, seed=seed)
            moved = bench.run(steer_preferences(bench.model, vectors, base, steering, bench.cache))
            yield from ((count, moved.evidence(e)) for e in range(FEWEST_EMOTIONS))
            yield follows, moved.follows is not None and moved.follows.evidence


def behaving(bench: Bench) -> Iterator[tuple[Count, bool]]:
    """Directions in the built-in scenarios: the headline."""
    for kind in KINDS:
        count = Count("behaviours", f"{kind} directions", "2 strengths, no texts")
        for seed, fakes in bench.sets(kind):
            asked = replace(_asked(fakes), seed=seed)
            yield from ((count, bool(one)) for one in headlines_say(bench.model, fakes, asked, bench.cache))


def warned(bench: Bench) -> Iterator[tuple[Count, bool]]:
    """Readings along directions before the decisions in the built-in scenarios, drawn anew for each set."""
    vectors = bench.vectors()
    leads = lead_texts(vectors, 40)
    answers = bench.run(ask_after(bench.model, _asked(vectors), leads, vectors.selected_layer))
    for kind in KINDS:
        count = Count("early warning", f"{kind} directions")
        for seed, fakes in bench.sets(kind):
            job = relate_warning(bench.model, fakes, _asked(fakes), WarningSettings(leads, seed), answers, bench.cache)
            found = bench.run(job)
            yield from ((count, found.evidence(e)) for e in range(SET))


def _asked(vectors: EmotionVectors) -> BehaviorSettings:
    return BehaviorSettings(built_in_scenes(), vectors.emotions, (-0.2, 0.2), texts=0, words="")


def power_held_out(bench: Bench) -> Iterator[tuple[Count, bool]]:
    """Directions planted into coin-swapped pairs at known sizes: beyond chance, which ten held-out pairs can show."""
    acts, neutral, confounds = _fear(bench, bench.model, BuildSettings().reading)
    for size in (1.0, 1.5, 2.0, 3.0):
        count = Count("held-out: beyond chance", f"d = {size:g}")
        leads = Count("held-out: evidence", f"d = {size:g}")
        for seed in bench.seeds[::4]:
            rng = np.random.default_rng([seed, int(10 * size)])
            one = swapped(load_prompts("fear-calm"), rng)
            verdict = scored(planted(acts, one, size, rng), neutral, confounds, one, seed).verdicts[0]
            yield count, verdict.separates
            yield leads, verdict.evidence


def power_dose(bench: Bench) -> Iterator[tuple[Count, bool]]:
    """Expected emotions of the built-in templates, read along vectors of the planted scenes."""
    if bench.first:
        return
    count = Count("dose", "expected emotions of built-in templates, planted vectors")
    baseline = bench.run(read_baseline(bench.model, bench.vectors("scenes-171"), cache=bench.cache))
    for template in load_templates():
        reading = bench.run(read_dose(bench.model, baseline, template, bench.cache))
        yield from (
            (count, reading.evidence(name)) for name in (*template.rise, *template.fall) if name in reading.emotions
        )


def power_repeats(bench: Bench) -> Iterator[tuple[Count, bool]]:
    """Maps of true labels: of the model, and of its untrained twin, to which the words alone give a structure."""
    for name in ("emotions-12", "emotions-171"):
        vectors = bench.vectors(name)
        for whose, model in (("the model", bench.model), ("its untrained twin", untrained_twin(bench.model))):
            material = bench.run(training(model, vectors, bench.cache))
            count = Count("map: repeats", f"{name}, true labels, {whose}")
            for seed in bench.seeds[::10]:
                yield count, repeats(material.values, material.blocks, vectors, seed)


PLANTED = ("afraid", "angry", "calm", "happy", "sad", "disgusted", "proud", "guilty", "surprised", "bored", "loving")


def _planted(bench: Bench) -> tuple[EmotionVectors, PromptSet]:
    """Some words' scenes, of the kind that the demo model was trained with, and the vectors from them."""
    texts = tuple(one for one in load_prompts("scenes-171").texts if one.emotion in PLANTED)
    some = PromptSet("planted scenes", "labelled", texts, 0)
    return bench.run(build(bench.model, [some], BuildSettings(), bench.cache)), some


def power_drift(bench: Bench) -> Iterator[tuple[Count, bool]]:
    """Six neutral turns, then six scenes of one emotion: is it this emotion that rises?"""
    vectors, scenes = _planted(bench)
    calm = [t.text for t in load_prompts("neutral").texts]
    baseline = bench.run(read_baseline(bench.model, vectors, form="conversation", cache=bench.cache))
    count = Count("conversation", "six neutral turns, then six scenes of the emotion")
    for seed in bench.seeds[::2]:
        name, rng = vectors.emotions[seed // 2 % len(vectors.emotions)], np.random.default_rng([seed, 0x7B])
        own = [t.text for t in scenes.texts if t.emotion == name]
        said = [*rng.choice(calm, 6, replace=False), *rng.choice(own, 6, replace=False)]
        turns = [Turn(("user", "assistant")[i % 2], str(text)) for i, text in enumerate(said)]
        yield count, bench.run(read_conversation_turns(bench.model, baseline, turns)).evidence(name)


def power_labelled(bench: Bench) -> Iterator[tuple[Count, bool]]:
    """A monitor on an emotion: are held-out messages of this emotion told apart from those of the others?"""
    if bench.first:
        return
    vectors, texts = bench.vectors(), load_prompts("emotions-12").part("heldout")
    baseline = bench.run(read_baseline(bench.model, vectors, form="conversation", cache=bench.cache))
    count = Count("monitor: labelled messages", "held-out texts of the emotion beside those of eleven others")
    for e, name in enumerate(vectors.emotions):
        messages = [Labelled((Turn("user", one.text),), one.emotion == name, one.topic) for one in texts]
        yield count, _tells_apart(bench, vectors, baseline, messages, e, e)


def power_imported(bench: Bench) -> Iterator[tuple[Count, bool]]:
    """Vectors of emotions-12 as an imported file without their texts, on the held-out ones."""
    if bench.first:
        return
    target, vectors = _heldout_12(), replace(bench.vectors(), prompt_sets=())
    acts = bench.run(record(bench.model, [t.text for t in target.texts], vectors.reading, bench.cache))
    neutral = bench.run(record(bench.model, neutral_texts(bench.model, vectors.reading), vectors.reading, bench.cache))
    scores = score_heldout(vectors, None, [target], acts, neutral=neutral)
    count = Count("held-out", "vectors of emotions-12, imported without texts")
    yield from ((count, verdict.evidence) for verdict in scores.verdicts)


def power_carried(bench: Bench) -> Iterator[tuple[Count, bool]]:
    """emotions-12 with its true labels, trained on one part of the topics and carried over to the other."""
    if bench.first:
        return
    source = PromptSet("train-12", "labelled", load_prompts("emotions-12").part("train"), 0)
    vectors = bench.run(build(bench.model, [source], BuildSettings(), bench.cache))
    result = bench.run(transfer(bench.model, vectors, _heldout_12(), None, bench.cache))
    for what in ("separates", "evidence"):
        count = Count(f"transfer: several emotions, {'beyond chance' if what == 'separates' else what}", "true labels")
        yield from ((count, bool(getattr(one.verdict, what))) for one in result.scores)


def _heldout_12() -> PromptSet:
    return PromptSet("heldout-12", "labelled", load_prompts("emotions-12").part("heldout"), 0)


def power_two_maps(bench: Bench) -> Iterator[tuple[Count, bool]]:
    """Vectors from two halves of the training texts, as the maps of two files."""
    vectors = bench.vectors()
    material = bench.run(training(bench.model, vectors, bench.cache))
    (block,) = material.blocks
    agree, laid = (Count(f"map: two {what}", "two halves of the texts") for what in ("agree", "laid over each other"))
    for seed in bench.seeds[::4]:
        halves = [np.zeros(len(block), dtype=np.bool_) for _ in range(2)]
        for label in range(len(block.emotions)):
            for i, row in enumerate(
                np.random.default_rng([seed, label]).permutation(np.flatnonzero(block.labels == label))
            ):
                halves[i % 2][row] = True
        one, two = (
            replace(vectors, values=estimate(material.values, block.only(half), vectors.estimator)) for half in halves
        )
        yield agree, compare(one, two).mark == "evidence"
        yield laid, overlay(one, two).p_value <= LEVEL


def power_predictions(bench: Bench) -> Iterator[tuple[Count, bool]]:
    """Valence and arousal, which the demo model was trained with, read off the vectors of 171 words."""
    if bench.first:
        return
    for name in ("emotions-171", "scenes-171"):
        vectors = bench.vectors(name)
        layer = vectors.selected_layer
        found = map_emotions(vectors, layer)
        readings = read_norms_off(vectors.values[:, layer], vectors.emotions, circumplex())
        said = [one for one in claims(found, readings, rival_rows(vectors, layer)) if "predict" in one.what]
        yield from ((Count("map: predicted ratings", name), one.mark == "evidence") for one in said)


def power_next_token(bench: Bench) -> Iterator[tuple[Count, bool]]:
    """Each planted emotion as the direction; and whether it makes its own word likelier."""
    if bench.first:
        return
    vectors, _ = _planted(bench)
    moves, words = (Count(view, "planted vectors") for view in ("next token", "next token: own words"))
    for e in range(len(vectors.emotions)):
        names = (*vectors.emotions[e:], *vectors.emotions[:e])
        asked = steered.settings_of("next token", names, vectors.selected_layer, e, 1, ())
        yield moves, steered.says_evidence(bench.model, vectors, asked, "next token", bench.cache)
    asked = steered.settings_of("next token", vectors.emotions, vectors.selected_layer, 0, 1, ())
    assert isinstance(asked, SweepSettings)
    found = bench.run(next_token_dose(bench.model, vectors, asked, bench.cache))
    if found.word_p is not None:
        yield from ((words, bool(p <= LEVEL)) for p in found.word_p)


def power_situations(bench: Bench) -> Iterator[tuple[Count, bool]]:
    """The vectors of emotions-12 themselves in situations that imply their emotions."""
    if bench.first:
        return
    job = read_baseline(bench.model, bench.vectors(), None, 0, cache=bench.cache, kinds=("random",), each=1)
    reading = bench.run(read_situations(bench.model, bench.run(job), load_implicit(), bench.cache, 0))
    yield Count("situations", "vectors of emotions-12"), reading.p_value < LEVEL


VIEWS: dict[str, Look] = {
    "dose": dose,
    "dose: k of n met": expected,
    "sentence: beyond the lines": sentences,
    "conversation": drift,
    "attempts": attempts,
    "encouragement": encouraged,
    "situations": situations,
    "system prompts": system_prompts,
    "monitor: warns before a phrase": warnings_before,
    "monitor: labelled messages": labelled,
    "held-out": held_out,
    "held-out: without a confound": without_a_confound,
    "imported": imported,
    "transfer": carried_over,
    "transfer: several emotions": carried_by_name,
    "map": maps,
    "map: predicted ratings": predictions,
    "map: repeats": repeating,
    "map: two agree": two_maps,
    "untrained twins": twins,
    "talk alarm": alarms,
    "preferences": preferred,
    "steered half": steered_half,
    "behaviours": behaving,
    "early warning": warned,
    "next token": next_tokens,
    "next token: own words": own_words,
    "sweep": sweeps,
    "sweep: other operations": other_operations,
    "cross-talk": matrices,
    "steering: taken away": taken_away,
    "two at once": two_at_once,
    "steering: shuffled labels": shuffled_labels,
}
POWER: dict[str, Look] = {
    "held-out": power_held_out,
    "imported": power_imported,
    "transfer: several emotions": power_carried,
    "dose": power_dose,
    "conversation": power_drift,
    "monitor: labelled messages": power_labelled,
    "situations": power_situations,
    "map: repeats": power_repeats,
    "map: two agree": power_two_maps,
    "map: predicted ratings": power_predictions,
    "next token": power_next_token,
}


class Ledger:
    """What was counted so far, in the order in which it came up.

    Attributes:
        document: `model`, `fingerprint`, `draws` (of each view and each power row so far), `views` and `power`: rows
            with `view`, `input`, `settings` and their `runs` of `date`, `draws` [first, end], `n` and `evidence`.
    """

    def __init__(self, model: str, fingerprint: str, path: Path | None = None) -> None:
        self.path = path
        self.document: dict[str, Any] = {"model": model, "fingerprint": fingerprint, "draws": {}}
        self.document |= {"views": [], "power": []}
        if path is not None and path.exists():
            self.document = json.loads(path.read_text())
        if (known := self.document["fingerprint"]) != fingerprint:
            raise SettingsError(
                "The counts belong to another model",
                where=str(path),
                expected=fingerprint,
                found=str(known),
                remedy="Name another file or the other model",
            )

    @classmethod
    def read(cls, path: Path) -> Ledger:
        """What a file holds, whatever its model."""
        known = json.loads(path.read_text())
        return cls(known["model"], known["fingerprint"], path)

    def first(self, table: str, name: str) -> int:
        """Number of the first draw that a view has not had."""
        draws: dict[str, int] = self.document["draws"]
        return draws.get(f"{table}: {name}", 0)

    def add(self, table: str, name: str, bench: Bench, said: Sequence[tuple[Count, bool]]) -> None:
        """Adds what a view said, and writes the file."""
        rows = {(row["view"], row["input"], row["settings"]): row for row in self.document[table]}
        for count, evidence in said:
            key = (count.view, count.input, count.settings)
            if key not in rows:
                rows[key] = dict(zip(("view", "input", "settings"), key, strict=True)) | {"runs": []}
                self.document[table].append(rows[key])
            runs = rows[key]["runs"]
            date = f"{datetime.now(UTC):%Y-%m-%d}"
            if not runs or runs[-1]["date"] != date or bench.first > runs[-1]["draws"][1]:
                runs.append({"date": date, "draws": [bench.first, bench.seeds.stop], "n": 0, "evidence": 0})
            runs[-1]["draws"][1] = bench.seeds.stop
            runs[-1]["n"] += 1
            runs[-1]["evidence"] += int(evidence)
        self.document["draws"][f"{table}: {name}"] = bench.seeds.stop
        if self.path is not None:
            write_atomically(self.path, (json.dumps(self.document, indent=1) + "\n").encode())

    def summed(self) -> dict[str, Any]:
        """All runs of a row together, with the interval of the share."""
        views = []
        for row in self.document["views"]:
            k, n = (sum(run[name] for run in row["runs"]) for name in ("evidence", "n"))
            low, high = clopper_pearson(k, n)
            one = {"view": row["view"], "input": row["input"], "n": n, "evidence": k / n, "low": low, "high": high}
            views.append(one | ({"settings": row["settings"]} if row["settings"] else {}))
        power = [
            {"view": row["view"], "planted": row["input"]}
            | {new: sum(run[old] for run in row["runs"]) for new, old in (("n", "n"), ("found", "evidence"))}
            for row in self.document["power"]
        ]
        return {name: self.document[name] for name in ("model", "fingerprint")} | {"views": views, "power": power}


def main() -> int:
    """Prints the document; 1 where a view calls nothing evidence too often."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="the document instead of a table")
    parser.add_argument("--model", default="demo")
    parser.add_argument("--draws", type=int, default=100, help="directions or inputs of a kind")
    parser.add_argument("--step", type=int, default=0, help="write the file after so many draws; by default after all")
    parser.add_argument("--views", nargs="*", choices=list(VIEWS), default=list(VIEWS))
    parser.add_argument("--power", nargs="*", choices=list(POWER), default=list(POWER))
    parser.add_argument("--file", type=Path, help="counts of earlier runs, which these are added to")
    parser.add_argument("--untrained", action="store_true", help="the model's untrained twin in its place")
    parser.add_argument("--beside", type=Path, nargs="+", help="only print the counts in these files, a model a column")
    options = parser.parse_args()
    if options.beside:
        print(beside([Ledger.read(path).summed() for path in options.beside]))
        return 0
    torch.set_num_threads(1)
    model = load_model(options.model)
    if options.untrained:
        model = untrained_twin(model)
    name = Path(options.model).name if Path(options.model).is_dir() else model.info.name
    ledger = Ledger(name, model.info.fingerprint, options.file)
    looks = [("views", name, VIEWS[name]) for name in options.views]
    looks += [("power", name, POWER[name]) for name in options.power]
    with TemporaryDirectory() as folder:
        cache = ActivationCache(Path(folder) / "cache.sqlite")
        for table_name, name, look in looks if options.draws else []:
            began = time.process_time()
            step = options.step or options.draws
            for done in range(0, options.draws, step):
                bench = Bench(model, cache, min(step, options.draws - done), ledger.first(table_name, name))
                ledger.add(table_name, name, bench, list(look(bench)))
            print(f"{name}: {time.process_time() - began:.0f} s of the processor", file=sys.stderr, flush=True)
    document = ledger.summed()
    print(json.dumps(document, indent=1) if options.json else table(document))
    return int(any(row["low"] > LEVEL for row in document["views"]))


def table(document: dict[str, Any]) -> str:
    """The document as Markdown."""
    lines = ["| view | what it looked at | n | called evidence | 95 % interval |", "|---|---|---|---|---|"]
    for row in document["views"]:
        said, more = f"{row['evidence']:.1%}", f" ({row['settings']})" if "settings" in row else ""
        lines.append(
            f"| {row['view']} | {row['input']}{more} | {row['n']} | {said} | {row['low']:.1%} to {row['high']:.1%} |"
        )
    lines += ["", "| planted | size | n | found |", "|---|---|---|---|"]
    lines += [f"| {row['view']} | {row['planted']} | {row['n']} | {row['found']} |" for row in document["power"]]
    return "\n".join(lines)


def beside(documents: Sequence[dict[str, Any]]) -> str:
    """Shares called evidence on several models as Markdown, a model a column."""
    found = [
        {(row["view"], row["input"], row.get("settings", "")): row for row in document["views"]}
        for document in documents
    ]
    lines = ["| ".join(["| view | what it looked at ", *(f"`{one['model']}` " for one in documents)]) + "|"]
    lines.append("|---" * (2 + len(documents)) + "|")
    for view, seen, settings in dict.fromkeys(name for rows in found for name in rows):
        cells = [_cell(rows.get((view, seen, settings))) for rows in found]
        lines.append("| ".join([f"| {view} ", f"{seen}{f' ({settings})' if settings else ''} ", *cells]) + "|")
    return "\n".join(lines)


def _cell(row: dict[str, Any] | None) -> str:
    if row is None:
        return ""
    return f"{row['evidence']:.1%} of {row['n']} ({row['low']:.1%} to {row['high']:.1%}) "


if __name__ == "__main__":
    sys.exit(main())
