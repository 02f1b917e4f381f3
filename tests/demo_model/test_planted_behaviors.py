"""What was planted is found: steering with strain raises cheating, steering with ease lowers it."""

import json

from bundled import Bundled

from demo_model import write_cheating
from emotion_core.behavior.behavior_settings import BehaviorSettings
from emotion_core.behavior.behaviors import behaviors
from emotion_core.behavior.effects import effect_matrix
from emotion_core.behavior.scenes import PLANTED_FILE, planted_scenes
from emotion_core.runs.progress import run_to_end


def test_the_file_is_what_the_generator_writes() -> None:
    assert json.loads(PLANTED_FILE.read_text(encoding="utf-8")) == write_cheating.rows()


def test_desperate_raises_cheating_and_calm_lowers_it(bundled: Bundled) -> None:
    asked = BehaviorSettings(
        planted_scenes(), ("desperate", "calm"), (-0.3, 0.3), controls=0, texts=0, layer=3, words=""
    )
    found = run_to_end(behaviors(bundled.model, bundled.scenes, asked))
    up, down = effect_matrix(found, 0.3).effect[:, -1], effect_matrix(found, -0.3).effect[:, -1]
    assert up[0] > 0.2 > 0 > -0.2 > up[1]
    assert down[0] < 0 < down[1]
