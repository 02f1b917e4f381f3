"""A bundle holds everything it says, and comes back as the same vectors."""

from __future__ import annotations

import io
import json
import zipfile

import numpy as np
import pandas as pd
import pytest

from emotion_core.base.jobs import run_to_end
from emotion_core.evaluation.heldout import heldout
from emotion_core.exchange.bundle import bundle_bytes, bundle_files, projection_table, scored_files
from emotion_core.exchange.open_file import open_file, slug, slugs
from emotion_core.prompts.files import read_prompt_bytes
from exchange.conftest import built, labelled, pairs


@pytest.fixture(scope="module")
def made(model_folder):
    """A model, its vectors, and their bundle."""
    model, vectors = built(model_folder("gpt2"), [pairs(), labelled()])
    return model, vectors, bundle_bytes(run_to_end(scored_files(model, vectors)))


@pytest.fixture(scope="module")
def inside(made):
    with zipfile.ZipFile(io.BytesIO(made[2])) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_everything_is_there(inside):
    names = set(inside)
    assert {"README.md", "vectors.safetensors", "redo.py", "estimators.py", "redo.ipynb", "settings.json"} <= names
    assert {f"gguf/{e}.gguf" for e in ("fear-dread", "joy", "calm", "anger")} <= names
    assert {f"tables/{t}.{k}" for t in ("scores", "projections") for k in ("csv", "parquet")} <= names
    assert {"prompts/my-pairs.csv", "prompts/labelled.csv", "prompts/neutral.csv", "requirements.txt"} <= names
    for chart in ("separation-joy", "texts-joy", "map"):
        assert inside[f"charts/{chart}.svg"].startswith(b"<svg")
        assert inside[f"charts/{chart}.png"].startswith(b"\x89PNG")
    assert json.loads(inside["redo.ipynb"])["nbformat"] == 4


def test_round_trip_gives_the_same_vectors_and_scores(made):
    model, vectors, data = made
    again = open_file("bundle.zip", data)
    units = (again.units * vectors.units).sum(-1)
    np.testing.assert_allclose(units, 1.0, atol=1e-6)
    np.testing.assert_array_equal(again.values, vectors.values)
    before, after = (run_to_end(heldout(model, one, [pairs(), labelled()])) for one in (vectors, again))
    for name in ("cohens_d", "auroc", "projections", "p_value", "null_auroc_95"):
        np.testing.assert_array_equal(getattr(before, name), getattr(after, name))


def test_tables_say_what_was_scored(made, inside):
    model, vectors, _ = made
    scores = run_to_end(heldout(model, vectors, vectors.prompt_sets))
    kept = pd.read_parquet(io.BytesIO(inside["tables/scores.parquet"]))
    np.testing.assert_allclose(kept["auroc"].to_numpy().reshape(scores.auroc.shape), scores.auroc)
    assert kept["verdict"].notna().sum() == len(scores.emotions)
    points = pd.read_csv(io.BytesIO(inside["tables/projections.csv"]))
    one = points[(points.emotion == "joy") & points.chosen]
    assert sorted(one.side.unique()) == ["negative", "positive"] and len(one) == 6
    assert len(pd.read_parquet(io.BytesIO(inside["tables/projections.parquet"]))) == len(points)


def test_of_very_many_projections_the_chosen_layers_are_kept(made, monkeypatch):
    model, vectors, _ = made
    scores = run_to_end(heldout(model, vectors, vectors.prompt_sets))
    monkeypatch.setattr("emotion_core.exchange.bundle.MOST_ROWS", 10)
    assert projection_table(scores).chosen.all()


def test_prompts_come_back_as_the_same_set(made, inside):
    for one, name in zip(made[1].prompt_sets, ("my-pairs", "labelled"), strict=True):
        assert read_prompt_bytes(f"{name}.csv", inside[f"prompts/{name}.csv"]).sha256 == one.sha256


def test_the_card_has_figures_and_caveats_and_no_path(made, inside):
    text = inside["README.md"].decode()
    model, vectors, _ = made
    scores = run_to_end(heldout(model, vectors, vectors.prompt_sets))
    e = scores.emotions.index("joy")
    assert f"{scores.auroc[e, scores.selected_layers[e]]:.2f}" in text
    assert (
        vectors.model.fingerprint in text
        and "say nothing about experience" in text
        and "What these figures do not" in text
    )
    assert "nan" not in text and "None" not in text
    assert "/" not in text.split("| Model |")[1].split("(")[0]
    assert json.loads(inside["settings.json"])["source"] is None


def test_vectors_without_known_rows_get_no_script_and_no_figures(made):
    from dataclasses import replace

    model, vectors, _ = made
    files = bundle_files(
        replace(vectors, prompt_sets=(), estimator="unknown", origin="GGUF, x"), None, "unknown", model
    )
    assert "redo.py" not in files and not any(name.startswith("tables") for name in files)
    text = files["README.md"].decode()
    assert "Not scored: unknown" in text and "unknown: the vectors were imported" in text and "redo.py" not in text
    assert bundle_bytes(files) == bundle_bytes(files)


def test_file_names():
    assert slug("../etc/passwd") == "etc-passwd" and slug("") == "unnamed" and slug("at ease / é") == "at-ease-e"
    assert slugs(("Joy", "joy", "jo y", "jo/y")) == ("Joy", "joy-2", "jo-y", "jo-y-2")
