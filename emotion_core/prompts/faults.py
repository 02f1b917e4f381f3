"""What can be wrong with a visitor's file, every fault once: what it is, what would be right, how to mend it."""

from __future__ import annotations

from typing import NamedTuple

from emotion_core.base.errors import PromptSetError


class RowFault(NamedTuple):
    """A fault of one row: its number, counted from 1 without the header, the column ("" for all of it), the error."""

    row: int
    column: str
    error: PromptSetError

    @property
    def place(self) -> str:
        """Row and column in the visitor's terms."""
        return f"row {self.row}, column {self.column}" if self.column else f"row {self.row}"


class Fault(NamedTuple):
    """A kind of fault; what stands in braces is filled in where the fault is met."""

    what: str
    expected: str = ""
    remedy: str = ""

    def at(self, where: str, found: str = "", **values: object) -> PromptSetError:
        """The error to raise."""
        what, expected, remedy = (text.format(**values) if values else text for text in self)
        return PromptSetError(what, where=where, expected=expected, found=found, remedy=remedy)

    def in_row(self, row: int, column: str, found: str, **values: object) -> RowFault:
        """The fault of one row, to be raised with those of the others."""
        return RowFault(row, column, self.at("", found, **values))


_UTF8 = "Save it again with the encoding UTF-8 (in spreadsheets: CSV UTF-8)"
_FILL = "Fill in the rows and upload it again"
_CSV = "Save the rows as CSV"

# A file as a whole
UNREADABLE = Fault("The file cannot be read", "a file that exists", "Check the path")
ENDING = Fault("This kind of file cannot be read", "a name that ends in {known}, or one of these with .gz", "{remedy}")
EMPTY = Fault("The file is empty", "a line of column names and at least two pairs or texts below it", _FILL)
TOO_LARGE = Fault("The file is too large", "at most {most:g} MB", "Split it into several files or leave out rows")
TOO_MANY_ROWS = Fault("The file has too many rows", "at most {most:,} rows", "Split it into several files")
TOO_MANY_COLUMNS = Fault(
    "The file has too many columns",
    "at most {most:,} columns",
    "Leave columns out, or put texts that contain the separator between double quotes",
)
BOMB = Fault("The file unpacks to far more than it holds", "at most {times} times its size and {most:g} MB", _CSV)
DAMAGED = Fault("The {kind} is damaged", "", "Save, pack or download it again, or save the rows as CSV UTF-8")
BINARY = Fault("This is not a plain text file", "UTF-8 text", "Upload the rows as CSV, TSV, JSON or JSONL")
OTHER_TEXT = Fault("This is not a plain text file", "UTF-8 text", _UTF8)
NOT_UTF8 = Fault("The file is not valid UTF-8", "text saved as UTF-8{or_others}", _UTF8)
LARGE_SHEET = Fault("The sheet is too large", "at most {most:,} cells", _CSV)
NOT_JSON = Fault("The file is not valid JSON", "a list of objects, or one object a line", "Mend that place")
NOT_A_LIST = Fault(
    "The JSON document is not a list of rows",
    'a list of objects such as [{"emotion": "joy", "text": "..."}], or a table as pandas writes it',
    "Write one object a row, between [ and ]",
)
NO_ROWS = Fault("The file has no rows", "at least two pairs or texts", _FILL)

# Its columns
TWICE = Fault("A column comes twice", "every column once", "Rename or delete one of them")
MIXED = Fault(
    "The file mixes contrast pairs and labelled texts",
    "either emotion and text, or positive and negative",
    "Make two files of it, one of each form, or say with a choice of columns which of them counts",
)
COLUMNS = Fault("The file has {lacks}", "the columns {wanted}", "{remedy}")
CHOICE = Fault(
    "A choice of columns names what is no column here",
    "{ours}",
    "Write our column, an equals sign and the file's: positive=chosen,negative=rejected",
)
CHOSEN = Fault("{what}", "positive and negative, or emotion and text (or text and a name for the emotion)", "{remedy}")

# A row
QUOTES = Fault(
    "The quotes of the row do not match",
    "an even number of double quotes, those inside a text doubled",
    "Check that every opening double quote is closed",
)
LONG_CELL = Fault("A cell is far too long", "at most 100,000 characters", "Shorten the text")
MANY_CELLS = Fault(
    "The row has more cells than there are columns",
    "{most} cells",
    "Put texts that contain the separator between double quotes",
)
NOT_JSON_LINE = Fault("The line is not valid JSON", "one object a line", "Mend the JSON of the line")
NOT_AN_OBJECT = Fault(
    "The row is not an object",
    "an object",
    'Write each row as {"emotion": ..., "text": ...} or {"positive": ..., "negative": ...}',
)
NOT_A_TEXT = Fault("The cell is not a text", "a text", "{remedy}")
EMPTY_CELL = Fault("The cell is empty", "{wanted}", "Fill the cell in or delete the row")
LONG_TEXT = Fault("The cell is too long", "at most {most:,} characters", "Shorten the text")
NO_TEXT = Fault("The cell holds what is no text", "characters", "Remove that character")
SPLIT = Fault("Unknown split", "train or heldout (also test, val, dev, eval)", "Write train or heldout in every row")

# Rows together, files together
SAME_SIDES = Fault(
    "Both sides are the same text in every pair",
    "a text with the emotion and one without",
    "Write the other side, or choose other columns",
)
TOO_FEW = Fault(
    "There are too few {kind}s",
    "at least two {kind}s for each emotion, and more of them held out",
    "Add {unit}s; a vector worth testing has 20 or more for training and 5 or more held out",
)
TOO_MANY_EMOTIONS = Fault(
    "The file has too many emotions", "at most {most:,} emotions", "Check the column of the emotion"
)
TWO_FORMS = Fault("The files are of two forms", "", "Rename one so that it stands alone")
HALF_SPLIT = Fault("Only some of the files say which rows are held out", "", "Give all a column split")
ONE_SIDE = Fault(
    "The other side of the pairs is missing",
    "two text files, line by line the sides of a pair, the other one {other}.txt",
    "Give both files at once",
)
UNEVEN = Fault("{these} are not of one length", "the same rows in all of them", "Add or delete what is extra")


def shorten(value: object, length: int = 40) -> str:
    """A value for a message: one line, printable, at most `length` characters."""
    text = value if isinstance(value, str) else repr(value)
    line = " ".join("".join(c if c.isprintable() else " " for c in text[: 4 * length]).split())
    return line if len(line) <= length and len(text) <= 4 * length else line[: length - 3] + "..."
