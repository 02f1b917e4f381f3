from __future__ import annotations

import pytest

from emotion_core.base.errors import PromptSetError
from emotion_core.prompts.tables import base_name, check_size, decode, stem_and_ending


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("fear.csv", "fear.csv"),
        ("../../etc/passwd.csv", "passwd.csv"),
        ("C:\\temp\\fear.csv", "fear.csv"),
        ("/abs/fear.csv", "fear.csv"),
        ("a\0\n\x1b[31mb.csv", "a[31mb.csv"),
        ("x" * 300 + ".csv", "x" * 96 + ".csv"),
        ("", ""),
        ("..", ".."),
    ],
)
def test_only_the_last_part_of_a_name_is_kept(sent: str, kept: str) -> None:
    assert base_name(sent) == kept


def test_stem_and_ending() -> None:
    assert stem_and_ending("My.Fear.CSV") == ("My.Fear", "csv")
    assert stem_and_ending(".csv") == ("prompts", "csv")


@pytest.mark.parametrize("name", ["fear", "fear.doc", "fear.csv.exe", "fear.gz", "", ".."])
def test_unknown_endings_are_refused(name: str) -> None:
    with pytest.raises(PromptSetError, match=r"\.csv, \.tsv, \.txt, \.json, \.jsonl"):
        stem_and_ending(name)


def test_a_workbook_is_told_how_to_become_a_csv() -> None:
    with pytest.raises(PromptSetError, match="Save the sheet as CSV"):
        stem_and_ending("fear.ods")


@pytest.mark.parametrize("data", [b"", b" \n\t\r\n", b"\xef\xbb\xbf", b"\xef\xbb\xbf \n"])
def test_empty_files(data: bytes) -> None:
    with pytest.raises(PromptSetError, match="The file is empty"):
        decode("fear.csv", data)


def test_byte_order_mark_is_dropped_once() -> None:
    assert decode("fear.csv", b"\xef\xbb\xbfemotion") == "emotion"


@pytest.mark.parametrize(
    ("data", "place"),
    [(b"text\nab\xffc", "line 2, byte 7"), (b"\xef\xbb\xbftext\nab\xffc", "line 2, byte 10"), (b"caf\xe9", "byte 3")],
)
def test_broken_utf8_names_the_byte(data: bytes, place: str) -> None:
    with pytest.raises(PromptSetError, match="not valid UTF-8") as caught:
        decode("fear.csv", data)
    assert place in caught.value.where
    assert "fear.csv" in caught.value.where


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (b"PK\x03\x04rest", "ZIP"),
        (b"\x89PNG\r\n", "PNG"),
        (b"%PDF-1.7", "PDF"),
        ("emotion,text".encode("utf-16"), "UTF-16"),
        (b"emotion,text\nfear,a\0b", "NUL character in line 2"),
    ],
)
def test_binary_files_named_csv(data: bytes, found: str) -> None:
    with pytest.raises(PromptSetError, match="not a plain text file") as caught:
        decode("fear.csv", data)
    assert found in caught.value.found


def test_size_limit_is_inclusive() -> None:
    check_size("fear.csv", 10, max_bytes=10)
    with pytest.raises(PromptSetError, match="too large"):
        check_size("fear.csv", 11, max_bytes=10)
