"""Where the blocks are: known paths, the longest list of equal blocks, a path named by hand."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from tiny import FAMILIES, LAYERS, tiny_module, tiny_tokenizer
from torch import nn

from emotion_core.base.errors import ModelError
from emotion_core.models.load import load_model
from emotion_core.models.loaded import KNOWN_PATHS, find_layers
from emotion_core.models.prepare import adopt

PATHS = {"gpt2": "transformer.h", "mpt": "transformer.blocks", "neox": "gpt_neox.layers", "opt": "model.decoder.layers"}
PATHS |= dict.fromkeys(("gpt_neo", "gptj", "bloom", "falcon"), "transformer.h")


def lists(**sizes: int) -> nn.Module:
    module = nn.Module()
    for name, size in sizes.items():
        module.add_module(name, nn.ModuleList([nn.Linear(2, 2) for _ in range(size)]))
    return module


@pytest.mark.parametrize("family", FAMILIES)
def test_every_familys_blocks_are_found(family):
    module = tiny_module(family)
    path, blocks = find_layers(module)
    assert path == PATHS.get(family, "model.layers") and path in KNOWN_PATHS
    assert blocks is module.get_submodule(path) and len(blocks) == LAYERS


def test_an_unknown_model_gets_its_longest_list():
    path, blocks = find_layers(lists(heads=2, stack=5, empty=0))
    assert path == "stack" and len(blocks) == 5


def test_a_list_of_different_blocks_is_no_list_of_layers():
    module = lists(stack=3)
    module.add_module("mixed", nn.ModuleList([nn.Linear(2, 2), nn.ReLU(), nn.ReLU(), nn.ReLU()]))
    assert find_layers(module)[0] == "stack"


def test_two_equally_long_lists_are_named_and_one_can_be_chosen():
    with pytest.raises(ModelError, match=r"one longest list.*Found: left, right.*my-model#left"):
        find_layers(lists(left=3, right=3))
    assert find_layers(lists(left=3, right=3), "right")[0] == "right"


def test_experts_inside_the_blocks_are_no_layers():
    """Sixteen experts in each of three blocks: the longest list is not the list of layers."""
    block = [lists(experts=16) for _ in range(3)]
    module = nn.Module()
    module.add_module("stack", nn.ModuleList(block))
    assert find_layers(module)[0] == "stack"


def test_the_depth_of_the_configuration_decides_between_lists():
    module = lists(stack=3, adapters=9)
    module.config = SimpleNamespace(num_hidden_layers=3)
    assert find_layers(module)[0] == "stack"
    module.config.num_hidden_layers = 5
    assert find_layers(module)[0] == "adapters"


def test_a_list_is_named_behind_the_models_name(tmp_path):
    tiny_module("gpt2").save_pretrained(tmp_path / "model")
    tiny_tokenizer().save_pretrained(tmp_path / "model")
    named = load_model(f"{tmp_path / 'model'}#transformer.h")
    assert named.layers_path == "transformer.h" and named.info.name.endswith("#transformer.h")
    with pytest.raises(ModelError, match=r"\(h\).*one of transformer\.h"):
        load_model(f"{tmp_path / 'model'}#h")
    (tmp_path / "model").rename(tmp_path / "my#model")
    assert load_model(str(tmp_path / "my#model")).layers_path == "transformer.h"


def test_no_list_at_all():
    with pytest.raises(ModelError, match="no list of blocks"):
        find_layers(nn.Linear(2, 2))


def test_a_path_named_wrongly_shows_the_right_ones():
    with pytest.raises(ModelError, match=r"\(h\).*one of transformer\.h"):
        adopt(tiny_module("gpt2"), tiny_tokenizer(), "tiny", layers_path="h")
    assert adopt(tiny_module("gpt2"), tiny_tokenizer(), "tiny", layers_path="transformer.h").info.layers == LAYERS
