"""The third-party training text as documents, with a part of every source kept back for measuring the loss."""

from __future__ import annotations

import json
import lzma
import random
import re
import tarfile
import zlib
from collections.abc import Iterator
from pathlib import Path

from demo_model import paths
from demo_model.documents import Document, Piece, join
from demo_model.feeling_lines import tie

HELD_OUT_TOPICS = 5  # of the 100 topics of the emotion stories; no story about them is trained on
_TIDY = {"\u2018": "'", "\u2019": "'", "\u201c": '"', "\u201d": '"', "\u2014": " - ", "\u2013": "-", "\u2026": "..."}
_TIDY_TABLE = str.maketrans(_TIDY)


def tidy(text: str) -> str:
    """Typographic marks to plain ones and spaces to single ones, so that pieces are not spent on variants."""
    text = text.translate(_TIDY_TABLE)
    text = re.sub(r"[ \t\u00a0]+", " ", text)
    return re.sub(r" ?\n[ \n]*", "\n", text).strip()


def rows(name: str) -> Iterator[dict[str, str]]:
    """The objects of one ``.jsonl.xz`` file of the corpus."""
    with lzma.open(paths.corpus() / f"{name}.jsonl.xz", "rt", encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


def held_out(key: str, share: float) -> bool:
    """Whether a text is kept back, decided by its own checksum and thus the same in every run."""
    return zlib.crc32(key.encode()) % 10_000 < share * 10_000


def held_out_topics() -> set[str]:
    """The topics whose emotion stories are kept back: those with the smallest checksums."""
    topics = {row["topic"] for row in rows("emotion-stories-171")}
    return set(sorted(topics, key=lambda topic: zlib.crc32(topic.encode()))[:HELD_OUT_TOPICS])


def emotion_stories(keep: bool) -> Iterator[Document]:
    """Stories of the 171 emotions, most with a line that names theirs. ``keep`` selects the held-out ones."""
    rng, topics = random.Random(171), held_out_topics()
    for row in rows("emotion-stories-171"):
        pieces = tie(tidy(row["text"]), row["emotion"], rng)
        if (row["topic"] in topics) == keep:
            yield join(pieces, "stories")


def emotion_sentences(keep: bool) -> Iterator[Document]:
    """One or two sentences of a story as a text of their own: short texts have to show an emotion as well."""
    rng, topics = random.Random(172), held_out_topics()
    for row in rows("emotion-stories-171"):
        parts = re.split(r"(?<=[.!?])\s+(?=[A-Z\"])", tidy(row["text"]))
        for _ in range(2):
            start = rng.randrange(len(parts))
            text = " ".join(parts[start : start + rng.choice((1, 1, 2))])
            if (row["topic"] in topics) == keep and len(text) > 30:
                yield join(tie(text, row["emotion"], rng, (0.0, 0.25, 0.0)), "lines")


def plain(name: str, source: str, keep: bool, share: float = 0.02) -> Iterator[Document]:
    """Texts of a source without emotion labels."""
    for row in rows(name):
        if held_out(row["text"], share) == keep:
            yield join([Piece(tidy(row["text"]))], source)


def sentences(keep: bool) -> Iterator[Document]:
    """Everyday sentences, shuffled and packed eight to a text."""
    kept = [tidy(row["text"]) for row in rows("tatoeba-sentences") if held_out(row["text"], 0.02) == keep]
    random.Random(8).shuffle(kept)
    for start in range(0, len(kept), 8):
        yield join([Piece("\n".join(kept[start : start + 8]))], "sentences")


def novels(keep: bool) -> Iterator[Document]:
    """Passages of about 1,200 characters from the novels; whole novels are kept back."""
    with tarfile.open(paths.corpus() / "english-novels.tar.xz") as archive:
        for member in archive:
            file = archive.extractfile(member) if member.isfile() else None
            if file is None or held_out(Path(member.name).stem, 0.04) != keep:
                continue
            text = file.read().decode("utf-8-sig", errors="replace").replace("\r\n", "\n").replace("\r", "\n")
            yield from _passages(text)


def _passages(text: str, size: int = 1200) -> Iterator[Document]:
    """Whole paragraphs up to about ``size`` characters; hard-wrapped lines are joined."""
    held: list[str] = []
    for paragraph in re.split(r"\n\s*\n" if text.count("\n\n") > 50 else r"\n", text):
        held.append(tidy(paragraph.replace("\n", " ")))
        if sum(map(len, held)) > size:
            yield join([Piece("\n".join(part for part in held if part))], "novels")
            held = []


def load(source: str, keep: bool = False) -> Iterator[Document]:
    """Documents of a named source; ``keep=True`` gives the ones that are never trained on."""
    if source == "stories":
        return emotion_stories(keep)
    if source == "lines":
        return emotion_sentences(keep)
    if source == "sentences":
        return sentences(keep)
    if source == "novels":
        return novels(keep)
    names = {
        "tiny": "tinystories-4227",
        "books": "childrens-books",
        "blogs": "blog-passages",
        "essays": "reaction-essays",
    }
    return plain(names[source], source, keep)


SOURCES = ("stories", "lines", "tiny", "sentences", "books", "blogs", "essays", "novels")
