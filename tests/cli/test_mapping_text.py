"""`geometry` and `compare` for a reader: the claims with their tests, and p-values that are never zero."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from geometry.maps import affective_vectors, written

from emotion_core.base.activations import ModelInfo
from emotion_core.charts.emotion_map import Look, component_plane, map_table
from emotion_core.cli.main import main
from emotion_core.geometry.emotion_map import map_emotions, map_sentence
from emotion_core.geometry.norms import circumplex
from emotion_core.vectors.emotion_vectors import EmotionVectors
from emotion_core.vectors.file import save_vectors


def file_of(path, values: np.ndarray, words: tuple[str, ...]) -> str:
    n, layers, width = values.shape
    info = ModelInfo("toy", "a" * 64, layers, width, 64)
    table = np.full((n, layers), 0.8, dtype=np.float32)
    norms = np.ones(layers, dtype=np.float32)
    vectors = EmotionVectors(
        info, words, values.astype(np.float32), norms, (0,) * n, layers - 1, table, np.zeros_like(table)
    )
    save_vectors(vectors, path)
    return str(path)


@pytest.fixture
def files(tmp_path):
    """A map with valence as its first axis, and one of noise."""
    words = tuple(list(circumplex().valence)[:40])
    noise = np.random.default_rng(0).normal(size=(40, 2, 24))
    planted = 0.1 * noise + 3 * circumplex().of(words)[0][:, None, None] * np.eye(1, 24)
    return file_of(tmp_path / "planted.safetensors", planted, words), file_of(tmp_path / "n.safetensors", noise, words)


def test_the_claims_stand_below_the_table(capsys, files):
    planted, noise = files
    assert main(["geometry", planted]) == 0
    said = capsys.readouterr().out
    line = (
        "\ncannot be tested against words: Component 1 follows this project's rating of valence closely: |r| = 1.00, "
        "n = 40, corrected p < 0.001. The training texts are not known"
    )
    assert line in said
    assert "Ratings: circumplex" in said
    assert main(["geometry", noise]) == 0
    said = capsys.readouterr().out
    assert "\nevidence:" not in said and "\nno evidence: Component 1 does not follow" in said


def test_the_document_has_every_claim_with_its_rivals(capsys, tmp_path):
    words = tuple(list(circumplex().valence)[:40])
    vectors = written(affective_vectors(words, *circumplex().of(words)))
    path = tmp_path / "written.safetensors"
    save_vectors(vectors, path)
    assert main(["geometry", str(path), "--json"]) == 0
    claims = json.loads(capsys.readouterr().out)["claims"]
    assert len(claims) == 6
    assert all({"claim", "size", "p_value", "mark", "rival"} <= set(one) for one in claims)
    first = claims[0]
    assert first["mark"] == "evidence" and first["size"] > 0.9 and set(first["rival"]) == {"tf-idf"}
    assert first["rival"]["tf-idf"] < 0.6 and first["against"]["tf-idf"]["outcome"] == "beats"


@pytest.mark.parametrize("name", ["toy", "demo"])
def test_nothing_is_called_human_that_no_person_rated(capsys, tmp_path, name):
    words = tuple(list(circumplex().valence)[:40])
    vectors = written(affective_vectors(words, *circumplex().of(words)))
    vectors = replace(vectors, model=replace(vectors.model, name=name))
    path, rated = tmp_path / "v.safetensors", tmp_path / "people.csv"
    save_vectors(vectors, path)
    assert main(["geometry", str(path)]) == 0
    said = capsys.readouterr().out
    assert "human" not in said.lower() and ("planted valence" in said) == (name == "demo")
    main(["geometry", str(path), "--json"])
    document = json.loads(capsys.readouterr().out)
    document["ratings"] = document.pop("human_norms")  # a key that others read, older than these words
    assert "human" not in json.dumps(document).lower()
    found = map_emotions(vectors)
    drawn = component_plane(found, words[0], Look(colour="valence")).to_dict()
    assert "human" not in json.dumps([drawn, map_sentence(found), list(map_table(found))]).lower()

    rows = [f"{word},{circumplex().valence[word] + 3},{circumplex().arousal[word] + 3}" for word in words]
    rated.write_text("\n".join(["word,valence,arousal", *rows]), encoding="utf-8")
    assert main(["geometry", str(path), "--norms", str(rated)]) == 0
    assert "Component 1 follows human valence" in capsys.readouterr().out


def test_a_p_value_is_never_zero(capsys, files):
    assert main(["compare", files[0], files[0]]) == 0
    first, second = capsys.readouterr().out.strip().split("\n")
    assert first == "r = 1.00 over 40 shared emotions, p < 0.001"
    assert second.startswith("cannot be tested against words: The two geometries agree closely")
