"""What the reader mends by itself and tells: emotions in two spellings, rows that come twice."""

from __future__ import annotations

from emotion_core.prompts.rows import Row


def one_spelling(rows: list[Row]) -> tuple[list[Row], tuple[str, ...]]:
    """Reads `Fear` and `fear` as the same emotion, in the spelling that comes first.

    Returns:
        The rows, and a message for each spelling that was changed.
    """
    first: dict[str, str] = {}
    messages: dict[str, str] = {}
    spelled = []
    for row in rows:
        spelling = first.setdefault(row.emotion.casefold(), row.emotion)
        if row.emotion != spelling:
            messages.setdefault(row.emotion, f"The emotion '{row.emotion}' is read as '{spelling}'")
            row = row.model_copy(update={"emotion": spelling})
        spelled.append(row)
    return spelled, tuple(messages.values())


def drop_repeats(rows: list[Row]) -> tuple[list[Row], tuple[str, ...], tuple[int, ...]]:
    """Leaves out rows whose emotion and texts are those of an earlier row, whatever their topic or split.

    Returns:
        The rows that stay, a message for each that does not, and the numbers of those.
    """
    seen: dict[tuple[str, ...], Row] = {}
    messages: list[str] = []
    numbers: list[int] = []
    for row in rows:
        earlier = seen.setdefault((row.emotion, *row.texts), row)
        if earlier is row:
            continue
        across = "" if row.split == earlier.split else f" ({row.split}, the earlier one {earlier.split})"
        messages.append(f"Row {row.number} repeats row {earlier.number} and is left out{across}")
        numbers.append(row.number)
    return list(seen.values()), tuple(messages), tuple(numbers)
