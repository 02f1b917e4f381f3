"""Every text that a visitor can type or upload: refused with words, or understood; nothing else happens."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from hostile_helpers import FEWER, MANY, nothing_touched
from hypothesis import example, given
from hypothesis import strategies as st

from emotion_core.base.errors import EmotionCoreError
from emotion_core.base.settings import HOSTED
from emotion_core.behavior.preference_settings import standard_wording
from emotion_core.behavior.scenes import check_pattern, parse_activities, parse_scenes
from emotion_core.geometry.norms import read_norms
from emotion_core.models.catalogue import require_allowed
from emotion_core.prompts.files import read_prompt_bytes
from emotion_core.prompts.library import read_conversation
from emotion_core.reading.attempts import read_attempts_file
from emotion_core.reading.dose import make_template, parse_values
from emotion_core.reading.monitor import read_labelled
from emotion_core.reading.text import check_length
from emotion_core.runs.store import RunStore
from emotion_core.steering.settings import SweepSettings, parse_strengths
from ui.fields import names_of_text, names_to_text

NASTY = st.sampled_from(
    ["", " ", "\0", "../../etc/passwd", "<script>alert(1)</script>", "{x}", "{x.__class__}", "{0}", "%s", "=1+1",
     "1e999", "-nan", "nan:nan:nan", "0:1:1e-300", "1:2:3:4", "1_000", "٣", "Z" * 5000, "\u202e", "\ud800", "𝒳",
     "'; DROP TABLE runs; --", "${jndi:ldap://x}", "__import__('os').system('id')", "(a+)+$", "(?:" * 60]
)  # fmt: skip
TEXT = st.one_of(NASTY, st.text(max_size=60), st.text(st.sampled_from("0123456789.,:;-+eE {x}naif"), max_size=25))
FILE_NAMES = st.one_of(
    st.sampled_from(["a.json", "../../a.csv", "a.CSV", "", "a.jsonl", "a.txt", "\x00.tsv", "<b>.json"]), TEXT
)
KEYS = re.findall(
    r"\w+",
    "role content activity kind name scenario pattern group options text counts messages turns label task attempts "
    "said outcome cheat encouragement x",
)
PLAIN = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), TEXT, st.sampled_from(["user", "assistant"])),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(KEYS), inner, max_size=5)),
    max_leaves=12,
)


def nearly(one: dict[str, object], most: int = 3) -> st.SearchStrategy[object]:
    """A list of what a reader expects, with parts of it left out or replaced by anything."""
    item = st.fixed_dictionaries({}, optional={key: st.one_of(st.just(value), PLAIN) for key, value in one.items()})
    return st.lists(st.one_of(st.just(one), item), max_size=most)


TURNS = [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]
ATTEMPT = {"said": "I try a key.", "outcome": "It does not fit."}
# What each reader of JSON understands.
SHAPES: dict[str, st.SearchStrategy[object]] = {
    "conversation": nearly({"role": "user", "content": "a"}),
    "activities": nearly({"name": "a", "activity": "sing", "kind": "b"}),
    "scenarios": nearly({"name": "a", "scenario": "b", "options": [{"text": "c", "counts": True}], "pattern": "d"}),
    "labelled": st.tuples(nearly({"messages": TURNS, "label": True}), nearly({"turns": TURNS, "label": 0})).map(
        lambda two: [*two[0], *two[1]]
    ),
    "attempts": st.tuples(nearly(ATTEMPT, 4), TEXT, st.one_of(st.just("a key"), TEXT), TEXT).map(
        lambda one: {"name": "a", "attempts": one[0], "task": one[1], "cheat": one[2], "encouragement": one[3]}
    ),
}
SHAPES["activities of a visitor"] = SHAPES["activities"]
SHAPES["scenarios of a visitor"] = SHAPES["scenarios"]
FIELDS: dict[str, Callable[[str], object]] = {
    "strengths": parse_strengths,
    "numbers of a dose": parse_values,
    "template": lambda text: make_template(text, (1.0, 2.0, 3.0)),
    "text to read": check_length,
    "pattern of a scenario": lambda text: check_pattern(text, "scenario"),
    "model of a link": lambda text: require_allowed(text, HOSTED),
    "question": lambda text: standard_wording(False, text, text),
    "words of the rival": lambda text: (
        SweepSettings(emotion="fear", prompts=(text,), strengths=(0.1,), words=text).in_words
    ),
    "names of a link": lambda text: names_to_text(names_of_text(text)),
}
UPLOADS: dict[str, Callable[[str, bytes], object]] = {
    "prompts": read_prompt_bytes,
    "conversation": read_conversation,
    "norms": lambda name, data: read_norms(data, name),
    "activities of a visitor": parse_activities,
    "scenarios of a visitor": parse_scenes,
    "labelled": read_labelled,
    "attempts": read_attempts_file,
}


def written(shape: st.SearchStrategy[object]) -> st.SearchStrategy[bytes]:
    """As JSON, or as JSONL."""
    lines = shape.map(lambda one: "\n".join(map(json.dumps, one)) if isinstance(one, list) else json.dumps(one))
    return st.one_of(shape.map(json.dumps), lines).map(str.encode)


def understood_or_refused(call: Callable[[], object]) -> None:
    with nothing_touched():
        try:
            call()
        except EmotionCoreError as error:
            assert error.what and len(error.message) < 8000


@pytest.mark.parametrize("field", FIELDS)
def test_any_text(field: str) -> None:
    @FEWER
    @given(TEXT)
    def holds(text: str) -> None:
        understood_or_refused(lambda: FIELDS[field](text))

    holds()


@pytest.mark.parametrize("upload", UPLOADS)
def test_any_file(upload: str) -> None:
    @MANY
    @given(FILE_NAMES, st.one_of(st.binary(max_size=200), written(PLAIN), written(SHAPES.get(upload, PLAIN))))
    def holds(name: str, data: bytes) -> None:
        understood_or_refused(lambda: UPLOADS[upload](name, data))

    holds()


@pytest.mark.parametrize("upload", UPLOADS)
@pytest.mark.parametrize(
    "data", [b"[" * 200_000, b'{"a":' * 100_000, b"\xff\xfe" * 1000, b"1," * 500_000, b'"' * 9999, b'""']
)
def test_deep_long_and_empty_files(upload: str, data: bytes) -> None:
    for name in ("a.json", "a.csv", "a.txt"):
        understood_or_refused(lambda name=name: UPLOADS[upload](name, data))


def test_ids_of_links_never_leave_the_store(tmp_path: Path) -> None:
    store = RunStore(tmp_path / "data")
    outside = tmp_path / "secret"
    outside.write_bytes(b"secret")

    @FEWER
    @example("\ud800", "")
    @given(st.one_of(TEXT, st.sampled_from(["..", "../..", "../../secret", "/etc", str(outside)])), TEXT)
    def holds(run_id: str, name: str) -> None:
        for act in (store.get, store.files, lambda one: store.read(one, name), lambda one: store.read(one, "secret")):
            try:
                found = act(run_id)
            except EmotionCoreError:
                continue
            assert found == ()

    holds()
    assert outside.read_bytes() == b"secret" and sorted(one.name for one in tmp_path.iterdir()) == ["data", "secret"]
