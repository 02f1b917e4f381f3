"""Readers, file type by file type and fault by fault."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from emotion_core.base.errors import PromptSetError
from emotion_core.prompts.files import read_for_choice, read_prompt_bytes, read_prompt_files, read_prompt_path

PAIRS = [
    {"emotion": "fear", "positive": "one, two", "negative": 'he said "no"', "topic": "home", "split": "train"},
    {"emotion": "fear", "positive": "three\nlines", "negative": "four;five", "topic": "home", "split": "train"},
    {"emotion": "fear", "positive": "six ä 猫", "negative": "seven\tand", "topic": "sea", "split": "heldout"},
]
CSV = (
    'emotion,positive,negative,topic,split\nfear,"one, two","he said ""no""",home,train\n'
    'fear,"three\nlines",four;five,home,train\nfear,six ä 猫,seven\tand,sea,heldout\n'
)


def refused(data: str | bytes, name: str = "fear.csv") -> PromptSetError:
    with pytest.raises(PromptSetError) as caught:
        read_prompt_bytes(name, data.encode() if isinstance(data, str) else data)
    return caught.value


def encoded(kind: str) -> bytes:
    texts = {
        "csv": CSV,
        "json": json.dumps(PAIRS),
        "jsonl": "\n".join(json.dumps(row, ensure_ascii=False) for row in PAIRS),
        "tsv": CSV.replace("seven\tand", '"seven\tand"')
        .replace('"one, two"', "one@ two")
        .replace(",", "\t")
        .replace("@", ","),
    }
    return texts[kind].encode()


@pytest.mark.parametrize("kind", ["csv", "tsv", "json", "jsonl"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_every_file_type_gives_the_same_set(kind: str, mark: bytes) -> None:
    prompt_set = read_prompt_bytes(f"mine.{kind.upper()}", mark + encoded(kind))
    assert prompt_set.name == "mine"
    assert prompt_set.form == "pairs"
    assert prompt_set.seed is None
    assert [t.text for t in prompt_set.texts] == [r[s] for r in PAIRS for s in ("positive", "negative")]
    assert [t.side for t in prompt_set.texts] == ["positive", "negative"] * 3
    assert [t.pair for t in prompt_set.texts] == [0, 0, 1, 1, 2, 2]
    assert [t.row for t in prompt_set.texts] == [1, 1, 2, 2, 3, 3]
    assert [t.topic for t in prompt_set.texts] == ["home"] * 4 + ["sea"] * 2
    assert [t.split for t in prompt_set.texts] == ["train"] * 4 + ["heldout"] * 2
    assert prompt_set.sha256 == read_prompt_bytes("a.csv", CSV.encode()).sha256


def test_labelled_texts() -> None:
    data = "Emotion , TEXT,Note\njoy,a,why\njoy,b,\nanger,c,\nanger,d,\n"
    prompt_set = read_prompt_bytes("mine.csv", data.encode())
    assert prompt_set.form == "labelled"
    assert prompt_set.emotions == ("joy", "anger")
    assert {t.side for t in prompt_set.texts} == {"labelled"}
    assert [t.pair for t in prompt_set.texts] == [None] * 4
    assert prompt_set.texts[0].note == "why"


def test_pairs_without_emotion_are_named_after_the_file() -> None:
    assert read_prompt_bytes("/tmp/Stage fright.csv", b"positive,negative\na,b\nc,d").emotions == ("Stage fright",)


@pytest.mark.parametrize("separator", [";", "\t"])
def test_csv_with_other_separators(separator: str) -> None:
    data = "sep=,\npositive,negative,split\na,b,train\nc,d,train\n".replace(",", separator)
    assert [t.text for t in read_prompt_bytes("fear.csv", data.encode()).texts] == list("abcd")


def test_line_ends_white_space_and_blank_lines() -> None:
    data = b'\r\npositive,negative\r\n a ,b\r\n\r\n,,\r\nc,"d\r\ne"\r\n'
    prompt_set = read_prompt_bytes("fear.csv", data)
    assert [t.text for t in prompt_set.texts] == ["a", "b", "c", "d\ne"]
    assert [t.row for t in prompt_set.texts] == [1, 1, 4, 4], "blank lines count, as in a spreadsheet"


def test_split_words_in_any_case_and_an_empty_split_column() -> None:
    data = "positive,negative,split\na,b,Train\nc,d, TRAIN \ne,f,Held-Out\ng,h,held out\n"
    assert [t.split for t in read_prompt_bytes("f.csv", data.encode()).texts][::2] == ["train"] * 2 + ["heldout"] * 2
    empty = "positive,negative,split\n" + "".join(f"a{i},b{i},\n" for i in range(10))
    drawn = read_prompt_bytes("f.csv", empty.encode(), seed=3)
    assert drawn.seed == 3
    assert [t.split for t in drawn.texts].count("heldout") == 4


def test_the_seed_draws_the_split() -> None:
    data = ("positive,negative\n" + "".join(f"a{i},b{i}\n" for i in range(40))).encode()
    same = {read_prompt_bytes("f.csv", data, seed=1).sha256 for _ in range(3)}
    assert len(same) == 1
    assert read_prompt_bytes("f.csv", data, seed=2).sha256 not in same


def test_repeated_rows_are_left_out_and_told() -> None:
    data = "positive,negative,split\na,b,train\nc,d,train\na,b,heldout\n"
    prompt_set = read_prompt_bytes("f.csv", data.encode())
    assert [t.text for t in prompt_set.texts] == list("abcd")
    assert prompt_set.dropped == ("Row 3 repeats row 1 and is left out (heldout, the earlier one train)",)
    assert prompt_set.dropped_rows == (3,)


def test_two_spellings_of_an_emotion_are_one() -> None:
    prompt_set = read_prompt_bytes("f.csv", b"emotion,text\nJoy,a\njoy,b\nfear,c\nfear,d\n")
    assert prompt_set.emotions == ("Joy", "fear")
    assert prompt_set.dropped == ("The emotion 'joy' is read as 'Joy'",)


def test_unused_columns_are_told() -> None:
    prompt_set = read_prompt_bytes("f.csv", b"positive,negative,Author\na,b,x\nc,d,y\n")
    assert prompt_set.dropped == ("The column 'author' is not used",)


def test_a_file_that_is_held_out_altogether_can_be_read() -> None:
    prompt_set = read_prompt_bytes("f.csv", b"positive,negative,split\na,b,heldout\nc,d,heldout\n")
    assert prompt_set.part("train") == ()


WRONG_COLUMNS = [
    ("foo,bar\n1,2\n", "wrong columns", "foo, bar"),
    ("positive,topic\n1,2\n", "no column negative", "positive, topic"),
    ("negative\n1\n", "no column positive", "negative"),
    ("text\n1\n", "no column emotion", "text"),
    ("emotion,topic\na,b\n", "wrong columns", "emotion, topic"),
    ("positive,negative,text\na,b,c\n", "mixes contrast pairs and labelled", "positive, negative, text"),
    ("positive,negative,Positive\na,b,c\n", "column comes twice", "positive, negative, positive"),
]


@pytest.mark.parametrize(("data", "what", "found"), WRONG_COLUMNS)
def test_wrong_columns_name_what_is_there(data: str, what: str, found: str) -> None:
    error = refused(data)
    assert what in error.what
    assert error.found == found
    assert "fear.csv" in error.where


ROW_FAULTS = [
    ("positive,negative\na,b\n,d\n", "row 2, column positive", "The cell is empty"),
    ("positive,negative\na,b\nc\n", "row 2, column negative", "The cell is empty"),
    ("emotion,text\njoy,a\n ,b\n", "row 2, column emotion", "The cell is empty"),
    ("emotion,positive,negative\njoy,a,b\n,c,d\n", "row 2, column emotion", "The cell is empty"),
    ("emotion,text,split\njoy,a,train\njoy,b,oops\n", "row 2, column split", "Unknown split"),
    ("emotion,text,split\njoy,a,train\njoy,b,\n", "row 2, column split", "The cell is empty"),
    (f"emotion,text\njoy,a\njoy,{'x' * 100_001}\n", "row 2, column text", "The cell is too long"),
    (f"emotion,text\njoy,a\njoy,{'x' * 200_000}\n", "row 2", "A cell is far too long"),
    (f"emotion,text\njoy,a\n{'x' * 101},b\n", "row 2, column emotion", "The cell is too long"),
    ("emotion,text\njoy,a\njoy,well, no\n", "row 2", "The row has more cells than there are columns"),
    ('emotion,text\njoy,"a, b"\njoy,"open\n', "row 2", "The quotes of the row do not match"),
]


@pytest.mark.parametrize(("data", "place", "what"), ROW_FAULTS)
def test_a_faulty_cell_is_named_with_row_and_column(data: str, place: str, what: str) -> None:
    error = refused(data)
    assert error.where == f"fear.csv, {place}"
    assert error.what == what
    assert error.expected
    assert error.found
    assert error.remedy


def test_a_text_of_exactly_the_limit_is_read() -> None:
    data = f"emotion,text\njoy,{'x' * 100_000}\njoy,b\n"
    assert len(read_prompt_bytes("f.csv", data.encode()).texts[0].text) == 100_000


def test_all_faults_of_a_file_come_in_one_error() -> None:
    rows = "".join(f"joy{i},,train\n" for i in range(14))
    error = refused("emotion,text,split\njoy,a,oops\n" + rows)
    assert error.what.startswith("15 places")
    assert "row 1, column split" in error.found
    assert "row 10, column text" in error.found
    assert "row 11" not in error.found
    assert "and 5 more" in error.found


JSON_FAULTS = [
    ("fear.json", '{"positive": "a"}', "not a list", "an object"),
    ("fear.json", "[1, 2]", "2 places", "row 1: the row is not an object"),
    ("fear.json", '[{"positive": "a",]', "not valid JSON", ""),
    ("fear.json", "[" * 100_000, "not a list", "nested"),
    ("fear.json", '[{"emotion": "joy", "text": 3}]', "not a text", "3"),
    ("fear.json", '[{"emotion": "joy", "text": null}]', "wrong columns", "emotion"),
    ("fear.json", '[{"emotion": "joy", "text": "a\\u0000"}]', "what is no text", "NUL"),
    ("fear.json", '[{"emotion": "joy", "text": "a\\ud800"}]', "what is no text", "surrogate"),
    ("fear.json", '[{"text": "a", "Text": "b", "emotion": "joy"}]', "column comes twice", "Text"),
    ("fear.json", '[{"positive": "a", "negative": "b"}, {"text": "b", "emotion": "joy"}]', "mixes", "text"),
    ("fear.json", "[]", "no rows", "0 rows"),
    ("fear.json", "[{}]", "no rows", "0 rows"),
    ("fear.jsonl", '{"emotion": "joy", "text": "a"}\nnope\n', "not valid JSON", "Expecting value"),
    ("fear.jsonl", '{"emotion": "joy", "text": "a"}\n["joy"]\n', "not an object", "a list"),
    ("fear.jsonl", '"joy"', "not a list", "a text"),
]


@pytest.mark.parametrize(("name", "data", "what", "found"), JSON_FAULTS)
def test_json_faults(name: str, data: str, what: str, found: str) -> None:
    error = refused(data, name)
    assert what in error.what
    assert found in error.found
    assert name in error.where


FEW = [
    ("positive,negative\na,b\n", "too few training pairs", "1 for fear"),
    ("positive,negative\na,b\na,b\n", "too few training pairs", "1 for fear"),
    ("positive,negative,split\na,b,train\nc,d,heldout\n", "too few training pairs", "1 for fear"),
    ("positive,negative,split\na,b,heldout\n", "too few held-out pairs", "1 for fear"),
    ("emotion,text\njoy,a\njoy,b\nanger,c\n", "too few training texts", "1 for anger"),
    ("emotion,text,split\njoy,a,train\njoy,b,train\nanger,c,heldout\n", "too few training texts", "0 for anger"),
]


@pytest.mark.parametrize(("data", "what", "found"), FEW)
def test_too_few_rows(data: str, what: str, found: str) -> None:
    error = refused(data)
    assert what in error.what
    assert error.found == found


@pytest.mark.parametrize("data", ["positive,negative\n", "emotion,text\n\n,\n"])
def test_a_header_alone_is_no_set(data: str) -> None:
    assert "no rows" in refused(data).what


def test_a_file_of_50_mb_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "big.csv"
    with path.open("wb") as file:
        file.truncate(50 * 1024 * 1024)
    with pytest.raises(PromptSetError, match="too large"):
        read_prompt_path(path)
    with pytest.raises(PromptSetError, match=r"50\.0 MB"):
        read_prompt_bytes("big.csv", path.read_bytes())


@pytest.mark.parametrize(
    ("n_emotions", "n_rows", "found"), [(1001, 2002, "1,001 emotions"), (10, 250_001, "250,002 rows")]
)
def test_too_many_rows_or_emotions(n_emotions: int, n_rows: int, found: str) -> None:
    data = "emotion,text\n" + "".join(f"e{i % n_emotions},t{i}\n" for i in range(n_rows))
    assert refused(data).found == found


def test_a_line_of_thousands_of_cells_is_no_table_but_may_be_a_text() -> None:
    line = "a," * 5001
    assert refused(f"emotion,text\njoy,x\njoy,{line}\n").found == "5,003 columns"
    with pytest.raises(PromptSetError, match="too many columns"):
        read_for_choice("wide.csv", line.encode())
    assert read_prompt_bytes("joy.txt", f"{line}\nb\nc\n".encode()).texts[0].text == line


def test_of_many_rows_a_part_is_drawn_evenly_from_the_emotions() -> None:
    counts = {"joy": 15_000, "fear": 8_000, "grief": 77}
    rows = [f"{one},{one} {i},{'train' if i % 5 else 'test'}\n" for one, n in counts.items() for i in range(n)]
    data = ("emotion,text,split\n" + "".join(rows)).encode()
    found = read_prompt_bytes("go.csv", data)
    kept = {emotion: found.of(emotion) for emotion in counts}
    assert [len(each) for each in kept.values()] == [11_923, 8_000, 77]
    assert found.dropped[0] == "20,000 of 23,077 rows are kept, drawn evenly from the emotions (at most 11,923 of each)"
    assert abs(sum(t.split == "heldout" for t in kept["joy"]) / 11_923 - 0.2) < 0.01, "as in the file"
    assert [t.row for t in found.texts] == sorted(t.row for t in found.texts)
    assert found.sha256 == read_prompt_bytes("go.csv", data).sha256 != read_prompt_bytes("go.csv", data, seed=1).sha256
    pairs = "positive,negative\n" + "".join(f"a{i},b{i}\n" for i in range(30))
    assert len(read_prompt_files([("f.csv", pairs.encode())], most_texts=20).texts) == 20


def test_paths(tmp_path: Path) -> None:
    path = tmp_path / "fear.csv"
    path.write_bytes(CSV.encode())
    assert read_prompt_path(path) == read_prompt_bytes("fear.csv", CSV.encode())
    for missing in (tmp_path / "none.csv", tmp_path, "a\0b.csv"):
        with pytest.raises(PromptSetError, match="cannot be read"):
            read_prompt_path(missing)
