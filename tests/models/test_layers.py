"""Where the blocks are: known paths, the longest list of equal blocks, a path named by hand."""

from __future__ import annotations

import pytest
from tiny import FAMILIES, LAYERS, tiny_module, tiny_tokenizer
from torch import nn

from emotion_core.errors import ModelError
from emotion_core.models.layers import KNOWN_PATHS, find_layers
from emotion_core.models.load import adopt

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
    with pytest.raises(ModelError, match=r"one longest list.*Found: left, right.*model\.layers"):
        find_layers(lists(left=3, right=3))
    assert find_layers(lists(left=3, right=3), "right")[0] == "right"


def test_no_list_at_all():
    with pytest.raises(ModelError, match="no list of blocks"):
        find_layers(nn.Linear(2, 2))


def test_a_path_named_wrongly_shows_the_right_ones():
    with pytest.raises(ModelError, match=r"\(h\).*one of transformer\.h"):
        adopt(tiny_module("gpt2"), tiny_tokenizer(), "tiny", layers_path="h")
    assert adopt(tiny_module("gpt2"), tiny_tokenizer(), "tiny", layers_path="transformer.h").info.layers == LAYERS
