"""Take everything along in a bundle, and bring vectors of another tool in."""

import tempfile
from pathlib import Path

import numpy as np

from emotion_core import library as emotions

model = emotions.load("demo")
vectors = emotions.build(model, "fear-calm")
with tempfile.TemporaryDirectory() as folder:
    emotions.export(model, vectors, Path(folder, "bundle.zip"))
    print(emotions.open_vectors(Path(folder, "bundle.zip")).emotions)

    np.save(Path(folder, "dread.npy"), vectors.values[0])  # one row a layer, no names
    dread = emotions.open_vectors(Path(folder, "dread.npy"), model, emotions=("dread",))
    print(dread.emotions, dread.origin)
