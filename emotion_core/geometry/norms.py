"""Ratings of words by valence and arousal: this project's own, Warriner 2013, NRC-VAD, any table with these columns."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import scipy

from emotion_core.base.activations import FloatArray
from emotion_core.base.errors import PromptSetError, SettingsError
from emotion_core.geometry.similarity import correlation
from emotion_core.geometry.word_forms import borrowed_forms, known_form
from emotion_core.prompts.library import load_circumplex
from emotion_core.prompts.tables import ENDINGS, raise_faults, read_table, refuse_wide
from emotion_core.stats.separation import Array
from emotion_core.vectors.emotion_vectors import EmotionVectors

OWN_RATINGS = "circumplex"
LARGEST_FILE = 50 * 1024**2
# Column names in lower case, the first that is there counts. Warriner et al. call theirs V.Mean.Sum and A.Mean.Sum.
_WORD = ("word", "term", "lemma", "wort", "mot", "palabra", "description", "emotion", "name")
_VALENCE = (
    "valence",
    "v.mean.sum",
    "v",
    "valenz",
    "valence mean(sd)",
    "valence mean",
    "valence_mean",
    "valmn",
    "valencia",
)
_AROUSAL = (
    "arousal",
    "a.mean.sum",
    "a",
    "erregung",
    "arousal mean(sd)",
    "arousal mean",
    "arousal_mean",
    "aromn",
    "activación",
)
_ALL = ("valence", "arousal", "dominance")
_MISSING = ("", "na", "n/a", "nan")
# Scales that ratings come in. A table on none of them is more likely ranks, percentages of something or a mistake.
_SCALES = ((0, 1), (-1, 1), (-2, 2), (1, 5), (-3, 3), (1, 7), (-4, 4), (1, 9), (0, 10), (0, 100))


@dataclass(frozen=True)
class Norms:
    """Ratings of words.

    Attributes:
        name: The file's name, or `circumplex` for this project's own coarse judgement.
        valence: How good or bad, by word in lower case.
        arousal: How stirred up, by word in lower case.
        scale: Lowest and highest possible rating, of both where each has a scale of its own.
    """

    name: str
    valence: dict[str, float]
    arousal: dict[str, float]
    scale: tuple[float, float]

    def of(self, emotions: Sequence[str]) -> tuple[Array, Array]:
        """Valence and arousal of emotions, float64 [emotions] each, nan for a word that is not rated.

        An emotion that is not rated itself takes the rating of its other form, "fear" that of "afraid"; `borrowed`
        says which ones do.
        """
        words = [known_form(e, self.valence or self.arousal) or "" for e in emotions]
        valence = np.array([self.valence.get(w, math.nan) for w in words], dtype=np.float64)
        arousal = np.array([self.arousal.get(w, math.nan) for w in words], dtype=np.float64)
        return valence, arousal

    def borrowed(self, emotions: Sequence[str]) -> tuple[tuple[str, str], ...]:
        """Emotions that are rated under another form only, with that form."""
        return borrowed_forms(emotions, self.valence or self.arousal)


def circumplex() -> Norms:
    """This project's own judgement of the 171 words in whole steps from -2 to 2: good for signs, not for figures."""
    words = load_circumplex().words
    return Norms(
        OWN_RATINGS,
        {word.lower(): float(point.valence) for word, point in words.items()},
        {word.lower(): float(point.arousal) for word, point in words.items()},
        (-2.0, 2.0),
    )


def read_norms(source: Path | str | bytes, name: str = "") -> Norms:
    """Reads ratings from a path or from an upload's bytes.

    Args:
        source: A table in any form that prompt files have, with a header; NRC-VAD without one is recognised too, whole
            or one dimension of it, which the file's name says. Then the other dimension is empty.
        name: Of the file, for messages; by default the path's.

    Raises:
        SettingsError: The file cannot be read, lacks a column, or is on no known scale.
    """
    where = name or ("uploaded norms" if isinstance(source, bytes) else Path(source).name)
    header, rows = _table(_bytes(source, where), where)
    word = _column(header, _WORD, where)
    wanted = {"valence": _VALENCE, "arousal": _AROUSAL}
    one = {name: names for name, names in wanted.items() if len(header) == 2 and set(names) & set(header)}
    columns = {name: _column(header, names, where) for name, names in (one or wanted).items()}
    found: dict[str, dict[str, float]] = {"valence": {}, "arousal": {}}
    for number, row in enumerate(rows, start=1):
        if len(row) > len(header):
            _check_width(row, header, f"{where}, row {number}")
        places = (word, *columns.values())
        if len(row) <= max(places) or any(row[c].strip().lower() in _MISSING for c in places):
            continue
        key = row[word].strip().lower()
        for name, c in columns.items():
            rating = _number(row[c], f"{where}, row {number}, column {header[c]}")
            before = found[name].setdefault(key, rating)
            if before != rating:
                raise SettingsError(
                    f"The word '{key[:40]}' is rated twice",
                    where=f"{where}, row {number}",
                    expected=f"{name} {before:g} as before",
                    found=f"{rating:g}",
                    remedy="Keep one row a word",
                )
    rated = len(found["valence"] or found["arousal"])
    if rated < 3:
        raise SettingsError("The norms file rates too few words", where=where, expected="3 or more", found=str(rated))
    scale = _scale({name: ratings for name, ratings in found.items() if ratings}, where)
    return Norms(where, found["valence"], found["arousal"], scale)


def _bytes(source: Path | str | bytes, where: str) -> bytes:
    if not isinstance(source, bytes):
        try:
            if Path(source).stat().st_size > LARGEST_FILE:
                raise SettingsError("The norms file is too large", where=where, expected="at most 50 MB")
            source = Path(source).read_bytes()
        except OSError as error:
            raise SettingsError("The norms file cannot be read", where=where, found=error.strerror or "") from error
    if len(source) > LARGEST_FILE:
        raise SettingsError("The norms file is too large", where=where, expected="at most 50 MB")
    return source


def _table(data: bytes, where: str) -> tuple[list[str], list[list[str]]]:
    """Header in lower case, and rows."""
    name = where if where.lower().endswith(tuple(f".{one}" for one in (*ENDINGS, "gz"))) else f"{where}.txt"
    try:
        table = read_table(name, data, (*_WORD, *_VALENCE, *_AROUSAL), LARGEST_FILE)
        refuse_wide(name, table)
        raise_faults(name, table.faults)
    except PromptSetError as error:
        raise SettingsError(
            error.what, where=error.where, expected=error.expected, found=error.found, remedy=error.remedy
        ) from error
    if not table.lines:
        return list(table.columns), [[str(row.cells.get(one, "")) for one in table.columns] for row in table.rows]
    lines = [["" if cell is None else str(cell) for cell in line] for line in table.lines]
    first = [cell.strip().lower() for cell in lines[0]]
    # NRC-VAD 1 has no header, and keeps each dimension in a file of its own too.
    if b"\t" in data.split(b"\n", 1)[0] and len(first) in (2, 3, 4) and all(map(_is_number, first[1:])):
        one = next((one for one in ("valence", "arousal") if one in where.lower()), None)
        if len(first) == 2 and one is None:
            raise SettingsError(
                "The norms file does not say what it rates",
                where=where,
                expected="valence or arousal in its name, or a header",
                found="a word and a number in every line",
                remedy="Put the dimension into the file's name",
            )
        return ["word", one or "valence"] if len(first) == 2 else [*_WORD[:1], *_ALL][: len(first)], lines
    return first, lines[1:]


def _check_width(row: list[str], header: list[str], where: str) -> None:
    """A row with more cells than the header would be read shifted: decimal commas in a table of commas do that."""
    extra = [cell for cell in row[len(header) :] if cell.strip()]
    if extra:
        raise SettingsError(
            "A row has more cells than the header",
            where=where,
            expected=f"{len(header)} cells",
            found=f"{len(row)}: {', '.join(row)[:80]}",
            remedy="Save the file with points as decimal signs, or put texts with commas in quotes",
        )


def _column(header: list[str], names: tuple[str, ...], where: str) -> int:
    """The place of a column, by a known name, else by the only one of means that has the name in it."""
    for name in names:
        if name in header:
            return header.index(name)
    means = [
        i for i, cell in enumerate(header) if names[0] in cell and not re.search(r"sd|std|dev|rat|count|_n$", cell)
    ]
    if len(means) == 1 and names != _WORD:
        return means[0]
    raise SettingsError(
        f"The norms file has no column '{names[0]}'",
        where=where,
        expected="columns word, valence, arousal (or the formats of Warriner 2013, ANEW and NRC-VAD)",
        found=", ".join(header[:8])[:120],
        remedy="Rename the columns",
    )


def _number(cell: str, where: str) -> float:
    # ANEW puts the standard deviation behind the mean; a comma within a cell is a decimal sign.
    text = re.sub(r"\s*\([\d.,]*\)$", "", cell.strip()).replace(",", ".", 1)
    if _is_number(text) and math.isfinite(float(text)):
        return float(text)
    raise SettingsError("A rating is not a number", where=where, expected="a number such as 4.5", found=text[:40])


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _scale(found: dict[str, dict[str, float]], where: str) -> tuple[float, float]:
    ranges = [(min(ratings.values()), max(ratings.values())) for ratings in found.values()]
    for name, (low, high) in zip(found, ranges, strict=True):
        if low == high:
            raise SettingsError(f"All words have the same {name}", where=where, found=f"{low:g}")
    fitting = [[(low, high) for low, high in _SCALES if low <= least and most <= high] for least, most in ranges]
    if all(fitting):
        # One for both where there is one; BAWL rates valence from -3 to 3 and arousal from 1 to 5.
        both = next((one for one in fitting[0] if all(one in each for each in fitting)), None)
        used = [both] if both else [each[0] for each in fitting]
        return float(min(low for low, _ in used)), float(max(high for _, high in used))
    shown = ", ".join(f"{n} {a:g} to {b:g}" for n, (a, b) in zip(found, ranges, strict=True))
    raise SettingsError(
        "The ratings are on no scale that is known here",
        where=where,
        expected="each column on one of " + ", ".join(f"{low} to {high}" for low, high in _SCALES),
        found=shown,
        remedy="Rescale both columns, for instance to 0 to 1",
    )


# Whether the main axes of the map go with ratings of valence and arousal.

# Two good sets of human ratings agree with each other to this degree.
CEILING_VALENCE = 0.95
CEILING_AROUSAL = 0.76


@dataclass(frozen=True)
class Correlation:
    """Pearson's r with a 95 % interval (Fisher) and a two-sided p-value; nan where there is too little.

    A component's sign is arbitrary and was fixed by the same norms, so only the size of r says anything; the p-value is
    two-sided and so does not mind.
    """

    r: float
    low: float
    high: float
    p_value: float


@dataclass(frozen=True)
class HumanAgreement:
    """Components against ratings: people's where these were uploaded, else this project's own (`words.rated`).

    Attributes:
        name: Of the norms.
        n: Rated emotions among the mapped ones.
        valence: PC1 with valence.
        arousal: PC2 with arousal.
        arousal_pc3: PC3 with arousal.
        borrowed: Emotions that took the rating of their other form, each with that form ("fear" that of "afraid").
    """

    name: str
    n: int
    valence: Correlation
    arousal: Correlation
    arousal_pc3: Correlation
    borrowed: tuple[tuple[str, str], ...] = ()


def human_agreement(coordinates: Array, emotions: tuple[str, ...], norms: Norms, *, required: bool) -> HumanAgreement:
    """Correlates components with ratings on the shared words.

    Args:
        coordinates: float64 [emotions, components].
        emotions: Their names.
        norms: The ratings.
        required: Whether norms without three shared words are an error (an upload) or give nan (the built-in ones).

    Raises:
        SettingsError: Fewer than three shared words, and they are required.
    """
    valence, arousal = norms.of(emotions)
    n = int((np.isfinite(valence) | np.isfinite(arousal)).sum())
    if required and n < 3:
        raise SettingsError(
            "The norms rate too few of these emotions",
            where=norms.name,
            expected=f"at least 3 of {', '.join(emotions[:8])}",
            found=f"{n} shared words",
            remedy="Use norms in the same language, with the emotions as single words",
        )
    found = [
        correlate(coordinates[:, c], rating) if coordinates.shape[1] > c else _NOTHING
        for c, rating in ((0, valence), (1, arousal), (2, arousal))
    ]
    return HumanAgreement(norms.name, n, found[0], found[1], found[2], norms.borrowed(emotions))


def norms_agree(first: Norms, second: Norms, emotions: tuple[str, ...]) -> tuple[Correlation, Correlation]:
    """How well two sets of ratings agree on these emotions, valence and arousal: the most a map can reach."""
    (valence, arousal), (other_valence, other_arousal) = first.of(emotions), second.of(emotions)
    return correlate(valence, other_valence), correlate(arousal, other_arousal)


# Below so many emotions the p-value counts exchanges of the ratings: four that lie apart would pass for normal values.
_FEW = 20


def correlate(first: Array, second: Array) -> Correlation:
    """Pearson's r of two lists where both are known."""
    r, n = correlation(first, second)
    if not np.isfinite(r):
        return _NOTHING
    known = np.isfinite(first) & np.isfinite(second)
    exchanged = scipy.stats.PermutationMethod(n_resamples=9999, rng=0) if n < _FEW else None
    result = scipy.stats.pearsonr(first[known], second[known], method=exchanged)
    low, high = result.confidence_interval(0.95) if n > 3 else (np.nan, np.nan)
    return Correlation(float(result.statistic), float(low), float(high), float(result.pvalue))


_NOTHING = Correlation(float("nan"), float("nan"), float("nan"), float("nan"))


# Valence and arousal as directions, fitted from the map: how the vectors of emotions move with their ratings.
#
# Every layer's vectors are regressed on both ratings at once (least squares), so the valence axis is what changes with
# valence at equal arousal, and the other way round. The axes are a vector set like any other: they can be read, steered
# with, capped and used as gates.

AXES = ("valence", "arousal")
FEWEST_RATED = 8


def fit_axes(vectors: EmotionVectors, norms: Norms | None = None) -> EmotionVectors:
    """The axes of a vector set.

    Args:
        vectors: Of emotions with ratings.
        norms: The ratings; by default this project's own coarse judgement.

    Returns:
        A set of two, `valence` and `arousal`, at the layer chosen for all emotions. Its training texts are unknown,
        since no text is labelled with an axis, so controls from shuffled labels do not apply.

    Raises:
        SettingsError: Fewer than `FEWEST_RATED` emotions are rated on both, or the two ratings are the same.
    """
    used = norms or circumplex()
    valence, arousal = used.of(vectors.emotions)
    rated = np.isfinite(valence) & np.isfinite(arousal)
    if rated.sum() < FEWEST_RATED:
        raise SettingsError(
            "Too few emotions have ratings of valence and arousal",
            where=used.name,
            expected=f"at least {FEWEST_RATED}",
            found=f"{int(rated.sum())} of {len(vectors.emotions)}",
            remedy="Take a set of more emotions, such as emotions-171, or ratings that know these words",
        )
    ratings = np.stack([valence, arousal], axis=1)[rated]  # (emotions, 2)
    ratings = (ratings - ratings.mean(axis=0)) / np.maximum(ratings.std(axis=0), 1e-12)
    if np.linalg.matrix_rank(ratings, tol=1e-3) < len(AXES):
        raise SettingsError(
            "Valence and arousal of these emotions cannot be told apart",
            where=used.name,
            expected="emotions that differ in both",
            remedy="Take a set of more emotions",
        )
    design = np.column_stack([np.ones(len(ratings)), ratings])
    rows = vectors.values[rated].reshape(len(ratings), -1).astype(np.float64)  # (emotions, layers x width)
    slopes = np.linalg.lstsq(design, rows, rcond=None)[0][1:]  # (2, layers x width)
    values: FloatArray = slopes.reshape(len(AXES), *vectors.values.shape[1:]).astype(np.float32)
    unknown = np.full((len(AXES), vectors.n_layers), np.nan, np.float32)
    return replace(
        vectors,
        emotions=AXES,
        values=values,
        selected_layers=(vectors.selected_layer,) * len(AXES),
        cv_auroc=unknown,
        train_midpoints=unknown,
        estimator="unknown",
        prompt_sets=(),
        origin=f"valence and arousal, fitted from {int(rated.sum())} emotions with the ratings {used.name}",
    )
