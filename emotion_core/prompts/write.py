"""A PromptSet back to a CSV file that the reader turns into the same set (same sha256)."""

from __future__ import annotations

import csv
import io

from emotion_core.prompts.prompt_set import PromptSet


def to_csv(prompt_set: PromptSet) -> str:
    r"""The set as CSV text, with the split of every row spelled out; a `note` column only where there is a note.

    For copies to edit and upload again, so texts stand as they are: nothing is escaped against spreadsheet formulas.

    Example:
        >>> from emotion_core.prompts.files import read_prompt_bytes
        >>> print(to_csv(read_prompt_bytes("fear.csv", b"positive,negative\na,b\nc,d\n")), end="")
        emotion,positive,negative,topic,split
        fear,a,b,,train
        fear,c,d,,train
    """
    has_notes = any(text.note for text in prompt_set.texts)
    sides = ("positive", "negative") if prompt_set.form == "pairs" else ("text",)
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(["emotion", *sides, "topic", "split", *(["note"] if has_notes else [])])
    step = len(sides)
    for start in range(0, len(prompt_set.texts), step):
        members = prompt_set.texts[start : start + step]
        one = members[0]
        texts = [member.text for member in members]
        writer.writerow([one.emotion, *texts, one.topic, one.split, *([one.note] if has_notes else [])])
    return buffer.getvalue()
