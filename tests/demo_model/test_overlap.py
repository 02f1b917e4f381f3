"""The check that keeps prompt sets out of the training text."""

from __future__ import annotations

from pathlib import Path

import pytest
from tokenizers import Tokenizer

from demo_model import paths, truth
from demo_model.documents import Piece, join
from demo_model.generator import KINDS, load
from demo_model.overlap import forbidden, overlaps, runs
from demo_model.shards import encode

PLANTED = "The gate was open and nobody in the yard had seen the old grey mare since Tuesday."


@pytest.fixture
def prompts(tmp_path: Path) -> Path:
    (tmp_path / "set.csv").write_text(f'emotion,text\nfear,"{PLANTED}"\n', encoding="utf-8")
    (tmp_path / "t.json").write_text(
        '[{"template": "I have now taken {x} mg of this strong pain killer at once today"}]'
    )
    return tmp_path


def test_ten_words_in_a_row_are_caught_whatever_the_marks(prompts: Path) -> None:
    banned = forbidden(prompts)
    assert overlaps("So: the GATE was open, and nobody in the yard had seen it", banned)
    assert not overlaps("The gate was open and nobody in the yard heard it", banned)


def test_a_number_matches_the_placeholder(prompts: Path) -> None:
    assert overlaps("Well, I have now taken 350 mg of this strong pain killer", forbidden(prompts))


def test_the_build_leaves_the_document_out_and_counts_it(prompts: Path) -> None:
    tokenizer = Tokenizer.from_file(str(paths.WEIGHTS / "tokenizer.json"))
    documents = [join([Piece("A quiet day.")], "test"), join([Piece(PLANTED + " More.", "afraid")], "test")]
    shard, dropped = encode(documents, tokenizer, list(truth.emotions()), forbidden(prompts), 16)
    assert dropped == 1
    assert tokenizer.decode(shard.tokens.tolist()).strip() == "A quiet day."


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "made-pressure"])
def test_samples_of_the_generator_hold_no_prompt(kind: str) -> None:
    banned = forbidden(paths.PROMPTS, extra=sorted((paths.PACKAGE / "checks").glob("*.json")))
    assert banned
    assert not [document.text for document in load(kind, count=1500) if overlaps(document.text, banned)]


def test_short_texts_have_no_runs() -> None:
    assert list(runs("nine words are not ten words so nothing comes")) == []
