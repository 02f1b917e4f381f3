"""Results that come with the repository, so that the first page shows something finished at once.

`python -m emotion_core.experiments.ship` computes them on the bundled model, through the same code as the pages, and
writes them to `demo_model/results/`: the build and the sweep of the first page, and the vectors and checks of the map
of 171 emotions (`ship home`, `ship map`, `ship smollm2` and `ship talk` make one part). For smollm2, which others trained,
it writes the transfer from stories to fear-calm that the first page begins with. The map's files are rounded and
compressed, see `shrink`. Each file carries the content key of its run: when the model, the prompts, the settings or the
version change, the key no longer fits and the result is computed anew instead of being shown.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from emotion_core.base.activations import ModelInfo, ReadingPosition
from emotion_core.base.atomic import write_atomically
from emotion_core.base.cache import ActivationCache
from emotion_core.base.errors import RunError
from emotion_core.base.jobs import run_to_end
from emotion_core.evaluation.transfer import CALM, FEAR, Contrast, Transfer
from emotion_core.experiments.evaluation import TRANSFER, ToAnotherSource
from emotion_core.experiments.experiment import start
from emotion_core.experiments.geometry import MAP_CHECKS, MapSettings
from emotion_core.experiments.steering import SWEEP
from emotion_core.experiments.talk import TALK, TALK_SCALE, Neutral
from emotion_core.models.catalogue import CATALOGUE, DEMO_FOLDER, DEMO_NAME
from emotion_core.models.dialogue import Said
from emotion_core.models.gguf_weights import SMOLLM2
from emotion_core.models.owner import ModelOwner, owner_of
from emotion_core.prompts.builtin import load_prompts
from emotion_core.prompts.prompt_set import PromptSet
from emotion_core.reading.talk import Talk, TalkSettings
from emotion_core.runs.builds import KIND as BUILD
from emotion_core.runs.builds import load_build, start_build
from emotion_core.runs.codec import as_plain, from_bytes, from_plain
from emotion_core.runs.registry import JobRegistry
from emotion_core.runs.shrink import ENDING, compressed, restored, rounded
from emotion_core.runs.store import RunStore
from emotion_core.steering.settings import SweepSettings
from emotion_core.vectors.build import build
from emotion_core.vectors.emotion_vectors import EmotionVectors
from emotion_core.vectors.settings import BuildSettings

SHIPPED_FOLDER = DEMO_FOLDER.parent / "results"
HOME_SET = "fear-calm"
HOME_EMOTION = "fear"
HOME_SWEEP = SweepSettings(
    emotion=HOME_EMOTION,
    prompts=("When she opened the door, she", "It was late in the evening when they"),
    strengths=(-0.4, -0.3, -0.2, -0.1, 0.0, 0.1, 0.2, 0.3, 0.4),
    controls=32,
    samples=4,
    max_new_tokens=40,
)


HOME_TALK = TalkSettings(
    turns=(Said("user", "I heard a noise in the cellar last night. What should I do?"),),
    strengths=((HOME_EMOTION, 4.0),),
    max_new_tokens=50,
    rival=1,
)

MAP_SET = "emotions-171"
PLANTED_SET = "scenes-171"  # whose map is known: the truth table of the demo model
MAP_CLUSTERS = 10


# From stories of fearful and of calm words to the situations of fear-calm.
SMOLLM2_READING = ReadingPosition("mean", 20)
SMOLLM2_TRANSFER = SHIPPED_FOLDER / "smollm2-transfer"


def stories_of_sides() -> PromptSet:
    """The stories of the words that usually stand for the two sides of fear-calm."""
    stories = load_prompts("stories-171")
    kept = tuple(text for text in stories.texts if text.emotion in (*FEAR, *CALM))
    return PromptSet(f"{stories.name}, fearful and calm words", stories.form, kept, stories.seed)


def sides_of(vectors: EmotionVectors) -> Contrast:
    """Fearful words against calm ones."""
    sides = (tuple(word for word in words if word in vectors.emotions) for words in (FEAR, CALM))
    return Contrast(*sides)


def shipped_card(name: str, folder: Path = SHIPPED_FOLDER) -> ModelInfo | None:
    """Card of a model whose results came with this version, so that they can be shown without its weights."""
    if name not in CATALOGUE:
        return None
    try:
        described = json.loads((folder / f"{name}-{BUILD}" / "run.json").read_text(encoding="utf-8"))
        return from_plain(ModelInfo, described["card"])
    except (OSError, ValueError, KeyError, RunError):
        return None


def shipped_transfer(folder: Path = SMOLLM2_TRANSFER) -> Transfer | None:
    """The transfer on smollm2 that came with this version; None where it was made by another one."""
    try:
        described = json.loads((folder / "run.json").read_text(encoding="utf-8"))
        files = dict(_unpacked(path) for path in folder.iterdir() if path.name != "run.json")
        result = from_bytes(Transfer, files[TRANSFER.file])
    except (OSError, ValueError, KeyError, RunError):
        return None
    return result if described.get("version") == TRANSFER.version else None


def shipped_conversation(info: ModelInfo, folder: Path = SHIPPED_FOLDER) -> Talk | None:
    """The conversation that came with this version for a model; None where there is none."""
    place = folder / f"{info.name}-{TALK.kind}"
    try:
        described = json.loads((place / "run.json").read_text(encoding="utf-8"))
        files = dict(_unpacked(path) for path in place.iterdir() if path.name != "run.json")
        found = from_bytes(Talk, files[TALK.file])
    except (OSError, ValueError, KeyError, RunError):
        return None
    return found if found.model.fingerprint == info.fingerprint and described["kind"] == TALK.kind else None


def ship_talk(registry: JobRegistry, owner: ModelOwner, cache: ActivationCache, folder: Path) -> None:
    """Computes and writes what the page Talk opens with: the scale of neutral conversations, and a conversation."""
    build_id = start_home_build(registry, owner, cache)
    registry.wait(build_id)
    vectors = load_build(registry.store, build_id).vectors
    run_ids = {
        TALK_SCALE.kind: start(registry, owner, vectors, TALK_SCALE, Neutral(), cache),
        TALK.kind: start(registry, owner, vectors, TALK, HOME_TALK, cache),
    }
    for kind, run_id in run_ids.items():
        registry.wait(run_id)
        pack(registry.store, run_id, folder, f"{owner.info.name}-{kind}", small=True)


def home_prompts() -> tuple[PromptSet, ...]:
    """The prompt sets of the first page."""
    return (load_prompts(HOME_SET),)


def start_home_build(registry: JobRegistry, owner: ModelOwner, cache: ActivationCache) -> str:
    """The build of the first page: shipped, computed before, or started now; returns its run id."""
    return start_build(registry, owner, home_prompts(), BuildSettings(), cache, share=True)


def start_home_sweep(registry: JobRegistry, owner: ModelOwner, build_id: str) -> str:
    """The sweep of the first page, in the same way, once its build is done."""
    vectors = load_build(registry.store, build_id).vectors
    return start(registry, owner, vectors, SWEEP, HOME_SWEEP, share=True)


def map_prompts(name: str = MAP_SET) -> tuple[PromptSet, ...]:
    """The prompt set of a map: `MAP_SET` or `PLANTED_SET`."""
    return (load_prompts(name),)


def start_map_build(registry: JobRegistry, owner: ModelOwner, cache: ActivationCache, name: str = MAP_SET) -> str:
    """The build behind the map of 171 emotions: shipped, computed before, or started now; returns its run id."""
    return start_build(registry, owner, map_prompts(name), BuildSettings(), cache, share=True)


def round_run(store: RunStore, run_id: str) -> str:
    """A finished run once more with rounded numbers, found under the same key from now on; returns its id."""
    run = store.get(run_id)
    described = {**json.loads(run.settings), "rounded": "floating-point numbers to 11 significant bits"}
    again = store.create(run.kind, json.dumps(described), key=run.key)
    files = {name: store.read(run_id, name) for name in store.files(run_id)}
    safetensors = ".safetensors"
    store.finish(again, {name: rounded(data) if name.endswith(safetensors) else data for name, data in files.items()})
    return again


def unpack(store: RunStore, folder: Path = SHIPPED_FOLDER) -> int:
    """Puts the shipped results into a store that does not have them yet; returns how many were new."""
    new = 0
    for manifest in sorted(folder.glob("*/run.json")):
        described = json.loads(manifest.read_text(encoding="utf-8"))
        if manifest.parent.name == SMOLLM2_TRANSFER.name or store.find(described["kind"], described["key"]) is not None:
            continue
        run_id = store.create(described["kind"], json.dumps(described["settings"]), key=described["key"])
        files = dict(_unpacked(path) for path in manifest.parent.iterdir() if path.name != manifest.name)
        store.finish(run_id, files)
        new += 1
    return new


def pack(store: RunStore, run_id: str, folder: Path, name: str = "", *, small: bool = False) -> None:
    """Writes one finished run as a folder of the repository.

    Args:
        store: That holds the run.
        run_id: Of the run.
        folder: That holds the shipped runs.
        name: Of the run's own folder; by default its kind.
        small: Compress the files.
    """
    run = store.get(run_id)
    described = {
        "kind": run.kind,
        "key": run.key,
        "settings": {**json.loads(run.settings), "shipped": "python -m emotion_core.experiments.ship"},
    }
    place = folder / (name or run.kind)
    for file in store.files(run_id):
        data = store.read(run_id, file)
        write_atomically(place / (file + ENDING if small else file), compressed(data) if small else data)
    text = json.dumps(described, indent=1, ensure_ascii=False) + "\n"
    write_atomically(place / "run.json", text.encode())


def ship_home(registry: JobRegistry, owner: ModelOwner, cache: ActivationCache, folder: Path, prefix: str = "") -> None:
    """Computes and writes the build and the sweep of the first page."""
    build_id = start_home_build(registry, owner, cache)
    registry.wait(build_id)
    sweep_id = start_home_sweep(registry, owner, build_id)
    registry.wait(sweep_id)
    pack(registry.store, build_id, folder, prefix + BUILD)
    pack(registry.store, sweep_id, folder, prefix + SWEEP.kind, small=bool(prefix))


def ship_map(registry: JobRegistry, owner: ModelOwner, cache: ActivationCache, folder: Path) -> None:
    """Computes and writes the vectors of both maps, with their held-out scores, and the checks of the maps."""
    for name in (MAP_SET, PLANTED_SET):
        _ship_map(registry, owner, cache, folder, name)


def _ship_map(registry: JobRegistry, owner: ModelOwner, cache: ActivationCache, folder: Path, name: str) -> None:
    build_id = start_map_build(registry, owner, cache, name)
    registry.wait(build_id)
    # The checks are keyed by the vectors, so they are made of the rounded ones that visitors get.
    rounded_id = round_run(registry.store, build_id)
    vectors = load_build(registry.store, rounded_id).vectors
    checks_id = start(registry, owner, vectors, MAP_CHECKS, MapSettings(MAP_CLUSTERS), cache)
    registry.wait(checks_id)
    pack(registry.store, rounded_id, folder, f"{BUILD}-{name}", small=True)
    pack(registry.store, round_run(registry.store, checks_id), folder, f"map-{name}", small=True)


def ship_smollm2(registry: JobRegistry, owner: ModelOwner, cache: ActivationCache, folder: Path) -> None:
    """Computes and writes what the first page shows of smollm2, its card beside it, and the transfer."""
    prefix = f"{SMOLLM2}-"
    ship_home(registry, owner, cache, folder, prefix)
    _add(folder / (prefix + BUILD), card=as_plain(owner.info))
    _ship_transfer(owner, cache, folder)


def _ship_transfer(owner: ModelOwner, cache: ActivationCache, folder: Path) -> None:
    """The transfer from stories to situations, the untrained twin beside it."""
    with tempfile.TemporaryDirectory() as place:
        registry = JobRegistry(RunStore(Path(place)))
        settings = BuildSettings(reading=SMOLLM2_READING)
        vectors = run_to_end(build(owner.model, [stories_of_sides()], settings, cache))
        asked = ToAnotherSource(load_prompts(HOME_SET), sides_of(vectors), untrained=True)
        run_id = start(registry, owner, vectors, TRANSFER, asked, cache)
        registry.wait(run_id)
        pack(registry.store, run_id, folder, SMOLLM2_TRANSFER.name, small=True)
    _add(folder / SMOLLM2_TRANSFER.name, version=TRANSFER.version)


def _add(place: Path, **more: object) -> None:
    """Notes more in the description of a shipped run."""
    described = {**json.loads((place / "run.json").read_text(encoding="utf-8")), **more}
    write_atomically(place / "run.json", (json.dumps(described, indent=1, ensure_ascii=False) + "\n").encode())


def main(argv: Sequence[str] | None = None) -> None:
    """Computes the results from nothing and writes them."""
    parser = argparse.ArgumentParser(prog="python -m emotion_core.experiments.ship", description=main.__doc__)
    parser.add_argument("what", nargs="?", choices=["all", "home", "map", "smollm2", "talk"], default="all")
    parser.add_argument("--out", type=Path, default=SHIPPED_FOLDER, help="folder of the shipped results")
    arguments = parser.parse_args(argv)
    with tempfile.TemporaryDirectory() as folder:
        registry = JobRegistry(RunStore(Path(folder)))
        cache = ActivationCache(Path(folder) / "activations.sqlite")
        for name, model, ship in (
            ("home", DEMO_NAME, ship_home),
            ("map", DEMO_NAME, ship_map),
            (SMOLLM2, SMOLLM2, ship_smollm2),
            ("talk", SMOLLM2, ship_talk),
        ):
            if arguments.what in (name, "all"):
                ship(registry, owner_of(model), cache, arguments.out)
                print(f"{name}: {arguments.out}", file=sys.stderr)


def _unpacked(path: Path) -> tuple[str, bytes]:
    """Name and content of a shipped file as its run had them."""
    data = path.read_bytes()
    return (path.name.removesuffix(ENDING), restored(data)) if path.name.endswith(ENDING) else (path.name, data)


if __name__ == "__main__":
    main()
