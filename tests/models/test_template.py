"""Chat templates of every kind: arguments, lists, parts, thoughts, refusals."""

from __future__ import annotations

import pytest
import torch
from tiny import tiny_model, tiny_module, tiny_tokenizer

from emotion_core.base.activations import ReadingPosition
from emotion_core.base.errors import ModelError, SettingsError
from emotion_core.base.jobs import run_to_end
from emotion_core.behavior.options import tokenize as tokenize_options
from emotion_core.models.encode import answer_begins, offered_arguments, rendered, set_arguments, split_name
from emotion_core.models.load import load_model
from emotion_core.models.prepare import fingerprint
from emotion_core.tracing.doctor.hooks import forward
from emotion_core.tracing.record import read_tokens, record

USER = [{"role": "user", "content": "He waits."}]
# The shape of Qwen3's, DeepSeek-R1's, Gemma 3's, and of Command R's list.
THINKING = (
    "{% for m in messages %}<{{ m.role }}>{{ m.content }}\n{% endfor %}{% if add_generation_prompt %}<assistant>\n"
    "{% if enable_thinking is defined and enable_thinking is false %}<think>\n\n</think>\n\n{% endif %}{% endif %}"
)
TURNS = "{% for m in messages %}<{{ m.role }}>{{ m.content }}\n{% endfor %}"
ALWAYS = TURNS + "{% if add_generation_prompt %}<a><think>\n{% endif %}"
PARTS = "{% for m in messages %}<{{ m.role }}>{% for c in m.content %}{{ c['text'] }}{% endfor %}\n{% endfor %}"
LIST = {"short": "{% for m in messages %}{{ m.content }}|{% endfor %}", "tool": "{{ tools }}"}


def test_a_name_is_told_from_the_arguments_behind_it():
    assert split_name("a/b?enable_thinking=false&effort=low&n=3") == (
        "a/b", {"enable_thinking": False, "effort": "low", "n": 3},
    )  # fmt: skip
    assert split_name("a/b") == ("a/b", {})


def test_arguments_behind_the_name_reach_the_template_and_the_fingerprint(tmp_path):
    tiny_module("gpt2").save_pretrained(tmp_path / "m")
    tiny_tokenizer(THINKING).save_pretrained(tmp_path / "m")
    plain, quiet = (load_model(f"{tmp_path / 'm'}{end}") for end in ("", "?enable_thinking=false"))
    assert rendered(plain.tokenizer, USER, reply=True) == "<user>He waits.\n<assistant>\n"
    assert rendered(quiet.tokenizer, USER, reply=True) == "<user>He waits.\n<assistant>\n<think>\n\n</think>\n\n"
    assert quiet.info.name.endswith("?enable_thinking=false") and plain.info.fingerprint != quiet.info.fingerprint
    with pytest.raises(ModelError, match="no argument 'enable_thnking'"):
        load_model(f"{tmp_path / 'm'}?enable_thnking=false")
    both = load_model(f"{tmp_path / 'm'}?enable_thinking=true#transformer.h")
    assert both.layers_path == "transformer.h" and rendered(both.tokenizer, USER, reply=True).endswith("<assistant>\n")


def test_what_a_template_asks_for_is_known():
    tokenizer = tiny_tokenizer(THINKING)
    assert offered_arguments(tokenizer) == ("enable_thinking",)
    tokenizer.chat_template = LIST
    assert offered_arguments(tokenizer) == ("chat_template",)
    tokenizer.chat_template = (
        "{{ bos_token }}{% for m in messages %}{% generation %}{{ m }}{% endgeneration %}{% endfor %}"
    )
    assert offered_arguments(tokenizer) == ()
    for broken in (None, "{% if %}"):
        tokenizer.chat_template = broken
        assert offered_arguments(tokenizer) == ()


def test_no_arguments_leave_the_fingerprint_as_it_was():
    module, tokenizer = tiny_module("gpt2"), tiny_tokenizer(THINKING)
    before = fingerprint(module, tokenizer)
    set_arguments(tokenizer, {}, "tiny")
    assert fingerprint(module, tokenizer) == before


@pytest.mark.parametrize(
    ("template", "arguments", "end"),
    [
        (THINKING, {}, "<assistant>\n<think>\n\n</think>\n\n"),
        (THINKING, {"enable_thinking": False}, "<assistant>\n<think>\n\n</think>\n\n"),
        (THINKING, {"enable_thinking": True}, "<assistant>\n<think>\n\n</think>\n\n"),
        (ALWAYS, {}, "<a><think>\n\n</think>\n\n"),
        (TURNS + "{% if add_generation_prompt %}<a>{% endif %}", {}, "<a>"),
    ],
)  # fmt: skip
def test_an_answer_begins_behind_a_thought_that_is_opened_and_closed(template, arguments, end):
    tokenizer = tiny_tokenizer(template)
    set_arguments(tokenizer, arguments, "tiny")
    text = answer_begins(tokenizer, USER)
    assert text.endswith("He waits.\n" + end) and text.count("<think>") <= 1


def test_options_are_scored_and_texts_read_where_the_answer_begins():
    model = tiny_model("llama")
    model.tokenizer.chat_template = THINKING
    asked = tokenize_options(model, ["He waits."], [["yes", "no"]], chat=True)[0]
    assert model.tokenizer.decode(asked.ids).endswith("</think>\n\n")
    reading = ReadingPosition("answer", chat=True)
    encoding = model.encode("He waits.", chat=True, reply=True)
    assert read_tokens(encoding, reading) == [len(encoding) - 1]
    assert (
        model.tokenizer.decode([i for i, own in zip(encoding.ids, encoding.content, strict=True) if own]) == "He waits."
    )
    values = run_to_end(record(model, ["He waits."], reading)).values[0]  # (layers, width)
    ids = model.tokenizer(answer_begins(model.tokenizer, USER), add_special_tokens=False)["input_ids"]
    seen, _ = forward(model, torch.tensor([ids]))
    for layer, outputs in enumerate(seen.outputs):
        torch.testing.assert_close(torch.tensor(values[layer]), outputs[0][0, -1], atol=1e-5, rtol=1e-4)
    with pytest.raises(SettingsError, match="Turn the chat template on"):
        ReadingPosition("answer")


def test_templates_that_take_parts_are_given_parts():
    model = tiny_model("llama")
    model.tokenizer.chat_template = PARTS
    assert rendered(model.tokenizer, USER).strip() == "<user>He waits."
    encoding = model.encode("He waits.", chat=True)
    assert model.decode([i for i, own in zip(encoding.ids, encoding.content, strict=True) if own]) == "He waits."


def test_a_template_of_a_list_is_chosen_by_its_name():
    tokenizer = tiny_tokenizer(LIST)
    with pytest.raises(ModelError, match=r"several chat templates.*short, tool.*my-model\?chat_template=short"):
        rendered(tokenizer, USER)
    set_arguments(tokenizer, {"chat_template": "short"}, "tiny")
    assert rendered(tokenizer, USER) == "He waits.|"


def test_a_template_that_refuses_or_fails_says_so():
    refusing = tiny_tokenizer("{{ raise_exception('System role not supported') }}")
    failing = tiny_tokenizer("{{ messages[7].content.nothing }}")
    with pytest.raises(ModelError, match=r"refuses this conversation.*System role not supported"):
        rendered(refusing, USER)
    with pytest.raises(ModelError, match="refuses this conversation"):
        rendered(failing, USER)


def test_more_tokens_than_embeddings_are_one_sentence():
    model = tiny_model("gpt2")
    model.tokenizer.add_tokens(["<new>"])
    assert model.encode("He waits.")
    with pytest.raises(ModelError, match=r"no embedding for.*tokens 0 to 319.*token 320: '<new>'"):
        model.encode("He <new> waits.")
