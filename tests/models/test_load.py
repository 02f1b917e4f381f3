"""Loading: what is there loads, and what is not says so at once, by name, with what to do."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch
import transformers
from safetensors.torch import load_file, save_file
from tiny import CONTEXT, FAMILIES, LAYERS, WIDTH, tiny_module, tiny_tokenizer
from transformers import AutoTokenizer

from emotion_core.base.errors import ModelError
from emotion_core.base.settings import settings
from emotion_core.models import load as loading
from emotion_core.models import prepare
from emotion_core.models.catalogue import CATALOGUE
from emotion_core.models.load import load_model
from emotion_core.tracing.envoy import Remote
from emotion_core.tracing.remote_model import load_remote


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    folder = tmp_path_factory.mktemp("saved") / "tiny-gpt2"
    tiny_module("gpt2").save_pretrained(folder)
    tiny_tokenizer().save_pretrained(folder)
    return folder


@pytest.fixture
def copy(saved, tmp_path):
    return shutil.copytree(saved, tmp_path / "copy")


@pytest.fixture
def no_network(monkeypatch):
    """No address is found; anything that tries to connect fails the test."""

    def fail(*args, **kwargs):
        raise socket.gaierror("no network in tests")

    def connect(*args, **kwargs):
        raise AssertionError("tried to connect")

    monkeypatch.setattr(prepare, "getproxies", dict)
    monkeypatch.setattr(socket, "getaddrinfo", fail)
    monkeypatch.setattr(socket.socket, "connect", connect)


@pytest.mark.parametrize("device", ["cuda:99", "nosuch"])
def test_a_device_that_is_not_there_is_said_before_anything_is_loaded(device, saved):
    with pytest.raises(ModelError, match=f"no such device here .{device}"):
        load_model(str(saved), device=device)


def save(folder, module):
    module.save_pretrained(folder)
    tiny_tokenizer().save_pretrained(folder)
    return str(folder)


def test_a_folder_loads_and_describes_itself(saved):
    model = load_model(str(saved))
    info = model.info
    assert (info.layers, info.width, info.context) == (LAYERS, WIDTH, CONTEXT)
    assert (info.architecture, info.dtype, info.name) == ("GPT2LMHeadModel", "float32", str(saved))
    assert info.parameters == sum(p.numel() for p in tiny_module("gpt2").parameters())
    assert not model.module.training and not any(p.requires_grad for p in model.module.parameters())
    assert model.tokenizer.decode(model.encode("Tea.").ids) == "Tea."


@pytest.mark.parametrize("family", FAMILIES)
def test_width_layers_and_context_are_found_in_every_family(tiny, family):
    info = tiny(family).info
    assert (info.layers, info.width) == (LAYERS, WIDTH)
    # BLOOM and Falcon (here) have no limit of positions.
    assert info.context == (2048 if family in ("bloom", "falcon") else CONTEXT)


def test_an_unknown_id_says_that_there_is_no_network(no_network):
    with pytest.raises(ModelError, match=r"hub cannot be reached \(nobody/nothing-here\).*one of smollm2, demo, gpt2"):
        load_model("nobody/nothing-here")


@pytest.mark.parametrize(
    "name",
    ["", "  ", "no such model", "a/b/c", "a--b", "x..y", "-x", "x.git", "/no/such/folder", "./none", "~/x", "ö", "\0"],
)
def test_a_name_that_cannot_be_one_is_refused_without_asking_the_hub(no_network, name):
    with pytest.raises(ModelError, match=r"There is no such model.*an existing folder, or a hub id"):
        load_model(name)


def test_a_missing_bundled_model_is_said(monkeypatch, tmp_path):
    entry = CATALOGUE["demo"].__class__("demo", str(tmp_path), "8 M", "")
    monkeypatch.setitem(loading.CATALOGUE, "demo", entry)
    with pytest.raises(ModelError, match="bundled model is missing"):
        load_model("demo")


def test_an_unknown_dtype_is_refused(saved):
    with pytest.raises(ModelError, match=r"float32 or bfloat16 or float16 or int8.*Found: int4.*GGUF"):
        load_model(str(saved), dtype="int4")


def test_a_folder_without_weights(copy):
    (copy / "model.safetensors").unlink()
    with pytest.raises(ModelError, match=r"could not be loaded.*no file named model\.safetensors"):
        load_model(str(copy))


def test_an_empty_folder(tmp_path):
    with pytest.raises(ModelError, match="could not be loaded"):
        load_model(str(tmp_path))


@pytest.mark.parametrize("kept", [0, 4, 100, 20_000])
def test_truncated_weights(copy, kept):
    file = copy / "model.safetensors"
    file.write_bytes(file.read_bytes()[:kept])
    with pytest.raises(ModelError, match="could not be loaded"):
        load_model(str(copy))


def test_a_configuration_that_is_no_json(copy):
    (copy / "config.json").write_text("{")
    with pytest.raises(ModelError, match="not a valid JSON"):
        load_model(str(copy))


def test_weights_of_another_shape(copy):
    config = json.loads((copy / "config.json").read_text())
    (copy / "config.json").write_text(json.dumps({**config, "n_embd": 64}))
    with pytest.raises(ModelError, match="could not be loaded"):
        load_model(str(copy))


def test_missing_weights_are_not_filled_with_random_numbers(copy):
    weights = load_file(copy / "model.safetensors")
    kept = {name: tensor for name, tensor in weights.items() if ".2.mlp.c_fc" not in name}
    save_file(kept, copy / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(ModelError, match=r"lack weights.*2 missing, such as transformer\.h\.2\.mlp\.c_fc\.bias"):
        load_model(str(copy))


def test_a_model_without_its_output_layer(tmp_path):
    config = transformers.LlamaConfig(
        hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=4, vocab_size=320
    )
    with pytest.raises(ModelError, match=r"lack weights.*lm_head\.weight"):
        load_model(save(tmp_path, transformers.LlamaModel(config)))


def test_a_model_without_tokenizer(copy):
    for file in copy.glob("tokenizer*"):
        file.unlink()
    with pytest.raises(ModelError, match="tokenizer"):
        load_model(str(copy))


def test_models_that_are_not_causal_are_refused(tmp_path):
    bert = transformers.BertConfig(
        hidden_size=32, num_hidden_layers=2, num_attention_heads=4, intermediate_size=64, vocab_size=320
    )
    with pytest.raises(ModelError, match=r"not a causal language model.*Found: BertForMaskedLM"):
        load_model(save(tmp_path / "mlm", transformers.BertForMaskedLM(bert)))
    with pytest.raises(ModelError, match="lack weights"):
        load_model(save(tmp_path / "encoder", transformers.BertModel(bert)))
    t5 = transformers.T5Config(d_model=32, d_kv=8, d_ff=64, num_layers=1, num_heads=4, vocab_size=320)
    with pytest.raises(ModelError, match=r"not a causal language model.*Found: T5ForConditionalGeneration"):
        load_model(save(tmp_path / "t5", transformers.T5ForConditionalGeneration(t5)))


def with_code(folder: Path, where: str) -> Path:
    """A folder whose module writes a file RAN when it is imported, named by its configuration or its tokenizer's.

    Returns:
        Where that file would be.
    """
    ran = folder.parent / "RAN"
    if where == "tokenizer":
        settings = json.loads((folder / "tokenizer_config.json").read_text())
        settings.update(tokenizer_class="Mine", auto_map={"AutoTokenizer": ["mine.Mine", None]})
        (folder / "tokenizer_config.json").write_text(json.dumps(settings))
    else:
        settings = json.loads((folder / "config.json").read_text())
        settings.update(model_type="mine_lm", auto_map={"AutoConfig": "mine.Mine", "AutoModelForCausalLM": "mine.Mine"})
        (folder / "config.json").write_text(json.dumps(settings))
    (folder / "mine.py").write_text(f"open({str(ran)!r}, 'w').write('x')\nraise SystemExit('ran')\n")
    return ran


def test_code_in_a_folder_is_not_run_whoever_says_yes(copy, monkeypatch):
    ran = with_code(copy, "config")
    monkeypatch.setattr("builtins.input", lambda *args: "y")
    with pytest.raises(ModelError, match="never run here"):
        load_model(str(copy))
    with pytest.raises(ModelError, match="never run here"):
        load_remote(f"ndif:{copy}", Remote("local"))
    assert not ran.exists()


def test_a_tokenizer_with_code_is_read_by_the_library_s_own_class(copy, monkeypatch):
    ran = with_code(copy, "tokenizer")
    monkeypatch.setattr("builtins.input", lambda *args: "y")
    assert load_model(str(copy)).tokenizer("the old house")["input_ids"]
    assert not ran.exists()


def test_the_command_line_runs_no_code_of_a_folder_with_yes_in_front(copy):
    ran = with_code(copy, "config")
    command = [sys.executable, "-m", "emotion_core", "doctor", "--model", str(copy), "--json"]
    done = subprocess.run(command, input="y\n" * 1000, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 2 and done.stdout == "" and not ran.exists()
    assert "never run here" in done.stderr and "[y/N]" not in done.stderr


def test_half_precision_is_loaded_as_such(saved):
    model = load_model(str(saved), dtype="bfloat16")
    assert next(model.module.parameters()).dtype == torch.bfloat16 and model.info.dtype == "bfloat16"


@pytest.fixture
def data_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("EMOTION_DATA_DIR", str(tmp_path / "data"))
    settings.cache_clear()
    return tmp_path / "data"


def test_weights_and_tokenizer_that_were_read_before_wait_until_they_are_needed(copy, data_folder, monkeypatch):
    first = load_model(f"{copy}", later=True)
    monkeypatch.setattr(loading, "_fetched", lambda *_: pytest.fail("the weights were read"))
    with monkeypatch.context() as patch:
        patch.setattr(AutoTokenizer, "from_pretrained", lambda *_, **__: pytest.fail("the tokenizer was read"))
        again = load_model(f"{copy}", later=True)
        assert again.info == first.info
    assert again.encode("The old house.").ids == first.encode("The old house.").ids
    monkeypatch.undo()
    monkeypatch.setenv("EMOTION_DATA_DIR", str(data_folder))
    for name, tensor in first.module.state_dict().items():
        torch.testing.assert_close(again.module.state_dict()[name], tensor, rtol=0, atol=0)
    for tensor, other in zip(first.module.parameters(), replace(again, remote=None).module.parameters(), strict=True):
        torch.testing.assert_close(other, tensor, rtol=0, atol=0)
    assert (again.vocabulary, again.stop_ids, again.embedded) == (first.vocabulary, first.stop_ids, first.embedded)


def test_a_token_without_embedding_is_refused_before_weights_are_read(copy, data_folder):
    rows = load_model(str(copy), later=True).embedded
    again = load_model(str(copy), later=True)
    with pytest.raises(ModelError, match="no embedding"):
        again.require_embedded([rows])


@pytest.mark.parametrize("name", ["model.safetensors", "chat_template.jinja"])
def test_a_changed_file_is_another_model(copy, data_folder, name):
    first = load_model(str(copy), later=True)
    if name == "model.safetensors":
        state = load_file(copy / name)
        save_file({key: tensor + 1 for key, tensor in state.items()}, copy / name, metadata={"format": "pt"})
    else:
        (copy / name).write_text("{{ messages[0].content }}")
    assert load_model(str(copy), later=True).info.fingerprint != first.info.fingerprint


def test_a_card_of_another_model_is_noticed_when_weights_are_read_and_forgotten(copy, data_folder):
    first = load_model(str(copy), later=True)
    [card] = (data_folder / "models").glob("known-*.json")
    card.write_text(card.read_text().replace(first.info.fingerprint, "0" * 64))
    with pytest.raises(ModelError, match="changed while it was in use"):
        _ = load_model(str(copy), later=True).module
    assert load_model(str(copy), later=True).info == first.info


@pytest.mark.parametrize("written", ["", "{", "[]", '{"info": {}}', '{"info": 1, "layers_path": "x", "embedded": 1}'])
def test_a_card_that_cannot_be_read_is_as_none(copy, data_folder, written):
    first = load_model(str(copy), later=True)
    [card] = (data_folder / "models").glob("known-*.json")
    card.write_text(written)
    assert load_model(str(copy), later=True).info == first.info
