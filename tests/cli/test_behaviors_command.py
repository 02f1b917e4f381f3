"""`behaviors` on the command line."""

import pytest
from command_helpers import answer

from emotion_core.cli.main import main

SMALL = ("--controls", "3", "--texts", "1", "--samples", "2", "--tokens", "4")


@pytest.fixture(scope="module")
def scenarios(folder):
    path = folder / "mine.csv"
    path.write_text(
        "name,scenario,option,counts,pattern\ndoor,It knocks.,I run.,yes,\ndoor,,I sit.,no,\nword,He says,,,sorry\n",
        encoding="utf-8",
    )
    return path


def test_behaviors_has_the_promised_keys(capsys, vectors, scenarios):
    argv = ["behaviors", str(vectors), "--scenarios", str(scenarios), "--emotion", "fear", "--strengths", "-0.2,0,0.2"]
    document = answer(capsys, *argv, *SMALL)
    promised = {"scenario", "direction", "strength", "rate", "low", "high", "n"}
    assert all(set(row) >= promised for row in document["rates"])
    directions = {(r["scenario"], r["direction"]) for r in document["rates"]}
    assert directions >= {
        (s, d) for s in ("door", "word") for d in ("emotion", "prompt", *(f"control-{k}" for k in (1, 2, 3)))
    }
    strengths = sorted(
        r["strength"] for r in document["rates"] if (r["scenario"], r["direction"]) == ("door", "emotion")
    )
    assert strengths == [-0.2, 0.0, 0.2]
    assert all(r["low"] - 1e-9 <= r["rate"] <= r["high"] + 1e-9 for r in document["rates"])
    assert [one["strength"] for one in document["effects"]] == [-0.2, 0.2]
    head = document["headline"]
    assert set(head) >= {"evidence", "p_value", "left_out", "emotions"}
    assert head["evidence"] == any(cell["evidence"] for matrix in document["effects"] for cell in matrix["cells"])


@pytest.mark.parametrize(
    ("more", "says"),
    [
        (["--emotion", "envy", "--strengths", "0.2"], "envy"),
        (["--emotion", "fear", "--strengths", "0"], "other than 0"),
        (["--emotion", "fear", "--strengths", "0.2", "--only", "nothing"], "no such scenario"),
        (["--emotion", "fear", "--strengths", "0.2", "--scenarios", "none.json"], "none.json"),
    ],
)
def test_what_cannot_be_done_is_said(capsys, vectors, more, says):
    assert main(["behaviors", str(vectors), *more]) == 2
    assert says in capsys.readouterr().err


def test_a_runaway_pattern_is_named(capsys, vectors, folder):
    path = folder / "bad.json"
    path.write_text('[{"name": "a", "scenario": "He says", "pattern": "(a+)+$"}]', encoding="utf-8")
    assert main(["behaviors", str(vectors), "--scenarios", str(path), "--emotion", "fear", "--strengths", "0.2"]) == 2
    error = capsys.readouterr().err
    assert "takes too long" in error and "bad.json, scenario 1 (a)" in error


def test_the_early_warning_has_an_interval_and_its_curve(capsys, vectors, scenarios, folder):
    before = folder / "before.txt"
    before.write_text("".join(f"He saw {n} birds over the house.\n" for n in range(10)), encoding="utf-8")
    argv = ["behaviors", str(vectors), "--scenarios", str(scenarios), "--emotion", "fear", "--strengths", "0.2"]
    argv += ["--before", str(before), "--only", "door"]
    document = answer(capsys, *argv, *SMALL)["early_warning"]
    assert document["texts_before"] == 10 and document["scenarios"] == ["door"] and document["n"] == 10
    (one,) = document["emotions"]
    assert set(one) >= {"emotion", "auroc", "low", "high", "p_value", "q_value", "evidence"}
    false, true = one["roc"]["false_positives"], one["roc"]["true_positives"]
    assert false[0] == true[0] == 0 and len(false) == len(true) and false == sorted(false) and true == sorted(true)


@pytest.mark.parametrize(
    ("more", "says"),
    [
        (["--only", "word", "--early-warning"], "options"),
        (["--only", "door", "--before", "none.txt"], "none.txt"),
        (["--only", "door", "--before", "few"], "at least 8 texts"),
    ],
)
def test_an_early_warning_that_cannot_be_had_is_said(capsys, vectors, scenarios, folder, more, says):
    few = folder / "few.txt"
    few.write_text("one\ntwo\n\ntwo\n", encoding="utf-8")
    more = [str(few) if one == "few" else one for one in more]
    argv = ["behaviors", str(vectors), "--scenarios", str(scenarios), "--emotion", "fear", "--strengths", "0.2"]
    assert main([*argv, *more]) == 2
    assert says in capsys.readouterr().err
