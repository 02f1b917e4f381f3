"""A model without weights: widths from the configuration; the service's list; the dry run as a check."""

from __future__ import annotations

import nnsight
import pytest
from tiny import LAYERS, WIDTH, tiny_model, tiny_module, tiny_tokenizer

from emotion_core.base.errors import ModelError
from emotion_core.base.jobs import run_to_end
from emotion_core.cli.main import main
from emotion_core.models.load import load_model
from emotion_core.tracing.doctor import dry_run as module
from emotion_core.tracing.doctor.dry_run import dry_run
from emotion_core.tracing.envoy import Remote
from emotion_core.tracing.remote_model import load_remote, served


@pytest.mark.parametrize("family", ["gpt2", "mpt", "mixtral"])
def test_widths_and_layers_come_from_the_configuration(tmp_path, family):
    tiny_module(family).save_pretrained(tmp_path)
    tiny_tokenizer().save_pretrained(tmp_path)
    (tmp_path / "model.safetensors").unlink()
    model = load_remote(f"ndif:{tmp_path}", Remote("ndif", "secret"))
    assert (model.info.layers, model.info.width, model.info.device) == (LAYERS, WIDTH, "cpu")
    assert next(model.module.parameters()).device.type == "meta" and model.info.parameters > 0
    assert model.encode("He waits.").ids and model.stop_ids and model.vocabulary == 320


def test_a_reply_ends_there_where_it_ends_here(tmp_path):
    here = tiny_module("llama")
    here.generation_config.eos_token_id = [7, 9]
    here.save_pretrained(tmp_path)
    tiny_tokenizer().save_pretrained(tmp_path)
    stops = load_remote(f"ndif:{tmp_path}", Remote("ndif", "secret")).stop_ids
    assert {7, 9} < stops == load_model(str(tmp_path)).stop_ids


def test_a_name_with_ndif_needs_a_key_and_a_model(monkeypatch, tmp_path):
    monkeypatch.delenv("NDIF_API_KEY", raising=False)
    with pytest.raises(ModelError, match="NDIF_API_KEY"):
        load_model("ndif:owner/name")
    monkeypatch.setenv("NDIF_API_KEY", "secret")
    with pytest.raises(ModelError, match="no such model") as caught:
        load_model(f"ndif:{tmp_path / 'none'}")
    assert "secret" not in str(caught.value)


def test_the_list_of_the_service(monkeypatch):
    entries = {
        "a": {"repo_id": "x/big", "application_state": "DEPLOYING", "deployment_level": "WARM"},
        "b": {"repo_id": "x/small", "application_state": "RUNNING", "deployment_level": "HOT"},
        "c": {"repo_id": "x/big", "application_state": "RUNNING", "deployment_level": "HOT"},
    }
    monkeypatch.setattr(nnsight, "status", lambda raw: {"deployments": entries})
    assert [(one.name, one.state) for one in served()] == [("x/big", "RUNNING"), ("x/small", "RUNNING")]
    monkeypatch.setattr(nnsight, "status", lambda raw: {})
    with pytest.raises(ModelError, match="cannot be reached"):
        served()


def test_the_dry_run_passes_and_finds_what_does_not_survive(monkeypatch):
    model = tiny_model("gpt2")
    checks = run_to_end(dry_run(model))
    assert [check.name for check in checks] == [f"dry run: {name}" for name in ("build", "read", "sweep", "behave")]
    assert all(check.passed for check in checks) and model.remote is None
    real = module.record

    def locked(model, texts, reading):
        if model.remote is not None:
            raise ModuleNotFoundError("No module named 'mine'")
        return real(model, texts, reading)

    monkeypatch.setattr(module, "record", locked)
    first = run_to_end(dry_run(model))[0]
    assert not first.passed and "No module named 'mine'" in first.detail and first.remedy


def test_the_command_tries_a_small_model_of_the_class(monkeypatch, tmp_path, capsys):
    tiny_module("llama").save_pretrained(tmp_path)
    tiny_tokenizer().save_pretrained(tmp_path)
    (tmp_path / "model.safetensors").unlink()
    monkeypatch.setenv("NDIF_API_KEY", "secret")
    assert main(["doctor", "--model", f"ndif:{tmp_path}", "--dry-run"]) == 0
    assert "dry run: behave" in capsys.readouterr().out
    assert main(["doctor", "--model", f"ndif:{tmp_path}"]) != 0
    assert "dry run" in capsys.readouterr().err
