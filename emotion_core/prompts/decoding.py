"""From a file's bytes and the name it came with to text: the checks that need no knowledge of rows."""

from __future__ import annotations

import re

from emotion_core.base.errors import PromptSetError

ENDINGS = ("csv", "tsv", "json", "jsonl")
MAX_BYTES = 20 * 1024 * 1024

_SIGNATURES = {
    b"PK\x03\x04": "a ZIP archive or an Excel workbook",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook",
    b"%PDF": "a PDF",
    b"\x89PNG": "a PNG image",
    b"\xff\xd8\xff": "a JPEG image",
    b"\x1f\x8b": "a gzip archive",
    b"PAR1": "a Parquet file",
    b"GGUF": "a GGUF model",
}
_UTF16 = (b"\xff\xfe", b"\xfe\xff")


def base_name(filename: str) -> str:
    r"""The last part of a name that a browser sent: no folders, nothing unprintable, at most 100 characters.

    Example:
        >>> base_name("../../etc/fear.csv"), base_name("C:\\up\\calm.CSV")
        ('fear.csv', 'calm.CSV')
    """
    last = re.split(r"[\\/]", filename)[-1]
    return "".join(c for c in last if c.isprintable()).strip()[-100:]


def stem_and_ending(name: str) -> tuple[str, str]:
    """A base name's two halves; the ending in lower case and without its dot.

    Raises:
        PromptSetError: The ending is none that can be read.
    """
    stem, dot, ending = name.rpartition(".")
    if not dot or ending.lower() not in ENDINGS:
        spreadsheet = ending.lower() in ("xlsx", "xls", "ods", "numbers")
        raise PromptSetError(
            "This kind of file cannot be read",
            where=name or "a file without a name",
            expected="a name that ends in " + ", ".join(f".{one}" for one in ENDINGS),
            found=f"the ending .{ending}" if dot else "no ending",
            remedy="Save the sheet as CSV UTF-8" if spreadsheet else "Save the rows as CSV or JSON with that ending",
        )
    return stem.strip() or "prompts", ending.lower()


def decode(name: str, data: bytes, max_bytes: int = MAX_BYTES) -> str:
    """The text of a file, without a byte order mark.

    Args:
        name: Base name, for messages.
        data: The whole file.
        max_bytes: Largest size that is read.

    Raises:
        PromptSetError: The file is empty, too large, no text, or not UTF-8.
    """
    check_size(name, len(data), max_bytes)
    _refuse_binary(name, data)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        # With a byte order mark the decoder counts from behind it.
        position = error.start + (3 if data.startswith(b"\xef\xbb\xbf") and data[3:] == error.object else 0)
        line = data.count(b"\n", 0, position) + 1
        raise PromptSetError(
            "The file is not valid UTF-8",
            where=f"{name}, line {line}, byte {position}",
            expected="text saved as UTF-8",
            found=f"the byte 0x{data[position]:02x} ({error.reason})",
            remedy="Save it again with the encoding UTF-8 (in spreadsheets: CSV UTF-8)",
        ) from error
    if not text.strip():
        raise _empty(name)
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


def _empty(name: str) -> PromptSetError:
    return PromptSetError(
        "The file is empty",
        where=name,
        expected="a line of column names and at least two pairs or texts below it",
        found="nothing but white space",
        remedy="Fill in the rows and upload it again",
    )


def _refuse_binary(name: str, data: bytes) -> None:
    """Says what kind of binary file it is where its first bytes or a NUL give it away."""
    found = next((kind for start, kind in _SIGNATURES.items() if data.startswith(start)), "")
    remedy = "Upload the rows as CSV, TSV, JSON or JSONL"
    if data.startswith(_UTF16):
        found, remedy = "UTF-16 text", "Save it again with the encoding UTF-8 (in spreadsheets: CSV UTF-8)"
    position = data.find(b"\0")
    if not found and position >= 0:
        line = data.count(b"\n", 0, position) + 1
        found, remedy = f"a NUL character at byte {position}, line {line}", "Remove it, or save the rows as CSV anew"
    if found:
        raise PromptSetError(
            "This is not a plain text file", where=name, expected="UTF-8 text", found=found, remedy=remedy
        )
