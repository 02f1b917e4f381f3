"""Redoes the vectors of this bundle, and a short steering sweep with one of them, in plain nnsight.

It needs nnsight 0.8, torch and transformers, and the files beside it; nothing of the project that wrote the bundle:

    pip install -r requirements.txt
    python redo.py --model gpt2

It compares what it builds with `vectors.safetensors`, writes `redone.safetensors` and `redone_sweep.json`, and ends
with status 1 where a vector differs by more than a hundred-thousandth of its length; a ten-thousandth for principal
components, whose length is a mean that may nearly cancel.
"""

# %% Settings: what was chosen for the build, and one sweep
from __future__ import annotations

import argparse
import csv
import json
import sys
from functools import reduce
from pathlib import Path
from typing import Any

import nnsight
import numpy as np
import torch
from estimators import of_labelled, of_pairs, without_neutral  # type: ignore[import-not-found]
from nnsight import TransformersModel
from safetensors.numpy import load_file, save_file
from transformers import AutoModelForCausalLM, AutoTokenizer

HERE = Path(str(globals().get("__file__", "redo.ipynb"))).resolve().parent  # a notebook has no __file__
SETTINGS = json.loads((HERE / "settings.json").read_text(encoding="utf-8"))
READING = SETTINGS["reading"]
TEMPLATE = SETTINGS.get("template", {})  # arguments of the chat template
TOLERANCE = {"pca": 1e-4}.get(SETTINGS["estimator"], 1e-5)  # a share of the vector's length
# Where model families keep their blocks, tried in this order where the settings do not name the place.
LAYER_LISTS = (
    "transformer.h", "transformer.blocks", "model.layers", "gpt_neox.layers", "model.decoder.layers", "backbone.layers",
    "model.language_model.layers", "rwkv.blocks",
)  # fmt: skip

# %% The model, wrapped by nnsight


def load(source: str) -> tuple[Any, Any, Any]:
    """The traced model, the list of its blocks, and its tokenizer."""
    tokenizer = AutoTokenizer.from_pretrained(source, trust_remote_code=False)
    module = AutoModelForCausalLM.from_pretrained(
        source, dtype=getattr(torch, SETTINGS["dtype"]), trust_remote_code=False
    ).eval()
    module.requires_grad_(False)
    names = {name for name, _ in module.named_modules()}
    path = SETTINGS["layers_path"] or next(one for one in LAYER_LISTS if one in names)
    model = TransformersModel(module, task="text-generation", tokenizer=tokenizer)
    blocks = reduce(getattr, path.split("."), model)
    found = (len(module.get_submodule(path)), int(module.config.get_text_config(decoder=True).hidden_size))
    if found != (SETTINGS["layers"], SETTINGS["width"]):
        raise SystemExit(
            f"The vectors belong to {SETTINGS['model']} with {SETTINGS['layers']} layers of width {SETTINGS['width']}; "
            f"{source} has {found[0]} layers of width {found[1]}."
        )
    return model, blocks, tokenizer


# %% Which tokens of a text are read


def tokens(tokenizer: Any, text: str) -> tuple[list[int], list[int]]:
    """Token ids of a text, and the places that are read."""
    if READING["chat"]:
        ids, content = chat_tokens(tokenizer, text)
    else:
        ids = list(tokenizer(text)["input_ids"])
        special = set(tokenizer.all_special_ids)
        special.discard(tokenizer.unk_token_id if tokenizer.unk_token_id != tokenizer.eos_token_id else None)
        content = [i for i, token in enumerate(ids) if token not in special]
    if READING["pooling"] in ("last", "answer"):
        return ids, [len(ids) - 1]
    if READING["pooling"] == "last_content":
        return ids, content[-1:]
    return ids, [i for i in content[READING["start"] :] if i or READING["first_token"]] or content[-1:]


def chat_tokens(tokenizer: Any, text: str) -> tuple[list[int], list[int]]:
    """The text as a user message in the chat template, and the places of its own tokens."""

    def rendered(message: str) -> str:
        said = [{"role": "user", "content": message}]
        reply = READING["pooling"] == "answer"
        return str(tokenizer.apply_chat_template(said, tokenize=False, add_generation_prompt=reply, **TEMPLATE))

    whole = rendered(text)
    if READING["pooling"] == "answer":
        whole = behind_a_thought(tokenizer, whole, text.strip())
    begin = whole.find(text.strip(), max(0, rendered("qzwxvkjq").find("qzwxvkjq")))
    end = begin + len(text.strip())
    coded = tokenizer(whole, add_special_tokens=False, return_offsets_mapping=True)
    content = [i for i, (a, b) in enumerate(coded["offset_mapping"]) if a < end and b > begin and b > a]
    return list(coded["input_ids"]), content


def behind_a_thought(tokenizer: Any, whole: str, text: str) -> str:
    """The beginning of the answer behind a `<think>` that is opened and closed, where the model would think first."""
    header, template = whole[max(0, whole.rfind(text)) + len(text) :], str(tokenizer.chat_template)
    if "<think>" in header:
        closed = "</think>" in header.rpartition("<think>")[2]
        return whole if closed else whole.rstrip("\n") + "\n\n</think>\n\n"
    thinks = "enable_thinking" in template and "<think>" in template
    return whole + "<think>\n\n</think>\n\n" * thinks


# %% The residual stream after every block


def copy_of(model: Any) -> int | None:
    """Which copy of the stream the blocks of Gemma 3n compute on; None in other models."""
    copy: int | None = getattr(model._module.config.get_text_config(decoder=True), "altup_active_idx", None)
    return copy


def stream(output: Any, copy: int | None) -> Any:
    """Most blocks put out a tensor [rows, tokens, width]; some a tuple that begins with it.

    Some carry the stream in copies: of Gemma 3n's [copies, rows, tokens, width] this is the one that counts, of
    [rows, tokens, copies, width] all of them.
    """
    tensor = output[0] if isinstance(output, (tuple, list)) else output
    return tensor[copy] if copy is not None and tensor.dim() == 4 else tensor


def trace(model: Any, blocks: Any, ids: list[int], read: list[int]) -> tuple[Any, Any]:
    """Of one text: mean over the places read [layers, width], mean length over all but the first token [layers]."""
    tail = list(range(min(1, len(ids) - 1), len(ids)))
    # A causal model never looks to the right, so filling up changes nothing; the same lengths give the same rounding.
    context = getattr(model._module.config, "max_position_embeddings", None) or 2048
    filled = ids + [0] * max(0, min(context - len(ids), -len(ids) % 16))
    copy = copy_of(model)
    with torch.inference_mode(), model.trace({"input_ids": torch.tensor([filled]), "use_cache": False}) as tracer:
        means = nnsight.save([])
        lengths = nnsight.save([])
        for block in blocks:
            hidden = stream(block.output, copy)[0].float()  # (tokens, width) or (tokens, copies, width)
            hidden = hidden.mean(1) if hidden.dim() == 3 else hidden
            means.append(hidden[read].mean(0))
            lengths.append(hidden[tail].norm(dim=-1).mean())
        tracer.stop()
    return torch.stack(means).numpy(), torch.stack(lengths).numpy()


def activations(model: Any, blocks: Any, tokenizer: Any, texts: list[str]) -> tuple[dict[str, Any], Any]:
    """By text: float32 [layers, width]; and the mean length of the stream at each layer, float32 [layers]."""
    found = {text: trace(model, blocks, *tokens(tokenizer, text)) for text in dict.fromkeys(texts)}
    norms = np.stack([lengths for _, lengths in found.values()]).mean(axis=0, dtype=np.float64)
    return {text: values for text, (values, _) in found.items()}, norms


# %% The prompt sets of the bundle


def rows_of(name: str) -> list[dict[str, str]]:
    """The training rows of a prompt set."""
    with (HERE / "prompts" / name).open(encoding="utf-8", newline="") as file:
        return [row for row in csv.DictReader(file) if row["split"] == "train"]


def build(model: Any, blocks: Any, tokenizer: Any) -> tuple[dict[str, Any], Any]:
    """Vectors by emotion, float32 [layers, width], and the residual norms, float32 [layers]."""
    sets = [rows_of(name) for name in SETTINGS["prompt_sets"]]
    columns = ("positive", "negative", "text")
    texts = [row[column] for rows in sets for row in rows for column in columns if column in row]
    with (HERE / "prompts" / "neutral.csv").open(encoding="utf-8", newline="") as file:
        neutral_texts = [row["text"] for row in csv.DictReader(file)]
    neutral, norms = activations(model, blocks, tokenizer, neutral_texts)
    found, _ = activations(model, blocks, tokenizer, texts)
    if SETTINGS["neutral_projection"]:
        found = without_neutral(found, neutral)
    vectors: dict[str, Any] = {}
    for rows in sets:
        names = list(dict.fromkeys(row["emotion"] for row in rows))
        if "text" in rows[0]:
            groups = [np.stack([found[row["text"]] for row in rows if row["emotion"] == name]) for name in names]
            vectors.update(zip(names, of_labelled(groups, SETTINGS["estimator"]), strict=True))
            continue
        for name in names:
            sides = [[found[row[side]] for row in rows if row["emotion"] == name] for side in ("positive", "negative")]
            vectors[name] = of_pairs(np.stack(sides[0]), np.stack(sides[1]), SETTINGS["estimator"])
    return {name: vector.astype(np.float32) for name, vector in vectors.items()}, norms


# %% Steering: the same prompt at several strengths, greedy, a row a strength


def sweep(model: Any, blocks: Any, tokenizer: Any, vector: Any, norm: float) -> list[dict[str, Any]]:
    """Texts at every strength; a strength is a share of the residual norm, added to all tokens that emit a new one."""
    chosen = SETTINGS["sweep"]
    if READING["chat"]:
        messages = [{"role": "user", "content": chosen["prompt"]}]
        options = {"add_generation_prompt": True, "return_dict": True, **TEMPLATE}
        prompt = tokenizer.apply_chat_template(messages, **options)["input_ids"]
    else:
        prompt = tokenizer(chosen["prompt"])["input_ids"]
        prompt = prompt[:-1] if len(prompt) > 1 and prompt[-1] == tokenizer.eos_token_id else prompt
    strengths = torch.tensor(chosen["strengths"], dtype=torch.float32)[:, None, None]  # (rows, 1, 1)
    push = strengths * float(norm) * torch.from_numpy(vector / np.linalg.norm(vector))  # (rows, 1, width)
    ids = torch.tensor([list(prompt)] * len(strengths))
    copy = copy_of(model)
    ends = model._module.generation_config.eos_token_id
    ends = set(ends if isinstance(ends, list) else [ends]) | {tokenizer.eos_token_id}
    for _ in range(chosen["tokens"]):
        with torch.inference_mode(), model.trace({"input_ids": ids, "use_cache": False}):
            hidden = stream(blocks[chosen["layer"]].output, copy)
            steered = hidden[:, len(prompt) - 1 :]
            more = (1,) * (steered.dim() - 3)  # copies of the stream are moved alike
            at, by = strengths.reshape(-1, 1, *more, 1), push.reshape(len(push), 1, *more, -1)
            steered[:] = torch.where(at == 0, steered, (steered.float() + by).to(steered.dtype))
            logits = nnsight.save(model.output.logits[:, -1].float())
        ids = torch.cat([ids, logits.argmax(-1)[:, None]], dim=1)
    rows = []
    for strength, row in zip(chosen["strengths"], ids[:, len(prompt) :].tolist(), strict=True):
        end = next((i for i, token in enumerate(row) if token in ends), len(row))
        text = tokenizer.decode(row[:end], skip_special_tokens=True, clean_up_tokenization_spaces=False)
        rows.append({"emotion": chosen["emotion"], "strength": strength, "prompt": chosen["prompt"], "text": text})
    return rows


# %% All of it


def main() -> int:
    """Builds, compares, sweeps; 0 where the vectors are the same."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else "")
    parser.add_argument("--model", default=SETTINGS["source"], help="hub id or folder (default %(default)s)")
    source = parser.parse_known_args()[0].model  # a notebook's kernel has arguments of its own
    if source is None:
        raise SystemExit(f"The vectors belong to {SETTINGS['model']}: name its folder or hub id with --model.")
    model, blocks, tokenizer = load(source)
    vectors, norms = build(model, blocks, tokenizer)
    kept = load_file(HERE / "vectors.safetensors")
    worst = 0.0
    for name, ours in zip(SETTINGS["emotions"], kept["values"], strict=True):
        apart = np.linalg.norm(vectors[name] - ours, axis=1) / np.maximum(np.linalg.norm(ours, axis=1), 1e-30)
        worst = max(worst, float(apart.max()))
        print(f"{name}: differs from the bundle by at most {apart.max():.1e} of its length (layer {apart.argmax()})")
    save_file({name: np.ascontiguousarray(vector) for name, vector in vectors.items()}, HERE / "redone.safetensors")
    layer, emotion = SETTINGS["sweep"]["layer"], SETTINGS["sweep"]["emotion"]
    rows = sweep(model, blocks, tokenizer, vectors[emotion][layer], norms[layer])
    (HERE / "redone_sweep.json").write_text(json.dumps(rows, ensure_ascii=False, indent=1), encoding="utf-8")
    for row in rows:
        print(f"\n{row['emotion']} {row['strength']:+g} at layer {layer}: {row['prompt']}{row['text']}")
    return int(worst > TOLERANCE)


# %%
if __name__ == "__main__":
    status = main()
    if "__file__" in globals():
        sys.exit(status)
