"""Raw rows to typed rows: which form a file has, and whether every cell of it can be used."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, StringConstraints, ValidationError
from pydantic_core import ErrorDetails, PydanticCustomError

from emotion_core.base.errors import PromptSetError
from emotion_core.prompts.faults import Fault, raise_faults, shorten
from emotion_core.prompts.prompt_set import Form
from emotion_core.prompts.tables import RawRows

MAX_TEXT = 100_000
MAX_NAME = 100
NEEDED: dict[Form, tuple[str, ...]] = {"pairs": ("positive", "negative"), "labelled": ("emotion", "text")}


def _tidy_text(value: object) -> object:
    """One kind of line end and no white space around, so that a text is the same from every file type."""
    return value.replace("\r\n", "\n").replace("\r", "\n").strip() if isinstance(value, str) else value


def _tidy_line(value: object) -> object:
    return " ".join(value.split()) if isinstance(value, str) else value


def _tidy_split(value: object) -> object:
    """`Held-out` and ` HELDOUT ` are heldout; anything else is left for the check to refuse."""
    line = _tidy_line(value)
    return re.sub("^held[-_ ]out$", "heldout", line.lower()) if isinstance(line, str) else line


def _refuse_nul(text: str) -> str:
    if "\0" in text:
        raise PydanticCustomError("nul", "a NUL character")
    return text


# The constraints stand next to the type: pydantic then counts characters of the tidied value.
_Text = Annotated[
    str,
    StringConstraints(min_length=1, max_length=MAX_TEXT),
    BeforeValidator(_tidy_text),
    AfterValidator(_refuse_nul),
]
_Emotion = Annotated[
    str,
    StringConstraints(min_length=1, max_length=MAX_NAME),
    BeforeValidator(_tidy_line),
    AfterValidator(_refuse_nul),
]
_Topic = Annotated[
    str, StringConstraints(max_length=MAX_NAME), BeforeValidator(_tidy_line), AfterValidator(_refuse_nul)
]
_Note = Annotated[str, StringConstraints(max_length=MAX_TEXT), BeforeValidator(_tidy_text), AfterValidator(_refuse_nul)]


class Row(BaseModel):
    """What rows of both forms share."""

    model_config = ConfigDict(frozen=True, strict=True, extra="ignore")

    number: int
    emotion: _Emotion
    topic: _Topic = ""
    split: Annotated[Literal["train", "heldout"] | None, BeforeValidator(_tidy_split)] = None
    note: _Note = ""

    @property
    def texts(self) -> tuple[str, ...]:
        """The texts of the row, the positive side first."""
        raise NotImplementedError


class PairRow(Row):
    """A row of contrast pairs."""

    positive: _Text
    negative: _Text

    @property
    def texts(self) -> tuple[str, ...]:
        """Both sides."""
        return (self.positive, self.negative)


class LabelledRow(Row):
    """A row of labelled texts."""

    text: _Text

    @property
    def texts(self) -> tuple[str, ...]:
        """The one text."""
        return (self.text,)


def form_of(name: str, columns: tuple[str, ...]) -> Form:
    """The form that a file's columns make.

    Raises:
        PromptSetError: They make none, or both at once; what is there and what is missing is named.
    """
    both = "emotion and text, or positive and negative"
    found = ", ".join(shorten(one) or "(no name)" for one in columns[:12]) or "no columns"
    pairs, labelled = "positive" in columns or "negative" in columns, "text" in columns
    if pairs and labelled:
        raise PromptSetError(
            "The file mixes contrast pairs and labelled texts",
            where=name,
            expected=f"either {both}",
            found=found,
            remedy="Make two files of it, one of each form",
        )
    form: Form = "pairs" if pairs else "labelled"
    missing = [one for one in NEEDED[form] if one not in columns]
    if missing:
        known = pairs or labelled
        raise PromptSetError(
            f"The file has no column {' and no column '.join(missing)}" if known else "The file has the wrong columns",
            where=f"{name}, header",
            expected=f"the columns {' and '.join(NEEDED[form])}" if known else f"the columns {both}",
            found=found,
            remedy="Name the columns in the first line (in JSON: as the keys of each object)",
        )
    return form


def typed_rows(name: str, stem: str, raw: RawRows) -> tuple[Form, list[Row]]:
    """Checks every cell.

    Args:
        name: The file's base name, for messages.
        stem: The emotion of pairs that name none.
        raw: What the file holds.

    Raises:
        PromptSetError: Wrong columns, no rows, or faulty cells, all of them in one error.
    """
    if not raw.columns:
        raise_faults(name, raw.faults)
        raise _no_rows(name)
    form = form_of(name, raw.columns)
    model = PairRow if form == "pairs" else LabelledRow
    # A split or emotion column that nobody filled in is no column; one with gaps is a fault in every gap.
    filled = {column for row in raw.rows for column, value in row.cells.items() if not _blank(value)}
    faults, rows = list(raw.faults), list[Row]()
    for number, cells in raw.rows:
        # An empty optional cell is an absent one.
        given = {
            k: v for k, v in cells.items() if k in model.model_fields and not (_blank(v) and k not in NEEDED[form])
        }
        given.setdefault("emotion", "" if "emotion" in filled or form == "labelled" else stem)
        if "split" in filled:
            given.setdefault("split", "")
        try:
            rows.append(model.model_validate({**given, "number": number}))
        except ValidationError as error:
            faults += [_fault(number, one) for one in error.errors()]
    raise_faults(name, faults)
    if not rows:
        raise _no_rows(name)
    return form, rows


def _no_rows(name: str) -> PromptSetError:
    return PromptSetError(
        "The file has no rows",
        where=name,
        expected="at least two pairs or texts",
        found="0 rows",
        remedy="Fill in the rows and upload it again",
    )


def _blank(value: object) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())


def _fault(row: int, error: ErrorDetails) -> Fault:
    """One of pydantic's errors in the visitor's terms."""
    column, value = str(error["loc"][0]), error["input"]
    if error["type"] in ("missing", "string_too_short") or (column == "split" and _blank(value)):
        wanted = "train or heldout" if column == "split" else "a text"
        return Fault(row, column, "The cell is empty", wanted, "nothing", "Fill the cell in or delete the row")
    if error["type"] == "string_too_long":
        limit = error["ctx"]["max_length"]
        found = f"{len(value):,} characters" if isinstance(value, str) else shorten(value)
        return Fault(row, column, "The cell is too long", f"at most {limit:,} characters", found, "Shorten the text")
    if column == "split":
        found = f"'{shorten(value)}'"
        return Fault(row, column, "Unknown split", "train or heldout", found, "Write train or heldout in every row")
    if error["type"] in ("nul", "string_unicode"):
        found = error["msg"] if error["type"] == "nul" else "half of a character (a lone surrogate)"
        return Fault(row, column, "The cell holds what is no text", "characters", found, "Remove that character")
    return Fault(row, column, "The cell is not a text", "a text", shorten(value), "Put the value between quotes")
