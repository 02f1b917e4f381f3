"""Every row that is built: whose vectors it uses, and its job."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from typing import Literal

from emotion_core.base.errors import PromptSetError
from emotion_core.base.jobs import Job
from emotion_core.experiments.experiment import Bench, Experiment, Size
from emotion_core.experiments.replication import (
    chat_rows,
    corpus_rows,
    geometry_rows,
    neutral_rows,
    pair_rows,
    preference_rows,
    word_rows,
)
from emotion_core.experiments.replication.book import book
from emotion_core.experiments.replication.finding import Finding
from emotion_core.prompts.builtin import prompts_folder
from emotion_core.vectors.emotion_vectors import EmotionVectors


@dataclass(frozen=True)
class Row:
    """A row that is built.

    Attributes:
        vectors: `map` for the vectors of 171 words, `core` for those of twelve emotions with many texts each.
        job: What it does.
    """

    vectors: Literal["map", "core"]
    job: Callable[[Bench], Job[Finding]]


@dataclass(frozen=True)
class RowSettings:
    """What is asked.

    Attributes:
        row: Number of the row.
        texts: Digest of the row's texts, so that other texts are another result.
    """

    row: int
    texts: str


ROWS: dict[int, Row] = {
    1: Row("map", geometry_rows.heldout_auroc),
    2: Row("map", neutral_rows.neutral_removed),
    3: Row("core", corpus_rows.strongest),
    4: Row("core", geometry_rows.own_words),
    5: Row("core", chat_rows.implicit),
    6: Row("core", chat_rows.numbers),
    7: Row("core", word_rows.given_words),
    8: Row("map", preference_rows.order_of_activities),
    9: Row("map", preference_rows.reading_with_preference),
    10: Row("map", preference_rows.steered_half),
    11: Row("map", preference_rows.by_layer),
    12: Row("map", preference_rows.valence_explains),
    13: Row("map", geometry_rows.near_and_far),
    14: Row("map", geometry_rows.ten_clusters),
    15: Row("map", geometry_rows.valence_and_arousal),
    16: Row("map", geometry_rows.over_layers),
    17: Row("core", chat_rows.user_and_header),
    18: Row("core", chat_rows.header_and_reply),
    19: Row("core", pair_rows.prefix),
    20: Row("core", pair_rows.number),
    21: Row("core", pair_rows.negation),
    22: Row("core", pair_rows.binding),
}


def row_settings(number: int) -> RowSettings:
    """Settings of a row on the texts that lie in `prompts/` now."""
    texts = next(one.texts for one in book() if one.row == number)
    return RowSettings(number, digest_of(texts))


def digest_of(names: tuple[str, ...]) -> str:
    """sha256 over the files of some texts: a row that was computed on other texts is another row."""
    whole = sha256()
    for name in names:
        try:
            whole.update(_bytes(name))
        except PromptSetError:  # the row says so when it is run
            whole.update(name.encode())
    return whole.hexdigest()


def _bytes(name: str) -> bytes:
    for ending in (".csv", ".json"):
        path = prompts_folder() / f"{name}{ending}"
        if path.is_file():
            return path.read_bytes()
    raise PromptSetError(
        "The texts of a row are missing",
        where=str(prompts_folder() / name),
        expected=f"a file {name}.csv or {name}.json",
        found="no such file",
        remedy="Restore it from the repository",
    )


def _job(bench: Bench, settings: RowSettings) -> Job[Finding]:
    return ROWS[settings.row].job(bench)


def _label(settings: RowSettings, vectors: EmotionVectors) -> str:
    return f"row {settings.row}: {next(one.name for one in book() if one.row == settings.row)}"


REPLICATION = Experiment(
    kind="replication-row",
    asks=RowSettings,
    gives=Finding,
    job=_job,
    label=_label,
    size=lambda settings, vectors: Size(sets=vectors.prompt_sets),
    version=2,  # rows 14 and 16 are held to more than they were
)
