"""Row 2: what other rows find, and how much a reading moves between tokens, without what neutral texts vary along."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from emotion_core.base.activations import FloatArray
from emotion_core.base.jobs import Job, Progress
from emotion_core.charts.replication import marks
from emotion_core.experiments.experiment import Bench
from emotion_core.experiments.replication.chat_rows import in_order, read_implied
from emotion_core.experiments.replication.core import set_name, vectors_of
from emotion_core.experiments.replication.finding import Finding, found, not_testable, shown
from emotion_core.experiments.replication.geometry_rows import around, component_r
from emotion_core.experiments.replication.preference_rows import good_reading
from emotion_core.experiments.replication.rule import Array, Estimate, both, by_size, by_zero, over_units
from emotion_core.geometry.norms import circumplex
from emotion_core.models.encode import tokenize
from emotion_core.prompts.builtin import load_prompts
from emotion_core.prompts.library import load_neutral_dialogues, load_templates
from emotion_core.reading.dose import match_expected
from emotion_core.reading.places import chat_of, place_tokens
from emotion_core.stats.intervals import fisher_interval, wilson
from emotion_core.tracing.record import project_tokens, record, record_places
from emotion_core.vectors.build import NEUTRAL_SET, neutral_components, neutral_texts, project_out
from emotion_core.vectors.emotion_vectors import EmotionVectors

DRAWS, RANDOM = 40, 32
NOISE_SETS = 16
LESS_NOISE = 0.1

# Orthonormal directions that are taken out at each layer that is used, float32 [components, width].
Components = Mapping[int, FloatArray]


@dataclass(frozen=True)
class Statistic:
    """The figure of another row as a function of the vectors.

    Attributes:
        row: Its number.
        half: Half of its interval on the vectors as they are: what may change.
        values: float32 [emotions, layers, width], the vectors as they are.
        layers: Those that it reads.
        of: The figure on other vectors of the same shape.
        finds: Whether its interval on the vectors as they are lies above what chance gives.
    """

    row: int
    half: float
    values: FloatArray
    layers: tuple[int, ...]
    of: Callable[[FloatArray], float]
    finds: bool

    def change(self, components: Components) -> float:
        """What taking directions out changes, in halves of the row's interval."""
        return (self.of(without(self.values, self.layers, components)) - self.of(self.values)) / self.half


def neutral_removed(bench: Bench) -> Job[Finding]:
    """Row 2: does a finding change when the components of neutral dialogues are taken out of the vectors?"""
    core = yield from _core_vectors(bench)
    known = [
        (yield from _implicit(bench, core)),
        (yield from _numbers(bench, core)),
        (yield from _preference(bench)),
        _valence(bench.vectors),
    ]
    statistics = [one for one in known if one is not None]
    if not statistics:
        return not_testable(2, "none of rows 5, 6, 9 and 15 can be tested on these vectors")
    finding = [str(one.row) for one in statistics if one.finds]
    if not finding:
        return not_testable(2, "none of rows 5, 6, 9 and 15 finds anything here, so that nothing can change")
    dialogues, prose = (yield from _dialogues(bench)), (yield from _prose(bench, core))
    layers = sorted({layer for one in statistics for layer in one.layers} | {core.selected_layer})
    rng = np.random.default_rng(0)
    whole = {name: components_of(rows, layers) for name, rows in (("dialogues", dialogues), ("prose", prose))}
    random = [random_components(whole["dialogues"], rng) for _ in range(RANDOM)]
    drawn: dict[str, list[list[float]]] = {name: [] for name in whole}
    for k in range(DRAWS):
        for name, rows in (("dialogues", dialogues), ("prose", prose)):
            again = components_of(rows[rng.integers(0, len(rows), len(rows))], layers)
            drawn[name].append([one.change(again) for one in statistics])
        yield Progress(k, DRAWS, "taking components of other neutral texts out")
    null = np.array([[one.change(components) for one in statistics] for components in random])  # (draws, rows)
    changes = {
        name: [
            around(one.change(whole[name]), [draw[i] for draw in drawn[name]], null[:, i])
            for i, one in enumerate(statistics)
        ]
        for name in whole
    }
    judged = both(*(by_zero(one, 1.0) for one in changes["dialogues"]))
    worst = max(changes["dialogues"], key=lambda one: max(-one.low, one.high))
    noise = yield from _noise(bench, core, whole, random[:NOISE_SETS])
    ranks = ", ".join(f"{name} {len(whole[name][core.selected_layer])}" for name in whole)
    facts = [
        *(
            (
                f"row {one.row}, components of {name}",
                f"{shown(changes[name][i])}: {by_zero(changes[name][i], 1.0).verdict}",
            )
            for i, one in enumerate(statistics)
            for name in whole
        ),
        (
            "noise between neighbouring tokens, less than with random components",
            f"{shown(noise['dialogues'])}: {by_size(noise['dialogues'], LESS_NOISE).verdict}",
        ),
        ("the same, components of prose", shown(noise["prose"])),
        (
            "rows that cannot be tested here",
            ", ".join(str(r) for r, one in zip((5, 6, 9, 15), known, strict=True) if one is None) or "none",
        ),
        ("rows that find something before", ", ".join(finding)),
        ("components", f"{ranks}, of {core.values.shape[2]} dimensions, at layer {core.selected_layer}"),
    ]
    chart = marks(
        "points",
        "Change of each row's figure, in halves of its interval; within 1 either way is none",
        ("halves of the interval", ""),
        [(f"row {one.row}", name, changes[name][i].value, 0.0) for name in whole for i, one in enumerate(statistics)],
        [(changes[name][i].low, changes[name][i].high) for name in whole for i, _ in enumerate(statistics)],
    )
    statistic = "largest change of rows 5, 6, 9 and 15, in halves of that row's interval"
    return found(2, statistic, worst, judged, len(dialogues), facts, [chart])


def components_of(rows: FloatArray, layers: Sequence[int]) -> dict[int, FloatArray]:
    """Main directions of texts at some layers, of float32 [texts, layers, width]."""
    return dict(zip(layers, neutral_components(rows[:, list(layers)]), strict=True))


def random_components(like: Components, rng: np.random.Generator) -> dict[int, FloatArray]:
    """As many random orthonormal directions at each layer."""
    result = {}
    for layer, rows in like.items():
        q, _ = np.linalg.qr(rng.standard_normal((rows.shape[1], len(rows))))
        result[layer] = q.T.astype(np.float32)
    return result


def without(values: FloatArray, layers: Sequence[int], components: Components) -> FloatArray:
    """The vectors without the components at some layers, float32 [emotions, layers, width]."""
    result = values.copy()
    chosen = list(layers)
    result[:, chosen] = project_out(values[:, chosen], tuple(components[layer] for layer in chosen))
    return result


def _unit(rows: FloatArray) -> FloatArray:
    length = np.linalg.norm(rows, axis=-1, keepdims=True)
    result: FloatArray = np.divide(rows, length, out=np.zeros_like(rows), where=length > 0)
    return result


def _core_vectors(bench: Bench) -> Job[EmotionVectors]:
    """Those that rows 5 and 6 use."""
    name = set_name(bench.model.info, "core")
    if bench.store is None or [one.name for one in bench.vectors.prompt_sets] == [name]:
        return bench.vectors
    return (yield from vectors_of(bench.model, bench.store, name, bench.cache))


def _implicit(bench: Bench, core: EmotionVectors) -> Job[Statistic | None]:
    """Share of messages whose implied emotion reads highest at the header (row 5)."""
    layer = core.selected_layer
    said = yield from read_implied(Bench(bench.model, core, bench.cache))
    if said is None:
        return None
    columns = [core.index(emotion) for emotion in said.own_names]

    def share(values: FloatArray) -> float:
        return float((said.ranks(_unit(values[columns, layer]), 0, layer) == 1).mean())

    count = len(said.truth)
    low, high = wilson(round(share(core.values) * count), count)
    return Statistic(5, (high - low) / 2, core.values, (layer,), share, low > 1 / len(columns))


def _numbers(bench: Bench, core: EmotionVectors) -> Job[Statistic | None]:
    """Mean signed rank correlation over the templates (row 6)."""
    layer, templates = core.selected_layer, load_templates()
    ways = [match_expected(one.rise, one.fall, core.emotions).ways for one in templates]
    if not all(ways):
        return None
    texts = [
        [
            one.model_copy(update={"template": wording}).text(x)
            for wording in (one.template, *one.wordings)
            for x in one.values
        ]
        for one in templates
    ]
    chats = [chat_of(bench.model, text) for own in texts for text in own]
    places = [[place_tokens(chat, "H")] for chat in chats]
    read = yield from record_places(bench.model, [chat.encoding for chat in chats], places)
    streams = np.split(read[:, 0, layer], np.cumsum([len(own) for own in texts])[:-1])

    def by_template(values: FloatArray) -> list[float]:
        means = []
        for template, own, rows in zip(templates, ways, streams, strict=True):
            units = _unit(values[[core.index(e) for e in own], layer])
            signs = np.array([1.0 if way == "rise" else -1.0 for way in own.values()])
            readings = (rows @ units.T).reshape(1 + len(template.wordings), len(template.values), -1) * signs
            means.append(float(in_order(template.values, readings)[2].mean()))
        return means

    one = over_units(by_template(core.values))
    half = (one.high - one.low) / 2
    return Statistic(6, half, core.values, (layer,), lambda v: float(np.mean(by_template(v))), one.low > 0)


def _preference(bench: Bench) -> Job[Statistic | None]:
    """R of the reading of blissful with preference, within kinds (row 9)."""
    read = yield from good_reading(bench)
    if read is None:
        return None
    vectors = bench.vectors
    place = vectors.index("blissful")

    def r(values: FloatArray) -> float:
        return read.r(_unit(values[place]))

    one = read.estimate(_unit(vectors.values[place]))
    return Statistic(9, (one.high - one.low) / 2, vectors.values, read.layers, r, one.low > 0)


def _valence(vectors: EmotionVectors) -> Statistic | None:
    """R of the first component with rated valence (row 15)."""
    layer = vectors.selected_layer
    valence, _ = circumplex().of(vectors.emotions)
    n = int(np.isfinite(valence).sum())
    if n < 10:
        return None

    def r(values: FloatArray) -> float:
        return component_r(values[:, layer], valence)

    low, high = (float(end[0]) for end in fisher_interval(np.array([r(vectors.values)]), n))
    by_chance = math.tanh(1.96 / math.sqrt(n - 3))  # |r| of ratings dealt out again stays below it in 95 of 100 draws
    return Statistic(15, (high - low) / 2, vectors.values, (layer,), r, low > by_chance)


def _dialogues(bench: Bench) -> Job[FloatArray]:
    """Mean stream over the turns of each neutral dialogue that fits, float32 [dialogues, layers, width]."""
    dialogues = [one for one in load_neutral_dialogues() if one.split == "train"]
    read = [tokenize(bench.model.tokenizer, one.turns).encoding for one in dialogues]
    fitting = [one for one in read if len(one) <= bench.model.info.context]
    places = [[[i for i, content in enumerate(one.content) if content and i]] for one in fitting]
    rows = yield from record_places(bench.model, fitting, places)
    return rows[:, 0]


def _prose(bench: Bench, core: EmotionVectors) -> Job[FloatArray]:
    apart = {t.text for t in load_prompts(NEUTRAL_SET).part("heldout")}  # the noise is measured on them
    texts = [text for text in neutral_texts(bench.model, core.reading) if text not in apart]
    read = yield from record(bench.model, texts, core.reading, bench.cache)
    return read.values


def _noise(
    bench: Bench, core: EmotionVectors, whole: Mapping[str, Components], random: Sequence[Components]
) -> Job[dict[str, Estimate]]:
    """By how much less readings move between neighbouring tokens than without random components, by text."""
    layer, vectors = core.selected_layer, core.values
    sets = [_unit(without(vectors, (layer,), components)[:, layer]) for components in (*whole.values(), *random)]
    texts = [t.text for t in load_prompts(NEUTRAL_SET).part("heldout")]
    encodings = [bench.model.encode(text, chat=False) for text in texts]
    read = yield from project_tokens(bench.model, encodings, layer, np.concatenate(sets))
    rows = [
        one[[i for i, content in enumerate(e.content) if content and i]] for one, e in zip(read, encodings, strict=True)
    ]
    moves = np.stack([token_noise(one, len(sets)) for one in rows if len(one) > 2])  # (texts, sets)
    own, beside = moves[:, : len(whole)], moves[:, len(whole) :]
    usual = beside.mean(axis=1, keepdims=True)  # of random components, for each text
    null = (1 - beside / usual).mean(axis=0)
    return {name: over_units(1 - own[:, i] / usual[:, 0], null) for i, name in enumerate(whole)}


def token_noise(readings: FloatArray, sets: int) -> Array:
    """Root mean square difference of readings at neighbouring tokens, float64 [sets], of [tokens, sets x emotions]."""
    steps = np.diff(np.asarray(readings, np.float64), axis=0) ** 2
    result: Array = np.sqrt(steps.reshape(len(steps), sets, -1).mean(axis=(0, 2)))
    return result
