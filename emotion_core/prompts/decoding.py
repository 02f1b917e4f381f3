"""From a file's bytes and the name it came with to text: the checks that need no knowledge of rows."""

from __future__ import annotations

import gzip
import io
import re
import zlib

from emotion_core.prompts import faults

ENDINGS = ("csv", "tsv", "txt", "json", "jsonl", "ndjson", "parquet", "xlsx")
MAX_BYTES = 20 * 1024 * 1024

WORKBOOK, PARQUET, GZIP = b"PK\x03\x04", b"PAR1", b"\x1f\x8b"
_SIGNATURES = {
    WORKBOOK: "a ZIP archive",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook",
    b"%PDF": "a PDF",
    b"\x89PNG": "a PNG image",
    b"\xff\xd8\xff": "a JPEG image",
    GZIP: "a gzip archive",
    PARQUET: "a Parquet file",
    b"GGUF": "a GGUF model",
}
# The marks of UTF-32 begin as those of UTF-16 do, so they are asked for first.
_MARKS = {
    b"\xef\xbb\xbf": "utf-8",
    b"\xff\xfe\0\0": "utf-32",
    b"\0\0\xfe\xff": "utf-32",
    b"\xff\xfe": "utf-16",
    b"\xfe\xff": "utf-16",
}
# In Windows-1252 these five bytes stand for nothing, so a file that has one was written in something else.
_UNUSED_1252 = re.compile(rb"[\x81\x8d\x8f\x90\x9d]")
_MOST_ACCENTED = 0.3  # of the letters of a text in a western language


def base_name(filename: str) -> str:
    r"""The last part of a name that a browser sent: no folders, nothing unprintable, at most 100 characters.

    Example:
        >>> base_name("../../etc/fear.csv"), base_name("C:\\up\\calm.CSV")
        ('fear.csv', 'calm.CSV')
    """
    last = re.split(r"[\\/]", filename)[-1]
    return "".join(c for c in last if c.isprintable()).strip()[-100:]


def stem_and_ending(name: str) -> tuple[str, str]:
    """A base name's two halves; the ending in lower case, without its dot and without `.gz`.

    Raises:
        PromptSetError: The ending is none that can be read.
    """
    whole = name[:-3] if name.lower().endswith(".gz") else name
    stem, dot, ending = whole.rpartition(".")
    if not dot or ending.lower() not in ENDINGS:
        spreadsheet = ending.lower() in ("xls", "ods", "numbers")
        remedy = "Save the sheet as CSV UTF-8" if spreadsheet else "Save the rows as CSV or JSON with that ending"
        endings, found = ", ".join(f".{one}" for one in ENDINGS), f"the ending .{ending}" if dot else "no ending"
        raise faults.ENDING.at(name or "a file without a name", found, known=endings, remedy=remedy)
    return stem.strip() or "prompts", ending.lower()


def unpack(name: str, data: bytes, max_bytes: int = MAX_BYTES) -> bytes:
    """The content of a gzip file, any other file as it is.

    Raises:
        PromptSetError: It is empty or damaged, or larger than `max_bytes`, packed or unpacked.
    """
    check_size(name, len(data), max_bytes)
    if not data.startswith(GZIP):
        return data
    try:
        with gzip.open(io.BytesIO(data)) as stream:
            content = stream.read(max_bytes + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise faults.DAMAGED.at(name, str(error)[:120], kind="gzip file") from error
    check_size(name, len(content), max_bytes)
    return content


def decode(name: str, data: bytes, max_bytes: int = MAX_BYTES, *, said: list[str] | None = None) -> str:
    """The text of a file, without a byte order mark.

    Args:
        name: Base name, for messages.
        data: The whole file.
        max_bytes: Largest size that is read.
        said: Takes a sentence where the file is not UTF-8 but UTF-16, Windows-1252 or Latin-1: which one it is, and an
            example of what it became. Without it such a file is refused.

    Raises:
        PromptSetError: The file is empty, too large, no text, or in an unknown encoding.
    """
    check_size(name, len(data), max_bytes)
    kind = next((kind for start, kind in _SIGNATURES.items() if data.startswith(start)), "")
    if kind:
        raise faults.BINARY.at(name, kind)
    codec = _codec(data)
    wide = codec[:6].upper() if codec.startswith(("utf-16", "utf-32")) else ""
    if wide and said is None:
        raise faults.OTHER_TEXT.at(name, f"{wide} text")
    try:
        text = data.decode("utf-8" if said is None else codec).removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        if wide:
            raise faults.OTHER_TEXT.at(name, f"damaged {wide} text") from error
        where = f"{name}, line {data.count(10, 0, error.start) + 1}, byte {error.start}"
        found = f"the byte 0x{data[error.start]:02x} ({error.reason})"
        others = "" if said is None else " (or UTF-16, Windows-1252, Latin-1)"
        raise faults.NOT_UTF8.at(where, found, or_others=others) from error
    if not text.strip():
        raise faults.EMPTY.at(name, "nothing but white space")
    if "\0" in text:
        raise faults.OTHER_TEXT.at(name, f"a NUL character in line {text.count(chr(10), 0, text.index(chr(0))) + 1}")
    if said is not None and codec != "utf-8":
        title = wide or ("Windows-1252" if re.search(rb"[\x80-\x9f]", data) else "Latin-1")
        # The first words in which the encoding makes a difference, else the beginning.
        words = re.search(r"\S*[^\x00-\x7f]\S*(?:[ \t]\S+)?", text) or re.match(r"[^\n]*", text)
        line = text.count("\n", 0, words.start()) + 1 if words else 1
        example = words.group().strip()[:40] if words else ""
        said.append(f"Read as {title}, not UTF-8; for example '{example}' in line {line}")
    return text


def check_size(name: str, n_bytes: int, max_bytes: int = MAX_BYTES) -> None:
    """Refuses an empty or an oversized file.

    Raises:
        PromptSetError: There are no bytes, or more than `max_bytes`.
    """
    if n_bytes == 0:
        raise faults.EMPTY.at(name, "nothing")
    if n_bytes > max_bytes:
        raise faults.TOO_LARGE.at(name, f"{n_bytes / 2**20:.1f} MB", most=max_bytes / 2**20)


def _codec(data: bytes) -> str:
    """By the mark, by the zeros of western UTF-16, or what is nowhere UTF-8 and western: Windows-1252; else UTF-8."""
    marked = next((codec for mark, codec in _MARKS.items() if data.startswith(mark)), "")
    if marked:
        return marked
    head = data[:2000]
    even, odd = head[::2].count(0), head[1::2].count(0)
    if len(head) > 3 and max(even, odd) > 0.8 * (len(head) // 2) and min(even, odd) == 0:
        return "utf-16-be" if even else "utf-16-le"
    try:
        data.decode("utf-8")
        return "utf-8"
    except UnicodeDecodeError:
        lenient = data.decode("utf-8", errors="replace")
    broken = lenient.count("\ufffd")
    valid = sum(c > "\x7f" for c in lenient) - broken
    letters = [c for c in data.decode("latin-1") if c.isalpha()]
    western = sum(c > "\x7f" for c in letters) <= max(1, _MOST_ACCENTED * len(letters))
    return "cp1252" if western and valid <= broken and not _UNUSED_1252.search(data) else "utf-8"
