"""How many architectures work: `python -m benchmarks.architectures [NAME ...] [--json]`, some ten minutes for all.

Every class that transformers can load as a causal language model is made small and random from its configuration alone,
and goes the whole way: first look, doctor, build, held-out scores, reading, sweep, options. A class passes,
is refused by one sentence before work begins, cannot be made small, or fails.
"""

from __future__ import annotations

import argparse
import json
import sys
import warnings
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import torch
import transformers
from transformers.models.auto import modeling_auto
from transformers.models.auto.configuration_auto import CONFIG_MAPPING

from emotion_core.base.errors import EmotionCoreError
from emotion_core.base.jobs import run_to_end
from emotion_core.evaluation.heldout import heldout
from emotion_core.models.catalogue import DEMO_FOLDER
from emotion_core.models.loaded import LoadedModel
from emotion_core.models.prepare import adopt, tried
from emotion_core.prompts.prompt_set import PromptSet, PromptText
from emotion_core.steering.settings import SweepSettings
from emotion_core.steering.sweep import sweep
from emotion_core.tracing.doctor import doctor
from emotion_core.tracing.options import Asked, score_options
from emotion_core.tracing.record import project_tokens
from emotion_core.tracing.small_twin import shrunk
from emotion_core.vectors import build as building
from emotion_core.vectors.emotion_vectors import BuildSettings

MOST_PARAMETERS = 6e7
# What a configuration needs besides small sizes: one layer with attention, or a size that follows from two others.
_MORE: dict[str, dict[str, Any]] = {
    "bamba": {"attn_layer_indices": [1], "mamba_n_heads": 8, "mamba_d_head": 16},
    "deepseek_v2": {"num_experts_per_tok": 2},
    "ernie4_5_moe": {"moe_k": 2},
    "falcon_h1": {"mamba_d_ssm": 64, "mamba_n_heads": 8, "mamba_d_head": 8, "mamba_d_state": 8, "mamba_n_groups": 1},
    "gemma3n_text": {
        "num_kv_shared_layers": 0,
        "intermediate_size": [128, 128],
        "activation_sparsity_pattern": [0.0, 0.0],
        "hidden_size_per_layer_input": 16,
        "laurel_rank": 8,
    },
    "granitemoehybrid": {"layer_types": ["mamba", "attention"], "mamba_n_heads": 8, "mamba_d_head": 16},
    "hunyuan_v1_dense": {"head_dim": 16},
    "hunyuan_v1_moe": {"head_dim": 16},
    "jamba": {"attn_layer_period": 2, "attn_layer_offset": 1},
    "lfm2_moe": {"layer_types": ["conv", "full_attention"]},
    "mamba2": {"num_heads": 8, "head_dim": 16, "n_groups": 2},
    "ministral": {"head_dim": 16},
    "nemotron": {"num_key_value_heads": 2},
    "qwen2_5_omni_thinker": {"vision_start_token_id": 5},
    "qwen3_omni_moe_thinker": {"vision_start_token_id": 5},
    "reformer": {"is_decoder": True},
    "zamba2": {
        "layers_block_type": ["mamba", "hybrid"],
        "n_mamba_heads": 8,
        "mamba_headdim": 16,
        "attention_hidden_size": 128,
        "attention_head_dim": 32,
    },
}


@dataclass(frozen=True)
class Found:
    """What became of one architecture.

    Attributes:
        name: Its `model_type`.
        outcome: `passes`, `refused`, `cannot be made small`, `fails`.
        detail: The sentence of a refusal, the doctor's failed checks, or the error.
    """

    name: str
    outcome: str
    detail: str = ""


def names() -> list[str]:
    """Every architecture of the causal mapping, and the composite ones that read text with images."""
    causal = modeling_auto.MODEL_FOR_CAUSAL_LM_MAPPING_NAMES
    return [*causal, *(one for one in modeling_auto.MODEL_FOR_IMAGE_TEXT_TO_TEXT_MAPPING_NAMES if one not in causal)]


def small_module(name: str, vocabulary: int, seed: int = 0) -> Any:
    """A random model of an architecture.

    Args:
        name: `model_type`.
        vocabulary: Tokens.
        seed: Of the weights.

    Raises:
        ValueError: It has too many parameters still.
        Exception: Whatever a class raises on a configuration of other sizes.
    """
    more = _MORE.get(name, {})
    # Kinds of layers have to be known when a configuration is made, which gives them other names.
    kinds = {key: value for key, value in more.items() if key in ("layer_types", "layers_block_type")}
    config = shrunk(CONFIG_MAPPING[name](**kinds, **({"num_hidden_layers": 2} if kinds else {})))
    for key in more.keys() - kinds.keys():
        setattr(config, key, more[key])
    _fit(config, vocabulary)
    if name not in modeling_auto.MODEL_FOR_CAUSAL_LM_MAPPING_NAMES:
        # Positions in time, height and width have to share the half of a small head.
        text = config.get_text_config()
        rope = dict(getattr(text, "rope_parameters", None) or {})
        if "rope_type" in rope:
            text.rope_parameters = {**rope, "mrope_section": [2, 3, 3], "partial_rotary_factor": 1.0}
    known = modeling_auto.MODEL_FOR_CAUSAL_LM_MAPPING
    kind = (known if type(config) in known else modeling_auto.MODEL_FOR_IMAGE_TEXT_TO_TEXT_MAPPING)[type(config)]
    if kind.config_class is not type(config) and kind.config_class is config.sub_configs.get("text_config"):
        config = config.get_text_config()  # as from_pretrained does
    with torch.device("meta"):
        size = sum(p.numel() for p in kind(config).parameters())
    if size > MOST_PARAMETERS:
        raise ValueError(f"{size / 1e6:.0f} M parameters")
    torch.manual_seed(seed)
    return kind(config).eval()


def examined(name: str, tokenizer: Any) -> Found:
    """One architecture on its whole way."""
    try:
        module = small_module(name, len(tokenizer))
    # Each class checks its sizes in its own way.
    except Exception as error:  # noqa: BLE001
        return Found(name, "cannot be made small", _said(error))
    try:
        model = tried(adopt(module, tokenizer, name))
    except EmotionCoreError as error:
        return Found(name, "refused", error.message)
    except Exception as error:  # noqa: BLE001
        return Found(name, "fails", f"look: {_said(error)}")
    try:
        failed = [f"{check.name}: {check.detail}" for check in run_to_end(doctor(model)) if not check.passed]
        if failed:
            return Found(name, "fails", " | ".join(failed))
        whole_way(model)
    # A failure of any kind is what is counted.
    except Exception as error:  # noqa: BLE001
        return Found(name, "fails", _said(error))
    return Found(name, "passes")


def whole_way(model: LoadedModel) -> None:
    """Build, held-out scores, reading, sweep and options; numbers that are not finite are a failure.

    Raises:
        ArithmeticError: A number is not finite.
    """
    prompts = _pairs()
    with _short_neutral_texts():
        vectors = run_to_end(building.build(model, [prompts], BuildSettings()))
        run_to_end(heldout(model, vectors, [prompts]))
    layer, text = vectors.selected_layers[0], model.encode("He waits at the door.")
    units = np.ascontiguousarray(vectors.units[:1, layer])
    reading = run_to_end(project_tokens(model, [text], layer, units))
    settings = SweepSettings(
        emotion="fear", prompts=("He waits.",), strengths=(0.0, 1.0), controls=1, samples=1, max_new_tokens=3
    )
    rows = run_to_end(sweep(model, vectors, settings)).rows
    asked = [Asked(text.ids, ((5,), (6, 7)), shared=2, amount=a, spans=((0, len(text)),)) for a in (0.0, 1.0)]
    scores = run_to_end(score_options(model, asked, layer, units))
    numbers = [vectors.values, *reading, *scores, [row.surprise for row in rows]]
    if not all(np.isfinite(np.asarray(one, dtype=float)).all() for one in numbers):
        raise ArithmeticError("numbers that are not finite")


def main() -> int:
    """Prints what became of each architecture, and how many of each outcome."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.architectures", description=__doc__)
    parser.add_argument("names", nargs="*", help="by default all")
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args()
    warnings.filterwarnings("ignore")
    transformers.logging.set_verbosity_error()
    tokenizer = transformers.AutoTokenizer.from_pretrained(DEMO_FOLDER, trust_remote_code=False)
    found = []
    for name in chosen.names or names():
        found.append(examined(name, tokenizer))
        print(f"{name}: {found[-1].outcome} {found[-1].detail[:400]}", file=sys.stderr, flush=True)
    counted = Counter(one.outcome for one in found)
    if chosen.json:
        print(json.dumps({"counted": counted, "architectures": [asdict(one) for one in found]}, indent=2))
    else:
        print(f"{len(found)} architectures: " + ", ".join(f"{n} {outcome}" for outcome, n in counted.most_common()))
    return int(counted["fails"] > 0)


def _fit(config: Any, vocabulary: int) -> None:
    """The vocabulary of the tokenizer, in every part."""
    for part in vars(config).values():
        if isinstance(part, transformers.PreTrainedConfig):
            _fit(part, vocabulary)
    for key, value in list(vars(config).items()):
        if key in ("vocab_size", "n_vocab", "n_words", "vocab_size_per_layer_input") and value:
            setattr(config, key, vocabulary)
        elif key.endswith("token_id") and (isinstance(value, list) or (value or 0) >= vocabulary):
            setattr(config, key, 0)


def _pairs() -> PromptSet:
    texts = []
    for i in range(8):
        for side, text in (("positive", f"Something moved behind door {i}."), ("negative", f"I watered plant {i}.")):
            texts.append(PromptText(text, "fear", side, f"t{i}", "train" if i < 5 else "heldout", i, i + 1))  # type: ignore[arg-type]
    return PromptSet("pairs", "pairs", tuple(texts))


@contextmanager
def _short_neutral_texts() -> Iterator[None]:
    """Twenty short neutral texts in the place of two hundred long ones."""
    texts = tuple(
        PromptText(f"Put box {i} on shelf {i}.", "neutral", "labelled", "", "train", None, i) for i in range(20)
    )
    kept = building.load_prompts
    building.load_prompts = lambda name, **_: PromptSet(name, "labelled", texts)
    try:
        yield
    finally:
        building.load_prompts = kept


def _said(error: Exception) -> str:
    return f"{type(error).__name__}: {(str(error).strip().splitlines() or ['no message'])[0][:300]}"


if __name__ == "__main__":
    sys.exit(main())
