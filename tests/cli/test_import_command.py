"""`import` on the command line, and what the other commands do with vectors whose training rows are unknown."""

from __future__ import annotations

import numpy as np
import pytest
from command_helpers import answer

from emotion_core.cli.main import main
from emotion_core.exchange.gguf import gguf_bytes
from emotion_core.vectors.file import load_vectors


@pytest.fixture(scope="module")
def array(folder, vectors):
    """The directions of all three emotions as another tool might keep them, without layer 0."""
    one = load_vectors(vectors)
    path = folder / "others.npz"
    np.savez(path, **{f"{e}.layer.{i}": one.values[n, i] for n, e in enumerate(one.emotions) for i in range(1, 4)})
    return path


@pytest.fixture(scope="module")
def imported(folder, array):
    out = folder / "imported.safetensors"
    assert main(["import", str(array), "--out", str(out), "--model", "demo", "--selected-layer", "2", "--json"]) == 0
    return out


def test_what_was_imported(capsys, folder, vectors, array, imported):
    got, built = load_vectors(imported), load_vectors(vectors)
    assert got.emotions == ("calm", "fear", "joy") and got.selected_layers == (2, 2, 2)
    order = [built.emotions.index(e) for e in got.emotions]
    np.testing.assert_array_equal(got.values[:, 1:4], built.values[order, 1:4])
    np.testing.assert_allclose(got.residual_norms, built.residual_norms, rtol=1e-6)
    document = answer(capsys, "import", str(array), "--out", str(folder / "x.safetensors"), "--model", "demo")
    assert document["training_rows"] == "unknown" and document["origin"] == "NumPy archive, others.npz"


def test_what_is_missing_is_an_error(capsys, folder, array):
    assert main(["import", str(array), "--out", str(folder / "y.safetensors")]) == 2
    assert "--model" in capsys.readouterr().err and not (folder / "y.safetensors").exists()
    np.save(folder / "one.npy", np.ones(7))
    argv = ["import", str(folder / "one.npy"), "--out", str(folder / "y.safetensors"), "--model", "demo"]
    assert main([*argv, "--emotion", "fear", "--layer", "1"]) == 2
    assert "7 numbers" in capsys.readouterr().err


def test_a_gguf_file_of_this_project_scores_the_same(capsys, folder, vectors, prompts):
    path = folder / "fear.gguf"
    path.write_bytes(gguf_bytes(load_vectors(vectors), "fear"))
    out = folder / "through.safetensors"
    assert answer(capsys, "import", str(path), "--out", str(out))["training_rows"] == "known"
    ours, through = (answer(capsys, "heldout", str(one), str(prompts)) for one in (vectors, out))
    before = next(e for e in ours["emotions"] if e["emotion"] == "fear")
    after = through["emotions"][0]
    for key in ("cohens_d", "auroc", "mean_positive", "mean_negative"):
        assert [r[key] for r in before["layers"]] == pytest.approx([r[key] for r in after["layers"]], nan_ok=True), key
    assert (before["n_train"], before["n_heldout"]) == (after["n_train"], after["n_heldout"])


def test_what_needs_the_training_texts_says_so(capsys, imported, vectors, prompts):
    for command in ("sizes", "variants"):
        assert main([command, str(imported)]) == 2
        assert "texts that these vectors were built from are not known" in capsys.readouterr().err
    for one, said in ((imported, "* as the vector file has it"), (vectors, "* chosen by cross-validation")):
        assert main(["heldout", str(one), str(prompts)]) == 0
        assert said in capsys.readouterr().out


def test_every_command_takes_imported_vectors(capsys, imported, prompts):
    scores = answer(capsys, "heldout", str(imported), str(prompts))
    one = scores["emotions"][0]
    assert one["n_train"] is None and one["layers"][0]["cohens_d"] is None and one["layers"][2]["cohens_d"] is not None
    assert answer(capsys, "geometry", str(imported))["layer"] == 2
    sweep = ["sweep", str(imported), "--emotion", "fear", "--prompt", "She opened", "--strengths", "0.2"]
    document = answer(capsys, *sweep, "--tokens", "4", "--controls", "2", "--samples", "2")
    assert document["layer"] == 2
    assert main([*sweep, "--tokens", "4", "--controls", "2", "--samples", "2", "--layer", "0"]) == 2
    assert "layer 0" in capsys.readouterr().err
    assert len(answer(capsys, "read", str(imported), "--text", "She opened the door.")["emotions"]) == 3


def test_what_a_file_says_itself_is_not_answered_beside_it(capsys, folder, vectors, array):
    out = ["--out", str(folder / "z.safetensors")]
    for answer_ in (["--emotion", "dread"], ["--layer", "3"], ["--shift", "1"], ["--selected-layer", "2"]):
        assert main(["import", str(vectors), *answer_, *out]) == 2
        assert "names its emotions and layers itself (small.safetensors)" in capsys.readouterr().err
    assert main(["import", str(array), "--model", "demo", "--layer", "3", *out]) == 2
    assert "says itself which layers" in capsys.readouterr().err
    assert main(["import", str(vectors), "--model", "untrained:demo", *out]) == 2
    assert "belong to another model" in capsys.readouterr().err
    assert main(["import", str(folder / "nofile"), *out]) == 2
    assert "cannot be read" in capsys.readouterr().err and not (folder / "z.safetensors").exists()
