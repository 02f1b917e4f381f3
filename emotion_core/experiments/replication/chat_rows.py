"""Rows about messages and where the reply to them begins: 5, 6, 17, 18."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from scipy.stats import rankdata

from emotion_core.base.activations import FloatArray
from emotion_core.base.jobs import Job, Progress
from emotion_core.evaluation.rivals import word_scores
from emotion_core.experiments.experiment import Bench
from emotion_core.experiments.replication.core import Core, neutral_messages, read_core
from emotion_core.experiments.replication.finding import Finding, found, marks, not_testable
from emotion_core.experiments.replication.rule import (
    DOES_NOT,
    LEVEL,
    UNTOLD,
    Array,
    Estimate,
    band,
    both,
    condition,
    over_units,
)
from emotion_core.prompts.library import load_implicit, load_meaningless_templates, load_templates
from emotion_core.prompts.library_items import Template
from emotion_core.reading.expected_words import match_expected
from emotion_core.reading.places import Chat, chat_of, place_tokens
from emotion_core.stats.correlation import adjusted
from emotion_core.stats.intervals import wilson
from emotion_core.tracing.record import record_places
from emotion_core.tracing.tokens import project_layers
from emotion_core.vectors.rows import LabelledRows, blocks_of, places

DEALS = 10_000
DRAWS = 2000
REPLIES, REPLY_TOKENS, REPLY_FROM = 8, 20, 10


def implicit(bench: Bench) -> Job[Finding]:
    """Row 5: is the emotion that a message implies the one that reads highest where the reply begins?"""
    vectors, model, layer = bench.vectors, bench.model, bench.vectors.selected_layer
    known = [one for one in load_implicit() if one.emotion in vectors.emotions]
    named = list(dict.fromkeys(one.emotion for one in known))
    if len(named) < 8:
        return not_testable(5, f"the vectors have {len(named)} of the twelve emotions")
    truth = np.array([named.index(one.emotion) for one in known])
    columns = [vectors.index(emotion) for emotion in named]
    neutral = neutral_messages(bench)
    bank = yield from record_places(
        model, [chat.encoding for chat in neutral], [_at(chat, "H", "U", "T") for chat in neutral]
    )
    chats = [chat_of(model, one.text) for one in known]
    streams = yield from record_places(
        model, [chat.encoding for chat in chats], [_at(chat, "H", "U", "T") for chat in chats]
    )
    asked = [chat_of(model, _closing(one.text)) for one in known]
    alone = yield from record_places(model, [chat.encoding for chat in asked], [_at(chat, "H") for chat in asked])

    def ranks(rows: FloatArray, at: int, where: int, how: str = "projection") -> Array:
        units = vectors.units[columns, where]
        return _ranks(_readout(rows[:, at, where], bank[:, at, where], units, how), truth)

    own = ranks(streams, 0, layer)
    table = _readout(streams[:, 0, layer], bank[:, 0, layer], vectors.units[columns, layer], "projection")
    order = 1 + np.argsort(np.argsort(-table, axis=1), axis=1)  # (messages, emotions)
    dealt = np.random.default_rng(0).permuted(np.tile(truth, (DEALS, 1)), axis=1)
    null = (order[np.arange(len(truth)), dealt] == 1).mean(axis=1)
    hits = int((own == 1).sum())
    share = hits / len(own)
    one = Estimate(share, *wilson(hits, len(own)), *band(null))
    p = float(((null >= share - 1e-12).sum() + 1) / (DEALS + 1))
    words = _by_words(bench, [chat.turns[-1].content for chat in chats], named, truth)
    low = DOES_NOT if one.high < 2 / 12 else UNTOLD
    judged = both(
        condition(one.low > 3 / 12, max(p, one.against_null()), "more than 3 of 12", low),
        condition(p < LEVEL, p, "more than labels dealt out again"),
        condition(share > words, p, f"more than a bag of words ({words:.2f})"),
    )

    def first(at: int, where: int, how: str = "projection") -> str:
        return f"{(ranks(streams, at, where, how) == 1).mean():.2f}"

    deep = min(round(2 * vectors.n_layers / 3), vectors.n_layers - 1)
    facts = [
        ("mean rank of the implied emotion", f"{own.mean():.1f} of {len(named)}"),
        ("among the first three", f"{(own <= 3).mean():.2f}"),
        ("bag of words trained on the stories", f"{words:.2f}"),
        ("closing question alone", f"{(ranks(alone, 0, layer) == 1).mean():.2f}"),
        ("by cosine, by centred cosine", f"{first(0, layer, 'cosine')}, {first(0, layer, 'centred')}"),
        ("at the end of the message, over the message", f"{first(1, layer)}, {first(2, layer)}"),
        (f"at layer {deep}, two thirds up", first(0, deep)),
        ("layer", str(layer)),
    ]
    means = np.stack([table[truth == e].mean(axis=0) for e in range(len(named))])
    chart = marks(
        "points",
        "Reading of the implied emotion, and the mean of the others, by emotion",
        ("SD of neutral messages", ""),
        [(e, "implied", float(means[i, i]), 0.0) for i, e in enumerate(named)]
        + [(e, "others", float((means[i].sum() - means[i, i]) / (len(named) - 1)), 0.0) for i, e in enumerate(named)],
    )
    return found(5, "share of messages whose own emotion reads highest at H", one, judged, len(own), facts, [chart])


def _at(chat: Chat, *names: str) -> list[tuple[int, ...]]:
    places_ = {"H": ("H", ""), "U": ("U", ""), "T": ("T", "user")}
    return [place_tokens(chat, place, what) for place, what in (places_[name] for name in names)]  # type: ignore[arg-type]


def _closing(text: str) -> str:
    """The question at the end of a message."""
    at = max(text.rfind(mark, 0, len(text) - 1) for mark in (". ", "! ", "? ", ": "))
    return text[at + 2 :] if at >= 0 else text


def _readout(rows: FloatArray, bank: FloatArray, units: FloatArray, how: str) -> Array:
    """Readings of messages, centred over the messages, float64 [messages, emotions].

    Args:
        rows: float32 [messages, width].
        bank: float32 [neutral messages, width], at the same place.
        units: float32 [emotions, width].
        how: `projection` in SD of the bank, `cosine`, or `centred` cosine around the bank's mean.
    """
    if how == "projection":
        values = np.asarray(rows @ units.T, np.float64) / (bank @ units.T).std(axis=0, ddof=1)
    else:
        moved = rows - bank.mean(axis=0) if how == "centred" else rows
        values = np.asarray(moved @ units.T, np.float64) / np.linalg.norm(moved, axis=1, keepdims=True)
    result: Array = values - values.mean(axis=0)
    return result


def _ranks(values: Array, truth: np.ndarray) -> Array:
    """Rank of the own emotion, 1 for the highest, [messages]."""
    result: Array = 1.0 + (values > values[np.arange(len(truth)), truth][:, None]).sum(axis=1)
    return result


def _by_words(bench: Bench, messages: Sequence[str], named: Sequence[str], truth: np.ndarray) -> float:
    """Share of messages whose own emotion a bag of words, trained on the vectors' texts, finds most likely."""
    rows = [t for one in bench.vectors.prompt_sets for t in one.part("train")]
    texts = list(dict.fromkeys(t.text for t in rows))
    block = next(one for one in blocks_of(rows, places(texts)) if isinstance(one, LabelledRows))
    everyone = np.arange(len(messages))
    scores = word_scores(texts, [block.sides(e) for e in named], messages, [(everyone, everyone[:1]) for _ in named])
    table = np.stack([one[0] if one is not None else np.zeros(len(messages)) for one in scores], axis=1)
    table = table - table.mean(axis=0)
    return float((table.argmax(axis=1) == truth).mean())


def numbers(bench: Bench) -> Job[Finding]:
    """Row 6: does the reading where the reply begins follow what a number means?"""
    core = yield from read_core(bench)
    layer = bench.vectors.selected_layer
    real, dummies = load_templates(), load_meaningless_templates()
    by_values = {tuple(sorted(one.values)): one for one in real}
    scored = [(one, match_expected(one.rise, one.fall, core.emotions).ways) for one in real]
    empty = [
        (one, match_expected(twin.rise, twin.fall, core.emotions).ways)
        for one in dummies
        if (twin := by_values.get(tuple(sorted(one.values)))) is not None
    ]
    if any(not ways for _, ways in scored) or len(empty) < 4:
        return not_testable(6, "the vectors lack the emotions that the templates name")
    results = []
    for k, (template, ways) in enumerate([*scored, *empty]):
        yield Progress(k, len(scored) + len(empty), "reading numbers")
        results.append((yield from _dose(bench, core, template, ways, layer, k)))
    mine, others = results[: len(scored)], results[len(scored) :]
    met, met_dummies = _met(mine), _met(others)
    one = over_units([r[0] for r in mine], np.mean([r[1] for r in mine], axis=0))
    holds = sum(met) >= 5 and sum(met_dummies) <= 1
    why = f"{sum(met)} of {len(met)} templates, {sum(met_dummies)} of {len(met_dummies)} without meaning"
    judged = condition(holds, one.against_null(), why, DOES_NOT if one.high < 0.4 else UNTOLD)
    names = [t.name for (t, _), yes in zip(scored, met, strict=True) if yes]
    facts = [
        ("templates as expected", f"{len(names)} of {len(met)}: {', '.join(names) or 'none'}"),
        ("numbers that mean nothing", f"{sum(met_dummies)} of {len(met_dummies)}"),
        *((t.name, _dose_words(r)) for (t, _), r in zip(scored, mine, strict=True)),
        ("layer", f"{layer}, last token before the reply"),
    ]
    chart = marks(
        "points",
        "Rank correlation of reading and number, signed as expected",
        ("Spearman", ""),
        [(t.name, "meaning", r[0], 0.0) for (t, _), r in zip(scored, mine, strict=True)]
        + [(t.name, "no meaning", r[0], 0.0) for (t, _), r in zip(empty, others, strict=True)],
        null=(one.null_low, one.null_high),
    )
    return found(6, "mean signed rank correlation over templates at H", one, judged, len(mine), facts, [chart])


def _dose_words(result: tuple[float, Array, float, dict[str, float]]) -> str:
    mean, _, reach, by_emotion = result
    return f"{mean:+.2f}, range {reach:.2f} SD; " + ", ".join(f"{e} {r:+.2f}" for e, r in by_emotion.items())


def _dose(
    bench: Bench, core: Core, template: Template, ways: Mapping[str, str], layer: int, seed: int
) -> Job[tuple[float, Array, float, dict[str, float]]]:
    """Signed rank correlation, the same of values exchanged within wordings, range in SD, and by emotion."""
    wordings = [template.template, *template.wordings]
    chats = [
        chat_of(bench.model, template.model_copy(update={"template": wording}).text(x))
        for wording in wordings
        for x in template.values
    ]
    read = yield from project_layers(
        bench.model, [chat.encoding for chat in chats], {layer: core.directions[layer, : len(core.emotions)]}
    )
    at_header = np.stack([one[-1, 0] for one in read]) / core.header_sd[layer, : len(core.emotions)]
    rows = at_header.reshape(len(wordings), len(template.values), -1)
    columns = [core.emotions.index(e) for e in ways]
    signs = np.array([1.0 if way == "rise" else -1.0 for way in ways.values()])
    values = rows[:, :, columns] * signs  # (wordings, values, emotions)
    x = _standard(rankdata(template.values))
    ranked = _standard(rankdata(values, axis=1), axis=1)
    by_emotion = np.einsum("v,wve->we", x, ranked).mean(axis=0)
    rng = np.random.default_rng(seed)
    dealt = rng.permuted(np.tile(x, (1000, len(wordings), 1)), axis=2)
    null = np.einsum("dwv,wve->d", dealt, ranked) / (len(wordings) * len(signs))
    reach = float(np.ptp(values, axis=1).mean())
    return float(by_emotion.mean()), null, reach, dict(zip(ways, (by_emotion * signs).tolist(), strict=True))


def _standard(values: Array, axis: int = 0) -> Array:
    centred = values - values.mean(axis=axis, keepdims=True)
    length = np.linalg.norm(centred, axis=axis, keepdims=True)
    result: Array = np.divide(centred, length, out=np.zeros_like(centred), where=length > 0)
    return result


def _met(results: Sequence[tuple[float, Array, float, dict[str, float]]]) -> list[bool]:
    """Which go as expected, corrected for all of the group, over a range of .2 SD at least."""
    p = np.array([(1 + (null >= value - 1e-12).sum()) / (1 + len(null)) for value, null, _, _ in results])
    q = adjusted(p)
    return [bool(v < LEVEL and reach >= 0.2) for v, (_, _, reach, _) in zip(q, results, strict=True)]
