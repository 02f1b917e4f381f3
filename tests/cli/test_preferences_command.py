"""`preferences` on the command line: the keys that other tools rely on, and refusals before any model is loaded."""

import pytest
from command_helpers import answer

from emotion_core.cli.main import main


@pytest.fixture(scope="module")
def activities(folder):
    path = folder / "few.txt"
    path.write_text("sing in a choir\nmop a floor\nread a map\nbreak a window\npaint a fence\n", encoding="utf-8")
    return path


def test_preferences_has_the_promised_keys(capsys, vectors, activities):
    document = answer(capsys, "preferences", str(vectors), "--activities", str(activities))
    assert document["steering"] is None and document["comparisons"] == 20
    assert [set(one) >= {"activity", "score", "readings"} for one in document["activities"]] == [True] * 5
    assert set(document["activities"][0]["readings"]) == {"fear", "joy", "calm"}
    assert [
        set(one) >= {"emotion", "r", "r_low", "r_high", "p_value", "q_value", "evidence"}
        for one in document["emotions"]
    ] == [True] * 3
    assert sum(one["score"] for one in document["activities"]) == pytest.approx(0, abs=1e-6)


def test_steering_half_of_them(capsys, vectors, activities):
    argv = ["preferences", str(vectors), "--activities", str(activities), "--emotion", "joy", "--strength", "-0.2"]
    steering = answer(capsys, *argv, "--controls", "3")["steering"]
    assert steering["emotion"] == "joy" and steering["strength"] == -0.2
    assert steering["low"] <= steering["shift_steered"] - steering["shift_unsteered"] <= steering["high"]
    assert main([*argv, "--controls", "3"]) == 0
    assert "Being named first adds" in (text := capsys.readouterr().out) and "Random directions" in text


@pytest.mark.parametrize(
    ("more", "says"),
    [
        (["--emotion", "joy"], "come together"),
        (["--emotion", "envy", "--strength", "1"], "envy"),
        (["--activities", "nowhere.csv"], "nowhere.csv"),
        (["--opponents", "1"], "2 opponents"),
        (["--emotion", "joy", "--strength", "0"], "has to steer"),
        (["--layer", "99"], "no such layer"),
    ],
)
def test_what_cannot_be_asked_is_said(capsys, vectors, more, says):
    assert main(["preferences", str(vectors), *more]) == 2
    assert says in capsys.readouterr().err


def test_too_many_activities_are_refused_with_a_sample(capsys, folder, vectors):
    path = folder / "many.txt"
    path.write_text("\n".join(f"count to {i}" for i in range(5000)), encoding="utf-8")
    assert main(["preferences", str(vectors), "--activities", str(path)]) == 2
    error = capsys.readouterr().err
    assert "24,995,000" in error and "at most 4 opponents" in error
