"""The chat template: the one place that fills it in, with the arguments that were set and with where an answer begins.

Templates of today take arguments (`enable_thinking`, `reasoning_effort`), come in lists, want a message as a list of
parts, or open a `<think>` in which a model talks to itself before it answers. Arguments stand behind a model's name, as
in a link: `Qwen/Qwen3-0.6B?enable_thinking=false`. They belong to its identity, since they change what it reads.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import parse_qsl

from jinja2 import Environment, TemplateError
from jinja2.meta import find_undeclared_variables

from emotion_core.base.errors import ModelError

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
