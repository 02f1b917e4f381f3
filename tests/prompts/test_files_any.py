"""Whatever comes, the readers give a PromptSet that survives a round trip, or a PromptSetError."""

from __future__ import annotations

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from emotion_core.base.errors import PromptSetError
from emotion_core.prompts.checks import check
from emotion_core.prompts.files import read_prompt_bytes, to_csv
from emotion_core.prompts.prompt_set import PromptSet

NAMES = st.one_of(
    st.sampled_from(
        ["a.csv", "a.tsv", "a.json", "a.jsonl", "../a.CSV", ".csv", "a", "a.txt", "\0.json", "a.xlsx", "a.csv.gz"]
    ),
    st.text(),
)
CELLS = st.one_of(
    st.text(max_size=20), st.sampled_from(["a", "b", "train", "heldout", '"', "x,y", "\r", "\n", "\x1f", " "])
)
# Ours, and those by which layouts and documents of others are told.
KEYS = ["text", "Text ", "emotion", "labels", "id", "chosen", "rejected", "conv_id", "utterance", "context", "prompt"]
KEYS += [
    "data",
    "columns",
    "rows",
    "row",
    "classes",
    "instruction",
    "questions",
    "pos",
    "neg",
    "train",
    "role",
    "content",
]
ANY_JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5)),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(st.sampled_from(KEYS), inner)),
    max_leaves=8,
)


def reads_or_refuses(name: str, data: bytes) -> PromptSet | None:
    try:
        prompt_set = read_prompt_bytes(name, data)
    except PromptSetError as error:
        assert error.what
        assert error.where
        assert error.remedy
        return None
    again = read_prompt_bytes("again.csv", to_csv(prompt_set).encode())
    assert again.sha256 == prompt_set.sha256
    for finding in check(prompt_set):
        assert set(finding.rows) <= {t.row for t in prompt_set.texts} | set(prompt_set.dropped_rows)
    return prompt_set


@settings(max_examples=300, deadline=None)
@given(NAMES, st.one_of(st.binary(max_size=200), st.text(max_size=200).map(str.encode)))
def test_any_bytes(name: str, data: bytes) -> None:
    reads_or_refuses(name, data)


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from(["csv", "tsv"]),
    st.sampled_from([",", ";", "\t"]),
    st.lists(st.lists(CELLS, max_size=6), max_size=8),
)
def test_any_table(kind: str, separator: str, rows: list[list[str]]) -> None:
    header = separator.join(["Emotion", " text", "topic", "split"])
    body = "\n".join(separator.join(row) for row in rows)
    reads_or_refuses(f"a.{kind}", f"{header}\n{body}".encode("utf-8", "surrogatepass"))


@settings(max_examples=300, deadline=None)
@given(ANY_JSON, st.lists(ANY_JSON, max_size=6))
def test_any_json(document: object, rows: list[object]) -> None:
    for one in (document, rows):
        reads_or_refuses("a.json", json.dumps(one).encode())
    reads_or_refuses("a.jsonl", "\n".join(json.dumps(one) for one in rows).encode())


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(["joy", "Fear"]), st.text(min_size=1), st.text(max_size=3)), min_size=6, max_size=12
    ),
    st.integers(0, 5),
)
def test_any_good_rows_survive_the_round_trip(rows: list[tuple[str, str, str]], seed: int) -> None:
    document = [
        {"emotion": emotion, "text": f"{i}{text}".replace("\0", "").encode("utf-8", "ignore").decode(), "topic": ""}
        for i, (emotion, text, _) in enumerate(rows)
    ]
    emotions = [row["emotion"] for row in document]
    prompt_set = reads_or_refuses("a.json", json.dumps(document).encode())
    assert (prompt_set is not None) == all(emotions.count(one) != 1 for one in ("joy", "Fear"))
