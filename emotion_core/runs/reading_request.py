"""What to read: one request for the page and the command line, and what is refused before a model is asked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from emotion_core.base.errors import SettingsError
from emotion_core.models.dialogue import Said
from emotion_core.prompts.library_items import Template, Turn
from emotion_core.reading.attempts_library import AttemptRun, read_attempts_file
from emotion_core.reading.baseline import check_layers
from emotion_core.reading.continuation import Writing, check_reply
from emotion_core.reading.conversation import check_turns
from emotion_core.reading.dose import make_template
from emotion_core.reading.labelled import Labelled
from emotion_core.reading.monitor import MonitorSettings
from emotion_core.reading.priors import Prior, check_priors
from emotion_core.reading.text import check_length
from emotion_core.vectors.emotion_vectors import EmotionVectors

What = Literal["text", "conversation", "dose", "situations", "attempts", "priors", "monitor", "labelled"]

# Characters x layers x emotions that are read at all layers at once: some 300 megabytes with four characters a token.
MOST_READINGS = 150_000_000


@dataclass(frozen=True)
class ReadingRequest:
    """What to read.

    Attributes:
        what: Which of the parts below counts.
        text: A text, or a template with `{x}`.
        turns: A conversation.
        values: For the template.
        rise: Emotions that should rise with the value.
        fall: Emotions that should fall.
        layer: Layer read; None for the one chosen at the build.
        all_layers: Read a text or a conversation at all layers in the same pass.
        seed: Of random directions, resamples and permutations.
        monitor: Threshold of a monitor; it reads `turns`, or `text` where there are none.
        phrase: What a monitor should fire before.
        labelled: Conversations with labels, for a monitor's ROC.
        run: A run of attempts as JSON, see `AttemptRun`.
        priors: System prompts to compare; the first one is what the others are compared with.
        conversations: What is said under each of them.
        writing: How the model continues `turns` before they are read; None for not at all.
    """

    what: What
    text: str = ""
    turns: tuple[Said, ...] = ()
    values: tuple[float, ...] = ()
    rise: tuple[str, ...] = ()
    fall: tuple[str, ...] = ()
    layer: int | None = None
    all_layers: bool = False
    seed: int = 0
    monitor: MonitorSettings | None = None
    phrase: str = ""
    labelled: tuple[Labelled, ...] = ()
    run: str = ""
    priors: tuple[Prior, ...] = ()
    conversations: tuple[tuple[Said, ...], ...] = ()
    writing: Writing | None = None

    @property
    def conversational(self) -> bool:
        """Whether the zero point is that of neutral conversations."""
        if self.what == "monitor":
            return bool(self.turns)
        return self.what in ("conversation", "attempts", "priors", "labelled")

    def layers(self, vectors: EmotionVectors) -> list[int] | None:
        """The layers to read; None for the one chosen at the build."""
        if self.all_layers and self.what in ("text", "conversation"):
            return list(range(vectors.n_layers))
        return None if self.layer is None else [self.layer]

    def template(self) -> Template:
        """The template with its values and expectations.

        Raises:
            SettingsError: It has no `{x}`, or too few values.
        """
        plain = make_template(self.text, self.values)
        return plain.model_copy(update={"rise": self.rise, "fall": self.fall})

    def attempts(self) -> AttemptRun:
        """The run of attempts.

        Raises:
            PromptSetError: It is none.
        """
        return read_attempts_file("the run of attempts", self.run.encode())


def turns_of(said: tuple[Said, ...]) -> tuple[Turn, ...]:
    """Turns as the library has them."""
    return tuple(Turn.model_validate({"role": one.role, "content": one.content}) for one in said)


def check(vectors: EmotionVectors, request: ReadingRequest) -> None:
    """Refuses what cannot be read before the model is asked.

    Raises:
        SettingsError: An empty or too long text, no turns, a template without `{x}`, values that do not do.
        VectorFileError: The vectors have no such emotion.
    """
    check_layers(vectors, request.layers(vectors))
    if request.all_layers:
        _check_size(vectors, request)
    if request.what == "conversation" or (request.what == "monitor" and request.turns):
        check_turns(turns_of(request.turns))
    elif request.what in ("text", "monitor"):
        check_length(request.text)
    elif request.what == "dose":
        request.template()
    elif request.what == "attempts":
        request.attempts()
    elif request.what == "priors":
        check_priors(request.priors, [turns_of(one) for one in request.conversations])
    if request.writing is not None:
        check_reply(turns_of(request.turns))
    for one in (request.monitor, request.writing):
        if one is not None:
            vectors.index(one.emotion)


def _check_size(vectors: EmotionVectors, request: ReadingRequest) -> None:
    characters = len(request.text) + sum(len(turn.content) for turn in request.turns)
    most = MOST_READINGS // (vectors.n_layers * len(vectors.emotions))
    if characters > most:
        raise SettingsError(
            "The text is too long to be read at all layers at once",
            expected=f"at most {most:,} characters with {len(vectors.emotions)} emotions and {vectors.n_layers} layers",
            found=f"{characters:,}",
            remedy="Read a part of it, or one layer",
        )
