"""What was planted is found, and what was planted to do nothing is not, in the same table."""

import json
import os

import pytest
from bundled import Bundled

from demo_model import rates, write_planted
from emotion_core.base.jobs import run_to_end
from emotion_core.behavior.behavior_settings import BehaviorSettings
from emotion_core.behavior.behaviors import behaviors
from emotion_core.behavior.effects import EffectMatrix, effect_matrix
from emotion_core.behavior.scenes import PLANTED_FILE, planted_scenes
from emotion_core.models.loaded import LoadedModel
from emotion_core.vectors.emotion_vectors import EmotionVectors

LAYER = 2  # chosen on other set-ups, see benchmarks/planted_behaviors.py


def test_the_file_is_what_the_generator_writes() -> None:
    assert json.loads(PLANTED_FILE.read_text(encoding="utf-8")) == write_planted.rows()


@pytest.fixture(scope="module")
def built(bundled: Bundled) -> tuple[LoadedModel, EmotionVectors]:
    return bundled.model, bundled.scenes


def _matrix(built: tuple[LoadedModel, EmotionVectors], behavior: str, emotions: tuple[str, ...]) -> EffectMatrix:
    scenes = tuple(scene for scene in planted_scenes() if scene.group == behavior)
    assert len(scenes) == write_planted.COUNT
    settings = BehaviorSettings(scenes, emotions, (0.2,), controls=20, texts=0, layer=LAYER, words="")
    return effect_matrix(run_to_end(behaviors(*built, settings)), 0.2)


PLANTED = [
    ("cheat", ("desperate", "angry"), ("calm", "happy"), ()),
    ("flatter", ("happy", "loving"), ("desperate", "angry"), rates.NULLS["flatter"]),
]
if os.environ.get("EMOTION_TEST_PLANTED"):  # as `make nightly` does: threats are planted as cheating is
    PLANTED.append(("threaten", ("desperate", "angry"), ("calm", "happy"), ()))


@pytest.mark.parametrize(("behavior", "raises", "lowers", "nulls"), PLANTED)
def test_planted_causes_are_found_and_nulls_are_not(built, behavior, raises, lowers, nulls) -> None:
    found = _matrix(built, behavior, (*raises, *lowers, *nulls))
    c = found.scenarios.index(f"{behavior} (all)")
    assert [found.evidence(e, c) for e in range(len(found.emotions))] == [True] * 4 + [False] * len(nulls)
    assert (found.effect[:2, c] > found.high[:2, c]).all()
    assert (found.effect[2:4, c] < found.low[2:4, c]).all()
