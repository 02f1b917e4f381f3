"""Rows that compare texts which differ in one stretch, layer by token: 19 to 22."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from emotion_core.base.activations import FloatArray
from emotion_core.base.errors import ModelError
from emotion_core.base.jobs import Job
from emotion_core.charts.replication import Figure, marks
from emotion_core.experiments.experiment import Bench
from emotion_core.experiments.replication.core import Core, read_core
from emotion_core.experiments.replication.finding import Finding, found, not_testable, shown
from emotion_core.experiments.replication.rule import (
    DOES_NOT,
    UNTOLD,
    Array,
    Estimate,
    Judged,
    both,
    by_sign,
    by_zero,
    condition,
    of_part,
    over_units,
    resampled,
)
from emotion_core.prompts.library import (
    BOUND_EMOTIONS,
    AlignedPair,
    load_binding,
    load_negation,
    load_number_pairs,
    load_prefix_pairs,
)
from emotion_core.reading.dose import named_by
from emotion_core.reading.places import Chat, PairReading, aligned, chat_of, place_tokens, read_pairs
from emotion_core.tracing.record import project_layers

DRAWS = 2000
NOTHING = 0.1  # SD of neutral words that count as no effect


def prefix(bench: Bench) -> Job[Finding]:
    """Row 19: is an identical rest read differently after a good and after a hard beginning, in late layers?"""
    core = yield from read_core(bench)
    if not {"joy", "sadness"} <= set(core.emotions):
        return not_testable(19, "the vectors lack joy or sadness")
    real, twins = yield from _aligned(bench, core, load_prefix_pairs(), "neutral")
    rest, rest_null = _effects(core, real, lambda pair: pair.suffix.mean(axis=0), "joy", "sadness")
    word, word_null = _effects(core, real, lambda pair: pair.varied, "joy", "sadness")
    twin_rest, _ = _effects(core, twins, lambda pair: pair.suffix.mean(axis=0), "joy", "sadness")
    twin_word, _ = _effects(core, twins, lambda pair: pair.varied, "joy", "sadness")
    late = _against(_part(core, rest), _part(core, rest_null), _part(core, twin_rest), flip=True)
    growth = [_growth(core, a) - _growth(core, b) for a, b in ((rest, word), (rest_null, word_null))]
    twin_growth = _growth(core, twin_rest) - _growth(core, twin_word)
    interaction = _against(growth[0], growth[1], twin_growth, flip=True)
    judged = both(of_part("late", by_sign(late, NOTHING)), of_part("growth with the layers", by_sign(interaction)))
    header, header_null = _effects(core, real, lambda pair: pair.suffix[-1], "joy", "sadness")
    facts = [
        ("grows more over the rest than at the word", shown(interaction)),
        ("late, at the header", shown(_against(_part(core, header), _part(core, header_null), None))),
        ("twins without feeling, late over the rest", shown(over_units(_part(core, twin_rest)))),
        *_left_out(24, len(real), 24, len(twins)),
    ]
    chart = _by_layer(
        "Good minus hard beginning, by layer",
        {"at the word": word, "over the rest": rest, "at the header": header, "twins, over the rest": twin_rest},
    )
    statistic = "good minus hard over the identical rest, late layers, SD of neutral words"
    return found(19, statistic, late, judged, len(real), facts, [chart])


def number(bench: Bench) -> Job[Finding]:
    """Row 20: is the danger in a number there in late layers at the header, and not at the number in early ones?"""
    core = yield from read_core(bench)
    if not {"fear", "calm"} <= set(core.emotions):
        return not_testable(20, "the vectors lack fear or calm")
    real, twins = yield from _aligned(bench, core, load_number_pairs(), "meaningless")
    # `first` is the harmless number, so the emotions stand the other way round.
    header, header_null = _effects(core, real, lambda pair: -pair.suffix[-1], "fear", "calm")
    digit, digit_null = _effects(core, real, lambda pair: -pair.varied, "fear", "calm")
    twin_header, _ = _effects(core, twins, lambda pair: -pair.suffix[-1], "fear", "calm")
    late = _against(_part(core, header), _part(core, header_null), _part(core, twin_header))
    early = _against(digit[:, core.early].mean(axis=1), digit_null[:, core.early].mean(axis=1), None)
    judged = both(of_part("late", by_sign(late, NOTHING)), of_part("early", by_zero(early, NOTHING)))
    facts = [
        ("early, at the number", f"{shown(early)}: {by_zero(early, NOTHING).verdict} as a zero"),
        ("numbers that mean nothing, late at the header", shown(over_units(_part(core, twin_header)))),
        *_left_out(24, len(real), 24, len(twins)),
    ]
    chart = _by_layer(
        "Dangerous minus harmless number, by layer",
        {"at the number": digit, "at the header": header, "numbers that mean nothing, at the header": twin_header},
    )
    statistic = "dangerous minus harmless number at the header, late layers, SD of neutral words"
    return found(20, statistic, late, judged, len(real), facts, [chart])


def negation(bench: Bench) -> Job[Finding]:
    """Row 21: what "not" leaves of a named emotion, at the word and at the header, early and late."""
    core = yield from read_core(bench)
    frames = [frame for frame in load_negation() if frame.emotion in core.emotions]
    if len(frames) < 12:
        return not_testable(21, "the vectors lack the emotions of the frames")
    forms: tuple[dict[str, bool], ...] = ({}, {"negated": True}, {"hedged": True})
    said = [frame.said(word=word, **form) for frame in frames for form in forms for word in (frame.word, frame.neutral)]
    chats = [chat_of(bench.model, text) for text in said]
    read = yield from project_layers(bench.model, [chat.encoding for chat in chats], core.by_layer)
    values = np.full((len(frames), 3, 2, 2, len(core.directions)), np.nan)  # frames, forms, words, places, layers
    for i, frame in enumerate(frames):
        column = core.emotions.index(frame.emotion)
        for form in range(3):
            for k, word in enumerate((frame.word, frame.neutral)):
                chat, streams = chats[6 * i + 2 * form + k], read[6 * i + 2 * form + k]
                for p, tokens in enumerate((place_tokens(chat, "W", word), place_tokens(chat, "H"))):
                    values[i, form, k, p] = streams[list(tokens)].mean(axis=0)[:, column] / core.token_sd[:, column]
    lead = values[:, :, 0] - values[:, :, 1]  # emotion minus neutral word: frames, forms, places, layers
    parts = {"early": core.early, "late": core.late}
    affirmed = {(p, name): over_units(lead[:, 0, p, part].mean(axis=1)) for p in (0, 1) for name, part in parts.items()}
    weak = [
        name for name, one in (("the word", affirmed[0, "late"]), ("the header", affirmed[1, "late"])) if one.low <= 0
    ]
    if weak:
        return not_testable(
            21, f"the emotion that is named does not read above a neutral word late at {' or '.join(weak)}"
        )
    late = [_ratio(lead[:, :, p, core.late].mean(axis=2)) for p in (0, 1)]
    early = _ratio(lead[:, :, 0, core.early].mean(axis=2))
    one = max(late, key=lambda estimate: estimate.high)
    below = Estimate(-one.value, -one.high, -one.low, -0.5, -0.5).against_null()
    above = Estimate(early.value, early.low, early.high, 0.5, 0.5).against_null()
    judged = both(
        condition(
            one.high < 0.5,
            below,
            "less than half is left late",
            DOES_NOT if all(part.low > 0.5 for part in late) else UNTOLD,
        ),
        condition(early.low > 0.5, above, "more than half is there early at the word"),
    )
    facts = [
        ("late, at the word", shown(late[0])),
        ("late, at the header", shown(late[1])),
        ("early, at the word", shown(early)),
        ("a hedge instead of not (null), late", "in the band of each figure"),
    ]
    series = {
        f"{name}, {place}": lead[:, form, p]
        for form, name in enumerate(("affirmed", "negated", "hedged"))
        for p, place in enumerate(("at the word", "at the header"))
    }
    chart = _by_layer("Named emotion minus a neutral word, by layer", series)
    statistic = "what not leaves of a named emotion, late layers: negated over affirmed"
    return found(21, statistic, one, judged, len(frames), facts, [chart])


def _ratio(lead: Array) -> Estimate:
    """Negated over affirmed, of float64 [frames, forms]; its null is the same of the hedged form."""
    rng = np.random.default_rng(0)
    rows = rng.integers(0, len(lead), (DRAWS, len(lead)))
    drawn = lead[rows].mean(axis=1)  # (draws, forms)
    whole = lead.mean(axis=0)
    return resampled(float(whole[1] / whole[0]), drawn[:, 1] / drawn[:, 0], drawn[:, 2] / drawn[:, 0])


def binding(bench: Bench) -> Job[Finding]:
    """Row 22: does naming a person again bring back that person's emotion?"""
    core = yield from read_core(bench)
    pairs = [(words, named) for words in BOUND_EMOTIONS if (named := named_by(words, core.emotions))]
    if not pairs:
        return not_testable(22, "the vectors lack the emotions of the frames")
    frames = load_binding()
    shape = (len(frames), len(pairs), 2, 2, len(core.directions))  # frames, pairs, orders, persons, layers
    effects = np.zeros(shape)
    null = np.zeros((*shape, (core.directions.shape[1] - len(core.emotions)) // 2))
    for k, (words, (first, second)) in enumerate(pairs):
        keys = [(f, order, swapped) for f in range(len(frames)) for order in (0, 1) for swapped in (0, 1)]
        said = [frames[f].said(words[::-1] if swapped else words, turned=bool(order)) for f, order, swapped in keys]
        chats = [chat_of(bench.model, text) for text, _ in said]
        read = yield from project_layers(bench.model, [chat.encoding for chat in chats], core.by_layer)
        for (f, order, _), (_, namings), chat, one in zip(keys, said, chats, read, strict=True):
            for naming in namings:
                person = int(chat.turns[-1].content[naming.start : naming.end] == frames[f].b)
                begin = chat.spans[-1][0]
                tokens = list(chat.tokens(begin + naming.start, begin + naming.end))
                own, control = core.contrast(one[tokens].mean(axis=0), first, second)
                # Own minus other emotion; half of each version, so that only the two emotion words differ.
                sign = 0.5 if naming.own == words[0] else -0.5
                effects[f, k, order, person] += sign * own
                null[f, k, order, person] += sign * control
    by_frame = effects.mean(axis=(1, 2, 3))  # (frames, layers)
    controls = null.mean(axis=(1, 2, 3))[:, core.late].mean(axis=(0, 1))
    late = over_units(by_frame[:, core.late].mean(axis=1), controls)
    early = over_units(by_frame[:, core.early].mean(axis=1))
    persons = [over_units(effects[:, :, :, p][..., core.late].mean(axis=(1, 2, 3))) for p in (0, 1)]
    recent = persons[0].high < 0 < persons[1].low
    judged = both(of_part("late", by_sign(late)), of_part("early", by_zero(early, NOTHING)))
    if recent:
        judged = Judged(DOES_NOT, judged.p_value, "the emotion that was named last is read at both namings")
    facts = [
        ("early", f"{shown(early)}: {by_zero(early, NOTHING).verdict} as a zero"),
        ("at the person named first", shown(persons[0])),
        ("at the person named last", shown(persons[1])),
        ("names", "all frames in both orders; pronouns are not read"),
    ]
    chart = _by_layer(
        "Own minus other emotion at the second naming, by layer",
        {
            "person named first": effects[:, :, :, 0].mean(axis=(1, 2)),
            "person named last": effects[:, :, :, 1].mean(axis=(1, 2)),
        },
    )
    statistic = "own minus other emotion at the second naming, late layers, SD of neutral words"
    return found(22, statistic, late, judged, len(frames), facts, [chart])


def _aligned(
    bench: Bench, core: Core, pairs: Sequence[AlignedPair], twins: str
) -> Job[tuple[list[PairReading], list[PairReading]]]:
    """The pairs and their twins; those whose common parts are tokenized differently are left out."""
    groups: tuple[list[tuple[Chat, Chat]], list[tuple[Chat, Chat]]] = ([], [])
    for pair in pairs:
        first, second = (chat_of(bench.model, text) for text in pair.texts)
        try:
            aligned(first, second)
        except ModelError:
            continue
        groups[pair.kind == twins].append((first, second))
    read = yield from read_pairs(bench.model, [*groups[0], *groups[1]], core.by_layer)
    return read[: len(groups[0])], read[len(groups[0]) :]


def _effects(
    core: Core, pairs: Sequence[PairReading], take: Callable[[PairReading], FloatArray], first: str, second: str
) -> tuple[Array, Array]:
    """float64 [pairs, layers], and of pairs of controls float64 [pairs, layers, controls]."""
    both_ = [core.contrast(take(pair), first, second) for pair in pairs]
    return np.stack([own for own, _ in both_]), np.stack([control for _, control in both_])


def _part(core: Core, effects: Array) -> Array:
    """Mean over the late layers, [pairs, ...]."""
    result: Array = effects[:, core.late].mean(axis=1)
    return result


def _growth(core: Core, effects: Array) -> Array:
    """Late minus early, [pairs, ...]."""
    result: Array = effects[:, core.late].mean(axis=1) - effects[:, core.early].mean(axis=1)
    return result


def _against(values: Array, controls: Array, twins: Array | None, *, flip: bool = False) -> Estimate:
    """Mean over pairs beside whichever reaches further: controls on the same pairs, or the twins' mean.

    Args:
        values: float64 [pairs].
        controls: float64 [pairs, controls].
        twins: float64 [twins]; drawn again with replacement.
        flip: The order inside a twin means nothing, so its sign is drawn too.
    """
    one = over_units(values, controls.mean(axis=0))
    if twins is None:
        return one
    rng = np.random.default_rng(0)
    drawn = rng.choice(twins, (DRAWS, len(twins)))
    if flip:
        drawn = drawn * rng.choice([-1.0, 1.0], drawn.shape)
    other = over_units(values, drawn.mean(axis=1))
    return Estimate(
        one.value, one.low, one.high, min(one.null_low, other.null_low), max(one.null_high, other.null_high)
    )


def _left_out(real: int, kept: int, twins: int, twins_kept: int) -> list[tuple[str, str]]:
    if kept == real and twins_kept == twins:
        return []
    return [
        ("left out, tokenized differently", f"{real - kept} of {real} pairs, {twins - twins_kept} of {twins} twins")
    ]


def _by_layer(title: str, series: dict[str, Array]) -> Figure:
    """Mean over units by layer, with Student's intervals; of float64 [units, layers] each."""
    rows, ends = [], []
    for name, values in series.items():
        for layer in range(values.shape[1]):
            one = over_units(values[:, layer])
            rows.append(("", name, float(layer), one.value))
            ends.append((one.low, one.high))
    return marks("lines", title, ("layer", "SD of neutral words"), rows, ends)
