"""Where a model keeps its blocks: the list of layers in the residual stream."""

from __future__ import annotations

from torch import nn

from emotion_core.base.errors import ModelError

# Path of the list -> families that use it (transformers 5).
KNOWN_PATHS = (
    "transformer.h",  # GPT-2, GPT-Neo, GPT-J, BLOOM, Falcon
    "transformer.blocks",  # MPT
    "model.layers",  # Llama, Qwen, Gemma, Mistral, Phi, OLMo, Mixtral
    "gpt_neox.layers",  # Pythia
    "model.decoder.layers",  # OPT
    "backbone.layers",  # Mamba
)


def find_layers(module: nn.Module, path: str | None = None) -> tuple[str, nn.ModuleList]:
    """Finds the list of blocks of a causal language model.

    Known paths are tried first. Then all lists of modules of one class are searched: those that stand inside a block
    of another list (experts, heads) are parts of it; of the others, the ones as long as the configuration says the
    model is deep count, or the longest where none is.

    Args:
        module: The model with its language-model head.
        path: Dotted path of the list, where the visitor names it.

    Raises:
        ModelError: There is no such list, or two equally long ones.
    """
    lists = {
        name: child
        for name, child in module.named_modules()
        if isinstance(child, nn.ModuleList) and len(child) and len({type(block) for block in child}) == 1
    }
    if path is not None:
        if path not in lists:
            raise ModelError(
                "The named layer list is not in the model",
                where=path,
                expected=f"one of {', '.join(lists) or 'none found'}",
                remedy="Name one of these",
            )
        return path, lists[path]
    for known in KNOWN_PATHS:
        if known in lists:
            return known, lists[known]
    outer = [name for name in lists if not any(name.startswith(f"{other}.") for other in lists)]
    depth = getattr(getattr(module, "config", None), "num_hidden_layers", None)
    candidates = [name for name in outer if len(lists[name]) == depth]
    if not candidates:
        longest = max((len(lists[name]) for name in outer), default=0)
        candidates = [name for name in outer if len(lists[name]) == longest]
    if len(candidates) != 1:
        raise ModelError(
            "The list of layers was not found",
            where=type(module).__name__,
            expected="one longest list of equal blocks",
            found=", ".join(candidates) or "no list of blocks",
            remedy="Name it behind the model's name, such as 'my-model#model.layers'",
        )
    return candidates[0], lists[candidates[0]]
