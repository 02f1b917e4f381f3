"""The token audit: what becomes of every token of a text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from emotion_core.base.activations import ReadingPosition
from emotion_core.base.jobs import Job, Progress
from emotion_core.models.encode import Encoding, encode
from emotion_core.models.loaded import LoadedModel
from emotion_core.tracing.doctor.sinks import SINK, stream_sizes
from emotion_core.tracing.record import read_tokens

# read: part of what is pooled. skipped: of the text, but not where it is read. special: a token of the tokenizer's own,
# such as the beginning of a text. template: words that the chat template adds. truncated: beyond the model's context.
Kind = Literal["read", "skipped", "special", "template", "truncated"]
KINDS: tuple[Kind, ...] = ("read", "skipped", "special", "template", "truncated")
_NO_LIMIT = 10**9


@dataclass(frozen=True)
class AuditedToken:
    """One token of a text as the model gets it.

    Attributes:
        text: As the tokenizer spells it, spaces included.
        kind: What becomes of it, see `Kind`. A special token or one of the template can be read too, at the reading
            position `last`.
        content: Whether it belongs to the text itself.
        times: How many times as long as the median of the text its residual stream becomes at some layer; nan where
            the model's weights are elsewhere, or the text is too long.
        longest_at: That layer.
    """

    text: str
    kind: Kind
    content: bool
    times: float = float("nan")
    longest_at: int = 0

    @property
    def read(self) -> bool:
        """Whether it is part of what is pooled."""
        return self.kind == "read"

    @property
    def sink(self) -> bool:
        """Whether it is far longer than the others at some layer, see `tracing/doctor/sinks.py`."""
        return self.times >= SINK


def audit_tokens(model: LoadedModel, text: str, reading: ReadingPosition) -> Job[tuple[AuditedToken, ...]]:
    """Tokens of a text with what becomes of them, as a job of a single step: only the owner uses the tokenizer.

    A text that is longer than the context is never read cut off: it is refused. Here its tokens are given all the
    same, those beyond the context as `truncated` and none as `read`.

    Raises:
        ModelError: It has no content token.
    """
    yield Progress(0, 1, "reading tokens")
    context = model.info.context
    encoding = encode(model.tokenizer, text, _NO_LIMIT, chat=reading.chat, reply=reading.reply)
    read = set(read_tokens(encoding, reading)) if len(encoding) <= context else set()
    special = set(model.tokenizer.all_special_ids)
    pieces = model.pieces(list(encoding.ids))
    kinds = [_kind(encoding, i, read, special, context) for i in range(len(encoding))]
    if model.remote is not None or len(encoding) > context:
        return tuple(AuditedToken(*token) for token in zip(pieces, kinds, encoding.content, strict=True))
    sizes = stream_sizes(model, encoding.ids)
    return tuple(
        AuditedToken(piece, kind, content, *sizes.longest(i))
        for i, (piece, kind, content) in enumerate(zip(pieces, kinds, encoding.content, strict=True))
    )


def counts(tokens: tuple[AuditedToken, ...]) -> dict[Kind, int]:
    """How many tokens there are of each kind, in the order of `KINDS`; kinds without a token are left out."""
    found = {kind: sum(token.kind == kind for token in tokens) for kind in KINDS}
    return {kind: n for kind, n in found.items() if n}


def _kind(encoding: Encoding, i: int, read: set[int], special: set[int], context: int) -> Kind:
    if i >= context:
        return "truncated"
    if i in read:
        return "read"
    if encoding.content[i]:
        return "skipped"
    return "special" if encoding.ids[i] in special else "template"
