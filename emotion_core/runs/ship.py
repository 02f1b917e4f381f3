"""Results that come with the repository, so that the first page shows something finished at once.

`python -m emotion_core.runs.ship` computes them on the bundled model, through the same code as the pages, and writes
them to `demo_model/results/`. Each file carries the content key of its run: when the model, the prompts, the settings
or the version change, the key no longer fits and the result is computed anew instead of being shown.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

from emotion_core.models.catalogue import DEMO_FOLDER
from emotion_core.models.owner import ModelOwner, owner_of
from emotion_core.prompts.builtin import load_prompts
from emotion_core.prompts.prompt_set import PromptSet
from emotion_core.runs.atomic import write_atomically
from emotion_core.runs.builds import KIND as BUILD
from emotion_core.runs.builds import load_build, start_build
from emotion_core.runs.cache import ActivationCache
from emotion_core.runs.registry import JobRegistry
from emotion_core.runs.store import RunStore
from emotion_core.runs.sweeps import KIND as SWEEP
from emotion_core.runs.sweeps import start_sweep
from emotion_core.steering.settings import SweepSettings
from emotion_core.vectors.settings import BuildSettings

SHIPPED_FOLDER = DEMO_FOLDER.parent / "results"
HOME_SET = "fear-calm"
HOME_EMOTION = "fear"
HOME_SWEEP = SweepSettings(
    emotion=HOME_EMOTION,
    prompts=("When she opened the door, she", "It was late in the evening when they"),
    strengths=(-0.4, -0.3, -0.2, -0.1, 0.0, 0.1, 0.2, 0.3, 0.4),
    controls=8,
    samples=4,
    max_new_tokens=40,
)


def home_prompts() -> tuple[PromptSet, ...]:
    """The prompt sets of the first page."""
    return (load_prompts(HOME_SET),)


def start_home_build(registry: JobRegistry, owner: ModelOwner, cache: ActivationCache) -> str:
    """The build of the first page: shipped, computed before, or started now; returns its run id."""
    return start_build(registry, owner, home_prompts(), BuildSettings(), cache, share=True)


def start_home_sweep(registry: JobRegistry, owner: ModelOwner, build_id: str) -> str:
    """The sweep of the first page, in the same way, once its build is done."""
    vectors = load_build(registry.store, build_id).vectors
    return start_sweep(registry, owner, vectors, HOME_SWEEP, share=True)


def unpack(store: RunStore, folder: Path = SHIPPED_FOLDER) -> int:
    """Puts the shipped results into a store that does not have them yet; returns how many were new."""
    new = 0
    for manifest in sorted(folder.glob("*/run.json")):
        described = json.loads(manifest.read_text(encoding="utf-8"))
        if store.find(described["kind"], described["key"]) is not None:
            continue
        run_id = store.create(described["kind"], json.dumps(described["settings"]), key=described["key"])
        files = {path.name: path.read_bytes() for path in manifest.parent.iterdir() if path.name != manifest.name}
        store.finish(run_id, files)
        new += 1
    return new


def pack(store: RunStore, run_id: str, folder: Path) -> None:
    """Writes one finished run as a folder of the repository."""
    run = store.get(run_id)
    described = {
        "kind": run.kind,
        "key": run.key,
        "settings": {**json.loads(run.settings), "shipped": "python -m emotion_core.runs.ship"},
    }
    for name in store.files(run_id):
        write_atomically(folder / run.kind / name, store.read(run_id, name))
    text = json.dumps(described, indent=1, ensure_ascii=False) + "\n"
    write_atomically(folder / run.kind / "run.json", text.encode())


def main() -> None:
    """Computes both results from nothing and writes them."""
    owner = owner_of("demo")
    with tempfile.TemporaryDirectory() as folder:
        registry = JobRegistry(RunStore(Path(folder)))
        build_id = start_home_build(registry, owner, ActivationCache(Path(folder) / "activations.sqlite"))
        registry.wait(build_id)
        sweep_id = start_home_sweep(registry, owner, build_id)
        registry.wait(sweep_id)
        for run_id, kind in ((build_id, BUILD), (sweep_id, SWEEP)):
            pack(registry.store, run_id, SHIPPED_FOLDER)
            print(f"{kind}: {SHIPPED_FOLDER / kind}", file=sys.stderr)


if __name__ == "__main__":
    main()
