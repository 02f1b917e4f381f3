"""The one family of errors: what went wrong, where, what was expected and found, and what to do."""

from __future__ import annotations


class EmotionCoreError(Exception):
    """Base of every error this package raises on purpose.

    Args:
        what: What went wrong, one sentence without a full stop.
        where: File, row, column, layer, ... in the visitor's own terms.
        expected: What would have been right.
        found: What was there instead.
        remedy: What the visitor can do about it.

    Example:
        >>> print(PromptSetError("The file has no rows", where="fear.csv", remedy="Add at least two pairs"))
        The file has no rows (fear.csv). Add at least two pairs.
    """

    def __init__(self, what: str, *, where: str = "", expected: str = "", found: str = "", remedy: str = "") -> None:
        self.what = what
        self.where = where
        self.expected = expected
        self.found = found
        self.remedy = remedy
        super().__init__(self.message)

    @property
    def message(self) -> str:
        """All parts as one readable paragraph."""
        text = f"{self.what} ({self.where})." if self.where else f"{self.what}."
        parts = (f"Expected: {self.expected}" * bool(self.expected), f"Found: {self.found}" * bool(self.found))
        # What another library said may end in a full stop already.
        return " ".join([text, *(f"{part.removesuffix('.')}." for part in (*parts, self.remedy) if part)])


class PromptSetError(EmotionCoreError):
    """A prompt file or a row of it cannot be used."""


class ModelError(EmotionCoreError):
    """A model cannot be loaded, or cannot do what is asked of it."""


class TextTooLongError(ModelError):
    """A text has more tokens than the model's context."""


class BusyError(ModelError):
    """A model works on other jobs, and a short one did not get its turn in time."""


class VectorFileError(EmotionCoreError):
    """A vector file cannot be read, or belongs to something else."""


class SettingsError(EmotionCoreError):
    """A setting of a build, a sweep or a reading makes no sense."""


class RunError(EmotionCoreError):
    """A run cannot be found, or its files cannot be read."""


class LimitError(EmotionCoreError):
    """More than this copy of the app allows: a model, a size, a number of jobs."""


class JobCancelled(EmotionCoreError):
    """The visitor cancelled the job; what was finished is kept."""
