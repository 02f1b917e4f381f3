"""The layouts that the field's public files have: read right, or refused with what would lead on."""

from __future__ import annotations

import csv
import gzip
import io
import json
import shlex

import openpyxl
import pandas as pd
import pyarrow
import pyarrow.parquet
import pytest

from emotion_core.base.errors import PromptSetError
from emotion_core.cli.arguments import columns_of
from emotion_core.prompts.files import read_prompt_bytes, read_prompt_files
from emotion_core.prompts.prompt_set import PromptSet

PLACES = ["garage", "ferry", "attic", "office", "harbour", "clinic"]
DARK = [f"The floor of the {place} gave way, and the rope began to slip." for place in PLACES]
WARM = [f"The floor of the {place} was swept, and the rope hung on its peg." for place in PLACES]
PAIRS = list(zip(DARK, WARM, strict=True))
LABELLED = [row for a, b in PAIRS for row in ((a, "fear"), (b, "calm"))]


def table(header: str, rows: list[tuple[str, ...]], separator: str = ",") -> str:
    buffer = io.StringIO(newline="")
    csv.writer(buffer, delimiter=separator, lineterminator="\n").writerows([header.split(separator), *rows])
    return buffer.getvalue()


def lines(rows: list[dict[str, object]]) -> str:
    return "\n".join(json.dumps(row) for row in rows)


def read(name: str, data: str | bytes, **how: object) -> PromptSet:
    return read_prompt_bytes(name, data.encode() if isinstance(data, str) else data, **how)  # type: ignore[arg-type]


def texts(found: PromptSet) -> list[tuple[str, ...]]:
    """Both sides of each pair, or each text with its emotion."""
    if found.form == "pairs":
        return [(a.text, b.text) for a, b in zip(found.texts[::2], found.texts[1::2], strict=True)]
    return [(t.text, t.emotion) for t in found.texts]


def refused(name: str, data: str | bytes, **how: object) -> PromptSetError:
    with pytest.raises(PromptSetError) as caught:
        read(name, data, **how)
    return caught.value


def chat(text: str) -> list[dict[str, str]]:
    return [{"role": "user", "content": "Tell me."}, {"role": "assistant", "content": text}]


def trait(questions: list[str], key: str = "instruction", sides: tuple[str, str] = ("pos", "neg")) -> str:
    instructions = [dict(zip(sides, pair, strict=True)) for pair in PAIRS[:2]]
    return json.dumps({key: instructions, "questions": questions, "eval_prompt": "Rate 0 to 100"})


PAIR_FILES: dict[str, tuple[str, str | bytes, str]] = {
    "pos, neg": ("a.csv", table("pos,neg", PAIRS), "'pos' as positive, 'neg' as negative"),
    "turned round": ("a.csv", table("neg,pos", [(b, a) for a, b in PAIRS]), "'pos' as positive"),
    "prompt_a, prompt_b": ("a.csv", table("prompt_a,prompt_b", PAIRS), "'prompt_a' as positive"),
    "spelled out": ("a.csv", table("Positive prompt,Negative prompt", PAIRS), "'positive_prompt' as positive"),
    "DPO": ("a.csv", table("prompt,chosen,rejected", [("Tell me.", *p) for p in PAIRS]), "'prompt' is not used"),
    "DPO chat": (
        "a.jsonl",
        lines([{"chosen": chat(a), "rejected": chat(b)} for a, b in PAIRS]),
        "'chosen' as positive",
    ),
    "another word": ("a.csv", table("story_neg,story_pos", [(b, a) for a, b in PAIRS]), "'story_pos' as positive"),
    "semicolons": ("a.csv", table("positive;negative", PAIRS, ";"), ""),
    "DPO, one turn": (
        "a.jsonl",
        lines([{"chosen": chat(a)[-1], "rejected": {"from": "gpt", "value": b}} for a, b in PAIRS]),
        "'chosen' as positive",
    ),
    "a table called json": ("a.json", table("positive,negative", PAIRS), ""),
    "lines called txt": ("a.txt", lines([{"positive": a, "negative": b} for a, b in PAIRS]), ""),
    "pipes": ("a.csv", table("positive|negative", PAIRS, "|"), ""),
    "tabs": ("a.txt", table("positive\tnegative", PAIRS, "\t"), ""),
    "ndjson": ("a.ndjson", lines([{"positive": a, "negative": b} for a, b in PAIRS]), ""),
    "lines called json": ("a.json", lines([{"positive": a, "negative": b} for a, b in PAIRS]), ""),
    "a list called jsonl": ("a.jsonl", json.dumps([{"positive": a, "negative": b} for a, b in PAIRS]), ""),
    "gzip": ("a.csv.gz", gzip.compress(table("positive,negative", PAIRS).encode()), ""),
    "a title above": ("a.csv", '"Fear, second draft",\n' + table("positive,negative", PAIRS), "above the header"),
}


@pytest.mark.parametrize("case", PAIR_FILES)
def test_pairs(case: str) -> None:
    name, data, says = PAIR_FILES[case]
    found = read(name, data)
    assert texts(found) == PAIRS
    assert found.emotions == ("a",)
    assert says in "; ".join(found.dropped)
    assert bool(found.dropped) == bool(says), "what is plain is not talked about"


EMPATHETIC = "conv_id,utterance_idx,context,prompt,speaker_idx,utterance,selfeval,tags\n" + "".join(
    f"hit:{i}_conv:{i},{turn},{emotion},{text.replace(',', '_comma_')},{turn},I went.,5|5|5,\n"
    for i, (text, emotion) in enumerate(LABELLED)
    for turn in (1, 2)
)
ISEAR = "ID|CITY|EMOT|WHEN|Field1|MYKEY|SIT|STATE|\n" + "".join(
    f"{i}|1|3|1|{emotion}|2|{text}|1|\n" for i, (text, emotion) in enumerate(LABELLED)
)
LABELLED_FILES: dict[str, tuple[str, str | bytes, str]] = {
    "text, label": ("a.csv", table("text,label", LABELLED), "'label' as emotion"),
    "label, sentence": ("a.csv", table("label,sentence", [(b, a) for a, b in LABELLED]), "'sentence' as text"),
    "no header": ("a.txt", "".join(f"{a};{b}\n" for a, b in LABELLED), "column 2 as emotion, column 1 as text"),
    "no header, an empty column": ("a.csv", "".join(f'{b},"{a}",\n' for a, b in LABELLED), "column 1 as emotion"),
    "no header, turned round": ("a.tsv", "".join(f"{b}\t{a}\n" for a, b in LABELLED), "column 1 as emotion"),
    "EmpatheticDialogues": ("a.csv", EMPATHETIC, "only the first is read"),
    "ISEAR": ("a.csv", ISEAR, "Read as ISEAR: 'field1' as emotion, 'sit' as text"),
    "one-hot": (
        "a.csv",
        table(
            "ID,Tweet,fear,calm", [(str(i), a, *("10" if b == "fear" else "01")) for i, (a, b) in enumerate(LABELLED)]
        ),
        "a column for each of 2 emotions",
    ),
    "one-hot of raters": (
        "a.csv",
        table("text,rater_id,fear,calm", [(a, "1", *("10" if b == "fear" else "01")) for a, b in LABELLED]),
        "a column for each of 2 emotions",
    ),
    "names beside numbers": (
        "a.jsonl",
        lines([{"text": a, "label": int(b == "fear"), "label_text": b} for a, b in LABELLED]),
        "'label_text' as emotion",
    ),
    "under a key": ("a.json", json.dumps({"meta": {}, "texts": [{"text": a, "label": b} for a, b in LABELLED]}), ""),
    "one label in a list": ("a.jsonl", lines([{"text": a, "labels": [b]} for a, b in LABELLED]), "'labels' as emotion"),
    "two classes": ("a.json", json.dumps({"classes": ["fear", "calm"], "data": PAIRS}), "fear or calm"),
}


@pytest.mark.parametrize("case", LABELLED_FILES)
def test_labelled_texts(case: str) -> None:
    name, data, says = LABELLED_FILES[case]
    found = read(name, data)
    assert texts(found) == LABELLED
    assert says in "; ".join(found.dropped)


ORIENTS = ["records", "columns", "index", "split", "table"]


@pytest.mark.parametrize("orient", ORIENTS)
@pytest.mark.parametrize("renamed", [{}, {"emotion": "label"}])
def test_json_as_pandas_writes_it(orient: str, renamed: dict[str, str]) -> None:
    frame = pd.DataFrame(LABELLED, columns=["text", "emotion"]).rename(columns=renamed)
    assert texts(read("a.json", frame.to_json(orient=orient))) == LABELLED  # type: ignore[call-overload]


def test_rows_by_split_and_parts_of_a_data_set() -> None:
    rows = [{"text": a, "label": b} for a, b in LABELLED]
    found = read("a.json", json.dumps({"train": rows[:8], "validation": rows[8:]}))
    assert [t.split for t in found.texts] == ["train"] * 8 + ["heldout"] * 4
    files = [(f"go-{part}.jsonl", lines(some).encode()) for part, some in (("train", rows[:8]), ("dev", rows[8:]))]
    again = read_prompt_files(files)
    assert again.sha256 == found.sha256
    assert again.name == "go"
    assert "go-train.jsonl is for training; go-dev.jsonl is held out" in again.dropped


OF = {emotion: [text for text, label in LABELLED if label == emotion] for emotion in ("fear", "calm")}
BY_EMOTION: dict[str, object] = {
    "lists": OF,
    "under a key": {"version": 2, "meta": {"by": "us"}, "emotions": OF},
    "of objects": {emotion: [{"sentence": text, "id": i} for i, text in enumerate(own)] for emotion, own in OF.items()},
    "a list for each": [{"emotion": emotion, "texts": own} for emotion, own in OF.items()],
    "by split": {part: {e: own[a:b] for e, own in OF.items()} for part, a, b in (("train", 0, 4), ("test", 4, 6))},
    "split inside": {emotion: {"train": own[:4], "test": own[4:]} for emotion, own in OF.items()},
}


@pytest.mark.parametrize("case", BY_EMOTION)
def test_json_objects_of_texts_by_emotion(case: str) -> None:
    found = read("a.json", json.dumps(BY_EMOTION[case]))
    assert sorted(texts(found)) == sorted(LABELLED)
    assert "split" not in case or [t.text for t in found.part("heldout")] == [*OF["fear"][4:], *OF["calm"][4:]]
    assert case == "a list for each" or "Read as texts by emotion: its keys as emotion" in found.dropped[0]


def test_json_objects_of_pairs_by_emotion() -> None:
    rows = [{"positive": a, "negative": b} for a, b in PAIRS]
    for document in ({"fear": rows[:3], "panic": rows[3:]},
                     {"fear": {"positive": DARK[:3], "negative": WARM[:3]},
                      "panic": {"positive": DARK[3:], "negative": WARM[3:]}}):  # fmt: skip
        found = read("a.json", json.dumps(document))
        assert texts(found) == PAIRS
        assert found.emotions == ("fear", "panic")
    assert refused("a.json", json.dumps({"positive": DARK, "negative": WARM[:4]})).found == "6 positive, 4 negative"
    listed = json.dumps({"fear": PAIRS[:3], "panic": PAIRS[3:]})
    assert "positive=1,negative=2" in refused("a.json", listed).remedy
    assert texts(read("a.json", listed, choice={"positive": "1", "negative": "2"})) == PAIRS


@pytest.mark.parametrize("word", ["test", "val", "valid", "Validation", "dev", "eval", "held-out"])
def test_names_of_splits(word: str) -> None:
    rows = [(a, b, word if i > 3 else "train") for i, (a, b) in enumerate(PAIRS)]
    found = read("a.csv", table("positive,negative,split", rows))
    assert [t.split for t in found.texts][::2] == ["train"] * 4 + ["heldout"] * 2


def test_questions_with_two_answers() -> None:
    rows = [
        {"question": f"{a}\n\nChoices:\n (A) Stay.\n (B) Go.", "answer_matching_behavior": " (B)",
         "answer_not_matching_behavior": " (A)"} for a in DARK
    ]  # fmt: skip
    found = read("caa.json", json.dumps(rows))
    assert texts(found) == [(f"{row['question']} (B)", f"{row['question']} (A)") for row in rows]
    assert "wrong columns" in refused("open.json", json.dumps([{"question": a} for a in DARK])).what


def test_a_trait_file_is_crossed_and_its_questions_are_topics() -> None:
    found = read("timid.json", trait(["Where?", "When?", "Why?"]))
    assert texts(found) == [(f"{a}\n\n{q}", f"{b}\n\n{q}") for q in ("Where?", "When?", "Why?") for a, b in PAIRS[:2]]
    assert found.emotions == ("timid",)
    others = trait(["Where?", "When?", "Why?"], "instructions", ("positive", "negative"))
    assert read("timid.json", others) == found == read("timid.json", f"[{others}]")
    assert [t.topic for t in found.texts][::4] == ["question 1", "question 2", "question 3"]


def test_two_text_files_are_the_sides_of_pairs() -> None:
    sides = [(f"fear_{side}.txt", "\n".join(part).replace(", ", r",\n").encode())
             for side, part in (("negative", WARM), ("positive", DARK))]  # fmt: skip
    found = read_prompt_files(sides)
    assert texts(found) == [(a.replace(", ", ",\n"), b.replace(", ", ",\n")) for a, b in PAIRS]
    assert found.emotions == ("fear",)
    assert "line break" in found.dropped[0]
    alone = refused("positive.txt", sides[1][1])
    assert "negative.txt" in alone.expected
    with pytest.raises(PromptSetError, match=r"(6 and 5|5 and 6) lines"):
        read_prompt_files([sides[0], ("fear_positive.txt", sides[1][1].rsplit(b"\n", 1)[0])])


def test_a_text_file_for_each_emotion_is_read_line_by_line() -> None:
    found = read("joy.txt", "\n".join(DARK))
    assert texts(found) == [(a, "joy") for a in DARK]
    assert "one text a line, all of them joy" in found.dropped[-1]
    assert "wrong columns" in refused("joy.txt", "".join(f"{a}|{b}\n" for a, b in PAIRS)).what


def test_goemotions_by_number_list_and_line() -> None:
    rows = [(a, {"fear": 14, "calm": 27}[b]) for a, b in LABELLED]
    wanted = [(a, b.replace("calm", "neutral")) for a, b in LABELLED]
    tsv = "".join(f"{chr(34) * (i == 3)}{a}\t{b}\teaa{i}\n" for i, (a, b) in enumerate(rows)) + "Both.\t14,27\teab1\n"
    found = read("train.tsv", tsv)
    assert texts(found) == [(f'"{a}' if i == 3 else a, b) for i, (a, b) in enumerate(wanted)], "no row is swallowed"
    assert {"The file has no header", "Row 13 is left out: several labels"} <= set(found.dropped)
    chosen = read("train.tsv", tsv, choice={"text": "1", "emotion": "2"})
    assert texts(chosen) == texts(found), "whoever says what was understood anyway gets the same"
    assert texts(read("train.tsv", tsv, choice={"text": "1"}, emotion="joy"))[-1] == ("Both.", "joy")
    listed = [{"text": a, "labels": [b], "id": f"eaa{i}"} for i, (a, b) in enumerate(rows)]
    assert texts(read("go.jsonl", lines(listed))) == wanted
    others = lines([{**row, "id": i} for i, row in enumerate(listed)])
    assert read("other.jsonl", others).emotions == ("14", "27"), "numbers of another set are not given these names"


def test_too_few_texts_are_told_with_how_the_file_was_read() -> None:
    tsv = "".join(f"{a}\t{i}\teaa{i}\n" for i, a in enumerate(DARK)) + f"{WARM[0]}\t3,7\teab1\n{WARM[1]}\t3\teab2\n"
    found = refused("train.tsv", tsv).found
    assert found.startswith("1 for admiration; 1 for amusement")
    assert "The file has no header. Read as GoEmotions" in found and "Row 7 is left out: several labels" in found


def test_numbers_as_labels_are_alike_in_every_file_and_told() -> None:
    rows = [(a, int(b == "fear")) for a, b in LABELLED]
    found = read("a.jsonl", lines([{"text": a, "emotion": b} for a, b in rows]))
    assert found.sha256 == read("a.csv", table("text,emotion", [(a, str(b)) for a, b in rows])).sha256
    assert found.emotions == ("1", "0")
    assert "The labels are numbers" in found.dropped[-1]


def test_odd_values_in_the_columns_that_decide_are_faults_and_no_crash() -> None:
    rows = [{"conv_id": [i], "utterance": {}, "context": "fear", "prompt": a} for i, a in enumerate(DARK)]
    assert len(read("a.json", json.dumps(rows)).texts) == 6
    assert read("a.csv", table("text,label", [(a, "²") for a in DARK])).emotions == ("²",)
    assert "not a text" in refused("a.jsonl", lines([{"text": a, "label": {"x": 1}} for a in DARK])).found


@pytest.mark.parametrize(("no", "yes"), [("0.0", "1.0"), ("0", "1"), ("[0]", "[ 1]")])
def test_numbers_in_any_spelling_are_the_same_labels(no: str, yes: str) -> None:
    assert read("a.csv", table("text,label", [(a, yes if b == "fear" else no) for a, b in LABELLED])).emotions == (
        "1",
        "0",
    )


@pytest.mark.parametrize("joined", ["fear;calm", "calm, fear", "fear|calm", "['fear', 'calm']"])
def test_labels_in_one_cell_are_several_where_each_stands_alone_elsewhere(joined: str) -> None:
    found = read("a.csv", table("text,emotions", [*LABELLED, ("Both.", joined)]))
    assert texts(found) == LABELLED
    assert "Row 13 is left out: several labels" in found.dropped
    assert len(read("a.csv", table("text,emotions", [(a, f"{b}, deep") for a, b in LABELLED])).emotions) == 2


def test_what_a_document_holds_besides_its_rows_is_told() -> None:
    rows = [{"positive": a, "negative": b} for a, b in PAIRS]
    found = read("a.json", json.dumps({"pairs": rows, "neutral": ["The sea.", "A wall."], "by": "us"}))
    assert texts(found) == PAIRS
    assert "Only 'pairs' of the document is read, not 'neutral'" in found.dropped
    once = read("a.json", json.dumps({"emotion": "panic", "texts": DARK}))
    assert texts(once) == [(a, "panic") for a in DARK]


def test_several_labels_are_left_out_and_told() -> None:
    rows = [{"text": a, "emotion": [b]} for a, b in LABELLED]
    found = read("a.jsonl", lines([*rows, {"text": "Both.", "emotion": ["fear", "calm"]}]))
    assert texts(found) == LABELLED
    assert found.dropped == ("Row 13 is left out: several labels",)


def parquet(rows: list[dict[str, object]], features: dict[str, object]) -> bytes:
    buffer = io.BytesIO()
    made = pyarrow.Table.from_pylist(rows)
    header = json.dumps({"info": {"features": features}})
    pyarrow.parquet.write_table(made.replace_schema_metadata({"huggingface": header}), buffer)
    return buffer.getvalue()


def test_parquet_with_the_names_of_its_labels() -> None:
    rows: list[dict[str, object]] = [{"text": a, "label": int(b == "fear")} for a, b in LABELLED]
    data = parquet(rows, {"label": {"names": ["calm", "fear"], "_type": "ClassLabel"}})
    found = read("train-00000-of-00001.parquet", data)
    assert texts(found) == LABELLED
    assert "Its numbers stand for 0 calm, 1 fear, ..." in found.dropped
    assert "damaged" in refused("a.parquet", data[:40] + b"x" + data[41:-9]).what


def test_a_text_that_is_stored_once_and_stands_in_every_row_is_refused() -> None:
    data = parquet([{"text": "x" * 1_000_000, "label": "joy"}] * 40, {})
    assert len(data) < 2_000_000
    assert "far more" in refused("a.parquet", data).what


def workbook(sheets: dict[str, list[tuple[object, ...]]]) -> bytes:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


@pytest.mark.parametrize("name", ["a.xlsx", "a.csv"])
def test_a_workbook_whatever_it_is_called(name: str) -> None:
    data = workbook({"Notes": [], "Pairs": [("Positive", "Negative"), *PAIRS], "Old": [("x",)]})
    found = read(name, data)
    assert texts(found) == PAIRS
    assert found.dropped == ("Only the sheet 'Pairs' is read, not Old",)
    assert "damaged" in refused(name, data[:-30]).what


def test_a_workbook_that_unpacks_to_far_more_is_refused() -> None:
    data = workbook({"Pairs": [("Positive", "Negative"), *[("x" * 30_000, "y" * 30_000)] * 1500]})
    assert len(data) < 2_000_000
    assert "far more" in refused("a.xlsx", data).what


SMART = [(f"“Run,” she said — {i} café’s.", f"“Sit,” she said — {i} café’s.") for i in range(4)]


@pytest.mark.parametrize(
    ("encoding", "title"),
    [("cp1252", "Windows-1252"), ("utf-16", "UTF-16"), ("utf-16-le", "UTF-16"), ("utf-32", "UTF-32")],
)
def test_other_encodings_are_named_with_an_example(encoding: str, title: str) -> None:
    found = read("a.csv", table("positive,negative", SMART).encode(encoding))
    assert texts(found) == SMART
    assert f"Read as {title}, not UTF-8; for example '\"“Run,” she' in line 2" in found.dropped


def test_latin_1_and_what_is_neither() -> None:
    rows = [(f"A walk in a café number {i}.", f"A walk in a room number {i}.") for i in range(4)]
    assert (
        "Read as Latin-1, not UTF-8; for example 'café number' in line 2"
        in read("a.csv", table("positive,negative", rows).encode("latin-1")).dropped
    )
    cyrillic = [(f"Свет погас {i}", f"Свет горит {i}") for i in range(4)]
    for codec in ("cp1251", "koi8-r"):
        assert "not valid UTF-8" in refused("a.csv", table("positive,negative", cyrillic).encode(codec)).what
    broken = table("positive,negative", SMART).encode().replace("é".encode(), b"\xe9", 1)
    assert "line 2" in refused("a.csv", broken).where, "one broken place in UTF-8 does not make it something else"


def test_japanese_is_no_western_text_and_western_text_no_japanese() -> None:
    rows = [(f"夜中に誰かがドアを叩いて、息を止めた{i}。", f"She watered the plants, number {i}.") for i in range(4)]
    katakana = [(f"a long line of English words {i} ドレスヲカウ", f"and another one of them {i}") for i in range(4)]
    for codec in ("cp932", "euc_jp"):
        for each in (rows, katakana):
            assert "not valid UTF-8" in refused("a.csv", table("positive,negative", each).encode(codec)).what
    western = [
        ("« Où êtes-vous ? » dit-il… »", "‘„Nein!“, rief sie.’ – ‚Ärger‘…"),
        ("It’s “mine…”", "Don’t – é…” ‰"),
        ("¿Qué pasó, señor?", "¡Ñandú! €5 • ™"),
        ("I cannot———no.", "“Wait…”—she froze."),
        ("—¡Él no viene!", "—¿Él? —¡Óyeme!"),
        ("«Écoute…» dit Marie.", "••• €€€ §§§"),
    ]
    for one in western:
        found = read("a.csv", table("positive,negative", [one, ("It’s", "plain"), ("it’s", "dull")]).encode("cp1252"))
        assert texts(found)[0] == one


QUOTES = {
    "dialogue.csv": ('"Run!" she said {}.,"Sit." she said {}.\n', ('"Run!" she said {}.', '"Sit." she said {}.')),
    "backslash.csv": ('"He said \\"run\\", {}.","He sat {}."\n', ('He said "run", {}.', "He sat {}.")),
    "inside.csv": ('He said "run" {}.,He said "sit" {}.\n', ('He said "run" {}.', 'He said "sit" {}.')),
    "start.tsv": ('"Run {}.\tSit {}.\n', ('"Run {}.', "Sit {}.")),
    "whole.tsv": ('"Run" {}.\tSit {}.\n', ('"Run" {}.', "Sit {}.")),
}


@pytest.mark.parametrize("name", QUOTES)
def test_quotes_that_enclose_nothing_swallow_no_row(name: str) -> None:
    row, sides = QUOTES[name]
    header = "positive\tnegative\n" if name.endswith("tsv") else "positive,negative\n"
    found = read(name, header + "".join(row.replace("{}", str(i)) for i in range(4)))
    assert texts(found) == [tuple(side.replace("{}", str(i)) for side in sides) for i in range(4)]


def test_a_quote_that_may_have_swallowed_rows_is_told() -> None:
    data = 'emotion,text\njoy,"a, b"\njoy,"c\njoy,d\njoy,e"\njoy,f\nfear,g\nfear,h\n'
    assert "goes over several lines" in read("a.csv", data).dropped[0]


def test_unquoted_commas_are_named_row_by_row() -> None:
    error = refused("a.csv", "positive,negative\n" + "".join(f"Run, {i}.,Sit, {i}.\n" for i in range(3)))
    assert all(f"row {i}: the row has more cells" in error.found for i in (1, 2, 3))


def test_nan_in_json_is_an_empty_cell() -> None:
    error = refused(
        "a.json", '[{"emotion":"fear","text":"a"},{"emotion":"fear","text":NaN},{"emotion":"fear","text":"c"}]'
    )
    assert (error.what, error.where) == ("The cell is empty", "a.json, row 2, column text")


def test_a_list_of_texts_is_told_in_one_sentence() -> None:
    data = json.dumps(["", "The boat", "I can"])
    error = refused("a.json", data)
    assert error.what == "The file has no column emotion"
    assert "--columns text=text --emotion NAME" in error.remedy
    assert read("a.json", data, choice={"text": "text"}, emotion="calm").emotions == ("calm",), "as the remedy says"


def test_an_emotion_with_too_few_rows_is_left_out_and_told() -> None:
    found = read("a.csv", table("text,emotion", [*LABELLED, ("Alone.", "grief")]))
    assert found.emotions == ("fear", "calm")
    assert found.dropped == ("1 emotion is left out for too few training texts (1 for grief)",)
    rows = [(a, b, "train") for a, b in LABELLED] + [("x", "grief", "heldout"), ("y", "grief", "heldout")]
    assert read("a.csv", table("text,emotion,split", rows)).emotions == ("fear", "calm")


def test_identical_sides_are_left_out_and_told() -> None:
    found = read("a.csv", table("positive,negative", [*PAIRS, ("The same.", " The same. ")]))
    assert texts(found) == PAIRS
    assert found.dropped == ("Row 7 is left out: both sides are the same text",)
    assert "same text in every pair" in refused("a.csv", table("positive,negative", [(a, a) for a in DARK])).what


def test_a_text_under_two_emotions_is_told() -> None:
    found = read("a.csv", table("text,emotion", [*LABELLED, (DARK[0], "panic"), ("Out.", "panic"), ("In.", "panic")]))
    assert found.emotions == ("fear", "calm", "panic")
    assert found.dropped == ("1 text stands under more than one emotion, which makes their vectors more alike",)


def test_a_known_column_that_comes_twice_is_refused_and_any_other_is_not() -> None:
    rows = [(a, b, b) for a, b in LABELLED]
    assert refused("a.csv", table("text,label,Label", rows)).what == "A column comes twice"
    assert texts(read("a.csv", table("text,label,x,X", [(*row, "1") for row in rows]))) == LABELLED
    assert texts(read("a.jsonl", lines([{"text": a, "label": b, "x": 1, "X": 2} for a, b in LABELLED]))) == LABELLED


def test_what_the_refusal_of_a_mixed_file_offers_works() -> None:
    data = table("positive,negative,text", [(a, b, f"{a} Then {b}") for a, b in PAIRS])
    assert "choice of columns" in refused("a.csv", data).remedy
    assert texts(read("a.csv", data, choice={"positive": "positive", "negative": "negative"})) == PAIRS
    assert read("a.csv", data, choice={"text": "text"}, emotion="fear").emotions == ("fear",)


def test_many_repeats_are_counted() -> None:
    found = read("a.csv", table("positive,negative", PAIRS * 4))
    assert texts(found) == PAIRS
    assert found.dropped[-1] == "8 more rows repeat an earlier one and are left out"


def test_names_that_say_nothing_ask_for_one() -> None:
    for name in ("train.csv", "pairs - Sheet1.csv", "dataset.csv", "chosen.csv"):
        assert "--emotion NAME" in read(name, table("positive,negative", PAIRS)).dropped[-1]
    assert read("train.csv", table("positive,negative", PAIRS), emotion=" stage  fright ").emotions == ("stage fright",)
    assert read("fear.csv", table("positive,negative", PAIRS)).dropped == ()


def test_a_choice_of_columns_is_over_every_guess() -> None:
    data = table("positive,negative,dark,bright", [(b, a, a, b) for a, b in PAIRS])
    assert texts(read("a.csv", data, choice={"positive": "dark", "negative": "Bright "})) == PAIRS
    bare = table("", PAIRS, "\t").split("\n", 1)[1]
    assert texts(read("a.tsv", bare, choice={"positive": "1", "negative": "2"})) == PAIRS
    assert texts(
        read("a.csv", table("a,b,c", [(x, y, "1") for x, y in LABELLED]), choice={"text": "a", "emotion": "b"})
    )
    joined = read(
        "a.csv", table("q,a,b", [("Q?", *pair) for pair in PAIRS]), choice={"positive": "q+a", "negative": "q+b"}
    )
    assert texts(joined) == [(f"Q? {a}", f"Q? {b}") for a, b in PAIRS]


WRONG_CHOICES: list[tuple[dict[str, str], str]] = [
    ({"positive": "x", "negative": "b"}, "no column x"),
    ({"positive": "a"}, "not whole"),
    ({"text": "a"}, "not whole"),
    ({"good": "a", "negative": "b"}, "no column here"),
    ({"positive": "a", "negative": "b", "text": "a"}, "not whole"),
]


@pytest.mark.parametrize(("choice", "says"), WRONG_CHOICES)
def test_a_choice_that_does_not_fit_says_what_is_there(choice: dict[str, str], says: str) -> None:
    error = refused("x.csv", table("a,b", PAIRS), choice=choice)
    assert says in error.what
    assert error.remedy


UNKNOWN = {
    "two names": (table("dark,bright", PAIRS), PAIRS),
    "names with spaces": (table("what is said;what it is", LABELLED, ";"), LABELLED),
    "a comma in a name": (table("dark, very|bright, very", PAIRS, "|"), PAIRS),
    "no header": ("".join(f"{a}|{b}\n" for a, b in PAIRS), PAIRS),
    "lists": (json.dumps(PAIRS), PAIRS),
}


@pytest.mark.parametrize("case", UNKNOWN)
def test_the_remedy_for_unknown_columns_works_as_it_is_written(case: str) -> None:
    data, wanted = UNKNOWN[case]
    name = "x.json" if data.startswith("[") else "x.csv"
    words = shlex.split(refused(name, data).remedy)
    choices = [columns_of(words[i + 1]) for i, word in enumerate(words) if word == "--columns"]
    found = [
        texts(read(name, data, choice=choice)) for choice in choices if ("positive" in choice) == (wanted is PAIRS)
    ]
    assert found == [wanted]
