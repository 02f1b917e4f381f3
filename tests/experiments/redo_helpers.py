"""What a result file holds, for comparing it with the one that comes back."""

import json


def content(data: bytes) -> tuple[object, object, bytes]:
    """Header, manifest and arrays of a result file; the order is by chance, and so is the second it was written in.

    A file of words comes back as it is.
    """
    if data[8:9] != b"{":
        return None, None, data
    length = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + length])
    manifest = json.loads(header["__metadata__"].pop("manifest", "{}"))
    manifest.pop("created", None)
    return header, manifest, data[8 + length :]
