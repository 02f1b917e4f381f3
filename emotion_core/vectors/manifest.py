"""The JSON manifest of a vector file: what the vectors belong to and how they came about, every field checked."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from emotion_core.base.activations import ModelInfo, Pooling, ReadingPosition
from emotion_core.prompts.prompt_set import Form, PromptSet, PromptText, Side, Split
from emotion_core.vectors.emotion_vectors import EmotionVectors, Estimator

Digest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Name = Annotated[str, StringConstraints(min_length=1, max_length=500)]


class _Part(BaseModel):
    """Unknown fields are refused and nothing is converted: a manifest says exactly what it means."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class ModelPart(_Part):
    """The model, as in `ModelInfo`."""

    name: Name
    fingerprint: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    layers: int = Field(ge=1, le=10_000)
    width: int = Field(ge=1, le=1_000_000)
    context: int = Field(ge=1)
    architecture: str = ""
    dtype: str = ""
    device: str = ""
    parameters: int = Field(default=0, ge=0)


class RowPart(_Part):
    """One text of a prompt set, as in `PromptText`."""

    text: str
    emotion: Name
    side: Side
    topic: str
    split: Split
    pair: int | None
    row: int
    note: str = ""


class PromptSetPart(_Part):
    """One prompt set with all its rows."""

    name: str
    form: Form
    sha256: Digest
    seed: int | None
    rows: list[RowPart]


class ReadingPart(_Part):
    """The reading position."""

    pooling: Pooling
    start: int = Field(ge=0)
    chat: bool
    first_token: bool = True  # files of version 0.1, which do not say it, were read with it


class SettingsPart(_Part):
    """What was chosen for the build."""

    estimator: Estimator
    neutral_projection: bool
    seed: int
    reading: ReadingPart


class Manifest(_Part):
    """All of it."""

    format: Literal["emotion-vectors"]
    format_version: Literal[1]
    model: ModelPart
    emotions: list[Name] = Field(min_length=1)
    selected_layers: list[int]
    selected_layer: int = Field(ge=0)
    settings: SettingsPart
    prompt_sets: list[PromptSetPart]
    versions: dict[str, str]
    created: str
    origin: str = ""


def manifest_of(vectors: EmotionVectors, created: str) -> Manifest:
    """The manifest of vectors.

    Args:
        vectors: The vectors.
        created: When they were saved, ISO 8601 in UTC.
    """
    info = vectors.model
    return Manifest(
        format="emotion-vectors",
        format_version=1,
        model=ModelPart(**{name: getattr(info, name) for name in ModelPart.model_fields}),
        emotions=list(vectors.emotions),
        selected_layers=list(vectors.selected_layers),
        selected_layer=vectors.selected_layer,
        settings=SettingsPart(
            estimator=vectors.estimator,
            neutral_projection=vectors.neutral_projection,
            seed=vectors.seed,
            reading=ReadingPart(
                pooling=vectors.reading.pooling,
                start=vectors.reading.start,
                chat=vectors.reading.chat,
                first_token=vectors.reading.first_token,
            ),
        ),
        prompt_sets=[_prompt_set_part(one) for one in vectors.prompt_sets],
        versions=dict(vectors.versions),
        created=created,
        origin=vectors.origin,
    )


def model_info(part: ModelPart) -> ModelInfo:
    """The model of a manifest."""
    return ModelInfo(**part.model_dump())


def reading_position(part: ReadingPart) -> ReadingPosition:
    """The reading position of a manifest."""
    return ReadingPosition(part.pooling, part.start, part.chat, part.first_token)


def prompt_set(part: PromptSetPart) -> PromptSet:
    """The prompt set of a manifest; its sha256 is computed again from the rows, not taken over."""
    return PromptSet(part.name, part.form, tuple(PromptText(**row.model_dump()) for row in part.rows), part.seed)


def _prompt_set_part(one: PromptSet) -> PromptSetPart:
    rows = [RowPart(**{name: getattr(t, name) for name in RowPart.model_fields}) for t in one.texts]
    return PromptSetPart(name=one.name, form=one.form, sha256=one.sha256, seed=one.seed, rows=rows)
