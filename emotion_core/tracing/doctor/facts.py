"""Checks of what surrounds the layers: their place, tokenizer, chat template, context, head, memory."""

from __future__ import annotations

import re
from pathlib import Path

from emotion_core.base.later import torch
from emotion_core.models.loaded import LoadedModel, text_config
from emotion_core.tracing.doctor.check import REPORT, Check, verdict
from emotion_core.tracing.doctor.hooks import blocks, forward
from emotion_core.tracing.doctor.probe import SENTENCES, probe_ids, probes

# Below this, running a text of full length takes no time worth saving.
_TRIED_CONTEXT = 512
_ITEM_BYTES = {"float32": 4, "bfloat16": 2, "float16": 2}


def layer_path(model: LoadedModel) -> Check:
    """Runs a text and sees whether each listed block passes its output on to the next."""
    seen, _ = forward(model, probe_ids(model))
    layers = blocks(model)
    runs = {len(inputs) for inputs in seen.inputs}
    chained = runs == {1} and all(torch.equal(o[0], i[0]) for o, i in zip(seen.outputs, seen.inputs[1:], strict=False))
    shape = tuple(seen.outputs[0][0].shape) if seen.outputs[0] else ()
    declared = getattr(text_config(model.module.config), "num_hidden_layers", len(layers))
    detail = (
        f"{len(layers)} blocks of class {type(layers[0]).__name__} at {model.layers_path} (the configuration says "
        f"{declared}), which put out a {seen.kinds[0] or 'nothing'} of width {shape[-1] if shape else 0}, "
    )
    detail += "each handed to the next." if chained else "but not each is handed to the next."
    passed = chained and declared == len(layers) and bool(shape) and shape[-1] == model.info.width
    return verdict("layer path found", passed, detail, "Name the list of blocks yourself, such as 'model.layers'")


def tokenizer_round_trip(model: LoadedModel) -> Check:
    """Encodes sentences and decodes them again."""
    back = [model.decode(list(model.encode(text).ids)) for text in probes(model)]
    lost = [(a, b) for a, b in zip(probes(model), back, strict=True) if a != b]
    changed = [(a, b) for a, b in lost if _plain(a) != _plain(b)]
    if changed:
        before, after = changed[0]
        detail = f"{len(changed)} of {len(back)} sentences come back changed: {before!r} becomes {after!r}."
    elif lost:
        detail = f"{len(back)} sentences come back the same but for case or spaces: {lost[0][1]!r}."
    else:
        detail = f"{len(back)} sentences are encoded and decoded without a change."
    remedy = "The tokenizer loses words: check that its files belong to this model"
    return verdict("tokenizer round trip", not changed, detail, remedy)


def special_tokens(model: LoadedModel) -> Check:
    """Says which tokens are added and which end a text, and whether every token has an embedding."""
    encoding = model.encode(SENTENCES[2])
    added = model.pieces([i for i, content in zip(encoding.ids, encoding.content, strict=True) if not content])
    ends = model.pieces(sorted(model.stop_ids))
    rows = int(model.module.get_input_embeddings().weight.shape[0])  # type: ignore[operator]
    highest = max([len(model.tokenizer) - 1, *model.stop_ids, model.tokenizer.pad_token_id or 0])
    beginning = f"{_listed(added)} is added to a text" if added else "Nothing is added to a text"
    ending = f"{_listed(ends)} ends it" if ends else "no token ends it, so generated texts run to full length"
    detail = f"{beginning}; {ending}; the highest token is {highest}, and {rows} have an embedding."
    remedy = "The tokenizer has tokens that the model has no embedding for: check that they belong together"
    return verdict("special tokens", highest < rows, detail, remedy)


def chat_template(model: LoadedModel) -> Check:
    """Wraps a sentence as a user message and sees whether its own tokens are told apart."""
    if not model.tokenizer.chat_template:
        return Check("chat template", True, "There is none: texts are read and continued as they are.")
    text = min(probes(model), key=len)
    encoding = model.encode(text, chat=True)
    own = [i for i, content in zip(encoding.ids, encoding.content, strict=True) if content]
    read = model.decode(own)
    detail = f"A message of {len(own)} tokens becomes {len(encoding)} with the template; its own tokens read {read!r}."
    remedy = "Read texts without the chat template: its tokens cannot be told from the text's"
    return verdict("chat template", _plain(text) in _plain(read), detail, remedy)


def tied_embeddings(model: LoadedModel) -> Check:
    """Says whether the output layer is the embedding; informational."""
    head, embedding = model.module.get_output_embeddings(), model.module.get_input_embeddings()  # type: ignore[operator]
    if head is None:
        return Check(
            "tied embeddings", True, "transformers names no output layer of this model; 0 matrices are compared."
        )
    tied = head.weight.data_ptr() == embedding.weight.data_ptr()
    detail = (
        f"The output layer and the input embedding are {'one matrix' if tied else 'two matrices'} "
        f"({head.weight.shape[0]} x {head.weight.shape[1]})."
    )
    return Check("tied embeddings", True, detail)


def context_length(model: LoadedModel) -> Check:
    """Runs a text of full length where that is quick, else takes the configuration's word."""
    context = model.info.context
    if context > _TRIED_CONTEXT:
        return Check("context length", True, f"The configuration allows {context} tokens a text; not tried.")
    ids = probe_ids(model)
    full = ids.repeat(1, -(-context // ids.shape[1]))[:, :context]
    remedy = f"The configuration promises more than the model can take: {REPORT[0].lower()}{REPORT[1:]}"
    try:
        _, logits = forward(model, full)
    except (IndexError, RuntimeError) as error:
        return Check("context length", False, f"A text of {context} tokens fails: {error}.", remedy)
    finite = bool(torch.isfinite(logits).all())
    detail = f"A text of {context} tokens, the longest allowed, {'runs' if finite else 'gives numbers not finite'}."
    return verdict("context length", finite, detail, remedy)


def memory(model: LoadedModel) -> Check:
    """Says what weights and sweeps take, and what is free."""
    info = model.info
    item = _ITEM_BYTES.get(info.dtype, 4)
    stored = {one.data_ptr(): one for one in model.module.state_dict().values()}  # tied ones once
    weights = sum(one.numel() * one.element_size() for one in stored.values())
    row = 2 * info.layers * info.width * item * min(info.context, 128) + 4 * model.vocabulary
    free = _free_bytes(info.device)
    detail = (
        f"{info.parameters:,} parameters in {info.dtype} take {_size(weights)}; a sweep of 100 texts of up to "
        f"{min(info.context, 128)} tokens takes about {_size(100 * row)} more"
    )
    detail += f", and {_size(free)} are free on {info.device}." if free is not None else "."
    remedy = "Close other programs, choose a smaller model, or load this one in bfloat16"
    return verdict("memory", free is None or free > 100 * row, detail, remedy)


def _plain(text: str) -> str:
    """Letters and digits only, in lower case: what a tokenizer must keep."""
    return re.sub(r"[^a-z0-9]", "", text.lower())


def _listed(pieces: list[str]) -> str:
    return " or ".join(repr(piece) for piece in pieces)


def _free_bytes(device: str) -> int | None:
    if device.startswith("cuda"):
        return int(torch.cuda.mem_get_info(torch.device(device))[0])
    table = Path("/proc/meminfo")
    found = re.search(r"MemAvailable:\s+(\d+) kB", table.read_text()) if table.exists() else None
    return int(found[1]) * 1024 if found else None


def _size(count: float) -> str:
    for unit in ("B", "kB", "MB"):
        if count < 1000:
            return f"{count:.3g} {unit}"
        count /= 1000
    return f"{count:.3g} GB"
