"""What a folder is, before it is loaded: pointers, adapters, missing libraries, models of another kind."""

from __future__ import annotations

import json
import shutil

import pytest
import torch
import transformers
from safetensors.torch import load_file, save_file
from tiny import VOCABULARY, WIDTH, tiny_module, tiny_tokenizer

from emotion_core.base.errors import ModelError
from emotion_core.models import prepare
from emotion_core.models.load import load_model

POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:" + "a" * 64 + "\nsize 1234567\n"
QUERY = "model.layers.1.self_attn.q_proj"


def save(folder, module):
    module.save_pretrained(folder)
    tiny_tokenizer().save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def llama(tmp_path_factory):
    return save(tmp_path_factory.mktemp("saved") / "llama", tiny_module("llama"))


@pytest.fixture
def adapter(tmp_path, llama):
    """A LoRA adapter of rank 2 on one matrix, beside its base model."""
    folder = tmp_path / "adapter"
    folder.mkdir()
    settings = {"peft_type": "LORA", "task_type": "CAUSAL_LM", "base_model_name_or_path": str(llama), "r": 2}
    settings |= {"lora_alpha": 6, "target_modules": ["q_proj"], "layers_to_transform": [1]}
    (folder / "adapter_config.json").write_text(json.dumps(settings))
    generator = torch.Generator().manual_seed(3)
    parts = {
        f"base_model.model.{QUERY}.lora_A.weight": torch.randn(2, WIDTH, generator=generator),
        f"base_model.model.{QUERY}.lora_B.weight": torch.randn(WIDTH, 2, generator=generator),
    }
    save_file(parts, folder / "adapter_model.safetensors")
    return folder, parts


@pytest.mark.parametrize("file", ["model.safetensors", "tokenizer.json"])
def test_pointers_of_git_lfs_are_told_from_files(llama, tmp_path, file):
    folder = shutil.copytree(llama, tmp_path / "copy")
    (folder / file).write_text(POINTER)
    with pytest.raises(ModelError, match=rf"pointers of git-LFS.*Found: {file}\. Run 'git lfs pull'"):
        load_model(str(folder))


def test_an_adapter_is_added_to_its_base_model(adapter, llama):
    folder, parts = adapter
    model = load_model(str(folder))
    base = load_file(llama / "model.safetensors")[f"{QUERY}.weight"]
    down, up = (parts[f"base_model.model.{QUERY}.lora_{one}.weight"] for one in "AB")
    found = model.module.get_submodule(QUERY)
    torch.testing.assert_close(found.weight.data, base + 6 / 2 * up @ down)
    assert type(found) is torch.nn.Linear and model.info.name == str(folder)
    assert model.info.fingerprint != load_model(str(llama)).info.fingerprint


def test_an_adapter_without_its_base_model_or_of_another_kind(adapter):
    folder, _ = adapter
    settings = json.loads((folder / "adapter_config.json").read_text())

    def refused(**more):
        (folder / "adapter_config.json").write_text(json.dumps({**settings, **more}))
        with pytest.raises(ModelError) as error:
            load_model(str(folder))
        return error.value.message

    assert "without a base model" in refused(base_model_name_or_path=None)
    assert "of the kind PROMPT_TUNING" in refused(peft_type="PROMPT_TUNING")
    assert "for Megatron" in refused(megatron_config={"a": 1}, megatron_core="antigravity")
    assert "does not fit" in refused(target_modules=["no_such_projection"])
    assert "missing adapter keys" in refused(layers_to_transform=[1, 2])


def test_an_adapter_with_pickled_weights_is_refused(adapter):
    folder, parts = adapter
    (folder / "adapter_model.safetensors").unlink()
    torch.save(parts, folder / "adapter_model.bin")
    with pytest.raises(ModelError, match=r"LoRA adapter with adapter_model\.safetensors"):
        load_model(str(folder))


def test_a_tokenizer_that_needs_sentencepiece(llama, tmp_path, monkeypatch):
    folder = shutil.copytree(llama, tmp_path / "copy")
    (folder / "tokenizer.json").unlink()
    (folder / "tokenizer.model").write_bytes(b"\x0a\x0e\x0a\x05<unk>\x15\x00\x00\x00\x00\x18\x02")
    monkeypatch.setattr(prepare.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ModelError, match=r"needs the library sentencepiece.*pip install sentencepiece"):
        load_model(str(folder))


def test_a_sentencepiece_tokenizer_alone_is_read(llama, tmp_path):
    import sentencepiece

    folder = shutil.copytree(llama, tmp_path / "copy")
    for file in folder.glob("tokenizer*"):
        file.unlink()
    with (folder / "tokenizer.model").open("wb") as stream:
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=iter(["the old house stands by the river", "she opened the door and went in"] * 20),
            model_writer=stream, vocab_size=60, model_type="bpe", hard_vocab_limit=False, minloglevel=9,
        )  # fmt: skip
    (folder / "tokenizer_config.json").write_text(json.dumps({"tokenizer_class": "LlamaTokenizer"}))
    model = load_model(str(folder))
    assert model.decode(list(model.encode("the old house").ids)) == "the old house"


def test_a_tilde_is_the_home_folder(llama, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    shutil.copytree(llama, tmp_path / "models" / "x")
    assert load_model("~/models/x").info.layers == 4
    assert load_model("~/models/x#model.layers").layers_path == "model.layers"


def test_models_of_another_kind_are_refused_before_their_weights_are_read(tmp_path, monkeypatch):
    monkeypatch.setattr(transformers.PreTrainedModel, "from_pretrained", None)
    small = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4, "vocab_size": VOCABULARY}
    bert = transformers.BertConfig(**small, architectures=["BertForMaskedLM"])
    t5 = transformers.T5Config(d_model=32, num_layers=1, architectures=["T5ForConditionalGeneration"])
    vit = transformers.ViTConfig()
    for name, config in (("BertForMaskedLM", bert), ("T5ForConditionalGeneration", t5), ("vit", vit)):
        folder = tmp_path / name
        config.save_pretrained(folder)
        tiny_tokenizer().save_pretrained(folder)
        with pytest.raises(ModelError, match=f"not a causal language model.*Found: .*{name}"):
            load_model(str(folder))
