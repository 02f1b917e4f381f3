"""The script of a bundle makes the same vectors and texts, without this project."""

from __future__ import annotations

import io
import json
import zipfile

import numpy as np
import pytest
from safetensors.numpy import load_file

from emotion_core.base.activations import ReadingPosition
from emotion_core.base.jobs import run_to_end
from emotion_core.exchange.bundle import (
    SWEEP_PROMPT,
    SWEEP_STRENGTHS,
    SWEEP_TOKENS,
    bundle_bytes,
    bundle_files,
    fitting_neutral,
)
from emotion_core.steering.settings import SweepSettings
from emotion_core.steering.sweep import sweep
from exchange.conftest import built, labelled, pairs

CASES = {
    "gpt2 pairs and labelled": ("gpt2", (pairs, labelled), {}),
    "tuples, principal, neutral": ("gpt_neo", (pairs,), {"estimator": "pca", "neutral_projection": True}),
    "copies of the stream": ("gemma3n", (pairs,), {}),
    "logistic, chat": (
        "gpt2",
        (labelled,),
        {"estimator": "logistic", "reading": ReadingPosition("mean", 2, chat=True)},
    ),
}


def unpacked(folder, model, vectors):
    neutral = fitting_neutral(model, vectors.reading)
    files = bundle_files(vectors, None, "not scored", neutral, model.layers_path)
    with zipfile.ZipFile(io.BytesIO(bundle_bytes(files))) as archive:
        archive.extractall(folder)
    return folder


# Cell after cell in one namespace without a __file__; known to linecache, because nnsight reads the source of a trace.
_KERNEL = """
import json, linecache, sys
space = {"__name__": "__main__"}
for i, cell in enumerate(json.load(open("redo.ipynb"))["cells"]):
    if cell["cell_type"] == "code":
        source, name = cell["source"], f"<cell {i}>"
        linecache.cache[name] = (len(source), None, source.splitlines(True), name)
        exec(compile(source, name, "exec"), space)
sys.exit(space["status"])
"""


@pytest.mark.parametrize("case", CASES)
def test_the_script_gives_the_same_vectors_and_texts(case, model_folder, tmp_path, warm_python):
    family, makers, settings = CASES[case]
    source = model_folder(family)
    model, vectors = built(source, [make() for make in makers], **settings)
    folder = unpacked(tmp_path, model, vectors)
    ran = warm_python.run(folder, "redo.py", "--model", str(source))
    assert ran.returncode == 0, ran.stderr + ran.stdout
    share = "1e-4" if vectors.estimator == "pca" else "1e-5"
    assert f"the same to {share} of its length" in (folder / "README.md").read_text()
    redone = load_file(folder / "redone.safetensors")
    assert set(redone) == set(vectors.emotions)
    for e, emotion in enumerate(vectors.emotions):
        apart = np.linalg.norm(redone[emotion] - vectors.values[e], axis=1) / np.linalg.norm(vectors.values[e], axis=1)
        assert apart.max() < 1e-5, (emotion, apart)
    chosen = SweepSettings(
        emotion=vectors.emotions[0],
        prompts=(SWEEP_PROMPT,),
        strengths=SWEEP_STRENGTHS,
        controls=0,
        samples=1,
        decoding="greedy",
        max_new_tokens=SWEEP_TOKENS,
        chat=vectors.reading.chat,
    )
    rows = run_to_end(sweep(model, vectors, chosen)).rows
    ours = {row.strength: row.text for row in rows if row.direction == "emotion"}
    theirs = {row["strength"]: row["text"] for row in json.loads((folder / "redone_sweep.json").read_text())}
    assert theirs == ours
    assert len(set(theirs.values())) > 1


def test_the_script_notices_other_vectors_and_another_model(model_folder, tmp_path, warm_python):
    source = model_folder("gpt2")
    model, vectors = built(source, [pairs()])
    vectors.values[0, 2, 0] += 1e-3 * np.linalg.norm(vectors.values[0, 2])
    folder = unpacked(tmp_path, model, vectors)
    ran = warm_python.run(folder, "redo.py", "--model", str(source))
    assert ran.returncode == 1 and "layer 2" in ran.stdout
    settings = json.loads((folder / "settings.json").read_text())
    (folder / "settings.json").write_text(json.dumps({**settings, "width": 33}))
    ran = warm_python.run(folder, "redo.py", "--model", str(source))
    assert ran.returncode == 1 and "width 33" in ran.stderr and "width 32" in ran.stderr


def test_the_notebook_is_the_script(model_folder, tmp_path, warm_python):
    source = model_folder("gpt2")
    model, vectors = built(source, [pairs()])
    folder = unpacked(tmp_path, model, vectors)
    (folder / "estimators.py").unlink()
    cells = json.loads((folder / "redo.ipynb").read_text())["cells"]
    code = "\n".join(cell["source"] for cell in cells if cell["cell_type"] == "code")
    assert len(cells) > 12 and all(cell["id"] for cell in cells)
    assert "import estimators" not in code and "emotion_core" not in code
    (folder / "cells.py").write_text(_KERNEL)
    ran = warm_python.run(folder, "cells.py", "-f", "kernel.json", "--model", str(source))
    assert ran.returncode == 0, ran.stderr
    np.testing.assert_allclose(load_file(folder / "redone.safetensors")["fear / dread"], vectors.values[0], atol=1e-5)
