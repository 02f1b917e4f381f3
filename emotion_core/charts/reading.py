"""Charts of readings token by token: the course along a text, and a heat map of emotions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import altair as alt
import numpy as np
import pandas as pd

from emotion_core.base.activations import FloatArray
from emotion_core.base.numbers import counted
from emotion_core.charts.palette import (
    CHOSEN,
    COOL,
    INK,
    NULL,
    USABLE,
    WARM,
    capital,
    diverging,
)
from emotion_core.charts.parts import Q, between, by_name, layered, null_band, tips, titled, zero_line
from emotion_core.reading.attempts import TRACES, AttemptsReading
from emotion_core.reading.conversation import ConversationReading
from emotion_core.reading.dose import DoseReading
from emotion_core.reading.monitor import LabelledReading, Watched
from emotion_core.reading.priors import PriorsReading
from emotion_core.reading.situations import SituationReading
from emotion_core.reading.talk import Talk
from emotion_core.reading.text import Ranking, TokenReading
from emotion_core.stats.intervals import wilson

# More points than this are averaged: a chart with thousands of them is slow in a browser and shows no more.
MOST_POINTS = 400
_FULL = 3.0  # standard deviations with the full colour


def smoothed(values: FloatArray, width: int = 7) -> FloatArray:
    """Centred running mean over `width` tokens, shorter at the ends; float32 [tokens]."""
    if len(values) < 2:
        return values
    kernel = np.ones(min(width, len(values)))
    sums = np.convolve(values, kernel, mode="same")
    counts = np.convolve(np.ones(len(values)), kernel, mode="same")
    result: FloatArray = (sums / counts).astype(np.float32)
    return result


def course_table(reading: TokenReading, emotion: str, most: int = MOST_POINTS) -> pd.DataFrame:
    """One row a token, or a stretch of tokens where the text is long: at most `most` rows."""
    values = reading.of(emotion)
    table = pd.DataFrame(
        {
            "token": np.arange(len(values)),
            "text": list(reading.tokens),
            "reading": values,
            "smoothed": smoothed(values),
            "null_low": reading.band_low[:, 0],
            "null_high": reading.band_high[:, 0],
        }
    )
    return _in_stretches(table, most, reading="mean", smoothed="mean", null_low="mean", null_high="mean")


FEW_TOKENS = 20  # below it the title counts tokens: a per cent of them would be less than one


def _in_stretches(table: pd.DataFrame, most: int = MOST_POINTS, **how: str) -> pd.DataFrame:
    """At most so many rows: tokens of a long text put together, with their text and each column as `how` says."""
    step = -(-len(table) // most)
    return table if step <= 1 else table.groupby(table["token"] // step).agg({"token": "first", "text": "".join, **how})


def course(reading: TokenReading, emotion: str, height: int = 280) -> alt.LayerChart:
    """One emotion along the text, raw and smoothed, over the band of random directions."""
    table = course_table(reading, emotion)
    x = alt.X("token:Q", title="Token", scale=alt.Scale(nice=False), axis=alt.Axis(tickMinStep=1, format="d"))
    base = alt.Chart(table).encode(x=x)
    band = null_band(base, "Reading (SD)")
    raw = base.mark_line(color=CHOSEN, strokeWidth=1, opacity=0.45).encode(y=alt.Y("reading:Q"))
    smooth = base.mark_line(color=CHOSEN, strokeWidth=2.5).encode(y=alt.Y("smoothed:Q"))
    dots = base.mark_point(filled=True, size=28, opacity=0.9, color=CHOSEN).encode(
        y=alt.Y("reading:Q"),
        tooltip=tips(
            text="Token",
            reading=("Reading", "+.2f"),
            **between("null_low", "null_high", "+.2f", words="Random directions from"),
        ),
    )
    above, below = table["reading"] > table["null_high"], table["reading"] < table["null_low"]
    n = len(reading.tokens)
    if n < FEW_TOKENS:
        where = f"at {above.sum()} of {counted(n, 'token')}, below at {below.sum()}"
    else:
        where = f"at {above.mean():.0%} of the tokens, below at {below.mean():.0%}"
    return layered(
        [band, zero_line(), raw, smooth, dots],
        title=f"{capital(emotion)} reads above random directions {where}",
        subtitle=f"By chance 5 % together; layer {reading.layers[0]}; {counted(n, 'token')}, in standard "
        "deviations of neutral tokens; bold: running mean of seven",
        height=height,
    )


def top_movers(reading: TokenReading, count: int = 12) -> list[str]:
    """Emotions with the largest smoothed reading anywhere, either way."""
    highest = [np.abs(smoothed(reading.values[:, 0, e])).max(initial=0.0) for e in range(len(reading.emotions))]
    return [reading.emotions[e] for e in np.argsort(-np.array(highest), kind="stable")[:count]]


def heat_table(reading: TokenReading, emotions: list[str]) -> pd.DataFrame:
    """One row an emotion and token, or stretch of tokens of a long text: the smoothed reading that the map shows."""
    tables = [course_table(reading, emotion, MOST_POINTS // 2).assign(emotion=emotion) for emotion in emotions]
    return pd.concat(tables, ignore_index=True)[["emotion", "token", "text", "smoothed"]]


def heat(reading: TokenReading, emotions: list[str]) -> alt.Chart:
    """Emotions by tokens, smoothed, cool to warm."""
    tooltip = tips(text="Token", emotion="Emotion", smoothed=("Reading", "+.2f"))
    y = alt.Y("emotion:N", title=None, sort=emotions)
    chart = _cells(heat_table(reading, emotions), y, "smoothed", tooltip)
    return titled(
        chart,
        title=f"{capital(emotions[0])} moves most along this text",
        subtitle="Running means of seven tokens, in standard deviations of neutral tokens; the strongest emotions",
        height=max(130, 24 * len(emotions) + 20),
    )


def _cells(table: pd.DataFrame, y: alt.Y, field: str, tooltip: list[alt.Tooltip]) -> alt.Chart:
    """Readings as colours, tokens from left to right."""
    legend = alt.Legend(orient="right", gradientLength=120)
    encoded = (
        alt.Chart(table)
        .mark_rect()
        .encode(
            x=alt.X("token:O", title="Token", axis=alt.Axis(labels=False, ticks=False)),
            y=y,
            color=alt.Color(f"{field}:Q", scale=diverging(_FULL), title="SD", legend=legend),
            tooltip=tooltip,
        )
    )
    return cast(alt.Chart, encoded)


def layer_heat(reading: TokenReading, emotion: str) -> alt.Chart:
    """One emotion at all layers along the text, cool to warm; a long text in stretches."""
    e = reading.emotions.index(emotion)
    values = reading.values[:, :, e]  # (tokens, layers)
    step = -(-len(values) // (MOST_POINTS // 2))
    rows = []
    for start in range(0, len(values), step):
        text, means = "".join(reading.tokens[start : start + step]), values[start : start + step].mean(axis=0)
        rows += [
            {"token": start, "text": text, "layer": layer, "reading": float(mean)}
            for layer, mean in zip(reading.layers, means, strict=True)
        ]
    tooltip = tips(text="Token", reading=("Reading", "+.2f"))
    tooltip.insert(1, alt.Tooltip("layer:O", title="Layer"))
    chart = _cells(pd.DataFrame(rows), alt.Y("layer:O", title="Layer", sort="descending"), "reading", tooltip)
    outside = (values > reading.band_high) | (values < reading.band_low)
    strongest = reading.layers[int(outside.mean(axis=0).argmax())]
    return titled(
        chart,
        title=f"{capital(emotion)} leaves the range of random directions most often at layer {strongest}",
        subtitle=f"{outside.mean(axis=0).max():.0%} of the tokens there, up or down, 5 % by chance; each layer in "
        "standard deviations of its own neutral tokens" + (f"; means of {step} tokens" if step > 1 else ""),
        height=26 * len(reading.layers) + 50,
    )


def token_table(found: TokenReading) -> pd.DataFrame:
    """One row a token and layer: its standardised reading and raw projection on every emotion, and the null band."""
    parts = []
    for at, layer in enumerate(found.layers):
        rows = pd.DataFrame(
            {
                "token": np.arange(len(found.tokens)),
                "text": list(found.tokens),
                "is_content": list(found.content),
                "layer": layer,
            }
        )
        values = _wide(found.emotions, found.values[:, at], "SD")
        raw = _wide(found.emotions, found.projections[:, at], "projection")
        band = pd.DataFrame({"null_low": found.band_low[:, at], "null_high": found.band_high[:, at]})
        parts.append(pd.concat([rows, values, band, raw], axis=1))
    return pd.concat(parts, ignore_index=True)


def all_turns(found: ConversationReading) -> pd.DataFrame:
    """One row a turn: its mean reading on every emotion, and the reading at the last token before it."""
    emotions = found.tokens.emotions
    rows = pd.DataFrame(
        {
            "turn": np.arange(1, len(found.dialogue.turns) + 1),
            "role": [turn.role for turn in found.dialogue.turns],
            "text": [turn.content for turn in found.dialogue.turns],
            "first_token": [start for start, _ in found.dialogue.spans],
            "end_token": [end for _, end in found.dialogue.spans],
            "layer": found.tokens.layer,
        }
    )
    return pd.concat([rows, _wide(emotions, found.turns, "SD"), _wide(emotions, found.before, "before, SD")], axis=1)


def dose_values(found: DoseReading) -> pd.DataFrame:
    """One row a value: its text and the reading on every emotion."""
    rows = pd.DataFrame({"x": list(found.x), "text": list(found.texts), "layer": found.layer})
    values = _wide(found.emotions, found.values, "SD")
    return pd.concat([rows, values, _wide(found.emotions, found.projections, "projection")], axis=1)


def situation_table(found: SituationReading) -> pd.DataFrame:
    """One row a situation: the implied emotion, its rank, and the reading on every emotion."""
    rows = pd.DataFrame(
        {
            "implied": list(found.implied),
            "rank": found.ranks,
            "highest": [found.emotions[int(np.argmax(row))] for row in found.values],
            "text": list(found.texts),
            "layer": found.layer,
        }
    )
    return pd.concat([rows, _wide(found.emotions, found.values, "SD")], axis=1)


def _wide(emotions: tuple[str, ...], values: FloatArray, what: str) -> pd.DataFrame:
    """A column an emotion; the unit in its name, so that an emotion may be called like any other column."""
    return pd.DataFrame(values, columns=[f"{name} ({what})" for name in emotions])


_ROLES = {"system": NULL, "user": COOL, "assistant": WARM}


def turn_table(found: ConversationReading, emotion: str) -> pd.DataFrame:
    """One row a turn."""
    e = found.tokens.emotions.index(emotion)
    return pd.DataFrame(
        {
            "turn": np.arange(1, len(found.dialogue.turns) + 1),
            "role": [turn.role for turn in found.dialogue.turns],
            "reading": found.turns[:, e],
            "before": found.before[:, e],
            "text": [turn.content[:160] for turn in found.dialogue.turns],
        }
    )


def turns(found: ConversationReading, emotion: str) -> alt.LayerChart:
    """Mean of each turn, a line for each role."""
    table = turn_table(found, emotion)
    shown = [role for role in _ROLES if role in set(table["role"])]
    colour = alt.Color(
        "role:N",
        scale=alt.Scale(domain=shown, range=[_ROLES[role] for role in shown]),
        legend=alt.Legend(orient="bottom", title=None),
    )
    base = alt.Chart(table).encode(
        x=alt.X("turn:Q", title="Turn", axis=alt.Axis(tickMinStep=1, format="d")), color=colour
    )
    line = base.mark_line(strokeWidth=2).encode(y=alt.Y("reading:Q", title="Mean reading (SD)"))
    dots = base.mark_point(filled=True, size=80, opacity=1).encode(
        y=alt.Y("reading:Q"),
        shape=alt.Shape("role:N", legend=None),
        tooltip=tips(
            turn=("Turn", Q),
            role="Role",
            reading=("Mean reading", "+.2f"),
            before=("Just before it", "+.2f"),
            text="Text",
        ),
    )
    e = found.tokens.emotions.index(emotion)
    _, sentence = found.drift_of(emotion)
    r = found.drift.spearman[e]
    rank = f"rank correlation with the turn {r:+.2f}" if np.isfinite(r) else "too few turns for a trend"
    return layered(
        [zero_line(), line, dots],
        title=capital(sentence.rstrip(".")),
        subtitle=f"Layer {found.tokens.layer}, in standard deviations of neutral tokens; {rank}",
        height=300,
    )


def priors_table(found: PriorsReading, emotions: Sequence[str] | None = None) -> pd.DataFrame:
    """One row a system prompt, emotion and turn: difference from the first one, its interval and the null band."""
    parts = []
    for s in range(1, len(found.names)):
        for emotion in emotions or found.emotions:
            mean, low, high = found.differences(s, emotion)
            parts.append(
                pd.DataFrame(
                    {
                        "system": found.names[s],
                        "emotion": emotion,
                        "turn": np.arange(1, len(mean) + 1),
                        "difference": mean,
                        "low": low,
                        "high": high,
                        "null_low": found.null_by_turn[s - 1, :, 0],
                        "null_high": found.null_by_turn[s - 1, :, 1],
                    }
                )
            )
    return pd.concat(parts, ignore_index=True)


def turn_means(found: PriorsReading) -> pd.DataFrame:
    """One row a system prompt, conversation and turn: the mean reading on every emotion."""
    rows = []
    for s, name in enumerate(found.names):
        for c, roles in enumerate(found.roles):
            rows += [
                {"system": name, "conversation": c + 1, "turn": t + 1, "role": role}
                | {f"{e} (SD)": float(v) for e, v in zip(found.emotions, found.means[s, c, t], strict=True)}
                for t, role in enumerate(roles)
            ]
    return pd.DataFrame(rows)


def lasting_table(found: PriorsReading, emotion: str) -> pd.DataFrame:
    """One row a system prompt: the difference in the last third of the turns."""
    rows = []
    for s in range(1, len(found.names)):
        late = found.lasting(s, emotion)
        rows.append({"system": found.names[s], **late._asdict()})
    return pd.DataFrame(rows)


def priors(found: PriorsReading, emotion: str) -> alt.LayerChart:
    """Difference from the first system prompt by turn, with intervals over conversations and the null band."""
    table = priors_table(found, [emotion]).dropna(subset=["difference"])
    names = list(found.names[1:])
    bands = table.groupby("turn", as_index=False).agg(null_low=("null_low", "min"), null_high=("null_high", "max"))
    x = alt.X("turn:Q", title="Turn", axis=alt.Axis(tickMinStep=1, format="d"))
    y = alt.Y("difference:Q", title="Difference (SD)")
    colour = by_name("system", names, columns=2, symbolOpacity=1)
    band = null_band(alt.Chart(bands).encode(x=x), "Difference (SD)")
    base = alt.Chart(table).encode(x=x, color=colour)
    interval = base.mark_area(opacity=0.15).encode(y=alt.Y("low:Q", title="Difference (SD)"), y2=alt.Y2("high:Q"))
    dots = base.mark_point(filled=True, size=60, opacity=1).encode(
        y=y,
        shape=alt.Shape("system:N", legend=None),
        tooltip=tips(
            system="System prompt",
            turn=("Turn", Q),
            difference=("Difference", "+.2f"),
            **between("low", "high", "+.2f", words="95 % from"),
        ),
    )
    lasting = [name for s, name in enumerate(names, start=1) if found.lasting(s, emotion).lasts]
    layers = [
        band,
        zero_line(),
        interval,
        base.mark_line(strokeWidth=2).encode(y=y),
        dots,
    ]
    return layered(
        layers,
        title=f"{capital(emotion)} under {', '.join(lasting)} still differs in the last third of the turns"
        if lasting
        else f"No lasting difference of {emotion} beyond chance",
        subtitle=f"Difference from {found.names[0]}; layer {found.layer}; shaded: 95 % over {len(found.roles)} "
        "conversations; grey: random directions",
        height=320,
    )


_MIDDLE = "#b9b3a6"  # visible on light and dark grounds


def attempts_table(found: AttemptsReading) -> pd.DataFrame:
    """One row a token and trace: its attempt and its reading on every emotion."""
    parts = []
    for t, trace in enumerate(TRACES):
        rows = pd.DataFrame(
            {
                "trace": trace,
                "token": np.arange(len(found.tokens)),
                "text": list(found.tokens),
                "attempt": np.array(found.attempt) + 1,
            }
        )
        parts.append(pd.concat([rows, _wide(found.emotions, found.values[t], "SD")], axis=1))
    return pd.concat(parts, ignore_index=True)


def means_table(found: AttemptsReading, emotion: str) -> pd.DataFrame:
    """One row an attempt: its mean without and with encouragement."""
    e = found.emotions.index(emotion)
    return pd.DataFrame(
        {
            "attempt": np.arange(1, found.means.shape[1] + 1),
            "plain": found.means[0, :, e],
            "encouraged": found.means[1, :, e],
            "difference": found.means[1, :, e] - found.means[0, :, e],
        }
    )


def attempts(found: AttemptsReading, emotion: str) -> alt.LayerChart:
    """The smoothed course over all attempts, coloured by its height; the encouraged one as a dashed line."""
    e = found.emotions.index(emotion)
    rows = pd.DataFrame(
        {
            "token": np.arange(len(found.tokens)),
            "text": list(found.tokens),
            "attempt": np.array(found.attempt) + 1,
            "plain": smoothed(found.values[0, :, e]),
            "encouraged": smoothed(found.values[1, :, e]),
        }
    )
    rows = _in_stretches(rows, attempt="first", plain="mean", encouraged="mean")
    x = alt.X("token:Q", title="Token of the attempts", scale=alt.Scale(nice=False))
    base = alt.Chart(rows).encode(x=x)
    scale = alt.Scale(domain=[-_FULL, 0, _FULL], range=[COOL, _MIDDLE, WARM], clamp=True, interpolate="rgb")
    dots = base.mark_point(filled=True, size=34, opacity=1).encode(
        y=alt.Y("plain:Q", title="Reading (SD)"),
        color=alt.Color("plain:Q", scale=scale, legend=None),
        tooltip=tips(
            text="Token", attempt=("Attempt", Q), plain=("Reading", "+.2f"), encouraged=("Encouraged", "+.2f")
        ),
    )
    kind = base.mark_line(color=USABLE, strokeDash=[5, 3], strokeWidth=2).encode(y=alt.Y("encouraged:Q"))
    starts = pd.DataFrame({"token": [found.attempt.index(i) for i in sorted(set(found.attempt))]})
    starts["label"] = [f"{i + 1}" for i in range(len(starts))]
    fences = alt.Chart(starts).mark_rule(color=NULL, opacity=0.5).encode(x=alt.X("token:Q"))
    numbers = (
        alt.Chart(starts)
        .mark_text(align="left", dx=4, color=INK)
        .encode(x=alt.X("token:Q"), y=alt.value(8), text=alt.Text("label:N"))
    )
    layers = [fences, base.mark_line(color=NULL, strokeWidth=1).encode(y=alt.Y("plain:Q")), kind, dots, numbers]
    start, end = found.cheat
    if end > start:
        place = pd.DataFrame({"start": [start], "end": [end], "words": [found.cheat_words]})
        mark = alt.Chart(place).mark_rect(color=CHOSEN, opacity=0.3)
        layers.insert(0, mark.encode(x=alt.X("start:Q"), x2=alt.X2("end:Q"), tooltip=tips(words="The option to cheat")))
    _, sentence = found.drift_of(emotion)
    return layered(
        layers,
        title=sentence.rstrip("."),
        subtitle=f"Layer {found.layer}; running means of seven tokens in SD of neutral tokens, from blue (less) "
        "to red (more); dashed green: with encouragement" + ("; violet: the cheat" if end > start else ""),
        height=320,
    )


def dose_table(found: DoseReading) -> pd.DataFrame:
    """One row an emotion: its change with the number, p and q against control directions, and what was expected."""
    return pd.DataFrame(
        {
            "emotion": list(found.emotions),
            "spearman": found.trend.spearman,
            "change": found.trend.change,
            "range": found.ranges,
            "p": found.trend.chance.p_value,
            "q": found.trend.chance.q_value,
            "against": [found.trend.chance.against(e) for e in range(len(found.emotions))],
            "evidence": [found.evidence(name) for name in found.emotions],
            "expected": [found.expected.get(name, "") for name in found.emotions],
            "outcome": [found.outcome(name) if name in found.expected else "" for name in found.emotions],
        }
    ).sort_values(["expected", "q", "range"], ascending=[False, True, False])


def dose_sentence(found: DoseReading) -> str:
    """Which expected emotions follow the number, from its numbers alone; no full stop."""
    if not found.expected:
        moving = sum(found.trend.evidence)
        return f"{moving} of {len(found.emotions)} emotions go with the number beyond directions without a meaning"
    outcomes = {name: found.outcome(name) for name in found.expected}
    parts = []
    for way, verb in (("rise", "rises"), ("fall", "falls")):
        names = [name for name, outcome in outcomes.items() if outcome == "met" and found.expected[name] == way]
        if names:
            parts.append(f"{_listed(names)} {verb if len(names) == 1 else way} with the number as expected")
    for outcome, words in (("not met", "the opposite way"), ("no evidence", "no evidence")):
        names = [name for name, one in outcomes.items() if one == outcome]
        if names:
            parts.append(f"{words} for {_listed(names)}")
    return capital("; ".join(parts))


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def dose(found: DoseReading, emotions: list[str], *, logarithmic: bool) -> alt.LayerChart:
    """Readings of some emotions against the number."""
    rows: list[dict[str, Any]] = []
    for emotion in emotions:
        e = found.emotions.index(emotion)
        rows += [
            {"x": x, "reading": float(value), "emotion": emotion}
            for x, value in zip(found.x, found.values[:, e], strict=True)
        ]
    # Rounded to powers of ten, a logarithmic axis would be half empty.
    low, high = min(found.x), max(found.x)
    scale = alt.Scale(type="log", domain=[low / 1.15, high * 1.15], nice=False) if logarithmic else alt.Scale(nice=True)
    axis = alt.Axis(values=sorted(set(found.x)), format="~s", labelOverlap=True) if logarithmic else alt.Axis()
    base = alt.Chart(pd.DataFrame(rows)).encode(
        x=alt.X("x:Q", title="Number in the text", scale=scale, axis=axis),
        y=alt.Y("reading:Q", title="Reading (SD)", scale=alt.Scale(zero=False, nice=True)),
        color=by_name("emotion", emotions),
    )
    dots = base.mark_point(filled=True, size=60, opacity=1).encode(
        shape=alt.Shape("emotion:N", legend=None),
        tooltip=tips(emotion="Emotion", x=("Number", Q), reading=("Reading", "+.2f")),
    )
    return layered(
        [base.mark_line(strokeWidth=1.5), dots],
        title=dose_sentence(found),
        subtitle=f"Layer {found.layer}; {len(found.x)} values; in standard deviations of neutral texts",
        height=320,
    )


def watched_table(found: Watched) -> pd.DataFrame:
    """One row a token: reading, score, and whether it fires."""
    return pd.DataFrame(
        {
            "token": np.arange(len(found.tokens)),
            "text": list(found.tokens),
            "reading": found.values,
            "score": found.scores,
            "threshold": found.threshold.value,
            "fires": found.scores > found.threshold.value,
        }
    )


def watched(found: Watched) -> alt.LayerChart:
    """The score along the text; a long text as the highest score of each stretch, so that no alarm is lost."""
    table = _in_stretches(watched_table(found), score="max", fires="any")
    table = table.dropna(subset=["score"]).assign(alarm=lambda t: np.where(t["fires"], "above", "below"))
    x = alt.X("token:Q", title="Token", scale=alt.Scale(nice=False))
    base = alt.Chart(table).encode(x=x, y=alt.Y("score:Q", title="Score (SD)"))
    line = base.mark_line(color=CHOSEN, strokeWidth=1.5)
    dots = base.mark_point(filled=True, opacity=1).encode(
        color=alt.Color("alarm:N", scale=alt.Scale(domain=["above", "below"], range=[WARM, CHOSEN]), legend=None),
        size=alt.condition(alt.datum.alarm == "above", alt.value(55), alt.value(14)),
        tooltip=tips(text="Token", score=("Score", "+.2f")),
    )
    rule = alt.Chart(pd.DataFrame({"y": [found.threshold.value]})).mark_rule(color=WARM, strokeDash=[6, 4])
    layers = [rule.encode(y=alt.Y("y:Q")), line, dots]
    if found.flagged:
        places = pd.DataFrame({"token": [one.token for one in found.flagged], "phrase": found.phrase})
        mark = alt.Chart(places).mark_rule(color=NULL, strokeWidth=2)
        layers.append(mark.encode(x=alt.X("token:Q"), tooltip=tips(phrase="Phrase")))
    settings = found.threshold.settings
    count = len(found.alarms)
    return layered(
        layers,
        title=f"The monitor on {settings.emotion} fires {count} time{'' if count == 1 else 's'}",
        subtitle=f"Layer {found.threshold.layer}; mean reading of the last {settings.window} tokens in SD of neutral "
        f"tokens; dashed: threshold {found.threshold.value:.2f}" + ("; grey: the phrase" if found.flagged else ""),
        height=280,
    )


def labelled_table(found: LabelledReading) -> pd.DataFrame:
    """One row a conversation: its label, highest score, and the first alarm."""
    return pd.DataFrame(
        {
            "conversation": list(found.names),
            "label": list(found.labels),
            "highest_score": found.peaks,
            "fires": [first >= 0 for first in found.first],
            "first_alarm": [first if first >= 0 else None for first in found.first],
            "tokens": list(found.lengths),
        }
    ).astype({"first_alarm": "Int64"})


def roc(found: LabelledReading) -> alt.LayerChart:
    """The curve, the diagonal of chance, and the chosen threshold with its intervals."""
    scale = alt.Scale(domain=[0, 1])
    curve = pd.DataFrame({"x": found.false_positives, "y": found.true_positives})
    x = alt.X("x:Q", title="False alarms (share of the others)", scale=scale, axis=alt.Axis(format="%"))
    y = alt.Y("y:Q", title="Caught (share)", scale=scale, axis=alt.Axis(format="%"))
    diagonal = alt.Chart(pd.DataFrame({"x": [0, 1], "y": [0, 1]})).mark_line(color=NULL, strokeDash=[3, 3])
    line = alt.Chart(curve).mark_line(color=CHOSEN, strokeWidth=2.5, interpolate="step-after").encode(x=x, y=y)
    caught, positives = found.caught(True)
    false, negatives = found.caught(False)
    low, high = wilson(caught, positives)
    left, right = wilson(false, negatives)
    at = pd.DataFrame(
        [{"x": false / negatives, "y": caught / positives, "low": low, "high": high, "left": left, "right": right}]
    )
    point = alt.Chart(at).mark_point(filled=True, size=110, color=WARM, opacity=1)
    cross = [
        alt.Chart(at).mark_rule(color=WARM).encode(x=x, y=alt.Y("low:Q"), y2=alt.Y2("high:Q")),
        alt.Chart(at).mark_rule(color=WARM).encode(y=y, x=alt.X("left:Q"), x2=alt.X2("right:Q")),
    ]
    layers = [diagonal.encode(x=x, y=y), line, *cross, point.encode(x=x, y=y)]
    return layered(
        layers,
        title=f"A labelled conversation peaks higher than another one in {found.auroc:.0%} of pairs",
        subtitle=f"AUROC {found.auroc:.2f}, 95 % {found.auroc_low:.2f} to {found.auroc_high:.2f}; {positives} labelled "
        f"and {negatives} others; the point is the chosen threshold with its intervals",
        height=320,
    )


# A token of a conversation by layer.

_MOST = 5  # emotions drawn at once


def by_layer_table(talk: Talk, reply: int, token: int) -> pd.DataFrame:
    """One row a layer and emotion."""
    values = talk.replies[reply].values[token]  # (layers, emotions)
    return pd.DataFrame(
        {
            "layer": np.repeat(np.array(talk.layers), len(talk.emotions)),
            "emotion": list(talk.emotions) * len(talk.layers),
            "reading": values.reshape(-1),
        }
    )


def by_layer_chart(talk: Talk, reply: int, token: int, emotion: str) -> alt.LayerChart:
    """The strongest emotions of a token at every layer, the chosen one among them."""
    table = by_layer_table(talk, reply, token)
    at = table[table["layer"] == talk.layer]
    strongest = at.reindex(at["reading"].abs().sort_values(ascending=False).index)["emotion"].tolist()
    shown = list(dict.fromkeys([emotion, *strongest]))[:_MOST]
    colour = by_name("emotion", shown)
    line = (
        alt.Chart(table[table["emotion"].isin(shown)])
        .mark_line(point=True)
        .encode(
            x=alt.X("layer:Q", title="Layer", axis=alt.Axis(tickMinStep=1, format="d")),
            y=alt.Y("reading:Q", title="Reading (SD)"),
            color=colour,
            tooltip=["layer:Q", "emotion:N", alt.Tooltip("reading:Q", format="+.2f")],
        )
    )
    here = (
        alt.Chart(pd.DataFrame({"x": [talk.layer]})).mark_rule(color=CHOSEN, strokeDash=[4, 4]).encode(x=alt.X("x:Q"))
    )
    spelled = talk.replies[reply].tokens[token].strip() or "this token"
    words = f"Readings of “{spelled}” by layer; the line marks layer {talk.layer}, which colours the text"
    return layered([zero_line(), here, line], title=words, height=240, description=words)


# A sentence's emotions as bars.


def ranking_table(found: Ranking) -> pd.DataFrame:
    """One row an emotion: its mean reading, and the lines of the highest and lowest of as many random directions."""
    return pd.DataFrame(
        {
            "emotion": list(found.emotions),
            "mean": found.means,
            "lowest_random": np.full(len(found.means), found.lowest),
            "highest_random": np.full(len(found.means), found.highest),
        }
    )


def _beyond(found: Ranking) -> str:
    """Which emotions read beyond the lines, in words: at most three a side by name."""
    high, low = found.means > found.highest, found.means < found.lowest
    sides = []
    for word, side in (("above", high), ("below", low)):
        names = [one for one, beyond in zip(found.emotions, side, strict=True) if beyond]
        names = names if word == "above" else names[::-1]
        more = f" and {len(names) - 3} more" if len(names) > 3 else ""
        verb = "reads" if len(names) == 1 else "read"
        sides += [f"{', '.join(names[:3])}{more} {verb} {word} random directions"] if names else []
    return "; ".join(sides) or "none reads beyond random directions"


def ranking_chart(found: Ranking) -> alt.LayerChart:
    """Bars of the emotions at both ends, with the line that the highest of as many random directions stays below."""
    table = ranking_table(found)
    names = list(found.emotions)
    base = alt.Chart(table).encode(
        y=alt.Y("emotion:N", sort=names, title=None, axis=alt.Axis(labelLimit=140, labelOverlap=False)),
        tooltip=["emotion:N", alt.Tooltip("mean:Q", format="+.2f", title="mean, SD of neutral tokens")],
    )
    colour = alt.condition("datum.mean > 0", alt.value(WARM), alt.value(COOL))
    bars = base.mark_bar(height=12).encode(
        x=alt.X("mean:Q", title="Mean over the tokens, SD of neutral tokens", axis=alt.Axis(tickCount=7)), color=colour
    )
    lines = pd.DataFrame({"x": [found.lowest, found.highest]})
    rules = (
        alt.Chart(lines).mark_rule(strokeWidth=1.5, strokeDash=[5, 3], opacity=0.7, color=INK).encode(x=alt.X("x:Q"))
    )
    title = f"Of {found.of} emotions {_beyond(found)}"
    titled = alt.layer(bars, rules).properties(
        height=28 * len(names) + 60,
        title=alt.TitleParams(
            title,
            subtitle=f"Dashed: in 95 of 100 draws all of {found.of} random directions stay between the lines on the "
            "same words",
            anchor="start",
        ),
    )
    return cast(alt.LayerChart, titled)
