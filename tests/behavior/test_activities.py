"""Lists of activities as visitors write them."""

import pytest

from emotion_core.base.errors import PromptSetError
from emotion_core.behavior.scenes import parse_activities


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.csv", b"Activity,kind\nsing,x\n\nmop  the floor,\n"),
        ("a.csv", b"\xef\xbb\xbfactivity;kind\nsing;x\nmop the floor;\n"),
        ("a.tsv", b"activity\tkind\nsing\tx\nmop the floor\t\n"),
        ("a.json", b'[{"activity": "sing", "kind": "x"}, {"activity": "mop the floor"}]'),
        ("a.jsonl", b'{"activity": "sing", "kind": "x"}\n{"activity": "mop the floor"}\n'),
        ("a.json", b'{"by": "us", "activities": [{"task": "sing", "kind": "x"}, {"task": "mop the floor"}]}'),
    ],
)
def test_the_forms_of_a_list(name, data):
    assert parse_activities(name, data) == (("sing", "mop the floor"), ("x", ""))


def test_one_activity_a_line():
    assert parse_activities("mine.txt", b"sing\r\n\r\n mop \n")[0] == ("sing", "mop")
    assert parse_activities("mine.txt", b"Activity\nsing\nmop\n")[0] == ("sing", "mop")


@pytest.mark.parametrize("data", [b'["sing", "mop"]', b'{"activities": ["sing", "mop"]}'])
def test_lists_of_texts(data):
    assert parse_activities("a.json", data)[0] == ("sing", "mop")
    assert parse_activities("a.json", b'{"x": ["sing"], "y": ["mop"]}') == (("sing", "mop"), ("x", "y"))


@pytest.mark.parametrize(
    ("name", "data", "says"),
    [
        ("a.csv", b"activity\n", "no activities"),
        ("a.txt", b" \n", "empty"),
        ("a.csv", b"thing\nsing\n", "no column 'activity'"),
        ("a.csv", b"activity,kind\nsing,a\n,b\n", "row 2"),
        ("a.csv", b"activity\nsing\nSING\n", "rows 1 and 2"),
        ("a.txt", b"x" * 501, "too long"),
        ("a.json", b'{"activity": "sing"}', "not a list"),
        ("a.ods", b"PK", "cannot be read|CSV"),
        ("a.csv", b"\xff\xfe\x00", "UTF-8|text"),
    ],
)
def test_faults_are_named_with_their_place(name, data, says):
    with pytest.raises(PromptSetError, match=says):
        parse_activities(name, data)


@pytest.mark.parametrize("mark", ["{}. ", "{}) ", "- ", ""])
def test_numbers_and_dashes_of_a_list_are_no_part_of_the_activities(mark: str) -> None:
    lines = [mark.format(i) + text for i, text in enumerate(("mop the floor", "sing", "2 hours of chess"), start=1)]
    expected = ("mop the floor", "sing", "2 hours of chess")
    assert parse_activities("mine.txt", "\n".join(lines).encode())[0] == expected
    assert parse_activities("mine.csv", "\n".join(["task", *lines]).encode())[0] == expected


def test_an_encoding_that_nothing_would_say_is_refused() -> None:
    for name in ("mine.txt", "mine.csv"):
        with pytest.raises(PromptSetError, match="UTF-8"):
            parse_activities(name, "activity\nsit in a café\nsing\n".encode("cp1252"))
