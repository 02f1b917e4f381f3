"""The library in a handful of functions: load a model, build vectors, test them, steer and read with them.

Each runs to its end in the calling thread and returns a frozen object. What is asked for goes through the same door as
on a page and on the command line: it is found in the data folder (`EMOTION_DATA_DIR`) where any of them computed it
before, else computed and kept there.

Example:
    >>> from emotion_core import library as emotions
    >>> model = emotions.load("demo")  # doctest: +SKIP
    >>> vectors = emotions.build(model, "fear-calm")  # doctest: +SKIP
    >>> scores = emotions.test(model, vectors)  # doctest: +SKIP
    >>> sweep = emotions.steer(model, vectors, "When she opened the door, she", [-0.2, 0, 0.2])  # doctest: +SKIP
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from emotion_core.base.activations import open_cache
from emotion_core.base.atomic import write_named
from emotion_core.base.errors import VectorFileError
from emotion_core.base.jobs import Progress, run_to_end
from emotion_core.evaluation.scores import HeldOutScores
from emotion_core.evaluation.transfer import Contrast, Transfer
from emotion_core.exchange.bundle import bundle_bytes, scored_files
from emotion_core.exchange.open_file import Answers, Found, import_vectors, open_path, refuse_answers
from emotion_core.experiments.evaluation import HELDOUT, TRANSFER, OnSets, ToAnotherSource
from emotion_core.experiments.experiment import Bench, Experiment, result_of
from emotion_core.experiments.reading import ZeroPointSettings, known_baseline
from emotion_core.experiments.steering import SWEEP
from emotion_core.models.load import load_model
from emotion_core.models.loaded import LoadedModel
from emotion_core.prompts.builtin import load_prompt_sets
from emotion_core.prompts.prompt_set import PromptSet
from emotion_core.reading.text import TokenReading, read_text
from emotion_core.runs.builds import find_or_build
from emotion_core.runs.store import open_store
from emotion_core.steering.settings import SweepSettings, parse_strengths
from emotion_core.steering.sweep import Sweep
from emotion_core.tracing.doctor import Check
from emotion_core.tracing.doctor import doctor as doctor_job
from emotion_core.vectors.emotion_vectors import BuildSettings, EmotionVectors
from emotion_core.vectors.file import require_model, save_vectors

S = TypeVar("S")
R = TypeVar("R")
Watch = Callable[[Progress], None]


def load(name: str = "demo", *, dtype: str = "float32", device: str | None = None) -> LoadedModel:
    """Loads a model: a catalogue name, a folder, or a hub id. See `models.load.load_model`.

    Raises:
        ModelError: There is no such model or device, or it is not a causal language model.
    """
    return load_model(name, dtype=dtype, device=device)


def check(model: LoadedModel, watch: Watch | None = None) -> tuple[Check, ...]:
    """Whether the model is read and steered as this project assumes: the doctor's findings, one sentence each."""
    return run_to_end(doctor_job(model), watch)


def prompts(
    reference: str | Path, *, seed: int = 0, columns: Mapping[str, str] | None = None, emotion: str = ""
) -> PromptSet:
    """A built-in prompt set by its name, or one from a file.

    Args:
        reference: A name or a path.
        seed: Draws the held-out rows where none are marked.
        columns: The file's column for each of ours, such as `{"positive": "dark", "negative": "bright"}`, where its
            layout is not known.
        emotion: A name for the emotion of all rows of a file, where no column has it.

    Raises:
        PromptSetError: There is no such set, or the file cannot be read; rows and columns are named. Or columns or an
            emotion are named for a built-in set.
        SettingsError: The seed is out of range.
    """
    return load_prompt_sets([reference], seed=seed, choice=columns, emotions=[emotion] if emotion else [])[0]


def build(
    model: LoadedModel,
    *prompt_sets: str | Path | PromptSet,
    settings: BuildSettings | None = None,
    watch: Watch | None = None,
) -> EmotionVectors:
    """Vectors of every emotion and layer from the training rows of one or more prompt sets, kept for the next time.

    Args:
        model: The model.
        *prompt_sets: Built-in names, files or sets.
        settings: Estimator, tokens read, neutral projection, seed; the defaults are the difference in means over all
            content tokens.
        watch: Called with the progress.

    Raises:
        PromptSetError: A set cannot be read.
        SettingsError: An emotion has too few training rows.
        ModelError: A text is longer than the model's context.
    """
    sets = [one if isinstance(one, PromptSet) else prompts(one) for one in prompt_sets]
    chosen = settings or BuildSettings()
    return run_to_end(find_or_build(open_store(), model, sets, chosen, open_cache()), watch)


def test(
    model: LoadedModel,
    vectors: EmotionVectors,
    *prompt_sets: str | Path | PromptSet,
    seed: int = 0,
    watch: Watch | None = None,
) -> HeldOutScores:
    """Held-out scores with intervals, null bands, rivals and a verdict for every emotion.

    Args:
        model: The model that the vectors belong to.
        vectors: The vectors.
        *prompt_sets: What to score on; by default the held-out rows of the sets that the vectors were built from.
        seed: Of the null draws.
        watch: Called with the progress.

    Raises:
        VectorFileError: The vectors belong to another model.
        SettingsError: There is nothing to score.
    """
    sets = [one if isinstance(one, PromptSet) else prompts(one) for one in prompt_sets] or vectors.prompt_sets
    return _result(HELDOUT, model, vectors, OnSets(tuple(sets), seed=seed), watch)


def transfer(
    model: LoadedModel,
    vectors: EmotionVectors,
    target: str | Path | PromptSet,
    *,
    positive: Sequence[str] = (),
    negative: Sequence[str] = (),
    untrained: bool = False,
    seed: int = 0,
    watch: Watch | None = None,
) -> Transfer:
    """Vectors on the texts of another source, beside rivals that were trained on the same texts.

    Args:
        model: The model that the vectors belong to.
        vectors: The vectors; the texts that they were built from have to be known.
        target: The other set; all its rows count, held out or not.
        positive: Emotions at the positive end of one direction; without both ends emotions are mapped by their name.
        negative: Emotions at the other end.
        untrained: Whether the untrained twin of the model reads all texts too, as one more rival.
        seed: Of the null draws.
        watch: Called with the progress.

    Raises:
        VectorFileError: The vectors belong to another model, or lack an emotion.
        SettingsError: Nothing of the target can be scored, or the training texts are unknown.
    """
    other = target if isinstance(target, PromptSet) else prompts(target)
    contrast = Contrast(tuple(positive), tuple(negative)) if positive or negative else None
    return _result(TRANSFER, model, vectors, ToAnotherSource(other, contrast, untrained, seed), watch)


def steer(
    model: LoadedModel,
    vectors: EmotionVectors,
    prompt: str | Sequence[str],
    strengths: float | str | Sequence[float],
    *,
    emotion: str | None = None,
    watch: Watch | None = None,
    **settings: Any,
) -> Sweep:
    """Texts at several strengths beside random directions of the same length, and what is to be made of them.

    Args:
        model: The model that the vectors belong to.
        vectors: The vectors.
        prompt: One or more texts to continue.
        strengths: One or several in fractions of the mean residual norm at the layer, or as the command line takes
            them: `"-0.2:0.2:0.1"`; 0 is added.
        emotion: Whose vector; by default the first.
        watch: Called with the progress.
        **settings: Anything else of `SweepSettings`, such as `controls`, `samples`, `max_new_tokens`, `layer`, `seed`.

    Raises:
        SettingsError: A setting makes no sense.
        VectorFileError: There is no vector for the emotion, or the vectors belong to another model.
    """
    if isinstance(strengths, str):
        strengths = parse_strengths(strengths)
    elif isinstance(strengths, int | float):
        strengths = (strengths,)
    chosen = SweepSettings(
        emotion=emotion or vectors.emotions[0],
        prompts=(prompt,) if isinstance(prompt, str) else tuple(prompt),
        strengths=tuple(strengths),
        **settings,
    )
    return _result(SWEEP, model, vectors, chosen, watch)


def read(model: LoadedModel, vectors: EmotionVectors, text: str, watch: Watch | None = None) -> TokenReading:
    """Every emotion at every token of a text, in standard deviations over neutral text.

    A text that is longer than the model's context is read in windows that overlap.

    Raises:
        VectorFileError: The vectors belong to another model.
        SettingsError: The text is empty, or longer than can be read at once.
        ModelError: It has no token that could be read.
    """
    require_model(vectors, model.info)
    bench = Bench(model, vectors, open_cache(), store=open_store())
    baseline = run_to_end(known_baseline(bench, ZeroPointSettings()), watch)
    return run_to_end(read_text(model, baseline, text), watch)


def _result(
    experiment: Experiment[S, R], model: LoadedModel, vectors: EmotionVectors, settings: S, watch: Watch | None
) -> R:
    require_model(vectors, model.info)
    return result_of(open_store(), lambda: model, vectors, experiment, settings, open_cache(), watch)


def save(vectors: EmotionVectors, path: str | Path) -> None:
    """Writes the vectors with their manifest (safetensors).

    Raises:
        SettingsError: The file cannot be written there.
    """
    save_vectors(vectors, Path(path))


def open_vectors(path: str | Path, model: LoadedModel | None = None, **answers: Any) -> EmotionVectors:
    """Vectors from a file of this project, a bundle, or another tool's file.

    Args:
        path: safetensors, .zip, GGUF, .npy or .npz.
        model: The model they belong to; needed for files of other tools.
        **answers: What such a file does not say; see `exchange.open_file.Answers`.

    Raises:
        VectorFileError: The file cannot be read or used, does not say what it belongs to, or belongs to another model.
        SettingsError: Something is missing, or the file says itself what was answered.
    """
    said = Answers(**answers)
    opened = open_path(path)
    if not isinstance(opened, Found):
        refuse_answers(opened, said, Path(path).name)
        if model is not None:
            require_model(opened, model.info)
        return opened
    if model is None:
        raise VectorFileError(
            "The file does not say which model its vectors belong to",
            where=opened.source,
            found=opened.describe().rstrip("."),
            remedy="Give the model as the second argument",
        )
    return run_to_end(import_vectors(model, opened, said, open_cache()))


def export(model: LoadedModel, vectors: EmotionVectors, path: str | Path, watch: Watch | None = None) -> None:
    """Writes the bundle: vectors, GGUF, tables, charts, prompts, a card, and the code that redoes them.

    Raises:
        VectorFileError: The vectors belong to another model.
        SettingsError: The file cannot be written there.
    """
    write_named(path, bundle_bytes(run_to_end(scored_files(model, vectors, open_cache()), watch)))
