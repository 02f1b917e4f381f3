"""`export` on the command line, and the way back."""

from __future__ import annotations

import zipfile

import pytest
from command_helpers import answer

from emotion_core.cli.main import main


@pytest.fixture(scope="module")
def bundle(folder, vectors):
    out = folder / "bundle.zip"
    assert main(["export", str(vectors), "--out", str(out), "--json"]) == 0
    return out


def test_export_import_and_the_same_scores(capsys, folder, vectors, prompts, bundle):
    back = folder / "back.safetensors"
    assert answer(capsys, "import", str(bundle), "--out", str(back))["training_rows"] == "known"
    before, after = (answer(capsys, "heldout", str(one), str(prompts)) for one in (vectors, back))
    assert before["emotions"] == after["emotions"]


def test_what_export_says_is_in_the_file(capsys, folder, vectors):
    out = folder / "again.zip"
    document = answer(capsys, "export", str(vectors), "--out", str(out))
    with zipfile.ZipFile(out) as archive:
        assert [f["name"] for f in document["files"]] == archive.namelist()
        assert archive.testzip() is None
    assert document["scored"] and document["emotions"] == ["fear", "joy", "calm"]
    assert "demo_model" not in out.read_bytes().decode("latin-1")


def test_without_the_model(capsys, folder, vectors):
    document = answer(capsys, "export", str(vectors), "--out", str(folder / "plain.zip"), "--without-scores")
    assert not document["scored"] and not any(f["name"].startswith("tables") for f in document["files"])


def test_a_place_that_is_none(capsys, vectors, folder):
    assert main(["export", str(vectors), "--out", str(folder / "no" / "bundle.zip")]) == 2
    assert "cannot be written" in capsys.readouterr().err
