"""What a result file holds, for comparing it with the one that comes back."""

import json

from safetensors.numpy import load


def content(data: bytes) -> tuple[object, object, object]:
    """Metadata, manifest and arrays of a result file; their order is by chance, and so is the second it was written in.

    A file of words comes back as it is.
    """
    if data[8:9] != b"{":
        return None, None, data
    length = int.from_bytes(data[:8], "little")
    metadata = json.loads(data[8 : 8 + length])["__metadata__"]
    manifest = json.loads(metadata.pop("manifest", "{}"))
    manifest.pop("created", None)
    arrays = {name: (str(one.dtype), one.shape, one.tobytes()) for name, one in load(data).items()}
    return metadata, manifest, arrays
