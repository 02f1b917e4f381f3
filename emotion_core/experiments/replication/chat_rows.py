"""Rows about messages and where the reply to them begins: 5, 6, 17, 18."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import scipy

from emotion_core.base.activations import FloatArray
from emotion_core.base.jobs import Job, Progress
from emotion_core.charts.replication import marks
from emotion_core.experiments.experiment import Bench
from emotion_core.experiments.replication.core import Core, neutral_messages, read_core, story_words
from emotion_core.experiments.replication.finding import Finding, found, not_testable, shown
from emotion_core.experiments.replication.rule import (
    DOES_NOT,
    LEVEL,
    NOT_TESTABLE,
    UNTOLD,
    Array,
    Estimate,
    Judged,
    band,
    both,
    by_size,
    condition,
    over_units,
    resampled,
)
from emotion_core.geometry.word_forms import known_form
from emotion_core.models.loaded import LoadedModel
from emotion_core.prompts.library import (
    CLOSING_QUESTION,
    Template,
    load_counter_user,
    load_implicit,
    load_meaningless_templates,
    load_templates,
)
from emotion_core.reading.dose import match_expected
from emotion_core.reading.places import Chat, chat_of, place_tokens
from emotion_core.stats.intervals import adjusted, p_words, pearson, wilson
from emotion_core.steering.generate import write_after
from emotion_core.steering.settings import PlannedRow
from emotion_core.tracing.record import project_layers, record_places

DEALS = 10_000
DRAWS = 2000
REPLIES, REPLY_TOKENS, REPLY_FROM = 8, 20, 10
# Messages that are answered together at most.
TOGETHER = 12


@dataclass(frozen=True)
class Implied:
    """Messages that imply an emotion, and neutral ones, read at the header, the message's end and over its words.

    Attributes:
        texts: The messages.
        named: The emotions that they imply, under the texts' names.
        own_names: The same as the vectors call them.
        truth: int64 [messages], counted in `named`.
        streams: float32 [messages, places, layers, width].
        bank: float32 [neutral messages, places, layers, width].
    """

    texts: tuple[str, ...]
    named: tuple[str, ...]
    own_names: tuple[str, ...]
    truth: np.ndarray
    streams: FloatArray
    bank: FloatArray

    def ranks(self, units: FloatArray, at: int, layer: int, how: str = "projection") -> Array:
        """Rank of the implied emotion in each message, float64 [messages], of float32 [emotions, width]."""
        return _ranks(_readout(self.streams[:, at, layer], self.bank[:, at, layer], units, how), self.truth)


def read_implied(bench: Bench) -> Job[Implied | None]:
    """Reads the messages, as a job; None where the vectors have fewer than eight of the twelve emotions."""
    vectors, model = bench.vectors, bench.model
    known = [one for one in load_implicit() if known_form(one.emotion, vectors.emotions)]
    named = tuple(dict.fromkeys(one.emotion for one in known))
    if len(named) < 8:
        return None
    read = []
    for chats in ([chat_of(model, one.text) for one in known], neutral_messages(bench)):
        where = [_at(chat, "H", "U", "T") for chat in chats]
        read.append((yield from record_places(model, [chat.encoding for chat in chats], where)))
    truth = np.array([named.index(one.emotion) for one in known])
    own_names = tuple(str(known_form(emotion, vectors.emotions)) for emotion in named)
    return Implied(tuple(one.text for one in known), named, own_names, truth, read[0], read[1])


def implicit(bench: Bench) -> Job[Finding]:
    """Row 5: is the emotion that a message implies the one that reads highest where the reply begins?"""
    vectors, model, layer = bench.vectors, bench.model, bench.vectors.selected_layer
    said = yield from read_implied(bench)
    if said is None:
        return not_testable(5, "the vectors have fewer than eight of the twelve emotions")
    named, truth, streams, bank = said.named, said.truth, said.streams, said.bank
    columns = [vectors.index(emotion) for emotion in said.own_names]
    asked = [chat_of(model, _closing(text)) for text in said.texts]
    alone = yield from record_places(model, [chat.encoding for chat in asked], [_at(chat, "H") for chat in asked])

    own_units = vectors.units[columns, layer]
    own = said.ranks(own_units, 0, layer)
    table = _readout(streams[:, 0, layer], bank[:, 0, layer], own_units, "projection")
    order = 1 + np.argsort(np.argsort(-table, axis=1), axis=1)  # (messages, emotions)
    dealt = np.random.default_rng(0).permuted(np.tile(truth, (DEALS, 1)), axis=1)
    null = (order[np.arange(len(truth)), dealt] == 1).mean(axis=1)
    hits = int((own == 1).sum())
    share = hits / len(own)
    one = Estimate(share, *wilson(hits, len(own)), *band(null))
    p = float(((null >= share - 1e-12).sum() + 1) / (DEALS + 1))
    words = _by_words(bench, said.texts, said.own_names, truth)
    low = DOES_NOT if one.high < 2 / 12 else UNTOLD
    judged = both(
        condition(one.low > 3 / 12, max(p, one.against_null()), "more than 3 of 12", low),
        condition(p < LEVEL, p, "more than labels dealt out again"),
        condition(share > words, p, f"more than a bag of words ({words:.2f})"),
    )

    def first(at: int, where: int, how: str = "projection") -> str:
        return f"{(said.ranks(vectors.units[columns, where], at, where, how) == 1).mean():.2f}"

    deep = min(round(2 * vectors.n_layers / 3), vectors.n_layers - 1)
    facts = [
        ("mean rank of the implied emotion", f"{own.mean():.1f} of {len(named)}"),
        ("among the first three", f"{(own <= 3).mean():.2f}"),
        ("bag of words trained on the stories", f"{words:.2f}"),
        ("closing question alone", f"{(replace(said, streams=alone).ranks(own_units, 0, layer) == 1).mean():.2f}"),
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
    table = story_words(bench, messages, named)
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
    judged = condition(holds, one.against_null(), why, DOES_NOT if one.high < 0.4 else UNTOLD, f"only {why}")
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
        null=band(np.concatenate([r[1] for r in mine])),  # of single templates, as the points are
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
    x, ranked, by_emotion = in_order(template.values, values)
    rng = np.random.default_rng(seed)
    dealt = rng.permuted(np.tile(x, (1000, len(wordings), 1)), axis=2)
    null = np.einsum("dwv,wve->d", dealt, ranked) / (len(wordings) * len(signs))
    reach = float(np.ptp(values, axis=1).mean())
    return float(by_emotion.mean()), null, reach, dict(zip(ways, (by_emotion * signs).tolist(), strict=True))


def in_order(numbers_: Sequence[float], values: Array) -> tuple[Array, Array, Array]:
    """Rank correlation of readings with the numbers in the text, mean over wordings.

    Args:
        numbers_: One a value.
        values: float64 [wordings, values, emotions].

    Returns:
        The standardized ranks of the numbers [values] and of the readings [wordings, values, emotions], and the
        correlation of each emotion.
    """
    x, ranked = _standard(scipy.stats.rankdata(numbers_)), _standard(scipy.stats.rankdata(values, axis=1), axis=1)
    return x, ranked, np.einsum("v,wve->we", x, ranked).mean(axis=0)


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


@dataclass(frozen=True)
class _Statements:
    """Readings of statements with a closing question at the chosen layer, around neutral ones of the same form.

    Attributes:
        kinds: One a statement: `against`, `agree`.
        chats: The messages.
        at: float64 [statements, places, emotions + controls]; places are S, U and H.
        emotions: The first columns.
        layer: Layer read.
        user: Emotion of each statement as a vector's name; None where there is no such vector.
        reply: Emotion of the fitting reply, the same.
    """

    kinds: np.ndarray
    chats: tuple[Chat, ...]
    at: Array
    emotions: tuple[str, ...]
    layer: int
    user: tuple[str | None, ...]
    reply: tuple[str | None, ...]


def _statements(bench: Bench, core: Core) -> Job[_Statements]:
    layer = bench.vectors.selected_layer
    items = load_counter_user()
    chats = [chat_of(bench.model, one.text) for one in items]
    read = yield from project_layers(bench.model, [chat.encoding for chat in chats], {layer: core.directions[layer]})
    rows = np.stack(
        [
            [one[place_tokens(chat, place, CLOSING_QUESTION)[-1], 0] for place in ("S", "U", "H")]
            for one, chat in zip(read, chats, strict=True)
        ]
    ).astype(np.float64)
    kinds = np.array([one.kind for one in items])
    # Two places differ by a constant for each direction; without it r is not about which constants agree.
    rows = (rows - rows[kinds == "neutral"].mean(axis=0)) / core.token_sd[layer]
    kept = np.flatnonzero(kinds != "neutral")
    user, reply = (tuple(known_form(getattr(items[i], who), core.emotions) for i in kept) for who in ("user", "reply"))
    return _Statements(kinds[kept], tuple(chats[i] for i in kept), rows[kept], core.emotions, layer, user, reply)


def user_and_header(bench: Bench) -> Job[Finding]:
    """Row 17: where the fitting reply feels otherwise, does the header carry another emotion than the user's end?"""
    core = yield from read_core(bench)
    said = yield from _statements(bench, core)
    n = len(said.emotions)
    against, agree = (said.at[said.kinds == kind] for kind in ("against", "agree"))
    one = _within(against[:, 0], against[:, 2], n)
    controls = _columns(against[:, 0, n:], against[:, 2, n:])
    p = Estimate(-one.value, -one.high, -one.low, -0.3, -0.3).against_null()
    carried = [
        (place, _tells_emotions_apart(said.at[:, k, :n], labels, said.emotions))
        for place, k, labels in (
            ("the user's emotion at the statement's end", 0, said.user),
            ("the reply's emotion at the header", 2, said.reply),
        )
    ]
    lost = [place for place, p_value in carried if not p_value < LEVEL]
    if one.high < 0.3 and lost:
        # Two places that carry nothing have no correlation either.
        judged = Judged(NOT_TESTABLE, p, f"{' and '.join(lost)} cannot be read, so that a low r says nothing")
    elif one.high < 0.3:
        judged = Judged("replicates", p, "the interval lies below .3")
    elif one.low > max(0.3, one.null_high):
        judged = Judged(DOES_NOT, p, "above .3 and above the header of another message")
    else:
        judged = Judged(UNTOLD, p, "the interval crosses .3")
    mine, theirs = against[:, 0, :n], against[:, 2, :n]
    pooled = float(pearson(mine.ravel(), theirs.reshape(-1, 1))[0])
    across = float(np.nanmean(_columns(mine.T, theirs.T)))
    low, high = band(controls)
    facts = [
        ("from the end of the whole message", shown(_within(against[:, 1], against[:, 2], n))),
        ("where the fitting reply feels the same", shown(_within(agree[:, 0], agree[:, 2], n))),
        ("random directions at the same two tokens", f"{np.nanmean(controls):.2f} ({low:.2f} to {high:.2f})"),
        ("all emotions and messages together", f"r {pooled:.2f}"),
        ("within a message, over emotions", f"r {across:.2f}"),
        *((f"{place} is read", f"{p_words(p_value)} beside names dealt out again") for place, p_value in carried),
        ("layer", str(said.layer)),
    ]
    by_emotion = _columns(against[:, 0, :n], against[:, 2, :n])
    rng = np.random.default_rng(0)
    dealt = [_columns(against[:, 0, :n], against[rng.permutation(len(against)), 2, :n]) for _ in range(200)]
    chart = marks(
        "points",
        "r of the statement's end with the header, by emotion",
        ("r over messages", ""),
        [(e, "", float(r), 0.0) for e, r in zip(said.emotions, by_emotion, strict=True)],
        null=band(dealt),  # of single emotions, as the points are
    )
    statistic = "mean within-emotion r of the statement's end with the header, over messages"
    return found(17, statistic, one, judged, len(against), facts, [chart])


def _tells_emotions_apart(readings: Array, labels: Sequence[str | None], emotions: Sequence[str]) -> float:
    """P of the mean reading of each statement's own emotion, beside the same labels dealt out again.

    Args:
        readings: float64 [statements, emotions].
        labels: The emotion of each; None is left out.
        emotions: The columns.
    """
    kept = [i for i, label in enumerate(labels) if label is not None]
    own = np.array([emotions.index(str(labels[i])) for i in kept])
    if len(set(own)) < 2:
        return 1.0
    centred = readings[kept] - readings[kept].mean(axis=0)
    rng = np.random.default_rng(0)
    value = centred[np.arange(len(kept)), own].mean()
    dealt = np.array([centred[np.arange(len(kept)), rng.permutation(own)].mean() for _ in range(DRAWS)])
    return float((1 + (dealt >= value - 1e-12).sum()) / (1 + DRAWS))


def _columns(first: Array, second: Array) -> Array:
    """Correlation of each column of one table with the same column of another, [columns]."""
    one, two = _standard(first), _standard(second)
    result: Array = np.where((one != 0).any(axis=0) & (two != 0).any(axis=0), (one * two).sum(axis=0), np.nan)
    return result


def _within(first: Array, second: Array, n: int) -> Estimate:
    """Mean over emotions of r over messages, messages drawn again, beside the header of another message."""
    rng = np.random.default_rng(0)
    count = len(first)
    first, second = first[:, :n], second[:, :n]
    value = float(np.nanmean(_columns(first, second)))
    drawn, null = [], []
    for _ in range(DRAWS):
        rows = rng.integers(0, count, count)
        drawn.append(float(np.nanmean(_columns(first[rows], second[rows]))))
        null.append(float(np.nanmean(_columns(first, second[rng.permutation(count)]))))
    return resampled(value, drawn, null)


def header_and_reply(bench: Bench) -> Job[Finding]:
    """Row 18: does the header foretell the model's own reply better than the user's end does?"""
    core = yield from read_core(bench)
    said = yield from _statements(bench, core)
    layer, n = said.layer, len(said.emotions)
    written = yield from _replies(bench.model, said.chats)
    replies = [
        [chat_of(bench.model, chat.turns, text) for text in own] for chat, own in zip(said.chats, written, strict=True)
    ]
    flat = [chat for own in replies for chat in own]
    read = yield from project_layers(bench.model, [chat.encoding for chat in flat], {layer: core.directions[layer]})
    values: dict[int, Array] = {}
    for start in (0, REPLY_FROM):
        rows, at = np.full((len(replies), core.directions.shape[1]), np.nan), 0
        for k, own in enumerate(replies):
            means = [_mean_of(one[:, 0], chat, start) for one, chat in zip(read[at : at + len(own)], own, strict=True)]
            known = [mean for mean in means if mean is not None]
            rows[k] = np.mean(known, axis=0) if known else np.nan
            at += len(own)
        values[start] = rows
    usable = np.flatnonzero(np.isfinite(values[0]).all(axis=1))
    if len(usable) < 48:
        return not_testable(18, f"the model answers {len(usable)} of {len(replies)} messages with words, 48 are needed")
    where, reply = said.at[usable], values[0][usable]
    one = _lead(where, reply, n)
    by_place = {name: _columns(where[:, p, :n], reply[:, :n]) for name, p in (("header", 2), ("statement's end", 0))}
    dealt = reply[np.random.default_rng(0).permutation(len(usable))]
    facts = [
        *((f"r of the {name} with the reply", f"{np.nanmean(r):.2f}") for name, r in by_place.items()),
        ("reply of another message", f"{np.nanmean(_columns(where[:, 2, :n], dealt[:, :n])):.2f}"),
        ("replies", f"{REPLIES} of {REPLY_TOKENS} tokens each"),
        ("layer", str(layer)),
    ]
    later = np.flatnonzero(np.isfinite(values[REPLY_FROM]).all(axis=1))
    if len(later) >= 24:
        beyond = _lead(said.at[later], values[REPLY_FROM][later], n)
        facts.insert(2, (f"the reply from token {REPLY_FROM} on", shown(beyond)))
    points = [(e, name, float(v), 0.0) for name, r in by_place.items() for e, v in zip(said.emotions, r, strict=True)]
    chart = marks("points", "r with the reply, by emotion", ("r over messages", ""), points)
    statistic = "r of the header with the reply minus r of the statement's end with it"
    return found(18, statistic, one, by_size(one, 0.14), len(usable), facts, [chart])


def _lead(at: Array, reply: Array, n: int) -> Estimate:
    """How much better the header goes with the reply, messages drawn again, beside the same of control directions."""
    rng = np.random.default_rng(0)

    def lead(rows: np.ndarray, columns: slice) -> Array:
        header, user = (_columns(at[rows][:, place, columns], reply[rows][:, columns]) for place in (2, 0))
        return header - user

    everyone = np.arange(len(at))
    value = float(np.nanmean(lead(everyone, slice(0, n))))
    drawn = [float(np.nanmean(lead(rng.integers(0, len(at), len(at)), slice(0, n)))) for _ in range(DRAWS)]
    return resampled(value, drawn, lead(everyone, slice(n, None)))


def _mean_of(read: FloatArray, chat: Chat, start: int) -> FloatArray | None:
    """Mean over the reply's tokens from one on; None where it has none."""
    tokens = list(chat.tokens(chat.header, len(chat.text)))[start:]
    result: FloatArray | None = read[tokens].mean(axis=0) if tokens else None
    return result


def _replies(model: LoadedModel, chats: Sequence[Chat]) -> Job[list[list[str]]]:
    """Replies that the model writes to each message, at temperature 1.

    Messages of as many tokens are answered together: what a step takes is mostly the reading of the weights.
    """
    found = [[""] * REPLIES for _ in chats]
    alike: dict[int, list[int]] = {}
    for k, chat in enumerate(chats):
        if len(chat.encoding.ids) < model.info.context:
            alike.setdefault(len(chat.encoding.ids), []).append(k)
    batches = [numbers[i : i + TOGETHER] for numbers in alike.values() for i in range(0, len(numbers), TOGETHER)]
    for done, numbers in enumerate(batches):
        prompts = [chats[k].encoding.ids for k in numbers]
        rows = [PlannedRow(place, sample, 0, 0.0) for place in range(len(prompts)) for sample in range(REPLIES)]
        steps = write_after(model, prompts, rows, tokens=min(REPLY_TOKENS, model.info.context - len(prompts[0])))
        while True:
            try:
                next(steps)
            except StopIteration as end:
                texts = [model.decode(list(one.ids)).strip() for one in end.value]
                break
            yield Progress(done, len(batches), "writing replies")
        for place, k in enumerate(numbers):
            found[k] = texts[place * REPLIES : (place + 1) * REPLIES]
    return found
