"""Results that come with the repository, so that the first page shows something finished at once.

`python -m emotion_core.experiments.ship` computes them through the same code as the pages and writes them to
`demo_model/results/` (`ship home`, `map`, `smollm2` and `talk` make one part): for the bundled model the build
and the sweep of the first page, and the vectors and checks of the map of 171 emotions; for smollm2, which others
trained, the same, the transfer from stories to situations that the first page begins with, and an example for every
page (`examples`). What is large is rounded and compressed, see `shrink`. Each file carries the content key of its run:
when the model, the prompts, the settings or the version change, the key no longer fits and the result is computed anew
instead of being shown.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from emotion_core.base.activations import ActivationCache, ModelInfo, ReadingPosition
from emotion_core.base.atomic import write_atomically
from emotion_core.base.errors import RunError
from emotion_core.base.jobs import run_to_end
from emotion_core.evaluation.transfer import CALM, FEAR, Contrast, Transfer
from emotion_core.experiments.evaluation import TRANSFER, OnOwnTexts, ToAnotherSource
from emotion_core.experiments.experiment import Experiment, start
from emotion_core.experiments.geometry import MAP_CHECKS, TWIN, MapSettings
from emotion_core.experiments.steering import SWEEP
from emotion_core.experiments.talk import TALK, TALK_SCALE, Neutral
from emotion_core.models.catalogue import CATALOGUE, DEMO_FOLDER, DEMO_NAME
from emotion_core.models.gguf_weights import SMOLLM2
from emotion_core.models.owner import ModelOwner, owner_of
from emotion_core.prompts.builtin import load_prompts
from emotion_core.prompts.prompt_set import PromptSet, Turn
from emotion_core.reading.places import OF_A_MESSAGE
from emotion_core.reading.talk import Talk, TalkSettings
from emotion_core.runs.builds import KIND as BUILD
from emotion_core.runs.builds import SCORES_FILE, load_build, start_build
from emotion_core.runs.codec import ENDING, SIGNIFICANT, as_plain, compressed, from_bytes, from_plain, restored, rounded
from emotion_core.runs.registry import JobRegistry
from emotion_core.runs.store import RunStore
from emotion_core.steering.settings import SweepSettings
from emotion_core.vectors.build import build
from emotion_core.vectors.emotion_vectors import BuildSettings, EmotionVectors

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
    turns=(Turn("user", "I heard a noise in the cellar last night. What should I do?"),),
    strengths=((HOME_EMOTION, 4.0),),
    max_new_tokens=50,
    rival=1,
)

MAP_SET = "emotions-171"
PLANTED_SET = "scenes-171"  # whose map is known: the truth table of the demo model
STORIES_SET = "stories-171"
CORE_SET = "emotions-12"
MAP_CLUSTERS = 10
# Stories set a scene first.
_READINGS = {STORIES_SET: ReadingPosition("mean", 20)}
# Significant bits of what would be largest: a direction at 8 bits has a cosine of .99999 with the exact one.
# Where a text lies is drawn as a dot.
_BITS, _TWIN_BITS, _DOT_BITS = 8, 3, 4

# From stories of fearful and of calm words to the situations of fear-calm.
SMOLLM2_TRANSFER = SHIPPED_FOLDER / "smollm2-transfer"


@dataclass(frozen=True)
class Example:
    """A run on smollm2 that a page opens with.

    Attributes:
        name: Of its folder, behind the model's.
        vectors: The built-in set that it works with.
        experiment: Its kind.
        asked: Its settings.
        bits: Significant bits that are kept of its numbers; 0 for all.
    """

    name: str
    vectors: str
    experiment: Experiment[Any, Any]
    asked: Any
    bits: int = 0


def examples() -> tuple[Example, ...]:
    """What is shipped of smollm2 beside builds, the first page's sweep and the transfer.

    It is a chat model: what it writes and chooses is asked for in its chat template.
    """
    # Every kind of run at once, which a page that opens one of them does not need.
    from emotion_core.behavior.behavior_settings import BehaviorSettings
    from emotion_core.behavior.preference_settings import PreferenceSettings, standard_wording
    from emotion_core.behavior.scenes import built_in_activities, built_in_scenes
    from emotion_core.experiments.behavior import BEHAVIORS, PREFERENCES, BehaviorRequest, PreferenceRequest
    from emotion_core.experiments.reading import (
        DOSE,
        SITUATIONS,
        TEXT,
        ZERO_POINT,
        DoseSettings,
        SituationsSettings,
        TextSettings,
        ZeroPointSettings,
    )
    from emotion_core.prompts.library import EXAMPLE_TEXT, load_openings, load_templates
    from emotion_core.reading.text import ranking_controls

    roommate = next(one.text for one in load_openings() if one.name == "roommate")
    sweep = replace(HOME_SWEEP, prompts=(roommate,), samples=8, chat=True)
    preferences = PreferenceSettings(
        *built_in_activities(),
        standard_wording(chat=True),
        opponents=8,
    )
    template = next(one for one in load_templates() if one.name == "painkiller-dose")
    reply = OF_A_MESSAGE["H"]  # what the model makes of a message stands where its answer begins
    dose = DoseSettings(template.template, tuple(template.values), template.rise, template.fall, place=reply)
    behaviors = BehaviorSettings(built_in_scenes()[:2], ("desperation", "calm"), (-0.2, -0.1, 0.1, 0.2), chat=True)
    return (
        Example("roommate", HOME_SET, SWEEP, sweep),
        Example("text", CORE_SET, TEXT, TextSettings(EXAMPLE_TEXT)),
        Example("zero-point", HOME_SET, ZERO_POINT, ZeroPointSettings()),
        Example("zero-point-many", STORIES_SET, ZERO_POINT, ZeroPointSettings(each=ranking_controls(171)), SIGNIFICANT),
        Example("dose", CORE_SET, DOSE, dose),
        Example("situations", CORE_SET, SITUATIONS, SituationsSettings(place=reply)),
        Example("preferences", CORE_SET, PREFERENCES, PreferenceRequest(preferences)),
        Example("behaviors", CORE_SET, BEHAVIORS, BehaviorRequest(behaviors)),
        Example("map-checks", STORIES_SET, MAP_CHECKS, MapSettings(MAP_CLUSTERS), _BITS),
        Example("map-twin", STORIES_SET, TWIN, OnOwnTexts(), _TWIN_BITS),
    )


def stories_of_sides() -> PromptSet:
    """The stories of the words that usually stand for the two sides of fear-calm."""
    stories = load_prompts(STORIES_SET)
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
        if kind == TALK_SCALE.kind:
            run_id = round_run(registry.store, run_id)
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


def prompts_of(name: str) -> tuple[PromptSet, ...]:
    """The texts of a built-in set."""
    return (load_prompts(name),)


def settings_of(name: str) -> BuildSettings:
    """How vectors are built from a built-in set where nobody asks for another way."""
    return BuildSettings(reading=_READINGS.get(name, ReadingPosition()))


def start_set_build(registry: JobRegistry, owner: ModelOwner, cache: ActivationCache, name: str) -> str:
    """The build of a built-in set: shipped, computed before, or started now; returns its run id."""
    return start_build(registry, owner, prompts_of(name), settings_of(name), cache, share=True)


def round_run(store: RunStore, run_id: str, bits: int = SIGNIFICANT) -> str:
    """A finished run once more with rounded numbers, found under the same key from now on; returns its id."""
    run = store.get(run_id)
    described = {**json.loads(run.settings), "rounded": f"floating-point numbers to {bits} significant bits"}
    again = store.create(run.kind, json.dumps(described), key=run.key)
    files = {name: store.read(run_id, name) for name in store.files(run_id)}
    of_texts = {SCORES_FILE: _DOT_BITS} if bits < SIGNIFICANT else {}
    for name, data in files.items():
        if name.endswith(".safetensors"):
            files[name] = rounded(data, bits, of_texts.get(name))
    store.finish(again, files)
    return again


def unpack(store: RunStore, folder: Path = SHIPPED_FOLDER) -> int:
    """Puts the shipped results into a store that does not have them yet; returns how many were new."""
    new = 0
    for manifest in sorted(folder.glob("*/run.json")):
        described = json.loads(manifest.read_text(encoding="utf-8"))
        if manifest.parent.name == SMOLLM2_TRANSFER.name or store.find(described["kind"], described["key"]) is not None:
            continue
        run_id = store.create(described["kind"], json.dumps(described["settings"]), key=described["key"])
        files = (path for path in manifest.parent.iterdir() if path.name != manifest.name)
        store.finish(run_id, {path.name: path.read_bytes() for path in files})
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
        vectors = _ship_set(registry, owner, cache, folder, name)
        example = Example(f"map-{name}", name, MAP_CHECKS, MapSettings(MAP_CLUSTERS), SIGNIFICANT)
        _ship_example(registry, owner, cache, folder, example, vectors)


def _ship_set(
    registry: JobRegistry,
    owner: ModelOwner,
    cache: ActivationCache,
    folder: Path,
    name: str,
    prefix: str = "",
    bits: int = SIGNIFICANT,
) -> EmotionVectors:
    """Vectors of a built-in set with their held-out scores; returns the vectors as visitors get them.

    What is made of vectors is keyed by them, so it has to be made of these.
    """
    build_id = start_set_build(registry, owner, cache, name)
    registry.wait(build_id)
    if "rounded" not in registry.store.get(build_id).settings:
        build_id = round_run(registry.store, build_id, bits)
    pack(registry.store, build_id, folder, f"{prefix}{BUILD}-{name}", small=True)
    return load_build(registry.store, build_id).vectors


def _ship_example(
    registry: JobRegistry,
    owner: ModelOwner,
    cache: ActivationCache,
    folder: Path,
    example: Example,
    vectors: EmotionVectors,
    prefix: str = "",
) -> None:
    run_id = start(registry, owner, vectors, example.experiment, example.asked, cache)
    registry.wait(run_id)
    if example.bits:
        run_id = round_run(registry.store, run_id, example.bits)
    pack(registry.store, run_id, folder, prefix + example.name, small=True)


def ship_smollm2(registry: JobRegistry, owner: ModelOwner, cache: ActivationCache, folder: Path) -> None:
    """Computes and writes what the pages show of smollm2, its card beside it."""
    prefix = f"{SMOLLM2}-"
    ship_home(registry, owner, cache, folder, prefix)
    _add(folder / (prefix + BUILD), card=as_plain(owner.info))
    _ship_transfer(owner, cache, folder)
    sets = {HOME_SET: load_build(registry.store, start_home_build(registry, owner, cache)).vectors}
    for name, bits in ((CORE_SET, SIGNIFICANT), (STORIES_SET, _BITS)):
        sets[name] = _ship_set(registry, owner, cache, folder, name, prefix, bits)
    for example in examples():
        print(f"{prefix}{example.name}", file=sys.stderr)
        _ship_example(registry, owner, cache, folder, example, sets[example.vectors], prefix)


def _ship_transfer(owner: ModelOwner, cache: ActivationCache, folder: Path) -> None:
    """The transfer from stories to situations, the untrained twin beside it."""
    with tempfile.TemporaryDirectory() as place:
        registry = JobRegistry(RunStore(Path(place)))
        settings = settings_of(STORIES_SET)
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
    parser.add_argument(
        "--work",
        type=Path,
        help="folder where what is finished stays: goes on from there, and from what is shipped already",
    )
    arguments = parser.parse_args(argv)
    with tempfile.TemporaryDirectory() as temporary:
        folder = arguments.work or Path(temporary)
        registry = JobRegistry(RunStore(folder))
        if arguments.work:
            unpack(registry.store, arguments.out)
        cache = ActivationCache(folder / "activations.sqlite")
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
