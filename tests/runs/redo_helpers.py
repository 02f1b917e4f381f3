"""What a result file holds, and the check that an expired run comes back the same."""

import json

from emotion_core.models.owner import ModelOwner
from emotion_core.runs.cache import ActivationCache
from emotion_core.runs.redo import can_redo, redo, why_not
from emotion_core.runs.registry import JobRegistry


def content(data: bytes) -> tuple[object, object, bytes]:
    """Header, manifest and arrays of a result file; the order is by chance, and so is the second it was written in."""
    length = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + length])
    manifest = json.loads(header["__metadata__"].pop("manifest", "{}"))
    manifest.pop("created", None)
    return header, manifest, data[8 + length :]


def assert_redone_equal(registry: JobRegistry, owner: ModelOwner, run_id: str, cache: ActivationCache) -> None:
    """A run that is finished, expires and is done again from its settings has the same files under the same id."""
    store = registry.store
    registry.wait(run_id)
    before = {name: content(store.read(run_id, name)) for name in store.files(run_id)}
    assert before and not can_redo(store.get(run_id)), f"{run_id} has {sorted(before)}"
    store.expire(run_id)
    assert can_redo(store.get(run_id)), why_not(store.get(run_id))
    assert redo(registry, owner, store.get(run_id), cache) == run_id
    registry.wait(run_id)
    assert store.get(run_id).state == "done", store.get(run_id).error
    for name in store.files(run_id):
        assert content(store.read(run_id, name)) == before.pop(name), name
    assert not before, f"{sorted(before)} did not come back"
