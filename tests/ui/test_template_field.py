"""Arguments of a chat template are set beside the model, and are in the link from then on."""

from __future__ import annotations

from pathlib import Path

from conftest import Open
from page_helpers import texts
from tiny import tiny_module, tiny_tokenizer

TEMPLATE = (
    "{% for m in messages %}<{{ m.role }}>{{ m.content }}\n{% endfor %}"
    "{% if enable_thinking is defined and not enable_thinking %}<think>\n\n</think>{% endif %}"
)


def test_arguments_of_the_template_are_set_on_the_page(open_page: Open, tmp_path: Path) -> None:
    tiny_module("gpt2").save_pretrained(tmp_path / "m")
    tiny_tokenizer(TEMPLATE).save_pretrained(tmp_path / "m")
    app = open_page("6_Glossary", model=str(tmp_path / "m"))
    field = app.text_input(key="template")
    assert "asks for enable_thinking" in field.help
    app = field.set_value("enable_thinking=false").run()
    assert not app.exception
    assert app.query_params["model"] == f"{tmp_path / 'm'}?enable_thinking=false"
    assert app.text_input(key="template").value == "enable_thinking=false"
    app = app.text_input(key="template").set_value("enable_thnking=false").run()
    assert "characters of template without that word" in texts(app)
    app = app.text_input(key="template").set_value("").run()
    assert "without that word" not in texts(app)
    assert app.query_params["model"] == str(tmp_path / "m")
    app = open_page("6_Glossary")
    assert not [one for one in app.text_input if one.key == "template"], "no field where nothing can be set"
