"""The token audit: which tokens of a text are read."""

from __future__ import annotations

from dataclasses import dataclass

from emotion_core.models.loaded import LoadedModel
from emotion_core.runs.progress import Job, Progress
from emotion_core.tracing.activations import ReadingPosition
from emotion_core.tracing.record import read_tokens


@dataclass(frozen=True)
class AuditedToken:
    """One token of a text as the model gets it.

    Attributes:
        text: As the tokenizer spells it, spaces included.
        content: False for special tokens and the chat template.
        read: Whether it is part of what is pooled.
    """

    text: str
    content: bool
    read: bool


def audit_tokens(model: LoadedModel, text: str, reading: ReadingPosition) -> Job[tuple[AuditedToken, ...]]:
    """Tokens of a text with what is read of it, as a job of a single step: only the owner uses the tokenizer.

    Raises:
        TextTooLongError: The text is longer than the context.
        ModelError: It has no content token.
    """
    yield Progress(0, 1, "reading tokens")
    encoding = model.encode(text, chat=reading.chat)
    read = set(read_tokens(encoding, reading))
    pieces = model.pieces(list(encoding.ids))
    return tuple(
        AuditedToken(piece, content, i in read)
        for i, (piece, content) in enumerate(zip(pieces, encoding.content, strict=True))
    )
