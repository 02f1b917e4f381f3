"""Every kind of run, over every sort of vectors: started, found again, kept, removed, done again the same."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from bundled import Bundled
from tiny import tiny_module

from emotion_core.base.activations import ActivationCache
from emotion_core.base.errors import EmotionCoreError, LimitError, RunError, SettingsError
from emotion_core.base.jobs import run_to_end
from emotion_core.base.settings import Settings
from emotion_core.behavior.behavior_settings import BehaviorSettings
from emotion_core.behavior.preference_settings import PreferenceSettings, SteeredSettings
from emotion_core.behavior.scenes import Scene, built_in_scenes
from emotion_core.evaluation.confounds import orthogonalise
from emotion_core.experiments.behavior import BEHAVIORS, PREFERENCES, BehaviorRequest, PreferenceRequest
from emotion_core.experiments.evaluation import CONFOUNDS, HELDOUT, OnOwnTexts, OnSets, ToAnotherSource, Without
from emotion_core.experiments.experiment import asked, asked_of, files_of, find, load, result_of, start
from emotion_core.experiments.geometry import MapSettings
from emotion_core.experiments.kinds import EXPERIMENTS, experiment_of
from emotion_core.experiments.reading import (
    LONGEST_TEXT,
    READINGS,
    AttemptsSettings,
    ConversationSettings,
    DoseSettings,
    LabelledSettings,
    PriorsSettings,
    ReplySettings,
    SituationsSettings,
    TextSettings,
    WatchSettings,
    ZeroPointSettings,
)
from emotion_core.experiments.redo import can_redo, redo, why_not
from emotion_core.experiments.replication.rows import row_settings
from emotion_core.experiments.talk import Neutral
from emotion_core.models.loaded import LoadedModel
from emotion_core.models.owner import ModelOwner
from emotion_core.models.prepare import adopt
from emotion_core.prompts import builtin
from emotion_core.prompts.builtin import built_in_confounds, builtin_bytes, load_prompts
from emotion_core.prompts.files import read_prompt_bytes
from emotion_core.prompts.library import load_activities, load_conversations
from emotion_core.prompts.prompt_set import PromptSet, Turn
from emotion_core.reading.attempts import load_attempts
from emotion_core.reading.monitor import Labelled
from emotion_core.reading.priors import Prior
from emotion_core.reading.settings import MonitorSettings, Writing
from emotion_core.reading.talk import TalkSettings
from emotion_core.runs.builds import KIND as BUILD
from emotion_core.runs.builds import load_build, start_build
from emotion_core.runs.codec import as_plain
from emotion_core.runs.recipes import described_vectors, kept_vectors
from emotion_core.runs.registry import JobRegistry
from emotion_core.runs.store import RunStore
from emotion_core.steering.factorial import FactorialSettings
from emotion_core.steering.settings import CrossTalkSettings, SweepSettings
from emotion_core.vectors.build import build
from emotion_core.vectors.emotion_vectors import BuildSettings, EmotionVectors
from experiments.redo_helpers import content

ACTIVITIES = tuple(one.activity for one in load_activities())[:6]
SORTS = ("plain", "neutral-projected", "an emotion taken out", "imported")
FEW = "few"  # emotions-12 with this many topics: what is tested here does not depend on how many texts there are
TOPICS = {"train": 5, "heldout": 2}
# Which kinds need the texts that vectors were built from: for imported ones they say so.
NEED_TEXTS = {
    "replication-row": "not known",
    "sizes": "not known",
    "variants": "not known",
    "untrained-twin": "not known",
    "transfer": "[Ww]ithout the texts",
}


def example(kind: str, vectors: EmotionVectors) -> Any:
    """Small settings of a kind."""
    emotions, set_ = vectors.emotions, load_prompts(FEW)
    monitor, talk = MonitorSettings(emotions[0]), load_conversations()[0].turns
    steered = {"controls": 3, "samples": 1, "max_new_tokens": 2}
    examples: dict[str, Any] = {
        "heldout": OnSets((set_,)),
        "confounds": OnSets(built_in_confounds()[:1]),
        "transfer": ToAnotherSource(load_prompts("fear-calm")),
        "sizes": OnOwnTexts(),
        "variants": OnOwnTexts(),
        "orthogonal": Without((), built_in_confounds()[:1], FEW),
        "map-checks": MapSettings(3),
        "untrained-twin": OnOwnTexts(),
        "sweep": SweepSettings(emotion=emotions[0], prompts=("She said",), strengths=(0.0, 0.2), **steered),
        "crosstalk": CrossTalkSettings(prompts=("She said",), strength=0.2, emotions=emotions[:2], **steered),
        "factorial": FactorialSettings(prompts=("She said",), first=emotions[0], second=emotions[1], **steered),
        "next-token": SweepSettings(emotion=emotions[0], prompts=("She said",), strengths=(-0.1, 0.1), controls=3),
        "read-text": TextSettings("The dog ran after me."),
        "read-conversation": ConversationSettings(talk),
        "read-reply": ReplySettings(talk[:1], Writing(emotions[0], 0.1, 2)),
        "read-dose": DoseSettings("{x} dogs", (1.0, 2.0, 30.0), rise=emotions[:1]),
        "read-situations": SituationsSettings(),
        "read-attempts": AttemptsSettings(load_attempts()[0]),
        "read-priors": PriorsSettings(
            (Prior("none", ""), Prior("short", "Be brief.")), (load_conversations()[0].turns,)
        ),
        "read-monitor": WatchSettings(monitor, text="The dog ran after me."),
        "read-labelled": LabelledSettings(
            monitor, tuple(Labelled((Turn("user", f"dog {i}"),), i > 1, str(i)) for i in range(4))
        ),
        "talk": TalkSettings(turns=(Turn("user", "Who is there?"),), strengths=((emotions[0], 2.0),), max_new_tokens=3),
        "talk-scale": Neutral(),
        "zero-point": ZeroPointSettings(each=20),
        "replication-row": row_settings(15),
        "preferences": PreferenceRequest(
            PreferenceSettings(ACTIVITIES), SteeredSettings(emotions[:1], 0.1, opponents=1, controls=1)
        ),
        "behaviors": BehaviorRequest(
            BehaviorSettings(
                built_in_scenes()[:1], emotions[:1], (0.1,), controls=1, texts=1, max_new_tokens=2, words=""
            ),
            warning=0 if vectors.prompt_sets else None,
        ),
    }
    return examples[kind]


@dataclass(frozen=True)
class Place:
    registry: JobRegistry
    owner: ModelOwner
    model: LoadedModel
    cache: ActivationCache
    vectors: EmotionVectors

    def start(self, vectors: EmotionVectors, kind: str, settings: Any) -> str:
        return start(self.registry, self.owner, vectors, EXPERIMENTS[kind], settings, self.cache)


@pytest.fixture(scope="module")
def few(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The first topics of emotions-12 as a built-in set."""
    rows = list(csv.DictReader(builtin_bytes("emotions-12").decode().splitlines()))
    topics = {split: list(dict.fromkeys(row["topic"] for row in rows if row["split"] == split)) for split in TOPICS}
    kept = {topic for split, most in TOPICS.items() for topic in topics[split][:most]}
    folder = tmp_path_factory.mktemp("sets")
    with (folder / f"{FEW}.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(row for row in rows if row["topic"] in kept)
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(builtin.PLANTED, FEW, folder)
        yield


def small(bundled: Bundled) -> LoadedModel:
    """Random weights behind the bundled model's tokenizer: what is tested here does not depend on what a model says."""
    tokenizer = bundled.model.tokenizer
    module = tiny_module("gpt2", vocab_size=len(tokenizer), n_layer=3, n_positions=512)
    return adopt(module, tokenizer, "small")


@pytest.fixture(scope="module")
def place(few: None, bundled: Bundled, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    model, cache = small(bundled), ActivationCache(tmp_path_factory.mktemp("cache") / "activations.sqlite")
    owner = ModelOwner(model)
    registry = JobRegistry(RunStore(tmp_path_factory.mktemp("runs")), Settings(), "ann")
    # In the store as a build, so that what was made from them can be done again.
    build_id = start_build(registry, owner, (load_prompts(FEW),), BuildSettings(), cache)
    registry.wait(build_id)
    yield Place(registry, owner, model, cache, load_build(registry.store, build_id).vectors)
    owner.close()


@pytest.fixture(scope="module", params=SORTS)
def vectors(request: pytest.FixtureRequest, place: Place) -> EmotionVectors:
    if request.param == "neutral-projected":
        return run_to_end(build(place.model, [load_prompts(FEW)], BuildSettings(neutral_projection=True), place.cache))
    if request.param == "an emotion taken out":
        return run_to_end(orthogonalise(place.model, place.vectors, emotions=["joy"], cache=place.cache))
    plain = place.vectors
    return plain if request.param == "plain" else replace(plain, prompt_sets=(), estimator="unknown", origin="npz")


def test_there_is_an_example_of_every_kind(place: Place) -> None:
    assert all(isinstance(example(kind, place.vectors), one.asks) for kind, one in EXPERIMENTS.items())


@pytest.mark.parametrize("kind", list(EXPERIMENTS))
def test_it_gives_the_same_to_everybody_and_asks_the_model_once(
    kind: str, vectors: EmotionVectors, place: Place
) -> None:
    experiment, settings, store = EXPERIMENTS[kind], example(kind, vectors), place.registry.store
    if kind in NEED_TEXTS and not vectors.prompt_sets:
        with pytest.raises(SettingsError, match=NEED_TEXTS[kind]):
            place.registry.wait(place.start(vectors, kind, settings))
        return
    run_id = place.start(vectors, kind, settings)
    place.registry.wait(run_id)
    run = store.get(run_id)
    assert run.state == "done" and run.kind == experiment.stored and json.loads(run.settings)["label"]
    assert place.start(vectors, kind, settings) == run_id == find(store, vectors, experiment, settings)
    shown = load(store, run_id, experiment)
    assert isinstance(shown, experiment.gives)

    def model() -> Any:
        raise AssertionError("the model was asked for")

    again = result_of(store, model, vectors, experiment, settings)
    assert {name: content(data) for name, data in files_of(experiment, settings, again).items()} == {
        name: content(store.read(run_id, name)) for name in store.files(run_id)
    }
    described = json.loads(run.settings)
    assert experiment_of(run.kind, described) is experiment
    assert asked_of(store, run, experiment, vectors) == settings
    assert experiment.keeps(settings) == (described["asked"] is not None)


@pytest.mark.parametrize("kind", list(EXPERIMENTS))
def test_an_expired_run_comes_back_the_same(kind: str, place: Place) -> None:
    vectors, store = place.vectors, place.registry.store
    run_id = place.start(vectors, kind, example(kind, vectors))
    place.registry.wait(run_id)
    before = {name: content(store.read(run_id, name)) for name in store.files(run_id)}
    assert before and not can_redo(store.get(run_id))
    store.expire(run_id)
    if not EXPERIMENTS[kind].keeps(example(kind, vectors)):
        assert not can_redo(store.get(run_id), store)
        return
    assert can_redo(store.get(run_id), store), why_not(store.get(run_id), store)
    assert redo(place.registry, place.owner, store.get(run_id), place.cache) == run_id
    place.registry.wait(run_id)
    assert store.get(run_id).state == "done", store.get(run_id).error
    assert {name: content(store.read(run_id, name)) for name in store.files(run_id)} == before


def own_set(name: str = "mine.csv") -> PromptSet:
    rows = b"emotion,positive,negative,split\n" + b"".join(
        f"fear,he ran from dog {i} SECRET,he sat by dog {i},{'heldout' if i > 5 else 'train'}\n".encode()
        for i in range(9)
    )
    return read_prompt_bytes(name, rows)


def test_uploads_are_not_kept(place: Place) -> None:
    vectors, store = place.vectors, place.registry.store
    scene = Scene("mine", "SECRET things went", ("well", "badly"), (True, False))
    uploads = {
        BEHAVIORS.kind: BehaviorRequest(BehaviorSettings((scene,), vectors.emotions[:1], (0.1,), controls=0, texts=0)),
        PREFERENCES.kind: PreferenceRequest(PreferenceSettings(("sleep", "read SECRET books", "walk"))),
        "read-conversation": ConversationSettings((Turn("user", "a SECRET question"),)),
        "read-text": TextSettings("SECRET " * LONGEST_TEXT),
        CONFOUNDS.kind: OnSets((own_set(),)),
        HELDOUT.kind: OnSets((own_set(),)),
    }
    for kind, settings in uploads.items():
        run_id = place.start(vectors, kind, settings)
        place.registry.wait(run_id)
        store.expire(run_id)
        run = store.get(run_id)
        assert "SECRET" not in run.settings
        assert not can_redo(run, store) and ("not kept" in why_not(run) or "uploaded" in why_not(run)), kind


def test_limits_are_the_same_for_all(place: Place) -> None:
    vectors = place.vectors
    tight = JobRegistry(place.registry.store, Settings(max_texts=5, max_sweep_texts=2, max_sweep_tokens=3), "bob")
    refused = set()
    for kind, experiment in EXPERIMENTS.items():
        try:
            run_id = start(tight, place.owner, replace(vectors, seed=99), experiment, example(kind, vectors), None)
            tight.cancel(run_id)  # it would compute for the next tests to wait for
        except LimitError:
            refused.add(kind)
    assert refused == set(EXPERIMENTS) - {"preferences", "talk-scale", "zero-point"} - {one.kind for one in READINGS}
    short = JobRegistry(place.registry.store, Settings(max_tokens=1, max_asked_tokens=5), "bob")
    for kind in (*(one.kind for one in READINGS), "preferences", "sweep", "heldout"):
        run_id = start(
            short,
            place.owner,
            replace(vectors, seed=98),
            EXPERIMENTS[kind],
            example(kind, vectors),
            place.cache,
        )
        with pytest.raises(LimitError, match="too long"):
            short.wait(run_id)


def test_what_cannot_be_done_is_refused_before_anything_is_stored(place: Place) -> None:
    vectors, count = place.vectors, len(place.registry.store.recent())
    wrong = {
        "read-text": TextSettings(" "),
        PREFERENCES.kind: PreferenceRequest(PreferenceSettings(ACTIVITIES), SteeredSettings(("hunger",), 0.1)),
        BEHAVIORS.kind: BehaviorRequest(BehaviorSettings(built_in_scenes()[:1], ("hunger",), (0.1,))),
    }
    for kind, settings in wrong.items():
        with pytest.raises(EmotionCoreError):
            place.start(vectors, kind, settings)
    assert len(place.registry.store.recent()) == count


def test_links_of_version_0_1_are_understood(place: Place) -> None:
    """What runs kept before they all kept the same: each under a name of its own."""
    vectors = place.vectors
    before = {
        "sweep": {"settings": json.loads(json.dumps(as_plain(example("sweep", vectors))))},
        "heldout": {"sets": [{"name": FEW, "sha256": load_prompts(FEW).sha256}]},
        "sizes": {},
        "behaviors": {"asked": {"settings": as_plain(example("behaviors", vectors))["settings"], "warning": 0}},
    }
    for kind, described in before.items():
        assert asked(EXPERIMENTS[kind], described, vectors) == example(kind, vectors)
    threat = built_in_confounds()[0]
    without = {"emotions": [], "sets": [{"name": threat.name, "sha256": threat.sha256}]}
    experiment = experiment_of(BUILD, {"without": without})
    assert asked(experiment, {"without": without}) == Without((), (threat,))


def test_a_new_process_finds_what_another_left(place: Place, bundled: Bundled, tmp_path: Path) -> None:
    vectors, store = place.vectors, RunStore(tmp_path)
    settings = example("next-token", vectors)
    # A model of this thread: that of the others belongs to its owner's.
    first = result_of(store, lambda: small(bundled), vectors, EXPERIMENTS["next-token"], settings)
    second = result_of(RunStore(tmp_path), None, vectors, EXPERIMENTS["next-token"], settings)  # type: ignore[arg-type]
    assert repr(first) == repr(second)


def test_a_run_over_uploaded_texts_comes_back_while_their_vectors_are_kept(place: Place) -> None:
    store, cache = place.registry.store, place.cache
    build_id = start_build(place.registry, place.owner, (own_set(),), BuildSettings(folds=2), cache)
    place.registry.wait(build_id)
    vectors = load_build(store, build_id).vectors
    run_id = place.start(vectors, "heldout", OnSets((own_set(),)))
    place.registry.wait(run_id)
    before = content(store.read(run_id, HELDOUT.file))
    store.expire(run_id)
    run = store.get(run_id)
    assert can_redo(run, store) and not can_redo(run), "the run alone does not know"
    assert redo(place.registry, place.owner, run, cache) == run_id
    place.registry.wait(run_id)
    assert content(store.read(run_id, HELDOUT.file)) == before
    store.expire(run_id)
    store.delete(build_id)
    assert not can_redo(store.get(run_id), store)
    with pytest.raises(RunError, match="uploaded"):
        redo(place.registry, place.owner, store.get(run_id), cache)


def test_vectors_with_the_same_numbers_and_other_texts_are_not_taken(place: Place) -> None:
    vectors, store = place.vectors, place.registry.store
    described = {"fingerprint": vectors.model.fingerprint, **described_vectors(vectors)}
    assert kept_vectors(store, json.loads(json.dumps(described))) is not None
    described |= described_vectors(replace(vectors, prompt_sets=(own_set(),)))
    assert kept_vectors(store, json.loads(json.dumps(described))) is None
