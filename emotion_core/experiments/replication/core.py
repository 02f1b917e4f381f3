"""What the rows about chats and pairs share: directions at all layers, controls, and the unit that they are read in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from emotion_core.base.activations import ActivationCache, FloatArray, ModelInfo
from emotion_core.base.jobs import Job
from emotion_core.evaluation.controls import draw_controls
from emotion_core.evaluation.rivals import word_scores
from emotion_core.experiments.experiment import Bench
from emotion_core.geometry.word_forms import known_form
from emotion_core.models.catalogue import DEMO_NAME
from emotion_core.models.loaded import LoadedModel
from emotion_core.models.untrained import PREFIX
from emotion_core.prompts.builtin import load_prompts
from emotion_core.reading.places import Chat, chat_of
from emotion_core.runs import builds
from emotion_core.runs.store import RunStore
from emotion_core.stats.separation import Array
from emotion_core.tracing.record import project_layers
from emotion_core.vectors.build import NEUTRAL_SET
from emotion_core.vectors.emotion_vectors import BuildSettings, EmotionVectors
from emotion_core.vectors.estimate import LabelledRows, blocks_of, places

# The twelve emotions of the texts; a set of 171 words has most of them as adjectives.
TWELVE = (
    *("joy", "sadness", "anger", "fear", "disgust", "surprise"),
    *("calm", "desperation", "pride", "guilt", "love", "boredom"),
)
CONTROLS = 64
# The demo model's map is planted in scenes of its own, so there it is known what must come out.
SETS = {"map": "emotions-171", "core": "emotions-12"}
PLANTED = {"map": "scenes-171", "core": "scenes-171"}
NEUTRAL_MESSAGES = 40


def set_name(info: ModelInfo, which: str) -> str:
    """Name of the prompt set that rows of a kind (`map`, `core`) use on a model."""
    return (PLANTED if info.name.removeprefix(PREFIX) == DEMO_NAME else SETS)[which]


def vectors_of(
    model: LoadedModel, store: RunStore, name: str, cache: ActivationCache | None = None
) -> Job[EmotionVectors]:
    """Vectors of a built-in set: of a build that was made before, else built and kept, as a job."""
    return builds.find_or_build(store, model, (load_prompts(name),), BuildSettings(), cache)


@dataclass(frozen=True)
class Core:
    """Directions at all layers, and what neutral messages read on them.

    Attributes:
        emotions: Those of the twelve that the vectors have, under the texts' names: the first directions; the rest are
            controls with the covariance of neutral texts.
        directions: float32 [layers, emotions + controls, width], unit length.
        token_sd: float32 [layers, directions], over the words of neutral messages.
        header_mean: float32 [layers, directions], at the last token before the reply to them.
        header_sd: float32 [layers, directions].
    """

    emotions: tuple[str, ...]
    directions: FloatArray
    token_sd: FloatArray
    header_mean: FloatArray
    header_sd: FloatArray

    @cached_property
    def by_layer(self) -> dict[int, FloatArray]:
        """The directions as `project_layers` takes them."""
        return dict(enumerate(self.directions))

    @property
    def early(self) -> slice:
        """The first third of the layers."""
        return slice(0, max(1, len(self.directions) // 3))

    @property
    def late(self) -> slice:
        """The last third."""
        return slice(len(self.directions) - max(1, len(self.directions) // 3), len(self.directions))

    def contrast(self, values: FloatArray, first: str, second: str) -> tuple[Array, Array]:
        """Half of one emotion minus another, and the same of pairs of controls, in SD of neutral words.

        Args:
            values: float32 [..., layers, directions], differences of readings or readings.
            first: An emotion.
            second: Another.

        Returns:
            float64 [..., layers], and float64 [..., layers, pairs of controls].
        """
        scaled = np.asarray(values, np.float64) / self.token_sd
        a, b = self.emotions.index(first), self.emotions.index(second)
        controls = scaled[..., len(self.emotions) :]
        return (scaled[..., a] - scaled[..., b]) / 2, (controls[..., ::2] - controls[..., 1::2]) / 2


def read_core(bench: Bench) -> Job[Core]:
    """Draws the controls and reads the neutral messages, as a job."""
    vectors, model = bench.vectors, bench.model
    layers = tuple(range(vectors.n_layers))
    controls = yield from draw_controls(
        model, vectors, layers, count=CONTROLS, seed=0, cache=bench.cache, kinds=("neutral",)
    )
    named = [(emotion, known_form(emotion, vectors.emotions)) for emotion in TWELVE]
    own = [(emotion, vectors.index(form)) for emotion, form in named if form is not None]
    directions = (
        np.concatenate([vectors.units[[e for _, e in own]], controls.units]).transpose(1, 0, 2).astype(np.float32)
    )
    chats = neutral_messages(bench)
    read = yield from project_layers(model, [chat.encoding for chat in chats], dict(enumerate(directions)))
    words = np.concatenate([one[np.array(chat.encoding.content)] for one, chat in zip(read, chats, strict=True)])
    header = np.stack([one[-1] for one in read])
    return Core(
        tuple(emotion for emotion, _ in own),
        directions,
        _spread(words),
        header.mean(axis=0),
        _spread(header),
    )


def neutral_messages(bench: Bench) -> list[Chat]:
    """Neutral texts as messages of a user, up to where the reply begins."""
    texts = [t.text for t in load_prompts(NEUTRAL_SET).part("train")]
    fitting = [text for text in texts if bench.model.fits(text, chat=bool(bench.model.tokenizer.chat_template))]
    return [chat_of(bench.model, text) for text in fitting[:NEUTRAL_MESSAGES]]


def _spread(rows: FloatArray) -> FloatArray:
    sd = rows.std(axis=0, ddof=1, dtype=np.float64)
    result: FloatArray = np.where(sd > 1e-12, sd, 1.0).astype(np.float32)
    return result


def story_words(bench: Bench, texts: Sequence[str], named: Sequence[str]) -> Array:
    """Scores of texts by a bag of words trained on the vectors' texts, float64 [texts, emotions]."""
    rows = [t for one in bench.vectors.prompt_sets for t in one.part("train")]
    stories = list(dict.fromkeys(t.text for t in rows))
    block = next(one for one in blocks_of(rows, places(stories)) if isinstance(one, LabelledRows))
    everyone = np.arange(len(texts))
    scores = word_scores(stories, [block.sides(e) for e in named], texts, [(everyone, everyone[:1]) for _ in named])
    return np.stack([one[0] if one is not None else np.zeros(len(texts)) for one in scores], axis=1)
