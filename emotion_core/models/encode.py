"""From text to tokens and back: chat templates, texts as token ids, conversations."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

import numpy as np
import numpy.typing as npt
from jinja2 import Environment, TemplateError
from jinja2.meta import find_undeclared_variables

from emotion_core.base.errors import ModelError, TextTooLongError
from emotion_core.prompts.prompt_set import Turn

# The chat template: the one place that fills it in, with the arguments that were set and with where an answer begins.
#
# Templates of today take arguments (`enable_thinking`, `reasoning_effort`), come in lists, want a message as a list of
# parts, or open a `<think>` in which a model talks to itself before it answers. Arguments stand behind a model's name,
# as in a link: `Qwen/Qwen3-0.6B?enable_thinking=false`. They belong to its identity, since they change what it reads.

# Stands for a message in a chat template, and in no template itself.
MARK = "qzwxvkjq"
_ARGUMENTS = "emotion_template_arguments"  # kept with the tokenizer, which is handed around alone
_OPEN, _CLOSED = "<think>", "</think>"
_NAME = "chat_template"  # the argument that chooses one of a list
# What transformers gives to every template.
_GIVEN = {"messages", "tools", "documents", "add_generation_prompt", "raise_exception", "strftime_now", "range"}
_GIVEN |= {"namespace", "dict", "lipsum", "cycler", "joiner"}


def split_name(name: str) -> tuple[str, dict[str, Any]]:
    """A model's name, and the arguments of its chat template that stand behind a `?` in it.

    Returns:
        The name without them, and values as JSON has them; what is no JSON is a text.
    """
    bare, _, query = name.partition("?")
    return bare, {key: _value(value) for key, value in parse_qsl(query, keep_blank_values=True)}


def set_arguments(tokenizer: Any, arguments: Mapping[str, Any], name: str) -> None:
    """Fixes arguments of the chat template for whatever is rendered from now on.

    Args:
        tokenizer: The tokenizer; keeps them.
        arguments: Name to value; `chat_template` chooses one of several templates by its name.
        name: Of the model, as the visitor wrote it.

    Raises:
        ModelError: The template knows no such argument, or there is no template.
    """
    if not arguments:
        return
    template = tokenizer.chat_template
    source = " ".join(template.values()) if isinstance(template, dict) else str(template or "")
    for key in arguments:
        known = isinstance(template, dict) if key == _NAME else re.search(rf"\b{re.escape(key)}\b", source)
        if not known:
            raise ModelError(
                f"The model's chat template has no argument {key!r}"[:120],
                where=name,
                expected="an argument that the template asks for, such as enable_thinking" if source else "a template",
                found=f"{len(source)} characters of template without that word" if source else "no chat template",
                remedy="Leave out what stands behind the ? in the model's name",
            )
    setattr(tokenizer, _ARGUMENTS, dict(arguments))


def offered_arguments(tokenizer: Any) -> tuple[str, ...]:
    """Names that the chat template asks for beyond what every template is given; `chat_template` where it is a list."""
    template = tokenizer.chat_template
    if isinstance(template, dict):
        return (_NAME,)
    # The tag of transformers for what an assistant wrote; jinja does not know it.
    source = re.sub(r"\{%-?\s*(?:end)?generation\s*-?%\}", "", template or "")
    try:
        parsed = Environment(extensions=["jinja2.ext.loopcontrols"]).parse(source)  # parsed, never run
    except TemplateError:
        return ()
    asked = find_undeclared_variables(parsed) - _GIVEN
    return tuple(sorted(one for one in asked if not one.endswith(("_token", "_tokens"))))


def arguments_of(tokenizer: Any) -> dict[str, Any]:
    """The arguments that were set; empty in most models."""
    found: dict[str, Any] = getattr(tokenizer, _ARGUMENTS, {})
    return found


def rendered(tokenizer: Any, messages: Sequence[Mapping[str, str]], *, reply: bool = False) -> str:
    """A conversation as the model gets it.

    Args:
        tokenizer: With a chat template.
        messages: Each with `role` and `content`.
        reply: Whether the beginning of the assistant's turn stands at the end.

    Raises:
        ModelError: There is no template, several without a choice, or it refuses the conversation.
    """
    if not tokenizer.chat_template:
        raise ModelError(
            "The model has no chat template", remedy="Read the text plain or choose a model trained for conversations"
        )
    plain = _filled(tokenizer, messages, reply)
    said = [one["content"].strip() for one in messages if one["content"].strip()]
    if any(text in plain for text in said) or not said:
        return plain
    # Templates of models that see images go through a message part by part, and write nothing of a plain text.
    parts = [{**one, "content": [{"type": "text", "text": one["content"]}]} for one in messages]
    try:
        as_parts = _filled(tokenizer, parts, reply)
    except ModelError:
        return plain
    return as_parts if any(text in as_parts for text in said) else plain


# Who says a line where a model has no template.
PLAIN_NAMES = {"system": "System", "user": "User", "assistant": "Assistant"}


def plain_lines(messages: Sequence[Mapping[str, str]], *, reply: bool = False) -> str:
    """A conversation as lines, for models without a template.

    Args:
        messages: Each with `role` and `content`.
        reply: Whether the beginning of the assistant's line stands at the end.
    """
    lines = [f"{PLAIN_NAMES[one['role']]}: {one['content'].strip()}" for one in messages]
    return "\n".join([*lines, *[f"{PLAIN_NAMES['assistant']}:"] * reply])


def header(tokenizer: Any, messages: Sequence[Mapping[str, str]]) -> str:
    """A conversation up to the first character of the reply, with the model's template or, without one, as lines.

    Raises:
        ModelError: The template refuses the conversation.
    """
    return answer_begins(tokenizer, messages) if tokenizer.chat_template else plain_lines(messages, reply=True)


def answer_begins(tokenizer: Any, messages: Sequence[Mapping[str, str]]) -> str:
    """A conversation up to the first character of the assistant's answer, with nothing thought before it.

    A template may end with an open `<think>`, or leave it to the model to open one: what is read or scored there would
    be the beginning of a thought. It is opened and closed with nothing in it, as templates do when told not to think.

    Raises:
        ModelError: As `rendered`.
    """
    text = rendered(tokenizer, messages, reply=True)
    last = messages[-1]["content"].strip()
    header = text[max(0, text.rfind(last)) + len(last) :]
    if _OPEN in header:
        return text if _CLOSED in header.rpartition(_OPEN)[2] else text.rstrip("\n") + f"\n\n{_CLOSED}\n\n"
    if not _thinks(tokenizer):
        return text
    return f"{text}{_OPEN}\n\n{_CLOSED}\n\n"


def _thinks(tokenizer: Any) -> bool:
    """Whether the model opens a thought of its own unless it is told not to."""
    template = tokenizer.chat_template
    source = " ".join(template.values()) if isinstance(template, dict) else str(template)
    return "enable_thinking" in source and _OPEN in source


def _filled(tokenizer: Any, messages: Sequence[Mapping[str, Any]], reply: bool) -> str:
    arguments = arguments_of(tokenizer)
    template = tokenizer.chat_template
    if isinstance(template, dict) and _NAME not in arguments and "default" not in template:
        raise ModelError(
            "The model has several chat templates and none is the default",
            found=", ".join(template),
            remedy=f"Choose one behind the model's name, such as my-model?{_NAME}={next(iter(template), '')}",
        )
    try:
        return str(
            tokenizer.apply_chat_template(list(messages), tokenize=False, add_generation_prompt=reply, **arguments)
        )
    # Jinja's errors, those the template raises itself, and whatever its filters raise on a text they did not expect.
    except Exception as error:
        raise ModelError(
            "The model's chat template refuses this conversation",
            found=(str(error).strip().splitlines() or ["an error in the template"])[0][:300],
            remedy="Begin with the user, let user and assistant take turns, or leave out the system turn",
        ) from error


def _value(text: str) -> Any:
    try:
        found = json.loads(text)
    except ValueError:
        return text
    return found if isinstance(found, (bool, int, float, str)) or found is None else text


# Texts to tokens: which of them are content, what the chat template adds, and what is too long.


@dataclass(frozen=True)
class Encoding:
    """A text as the model gets it.

    Attributes:
        ids: Token ids, special tokens and chat template included.
        content: For every token, whether it belongs to the text itself.
    """

    ids: tuple[int, ...]
    content: tuple[bool, ...]

    def __len__(self) -> int:
        return len(self.ids)


def encode(tokenizer: Any, text: str, context: int, *, chat: bool = False, reply: bool = False) -> Encoding:
    """Tokenizes one text.

    Args:
        tokenizer: A transformers tokenizer.
        text: The text.
        context: Most tokens the model can take.
        chat: Wrap the text as a user message in the chat template.
        reply: Go on to where the answer to that message begins; with `chat`. A model without a template gets lines
            (`User: ...`, `Assistant:`) then.

    Raises:
        ModelError: The text gives no content token, or there is no chat template.
        TextTooLongError: More tokens than the context; the message names both counts.
    """
    encoding = _chat(tokenizer, text, reply) if chat else _plain(tokenizer, text)
    if not any(encoding.content):
        raise ModelError("The text has no token that could be read", where=_shorten(text), remedy="Write a longer text")
    if len(encoding) > context:
        raise TextTooLongError(
            "The text is longer than the model's context",
            where=_shorten(text),
            expected=f"at most {context} tokens",
            found=f"{len(encoding)} tokens",
            remedy="Shorten it or choose a model with a longer context",
        )
    return encoding


def _plain(tokenizer: Any, text: str) -> Encoding:
    ids = tuple(tokenizer(text, truncation=False, verbose=False)["input_ids"])
    special = set(tokenizer.all_special_ids)
    # An unknown piece stands for a part of the text, though tokenizers count it among the special tokens.
    special.discard(tokenizer.unk_token_id if tokenizer.unk_token_id != tokenizer.eos_token_id else None)
    return Encoding(ids, tuple(i not in special for i in ids))


def _chat(tokenizer: Any, text: str, reply: bool) -> Encoding:
    message, mark = ([{"role": "user", "content": content}] for content in (text, MARK))
    whole = header(tokenizer, message) if reply else rendered(tokenizer, message)
    # Where the template puts the message: a short text, such as "user", may also be a part of the template itself.
    expected = max(0, (header if reply else rendered)(tokenizer, mark).find(MARK))
    begin = whole.find(text.strip(), expected)
    if begin < 0:
        raise ModelError(
            "The chat template changes the text, so its tokens cannot be told apart",
            where=_shorten(text),
            remedy="Read texts without the chat template, or choose another model",
        )
    end = begin + len(text.strip())
    lines = not tokenizer.chat_template  # of a model without a template
    coded = tokenizer(whole, add_special_tokens=lines, return_offsets_mapping=True, verbose=False, truncation=False)
    ids, offsets = tuple(coded["input_ids"]), tuple(coded["offset_mapping"])
    if lines and len(ids) > 1 and ids[-1] == tokenizer.eos_token_id and offsets[-1][0] == offsets[-1][1]:
        ids, offsets = ids[:-1], offsets[:-1]  # an end of text that the tokenizer adds is not said
    return Encoding(ids, tuple(a < end and b > begin and b > a for a, b in offsets))


def _shorten(text: str) -> str:
    return repr(text[:57] + "..." if len(text) > 60 else text)


# What a decoder gives for bytes that are no whole character.
_PART = "\ufffd"
# A character has at most four bytes; a token may end one character and begin the next.
_MOST = 6


def spelled(decode: Callable[[Sequence[int]], str], ids: Sequence[int]) -> list[str]:
    """The text of each token of a sequence.

    A tokenizer that works on bytes spells a rare character, such as an emoji or a letter of another script, with
    several tokens, none of which can be read alone. The character then stands at the last of them, where the model has
    all of it, and the others are empty.

    Args:
        decode: Token ids to text, as they are.
        ids: Consecutive tokens of a text; a part of a character that is never finished stays a replacement character.

    Returns:
        As many texts as tokens; joined they give the text again where the tokenizer allows it.
    """
    texts = [decode([i]) for i in ids]
    start = 0
    while start < len(texts):
        end = _end_of_character(decode, ids, start) if _PART in texts[start] else None
        if end is None:
            start += 1
            continue
        texts[start:end] = [""] * (end - start - 1) + [decode(ids[start:end])]
        start = end
    return texts


def _end_of_character(decode: Callable[[Sequence[int]], str], ids: Sequence[int], start: int) -> int | None:
    """One past the token with which the characters begun at `start` are whole, None where they never are."""
    for end in range(start + 2, min(start + _MOST, len(ids)) + 1):
        if _PART not in decode(ids[start:end]):
            return end
    return None


# A conversation as the model gets it, and which tokens belong to which turn.


@dataclass(frozen=True)
class Dialogue:
    """A tokenized conversation.

    Attributes:
        turns: Who said what.
        encoding: All tokens; content are those of the turns, not those of the template.
        spans: For each turn its first content token, and one after its last.
        template: `chat template` of the model, or `plain` for `User: ...` lines where it has none.
    """

    turns: tuple[Turn, ...]
    encoding: Encoding
    spans: tuple[tuple[int, int], ...]
    template: str


def line_breaks(content: Sequence[bool], pieces: Sequence[str]) -> frozenset[int]:
    """Tokens before which a new line shows where a turn begins, where the template itself has none.

    Args:
        content: Whether each token belongs to a turn.
        pieces: The tokens as they are spelled.
    """
    found, after = set(), 0  # after: one past the last content token seen
    for i in range(1, len(content)):
        if content[i - 1]:
            after = i
        elif content[i] and after and not any("\n" in piece for piece in pieces[after:i]):
            found.add(i - 1)  # of `<|end|><|user|>` the last one belongs to the new turn
    return frozenset(found)


def span_numbers(spans: Sequence[tuple[int, int]], tokens: int) -> npt.NDArray[np.int64]:
    """For each token the number of the span it is counted in, int64 [tokens]; -1 outside of them.

    The very first token of a text stands on a scale of its own: it is left out of a span that has others.
    """
    numbers = np.full(tokens, -1, dtype=np.int64)
    for number, (start, end) in enumerate(spans):
        numbers[max(1, start) if end > 1 else start : end] = number
    return numbers


def tokenize(tokenizer: Any, turns: Sequence[Turn], *, reply: bool = False) -> Dialogue:
    """Renders a conversation with the model's chat template, or plainly where it has none.

    Args:
        tokenizer: The tokenizer.
        turns: Who says what.
        reply: Whether the beginning of the assistant's next turn stands at the end.

    Raises:
        ModelError: The template refuses the roles or their order, or changes the text of a turn.
    """
    whole, template = _rendered(tokenizer, turns, reply)
    places = turn_places(tokenizer, turns, whole)
    coded = tokenizer(
        whole, add_special_tokens=template == "plain", return_offsets_mapping=True, verbose=False, truncation=False
    )
    ids, offsets = tuple(coded["input_ids"]), coded["offset_mapping"]
    if reply and template == "plain" and len(ids) > 1 and ids[-1] == tokenizer.eos_token_id:
        ids, offsets = ids[:-1], offsets[:-1]  # nothing is written after the end of a text
    spans = tuple(_span(offsets, begin, end) for begin, end in places)
    content = [False] * len(offsets)
    for first, last in spans:
        content[first:last] = [True] * (last - first)
    return Dialogue(tuple(turns), Encoding(ids, tuple(content)), spans, template)


def turn_places(tokenizer: Any, turns: Sequence[Turn], whole: str) -> list[tuple[int, int]]:
    """First character of each turn, and one after its last, in the rendered conversation.

    A turn may say what the template itself says, "user" for example, so it is not searched for: marks in the place
    of the turns show what the template puts between them.
    """
    marked, _ = _rendered(tokenizer, [Turn(turn.role, f"{MARK}{i}q") for i, turn in enumerate(turns)])
    between, at = [], 0
    for i in range(len(turns)):
        found = marked.find(f"{MARK}{i}q", at)
        between.append(marked[at:found] if found >= 0 else None)
        at = found + len(f"{MARK}{i}q")
    places: list[tuple[int, int]] = []
    at = 0
    for number, (turn, before) in enumerate(zip(turns, between, strict=True), start=1):
        said = turn.content.strip()
        begin = at + len(before or "")
        if before is None or whole[at:begin] != before or whole[begin : begin + len(said)] != said:
            raise ModelError(
                "The chat template changes the text, so its tokens cannot be told apart",
                where=f"turn {number}",
                remedy="Choose another model, or put the turn in simpler words",
            )
        at = begin + len(said)
        places.append((begin, at))
    return places


def _rendered(tokenizer: Any, turns: Sequence[Turn], reply: bool = False) -> tuple[str, str]:
    messages = [{"role": turn.role, "content": turn.content.strip()} for turn in turns]
    if not tokenizer.chat_template:
        return plain_lines(messages, reply=reply), "plain"
    return rendered(tokenizer, messages, reply=reply), "chat template"


def _span(offsets: Sequence[tuple[int, int]], begin: int, end: int) -> tuple[int, int]:
    """Tokens of which at least one character lies in the turn."""
    inside = [i for i, (a, b) in enumerate(offsets) if a < end and b > begin and b > a]
    if not inside:
        raise ModelError("A turn has no token that could be read", remedy="Write a longer turn")
    return inside[0], inside[-1] + 1
