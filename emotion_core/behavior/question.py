"""The question about two activities: its wording, its tokens, and where each activity stands in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from emotion_core.base.ask import Chat
from emotion_core.base.errors import SettingsError
from emotion_core.behavior.options import PromptTokens, check_options, tokenize
from emotion_core.models.loaded import LoadedModel

# The end of the standard question is the beginning of the answer; in a chat it is the assistant who writes it.
STANDARD = "Would you prefer to (A) {first} or (B) {second}?\nAnswer: ("
STANDARD_CHAT = "Would you prefer to (A) {first} or (B) {second}?"
ANSWERS = ("A", "B")
ANSWERS_CHAT = ("(A", "(B")


@dataclass(frozen=True)
class Wording:
    """How two activities are put before the model.

    Attributes:
        question: A text with `{first}` and then `{second}`.
        answers: What stands for the first and for the second, directly after the question.
        chat: Wrap the question as a user message.
    """

    question: str = STANDARD
    answers: tuple[str, str] = ANSWERS
    chat: Chat = False

    def __post_init__(self) -> None:
        first, second = self.question.find("{first}"), self.question.find("{second}")
        once = self.question.count("{first}") == self.question.count("{second}") == 1
        if not once or not 0 < first < second:
            raise SettingsError(
                "The question has no place for both activities",
                where=repr(self.question[:80]),
                expected="words, then {first}, later {second}, each once",
                remedy="Write for instance: Would you prefer to (A) {first} or (B) {second}?",
            )
        check_options(self.answers, "the answers to the question")

    @property
    def parts(self) -> tuple[str, str, str]:
        """What stands before, between and after the activities."""
        before, rest = self.question.split("{first}")
        between, after = rest.split("{second}")
        return before, between, after

    def ask(self, first: str, second: str) -> tuple[str, tuple[int, int], tuple[int, int]]:
        """The question, and the characters of each activity in it as [start, end)."""
        before, between, after = self.parts
        a = len(before)
        b = a + len(first) + len(between)
        text = before + first + between + second + after
        return text, (a, a + len(first)), (b, b + len(second))


def standard_wording(chat: bool, question: str = "", answers: str = "") -> Wording:
    """The standard question, plain or for a chat model, or a visitor's own.

    Args:
        chat: Wrap it as a user message.
        question: Instead of the standard one; empty for that.
        answers: The two answers with a comma between them, instead of the standard ones.

    Raises:
        SettingsError: There are not two answers, or the question has no place for both activities.
    """
    own = tuple(part.strip() for part in answers.split(",")) if answers.strip() else ()
    if own and len(own) != 2:
        raise SettingsError("A question has two answers", where=repr(answers[:40]), expected="such as A, B")
    first, second = own or (ANSWERS_CHAT if chat else ANSWERS)
    return Wording(question.replace("\\n", "\n") or (STANDARD_CHAT if chat else STANDARD), (first, second), chat)


@dataclass(frozen=True)
class PairTokens:
    """One question as tokens.

    Attributes:
        tokens: Of the whole question and its answers.
        first: Tokens of the activity that is named first, as [start, end).
        second: Tokens of the other one.
    """

    tokens: PromptTokens
    first: tuple[int, int]
    second: tuple[int, int]


def tokenize_pairs(model: LoadedModel, wording: Wording, pairs: Sequence[tuple[str, str]]) -> list[PairTokens]:
    """Tokens of questions.

    Raises:
        TextTooLongError: A question does not fit into the context.
        ModelError: There is no chat template, though one is asked for.
    """
    asked = [wording.ask(*pair) for pair in pairs]
    found = tokenize(model, [text for text, _, _ in asked], [wording.answers] * len(asked), chat=wording.chat)
    return [
        PairTokens(tokens, tokens.span(*first), tokens.span(*second))
        for tokens, (_, first, second) in zip(found, asked, strict=True)
    ]
