"""From a file's bytes and the name it came with to text: the checks that need no knowledge of rows."""

from __future__ import annotations

import gzip
import io
import re
import zlib

from emotion_core.base.errors import PromptSetError

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
_UTF8_MARK = b"\xef\xbb\xbf"
# The marks of UTF-32 begin as those of UTF-16 do, so they are asked for first.
_MARKS = {
    b"\xff\xfe\0\0": "utf-32",
    b"\0\0\xfe\xff": "utf-32",
    b"\xff\xfe": "utf-16",
    b"\xfe\xff": "utf-16",
}
_SAVE_AS_UTF8 = "Save it again with the encoding UTF-8 (in spreadsheets: CSV UTF-8)"
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
        raise PromptSetError(
            "This kind of file cannot be read",
            where=name or "a file without a name",
            expected="a name that ends in " + ", ".join(f".{one}" for one in ENDINGS) + ", or one of these with .gz",
            found=f"the ending .{ending}" if dot else "no ending",
            remedy="Save the sheet as CSV UTF-8" if spreadsheet else "Save the rows as CSV or JSON with that ending",
        )
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
        raise PromptSetError(
            "The gzip file is damaged", where=name, found=str(error)[:120], remedy="Pack or download it again"
        ) from error
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
    codec = _wide_codec(data)
    if codec is None:
        _refuse_binary(name, data)
        codec = _narrow_codec(name, data, said is not None)
    elif said is None:
        raise _not_text(name, f"{codec.upper()} text", _SAVE_AS_UTF8)
    try:
        text = data.decode(codec)
    except UnicodeDecodeError as error:
        raise _not_text(name, f"damaged {codec.upper()} text", _SAVE_AS_UTF8) from error
    text = text.removeprefix("\ufeff")
    if not text.strip():
        raise _empty(name)
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise _not_text(name, f"a NUL character in line {line}", "Remove it, or save the rows as CSV anew")
    if said is not None and codec != "utf-8":
        said.append(f"Read as {_title(codec, data)}, not UTF-8; for example {_example(text)}")
    return text


def check_size(name: str, n_bytes: int, max_bytes: int = MAX_BYTES) -> None:
    """Refuses an empty or an oversized file.

    Raises:
        PromptSetError: There are no bytes, or more than `max_bytes`.
    """
    if n_bytes == 0:
        raise _empty(name)
    if n_bytes > max_bytes:
        raise PromptSetError(
            "The file is too large",
            where=name,
            expected=f"at most {max_bytes / 2**20:g} MB",
            found=f"{n_bytes / 2**20:.1f} MB",
            remedy="Split it into several files or leave out rows",
        )


def _wide_codec(data: bytes) -> str | None:
    """UTF-16 or UTF-32, by the mark or by the zeros that every second byte of western UTF-16 is."""
    marked = next((codec for mark, codec in _MARKS.items() if data.startswith(mark)), None)
    head = data[:2000]
    even, odd = head[::2].count(0), head[1::2].count(0)
    if marked is None and len(head) > 3 and max(even, odd) > 0.8 * (len(head) // 2) and min(even, odd) == 0:
        return "utf-16-be" if even else "utf-16-le"
    return marked


def _narrow_codec(name: str, data: bytes, others: bool) -> str:
    """UTF-8, or Windows-1252 for a file that is nowhere UTF-8.

    Raises:
        PromptSetError: It is UTF-8 with a broken place, another encoding is not wanted, or it is none known.
    """
    try:
        data.decode("utf-8")
        return "utf-8"
    except UnicodeDecodeError as error:
        place, byte, reason = error.start, data[error.start], error.reason
    lenient = data.decode("utf-8", errors="replace")
    broken = lenient.count("\ufffd")
    valid = sum(c > "\x7f" for c in lenient) - broken
    letters = [c for c in data.decode("latin-1") if c.isalpha()]
    western = sum(c > "\x7f" for c in letters) <= max(1, _MOST_ACCENTED * len(letters))
    if others and western and valid <= broken and not _UNUSED_1252.search(data) and not data.startswith(_UTF8_MARK):
        return "cp1252"
    line = data.count(b"\n", 0, place) + 1
    raise PromptSetError(
        "The file is not valid UTF-8",
        where=f"{name}, line {line}, byte {place}",
        expected="text saved as UTF-8" + (" (or UTF-16, Windows-1252, Latin-1)" if others else ""),
        found=f"the byte 0x{byte:02x} ({reason})",
        remedy=_SAVE_AS_UTF8,
    )


def _title(codec: str, data: bytes) -> str:
    if codec != "cp1252":
        return codec.upper().removesuffix("-LE").removesuffix("-BE")
    return "Windows-1252" if re.search(rb"[\x80-\x9f]", data) else "Latin-1"


def _example(text: str) -> str:
    """The first words in which the encoding makes a difference, with their line; else the beginning."""
    found = re.search(r"\S*[^\x00-\x7f]\S*(?:[ \t]\S+)?", text)
    line = text.count("\n", 0, found.start()) + 1 if found else 1
    example = found.group() if found else text.split("\n", 1)[0]
    return f"'{example.strip()[:40]}' in line {line}"


def _empty(name: str) -> PromptSetError:
    return PromptSetError(
        "The file is empty",
        where=name,
        expected="a line of column names and at least two pairs or texts below it",
        found="nothing but white space",
        remedy="Fill in the rows and upload it again",
    )


def _not_text(name: str, found: str, remedy: str) -> PromptSetError:
    return PromptSetError(
        "This is not a plain text file", where=name, expected="UTF-8 text", found=found, remedy=remedy
    )


def _refuse_binary(name: str, data: bytes) -> None:
    """Says what kind of binary file it is where its first bytes give it away."""
    found = next((kind for start, kind in _SIGNATURES.items() if data.startswith(start)), "")
    if found:
        raise _not_text(name, found, "Upload the rows as CSV, TSV, JSON or JSONL")
