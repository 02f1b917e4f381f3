"""Columns renamed, reordered, split over files, three encodings, four separators: the same set, or a sentence."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from emotion_core.base.errors import PromptSetError
from emotion_core.prompts.files import read_prompt_bytes, read_prompt_files, together
from emotion_core.prompts.prompt_set import PromptSet

# Known names, names that nobody knows, and names that mean something else elsewhere.
NAMES = {
    "positive": ["positive", "POS", "chosen", "Positive prompt", "prompt_a", "dark", "text a", "2"],
    "negative": ["negative", "neg", "rejected", "Negative-Prompt", "prompt_b", "bright", "text b", "1"],
    "text": ["text", "Sentence", "content", "tweet", "body", "words", "prompt"],
    "emotion": ["emotion", "label", "Category", "sentiment", "what it is", "context"],
}
TEXT = st.text("aé ,;|\t\"'\nZß\\", min_size=1, max_size=12).filter(lambda text: text.strip())
ROW = st.tuples(st.sampled_from(["joy", "fear"]), TEXT, TEXT, st.sampled_from(["train", "heldout"]))


def written(header: Sequence[str], rows: Sequence[Sequence[str]], separator: str, encoding: str) -> bytes:
    buffer = io.StringIO(newline="")
    csv.writer(buffer, delimiter=separator, lineterminator="\r\n").writerows([header, *rows])
    return buffer.getvalue().encode(encoding)


def content(found: PromptSet) -> list[tuple[str, ...]]:
    """What a set holds, whatever the order of its rows."""
    step = 2 if found.form == "pairs" else 1
    groups = [found.texts[i : i + step] for i in range(0, len(found.texts), step)]
    return sorted((g[0].emotion, g[0].split, *(t.text for t in g)) for g in groups)


@settings(max_examples=300, deadline=None)
@given(
    st.booleans(),
    st.lists(ROW, min_size=6, max_size=12),
    st.data(),
    st.sampled_from([",", ";", "\t", "|"]),
    st.sampled_from(["utf-8", "utf-8-sig", "cp1252", "utf-16"]),
    st.booleans(),
    st.booleans(),
)
def test_the_same_set_or_a_sentence(
    pairs: bool,
    drawn: list[tuple[str, ...]],
    data: st.DataObject,
    separator: str,
    encoding: str,
    chosen: bool,
    part: bool,
) -> None:
    ours = ["positive", "negative"] if pairs else ["text", "emotion"]
    rows = [{"emotion": e, "positive": f"{i} {a}", "negative": b, "text": f"{i} {a}", "split": s}
            for i, (e, a, b, s) in enumerate(drawn)]  # fmt: skip
    plain = [*ours, "split"]
    names = {own: data.draw(st.sampled_from(NAMES[own])) for own in ours} | {"split": "split"}
    order = data.draw(st.permutations(plain))
    choice = {own: names[own] for own in ours} if chosen else None
    try:
        wanted = read_prompt_bytes("x.csv", written(plain, [[r[c] for c in plain] for r in rows], ",", "utf-8"))
    except PromptSetError:
        return  # too few rows of an emotion
    parts = ["train", "heldout"] if part else [""]
    kept = [one for one in order if not (part and one == "split")]
    files = [
        (
            f"{split.replace('heldout', 'test') or 'x'}.csv",
            written(
                [names[c] for c in kept],
                [[r[c] for c in kept] for r in rows if split in ("", r["split"])],
                separator,
                encoding,
            ),
        )
        for split in parts
    ]
    assert together([name for name, _ in files]) == [list(range(len(files)))]
    try:
        found = read_prompt_files(files, choice=choice, emotion="x" if pairs else "")
    except PromptSetError as error:
        assert error.what
        assert error.where
        assert error.remedy
        known = all(names[own] == NAMES[own][0] for own in ours)
        assert part or not (known and encoding.startswith("utf")), f"a plain file is refused: {error}"
        return
    assert content(found) == content(wanted)


def by(rows: Sequence[dict[str, str]], key: str) -> dict[str, list[dict[str, str]]]:
    """The rows under the values of one of their columns, without it."""
    values = dict.fromkeys(row[key] for row in rows)
    return {value: [{k: v for k, v in r.items() if k != key} for r in rows if r[key] == value] for value in values}


SHAPES: dict[str, Callable[[list[dict[str, str]]], object]] = {
    "records": lambda rows: rows,
    "a column each": lambda rows: {key: [row[key] for row in rows] for key in rows[0]},
    "columns by number": lambda rows: {key: {str(i): row[key] for i, row in enumerate(rows)} for key in rows[0]},
    "rows by number": lambda rows: {str(i): row for i, row in enumerate(rows)},
    "columns and data": lambda rows: {"columns": list(rows[0]), "data": [list(row.values()) for row in rows]},
    "under a key": lambda rows: {"version": 1, "rows": [{"row": row} for row in rows]},
    "by split": lambda rows: by(rows, "split"),
    "by split in a document": lambda rows: {"by": "us", "sets": by(rows, "split")},
    "by split and emotion": lambda rows: {split: by(own, list(own[0])[-1]) for split, own in by(rows, "split").items()},
    "texts by split and emotion": lambda rows: {
        split: {
            emotion: [next(iter(row.values())) for row in own] for emotion, own in by(part, list(part[0])[-1]).items()
        }
        for split, part in by(rows, "split").items()
    },
}


@settings(max_examples=100, deadline=None)
@given(
    st.sampled_from(list(SHAPES)),
    st.lists(ROW, min_size=6, max_size=12),
    st.sampled_from(["text", "Sentence", "content", "tweet"]),
    st.sampled_from(["emotion", "label", "Category"]),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
    st.sampled_from(["x.json", "x.txt"]),
)
def test_json_of_any_shape_is_the_same_set(
    shape: str, drawn: list[tuple[str, ...]], text: str, emotion: str, encoding: str, name: str
) -> None:
    rows = [{text: f"{i} {a}", emotion: e, "split": s} for i, (e, a, _, s) in enumerate(drawn)]
    if len({row["split"] for row in rows}) < 2:
        return  # a document with one split alone does not say which rows are held out
    plain = [[row[text], row[emotion], row["split"]] for row in rows]
    try:
        wanted = read_prompt_bytes("x.csv", written(["text", "emotion", "split"], plain, ",", "utf-8"))
    except PromptSetError:
        return  # too few rows of an emotion
    document = json.dumps(SHAPES[shape](rows), ensure_ascii=False)
    assert content(read_prompt_bytes(name, document.encode(encoding))) == content(wanted)
