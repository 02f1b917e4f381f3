"""Ratings of words by valence and arousal: this project's own, Warriner 2013, NRC-VAD, any table with these columns."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from emotion_core.base.errors import SettingsError
from emotion_core.geometry.word_forms import borrowed_forms, known_form
from emotion_core.prompts.library import load_circumplex
from emotion_core.stats.auroc import Array

OWN_RATINGS = "circumplex"
LARGEST_FILE = 50 * 1024**2
# Column names in lower case, the first that is there counts. Warriner et al. call theirs V.Mean.Sum and A.Mean.Sum.
_WORD = ("word", "term", "lemma")
_VALENCE = ("valence", "v.mean.sum", "v")
_AROUSAL = ("arousal", "a.mean.sum", "a")
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
        scale: Lowest and highest possible rating.
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
        words = [known_form(e, self.valence) or "" for e in emotions]
        valence = np.array([self.valence.get(w, math.nan) for w in words], dtype=np.float64)
        arousal = np.array([self.arousal.get(w, math.nan) for w in words], dtype=np.float64)
        return valence, arousal

    def borrowed(self, emotions: Sequence[str]) -> tuple[tuple[str, str], ...]:
        """Emotions that are rated under another form only, with that form."""
        return borrowed_forms(emotions, self.valence)


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
        source: A CSV, TSV or text file with a header; NRC-VAD without one is recognised too.
        name: Of the file, for messages; by default the path's.

    Raises:
        SettingsError: The file cannot be read, lacks a column, writes decimals with commas, or is on no known scale.
    """
    where = name or ("uploaded norms" if isinstance(source, bytes) else Path(source).name)
    text = _decoded(_bytes(source, where), where)
    header, rows = _table(text, where)
    columns = [_column(header, names, where) for names in (_WORD, _VALENCE, _AROUSAL)]
    valence: dict[str, float] = {}
    arousal: dict[str, float] = {}
    for number, row in enumerate(rows, start=1):
        if len(row) > len(header):
            _check_width(row, header, f"{where}, row {number}")
        if len(row) <= max(columns) or any(row[c].strip().lower() in _MISSING for c in columns):
            continue
        word = row[columns[0]].strip().lower()
        pair = tuple(_number(row[c], f"{where}, row {number}, column {header[c]}") for c in columns[1:])
        if word in valence and (valence[word], arousal[word]) != pair:
            raise SettingsError(
                f"The word '{word[:40]}' is rated twice",
                where=f"{where}, row {number}",
                expected=f"valence {valence[word]:g} and arousal {arousal[word]:g} as before",
                found=f"{pair[0]:g} and {pair[1]:g}",
                remedy="Keep one row a word",
            )
        valence[word], arousal[word] = pair
    if len(valence) < 3:
        raise SettingsError(
            "The norms file rates too few words", where=where, expected="3 or more", found=str(len(valence))
        )
    return Norms(where, valence, arousal, _scale(valence, arousal, where))


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


def _decoded(data: bytes, where: str) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise SettingsError(
            "The norms file is not UTF-8 text", where=where, found=f"byte {error.start}", remedy="Save it as UTF-8 CSV"
        ) from error


def _table(text: str, where: str) -> tuple[list[str], list[list[str]]]:
    first = text.split("\n", 1)[0]
    delimiter = max("\t;,", key=first.count)
    try:
        rows = [row for row in csv.reader(io.StringIO(text), delimiter=delimiter) if row]
    except csv.Error as error:
        raise SettingsError("The norms file is no table", where=where, found=str(error)) from error
    if not rows:
        raise SettingsError("The norms file is empty", where=where, expected="columns word, valence, arousal")
    header = [cell.strip().lower() for cell in rows[0]]
    if delimiter == "\t" and len(header) in (3, 4) and _is_number(header[1]) and _is_number(header[2]):
        return ["word", "valence", "arousal", "dominance"][: len(header)], rows  # NRC-VAD 1 has no header
    return header, rows[1:]


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
    for name in names:
        if name in header:
            return header.index(name)
    raise SettingsError(
        f"The norms file has no column '{names[0]}'",
        where=where,
        expected="columns word, valence, arousal (or the formats of Warriner 2013 and NRC-VAD)",
        found=", ".join(header[:8])[:120],
        remedy="Rename the columns",
    )


def _number(cell: str, where: str) -> float:
    text = cell.strip()
    if _is_number(text) and math.isfinite(float(text)):
        return float(text)
    if "," in text and _is_number(text.replace(",", ".", 1)):
        raise SettingsError(
            "A rating is written with a comma as decimal sign",
            where=where,
            expected=text.replace(",", "."),
            found=text,
            remedy="Save the file with points as decimal signs",
        )
    raise SettingsError("A rating is not a number", where=where, expected="a number such as 4.5", found=text[:40])


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _scale(valence: dict[str, float], arousal: dict[str, float], where: str) -> tuple[float, float]:
    ranges = [(min(column.values()), max(column.values())) for column in (valence, arousal)]
    for name, (low, high) in zip(("valence", "arousal"), ranges, strict=True):
        if low == high:
            raise SettingsError(f"All words have the same {name}", where=where, found=f"{low:g}")
    for low, high in _SCALES:
        if all(low <= least and most <= high for least, most in ranges):
            return float(low), float(high)
    shown = ", ".join(f"{n} {a:g} to {b:g}" for n, (a, b) in zip(("valence", "arousal"), ranges, strict=True))
    raise SettingsError(
        "The ratings are on no scale that is known here",
        where=where,
        expected="both columns on one of " + ", ".join(f"{low} to {high}" for low, high in _SCALES),
        found=shown,
        remedy="Rescale both columns, for instance to 0 to 1",
    )
