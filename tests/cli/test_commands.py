"""The command line on the bundled model: the keys that other tools rely on, and errors that cost nothing."""

import json
from pathlib import Path

import pytest
from command_helpers import answer

from emotion_core.cli.main import main, make_parser
from emotion_core.prompts.builtin import CONFOUND_SETS
from emotion_core.runs.builds import ALONE, VECTORS_FILE
from emotion_core.runs.store import open_store
from emotion_core.vectors.emotion_vectors import ESTIMATORS
from emotion_core.vectors.file import save_vectors


def test_build_has_the_promised_keys(capsys, prompts, folder):
    document = answer(capsys, "build", str(prompts), "--out", str(folder / "again.safetensors"))
    assert {"model", "emotions", "selected_layer", "n_train", "n_heldout", "out"} <= set(document)
    assert {"name", "fingerprint", "layers", "width"} <= set(document["model"])
    assert document["emotions"] == ["fear", "joy", "calm"]
    assert (document["n_train"], document["n_heldout"]) == (12, 6)
    assert Path(document["out"]).stat().st_size > 0


def test_heldout_has_the_promised_keys(capsys, vectors, prompts):
    document = answer(capsys, "heldout", str(vectors), str(prompts))
    assert [one["emotion"] for one in document["emotions"]] == ["fear", "joy", "calm"]
    for one in document["emotions"]:
        assert {"selected_layer", "n_train", "n_heldout", "evidence", "layers"} <= set(one)
        assert isinstance(one["evidence"], bool)
        assert {c["set"] for c in one["confounds"]} == set(CONFOUND_SETS)
        assert [layer["layer"] for layer in one["layers"]] == list(range(len(one["layers"])))
        expected = {"mean_positive", "mean_negative", "cohens_d", "cohens_d_low", "cohens_d_high", "auroc", "overlap"}
        assert expected | {"null_auroc_95", "p_value"} <= set(one["layers"][0])


def test_a_command_finds_what_was_computed_and_asks_nothing_of_the_model(capsys, vectors, prompts, monkeypatch):
    first = answer(capsys, "heldout", str(vectors), str(prompts))
    monkeypatch.setattr("emotion_core.cli.session.load_model", lambda *_, **__: pytest.fail("the model was loaded"))
    assert answer(capsys, "heldout", str(vectors), str(prompts)) == first
    # A model that is named is looked at in any case, so that another one is refused.
    with pytest.raises(pytest.fail.Exception):
        main(["heldout", str(vectors), str(prompts), "--model", "demo", "--json"])


def test_a_build_is_kept_and_another_one_is_not_taken_for_it(capsys, prompts, folder, monkeypatch):
    """Also what the library builds: both go through the same door."""
    made, again, other = (folder / f"kept-{name}.safetensors" for name in ("first", "again", "other"))
    asked = (str(prompts), "--folds", "3", "--out")
    first = answer(capsys, "build", *asked, str(made))
    with monkeypatch.context() as patch:
        patch.setattr("emotion_core.runs.builds.build", lambda *_: pytest.fail("it was built again"))
        second = answer(capsys, "build", *asked, str(again))
        assert second == first | {"out": str(again)} and again.read_bytes() == made.read_bytes()
        (one,) = (run for run in open_store().recent(ALONE) if '"folds": 3' in run.settings)
        assert open_store().read(one.id, VECTORS_FILE) == made.read_bytes()
        with pytest.raises(pytest.fail.Exception):
            main(["build", *asked, str(other), "--seed", "5"])
    assert answer(capsys, "build", *asked, str(other), "--neutral-projection")["out"] == str(other)
    assert other.read_bytes() != made.read_bytes()


def test_heldout_says_which_texts_it_does_not_score(capsys, vectors, prompts):
    assert main(["heldout", str(vectors), str(prompts), "confound-place", "--json"]) == 0
    captured = capsys.readouterr()
    assert json.loads(captured.out)["without_vector"] == [{"set": "confound-place", "emotion": "place"}]
    assert "confound-place" in captured.err


def test_transfer_has_the_promised_keys(capsys, vectors):
    document = answer(capsys, "transfer", str(vectors), "fear-calm", "--positive", "fear", "--negative", "calm,joy")
    assert {"selected_layer", "layers", "rivals", "gaps", "verdict", "emotions", "left_out"} <= set(document)
    assert {"layer", "auroc", "low", "high", "paired", "null_auroc_95", "p_value"} <= set(document["layers"][0])
    assert {"name", "auroc", "paired"} <= set(document["rivals"][0])
    assert {"name", "gap", "low", "high"} <= set(document["gaps"][0])
    assert document["sides"] == {"positive": ["fear"], "negative": ["calm", "joy"]}
    assert document["n_target"] == {"positive": 50, "negative": 50}
    assert document["same_source"] is False and document["top1"] is None


def test_transfer_by_name_says_how_often_the_right_emotion_comes_first(capsys, vectors):
    document = answer(capsys, "transfer", str(vectors), "emotions-12")
    assert [one["emotion"] for one in document["emotions"]] == ["fear", "joy", "calm"]
    assert {"emotion", "auroc", "low", "high", "rivals", "gaps", "verdict"} <= set(document["emotions"][0])
    assert 0 <= document["top1"] <= 1 and document["top1_chance"] == pytest.approx(1 / 3)
    assert document["top3"] is None, "three of three are always right"
    assert "surprise" in document["without_vector"]


def test_transfer_in_words_and_its_errors(capsys, vectors):
    assert main(["transfer", str(vectors), "fear-calm"]) == 0
    text = capsys.readouterr().out
    assert "From small to fear-calm" in text and "of 50 pairs in the right order" in text and "word counts" in text
    assert main(["transfer", str(vectors), "fear-calm", "--positive", "fear"]) == 2
    assert "each side" in capsys.readouterr().err
    assert main(["transfer", str(vectors), "confound-place"]) == 2
    assert "two sides" in capsys.readouterr().err


@pytest.mark.parametrize("seed", ["-1", str(2**53)])
@pytest.mark.parametrize("command", ["heldout", "transfer", "geometry", "compare", "build", "read"])
def test_a_seed_out_of_range_is_refused_before_anything_is_read(capsys, command, seed):
    rest = {"build": ["p", "--out", "o"], "geometry": ["v"], "read": ["v", "--text", "t"]}.get(command, ["v", "p"])
    assert main([command, *rest, "--seed", seed]) == 2
    assert f"'seed' is out of range. Expected: 0 to 9,007,199,254,740,991. Found: {seed}" in capsys.readouterr().err


def test_every_seed_in_range_is_taken(capsys, vectors):
    assert answer(capsys, "geometry", str(vectors), "--seed", str(2**53 - 1), "--clusters", "2")["seed"] == 2**53 - 1


def test_the_seed_draws_the_null_of_held_out_scores(capsys, bundled, folder):
    path = folder / "fear-calm.safetensors"
    save_vectors(bundled.vectors, path)
    one, again, other = (answer(capsys, "heldout", str(path), "fear-calm", "--seed", s) for s in ("0", "0", "4"))
    nulls = [[layer["p_value"] for layer in found["emotions"][0]["layers"]] for found in (one, again, other)]
    assert nulls[0] == nulls[1] != nulls[2]


def test_fewer_clusters_than_asked_for_are_told(capsys, vectors):
    assert main(["geometry", str(vectors), "--clusters", "5"]) == 0
    assert "3 emotions make at most 2 clusters; 5 were asked for." in capsys.readouterr().out
    assert main(["geometry", str(vectors), "--clusters", "2"]) == 0
    assert "were asked for" not in capsys.readouterr().out
    document = answer(capsys, "map-checks", str(vectors), "--clusters", "5")
    assert document["stability"]["clusters"] == 2 and "5 were asked for" in document["reasons"]["clusters"]


def test_help_shows_what_an_option_takes(capsys):
    def shown(command):
        with pytest.raises(SystemExit):
            main([command, "--help"])
        return " ".join(capsys.readouterr().out.split())

    for command in ("sweep", "crosstalk", "talk", "behaviors", "factorial"):
        assert "Schedule(" not in shown(command)
    for command in ("heldout", "transfer", "report", "compare", "geometry", "read"):
        assert "--seed N where the random numbers begin (0 or more; default 0)" in shown(command)
    assert "--clusters N groups of k-means (2 to 2,000; default 10)" in shown("geometry")
    assert "--layer LAYER layer of the map (default: chosen at the build)" in shown("geometry")
    assert "a vector file b another one" in shown("compare") and "tokens read (default mean)" in shown("build")


def test_geometry_has_the_promised_keys(capsys, vectors):
    document = answer(capsys, "geometry", str(vectors), "--clusters", "2")
    assert {"layer", "explained_variance", "emotions", "silhouette", "adjusted_rand", "human_norms"} <= set(document)
    assert {"emotion", "pc1", "pc2", "cluster", "nearest"} <= set(document["emotions"][0])


def test_compare_of_a_file_with_itself(capsys, vectors):
    document = answer(capsys, "compare", str(vectors), str(vectors))
    assert {"r", "p_value", "n_shared"} <= set(document)
    assert document["n_shared"] == 3
    assert document["r"] == pytest.approx(1.0)


def test_sweep_has_the_promised_keys_and_rows(capsys, vectors):
    document = answer(
        capsys, "sweep", str(vectors), "--emotion", "fear", "--prompt", "The door", "--strengths", "-0.2:0.2:0.2",
        "--controls", "3", "--samples", "2", "--tokens", "4",
    )  # fmt: skip
    assert {"layer", "unit", "rows", "summary", "usable_window"} <= set(document)
    row = {"direction", "strength", "prompt", "sample", "text", "emotion_score", "surprise", "repetition"}
    assert row <= set(document["rows"][0])
    one = {"strength", "effect", "effect_low", "effect_high", "null_low", "null_high", "coherent"}
    assert one <= set(document["summary"][0])
    assert [s["strength"] for s in document["summary"]] == [-0.2, 0.0, 0.2]
    zero = [r for r in document["rows"] if r["strength"] == 0]
    assert [(r["direction"], r["sample"]) for r in zero] == [("emotion", 0), ("emotion", 1)]
    assert {r["direction"] for r in document["rows"]} == {"emotion", "control-1", "control-2", "control-3"}
    assert len(document["rows"]) == 2 * (1 + 2 * 4)


def test_report_has_the_promised_keys(capsys, prompts):
    document = answer(capsys, "report", str(prompts))
    keys = {"findings", "bag_of_words_auroc", "length_auroc", "direction_auroc", "confounds", "sample_size"}
    assert keys <= set(document)
    assert {"set", "auroc", "low", "high"} <= set(document["confounds"][0])
    assert {"n", "cosine_to_full", "auroc"} <= set(document["sample_size"][0])
    assert all(isinstance(one["evidence"], bool) and one["reason"] for one in document["emotions"])
    assert "confound" in document["rule"]
    way = {"emotion", "estimator", "neutral_projection", "reading", "layer", "cohens_d", "d_low", "auroc", "cosine"}
    assert way <= set(document["estimators"][0])
    assert {one["estimator"] for one in document["estimators"]} == set(ESTIMATORS)


def test_a_confound_set_of_ones_own_is_tested_beside_the_built_in_ones(capsys, vectors, prompts, tmp_path):
    rows = "\n".join(f"rain,It rained on day {i} of the trip.,The sun shone on day {i} of the trip." for i in range(6))
    own = tmp_path / "rain.csv"
    own.write_text(f"emotion,positive,negative\n{rows}\n", encoding="utf-8")
    for command in (["heldout", str(vectors), str(prompts)], ["report", str(prompts)]):
        document = answer(capsys, *command, "--confound", str(own))
        found = document["confounds"] if command[0] == "report" else document["emotions"][0]["confounds"]
        (rain,) = [
            one for one in found if one["set"] == "rain" and one["emotion"] == document["emotions"][0]["emotion"]
        ]
        assert rain["n"] == 6 and 0 <= rain["low"] <= rain["auroc"] <= rain["high"] <= 1
        assert -1 <= rain["cosine"] <= 1 and rain["cosine_chance"] > 0
        assert {"confound-threat", "confound-arousal"} <= {one["set"] for one in found}


def test_what_is_left_without_other_directions(capsys, vectors, prompts, folder):
    out = folder / "left.safetensors"
    names = ["--orthogonalise-against", "joy", "--orthogonalise-against", "confound-threat"]
    document = answer(capsys, "heldout", str(vectors), str(prompts), *names, "--out", str(out))
    plain = answer(capsys, "heldout", str(vectors), str(prompts))
    assert {key: document[key] for key in plain} == plain, "what was asked for stays beside what is added"
    left = document["orthogonalised"]
    assert left["against"] == ["joy", "confound-threat"] and left["out"] == str(out)
    assert [one["emotion"] for one in left["emotions"]] == ["fear", "calm"]
    fear = left["emotions"][0]
    assert abs(fear["cosine_to_whole"]) < 0.999 and fear["verdict_after"]
    whole = plain["emotions"][0]
    assert fear["auroc_before"] == whole["layers"][whole["selected_layer"]]["auroc"]
    # The file holds what the document describes: the same scores come from it.
    again = answer(capsys, "heldout", str(out), str(prompts))
    assert again["emotions"] == left["scores"]


def test_report_says_what_is_left_too(capsys, prompts):
    document = answer(capsys, "report", str(prompts), "--orthogonalise-against", "calm")
    left = document["orthogonalised"]
    assert [one["emotion"] for one in left["emotions"]] == ["fear", "joy"] and left["out"] is None
    before = {one["emotion"]: one["direction_auroc"] for one in document["emotions"]}
    assert all(one["auroc_before"] == before[one["emotion"]] for one in left["emotions"])


@pytest.mark.parametrize(
    ("more", "named"),
    [
        (["--orthogonalise-against", "nosuch"], "nosuch"),
        (["--out", "x.safetensors"], "--orthogonalise-against"),
        (["--orthogonalise-against", "joy", "--out", "no/such/folder/x.safetensors"], "no/such/folder"),
        (
            ["--orthogonalise-against", "joy", "--orthogonalise-against", "fear", "--orthogonalise-against", "calm"],
            "calm",
        ),
    ],
)
def test_what_cannot_be_projected_out_is_refused(capsys, vectors, prompts, more, named):
    assert main(["heldout", str(vectors), str(prompts), *more, "--json"]) == 2
    captured = capsys.readouterr()
    assert captured.out == "" and named in captured.err and "Traceback" not in captured.err


def test_report_of_a_set_that_cannot_be_built_from(capsys):
    document = answer(capsys, "report", "confound-place")
    assert document["direction_auroc"] is None
    assert document["reason"]


def test_doctor_passes_on_the_bundled_model(capsys):
    document = answer(capsys, "doctor")
    assert all(check["passed"] for check in document["checks"])
    assert {"name", "passed", "detail"} <= set(document["checks"][0])


@pytest.mark.parametrize(
    ("argv", "named"),
    [
        (["build", "nosuch.csv", "--out", "x.safetensors"], "nosuch.csv"),
        (["build", "fear-calm", "--out", "no/such/folder/x.safetensors"], "no/such/folder"),
        (["build", "fear-calm", "--model", "/no/such/model", "--out", "x.safetensors"], "/no/such/model"),
        (["heldout", "nosuch.safetensors", "fear-calm"], "nosuch.safetensors"),
    ],
)
def test_an_error_goes_to_standard_error_with_status_2(capsys, argv, named):
    assert main([*argv, "--json"]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert named in captured.err
    assert "Traceback" not in captured.err


def test_a_place_that_cannot_be_written_to_is_refused_before_anything_is_computed(capsys, vectors, monkeypatch):
    monkeypatch.setattr("emotion_core.cli.session.load_model", lambda *_, **__: pytest.fail("the model was loaded"))
    for argv in (
        ["build", "fear-calm", "--out", "/proc/x.safetensors"],
        ["import", str(vectors), "--out", "/proc/x.safetensors"],
        ["export", str(vectors), "--out", "/proc/x.zip"],
        ["geometry", str(vectors), "--axes", "/proc/x.safetensors"],
        ["replicate", "--rows", "30", "--out", "/proc/x.md"],
    ):
        assert main(argv) == 2, argv
        assert "error: The file cannot be written there (/proc/x" in capsys.readouterr().err


def test_a_fault_of_the_disk_is_said_in_words(capsys, vectors, prompts, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device", "/data/runs")

    monkeypatch.setattr("emotion_core.cli.runs.result_of", full)
    assert main(["heldout", str(vectors), str(prompts)]) == 2
    assert "error: A file cannot be read or written (/data/runs). Found: No space left" in capsys.readouterr().err


@pytest.mark.parametrize("strengths", ["", "nan", "0.1,inf", "a:b:c", "1:0:0.1", "0:1:0"])
def test_strengths_that_make_no_sense_are_refused(capsys, vectors, strengths):
    argv = ["sweep", str(vectors), "--emotion", "fear", "--prompt", "The door", "--strengths", strengths, "--json"]
    assert main(argv) == 2
    assert "strength" in capsys.readouterr().err.lower()


def test_texts_longer_than_the_context_are_named_at_once_and_can_be_left_out(capsys, folder):
    long = "word " * 900
    rows = [
        "I ran.,I sat.",
        f"{long},short",
        "He hid.,He ate.",
        f"Out.,{long}",
        *[f"Dark {i}.,Light {i}." for i in range(6)],
    ]
    path = folder / "long.csv"
    path.write_text("\n".join(["dark,light", *rows]), encoding="utf-8")
    out = folder / "x.safetensors"
    argv = ["build", str(path), "--columns", "positive=dark,negative=light", "--emotion", "fear", "--out", str(out)]
    assert main(argv) == 2
    message = capsys.readouterr().err
    assert "row 2, column positive: 901 tokens; " in message or "row 2, column positive: 900 tokens; " in message
    assert "row 4, column negative" in message
    assert "at most 512 tokens" in message
    assert main([*argv, "--leave-out-long", "--json"]) == 0
    printed = capsys.readouterr()
    assert "2 rows are left out: longer than the model's context (rows 2, 4)" in printed.err
    document = json.loads(printed.out)
    assert (document["n_train"] + document["n_heldout"], document["emotions"]) == (8, ["fear"])


@pytest.mark.parametrize("value", ["-0.2,0", "-.2:.2:.1", "-1"])
def test_a_negative_value_is_not_taken_for_an_option(value):
    argv = ["sweep", "v", "--prompt", "p", "--strengths", value, "--json"]
    for parser in (make_parser(), make_parser("sweep")):
        arguments = parser.parse_args(argv)
        assert arguments.strengths == value and arguments.json
    assert make_parser().parse_args(["import", "f", "--out", "o", "--shift", "-1"]).shift == -1


def test_an_option_in_the_place_of_a_value_is_refused(capsys):
    with pytest.raises(SystemExit):
        main(["sweep", "v", "--prompt", "p", "--strengths", "--json"])
    assert "expected one argument" in capsys.readouterr().err
