"""One emotion as a GGUF control vector, which llama.cpp and repeng load.

Both number blocks as this project does: `direction.N` is added to the output of block N. Neither has a place for block
0, and llama.cpp refuses a file with any tensor of another name; so block 0, the residual norms and the manifest stand
in the metadata under `emotion_vectors.`, where other tools pass them over and `import` finds them.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np

from emotion_core.base.activations import FloatArray
from emotion_core.exchange.one_emotion import only
from emotion_core.vectors.emotion_vectors import EmotionVectors
from emotion_core.vectors.file import TENSORS, manifest_json

ARCHITECTURE = "controlvector"
NAMESPACE = "emotion_vectors"
# A file for each of many emotions would carry the whole labelled set each time; above this the rows stay in the bundle.
LARGEST_MANIFEST = 256 * 1024


def gguf_bytes(vectors: EmotionVectors, emotion: str) -> bytes:
    """The vectors of one emotion as a GGUF file, with their length.

    A layer whose vector is zero or not finite is left out: a tool that finds no direction for a block adds nothing.

    Args:
        vectors: The vectors.
        emotion: Whose.

    Raises:
        VectorFileError: There is no vector for the emotion.
    """
    one = only(vectors, (emotion,))
    manifest = manifest_json(one)
    if len(manifest) > LARGEST_MANIFEST:
        manifest = manifest_json(only(vectors, (emotion,), keep_rows=False))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "vector.gguf")
        _write(path, one, manifest)
        return path.read_bytes()


def model_type(architecture: str) -> str:
    """The family name that repeng keeps as `model_hint`, such as `gpt2` for GPT2LMHeadModel.

    The class name itself where transformers does not know it.
    """
    import transformers  # seconds of import

    config = getattr(getattr(transformers, architecture, None), "config_class", None) if architecture else None
    return str(getattr(config, "model_type", "") or architecture or "unknown")


def _write(path: Path, one: EmotionVectors, manifest: str) -> None:
    from gguf import GGUFWriter

    writer = GGUFWriter(path, ARCHITECTURE)
    writer.add_name(f"{one.emotions[0]} ({one.model.name})")
    writer.add_string(f"{ARCHITECTURE}.model_hint", model_type(one.model.architecture))
    values: FloatArray = one.values[0]  # (layers, width)
    whole = [i for i in range(1, one.n_layers) if np.isfinite(values[i]).all() and values[i].any()]
    writer.add_uint32(f"{ARCHITECTURE}.layer_count", len(whole))
    writer.add_string(f"{NAMESPACE}.manifest", manifest)
    for name in TENSORS:
        numbers = values[0] if name == "values" else np.ravel(getattr(one, name))
        key = f"{NAMESPACE}.layer_0" if name == "values" else f"{NAMESPACE}.{name}"
        writer.add_array(key, [float(number) for number in numbers])
    for i in whole:
        writer.add_tensor(f"direction.{i}", np.ascontiguousarray(values[i], dtype=np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
