"""Write a trained network as the files that transformers loads: float16 safetensors, configurations, tokenizer."""

from __future__ import annotations

import argparse
import json
import shutil
from pathlib import Path

import torch

from demo_model import paths
from demo_model.network import Network, Shape, to_transformers

LIMIT = 16_000_000  # bytes


def export(network: Network, folder: Path) -> None:
    """Write weights and tokenizer into ``folder``.

    Raises:
        ValueError: the weights are larger than the repository should carry.
    """
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer = paths.TRAIN / "tokenizer"
    end = json.loads((tokenizer / "tokenizer.json").read_text(encoding="utf-8"))["model"]["vocab"]["<|endoftext|>"]
    turn = json.loads((tokenizer / "tokenizer.json").read_text(encoding="utf-8"))["model"]["vocab"]["<|end|>"]
    model = to_transformers(network, eos=end)
    model.generation_config.update(eos_token_id=[end, turn], pad_token_id=end, bos_token_id=end)
    model.half().save_pretrained(folder)
    for file in tokenizer.iterdir():
        shutil.copy(file, folder / file.name)
    size = (folder / "model.safetensors").stat().st_size
    if size > LIMIT:
        raise ValueError(
            f"weights of {size} bytes: at most {LIMIT} fit the repository; use a smaller --width or --layers"
        )
    print(f"exported {size / 1e6:.1f} MB to {folder.name}", flush=True)


def load_checkpoint(file: Path) -> Network:
    """The network of a checkpoint."""
    state = torch.load(file, weights_only=True)
    network = Network(Shape(**state["shape"]))
    network.load_state_dict(state["network"])
    return network


def main() -> None:
    """Command line: export a checkpoint."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("checkpoint", type=Path, help="for example .train/runs/main/decayed.pt")
    parser.add_argument("--out", type=Path, default=paths.WEIGHTS)
    options = parser.parse_args()
    export(load_checkpoint(options.checkpoint), options.out)


if __name__ == "__main__":
    main()
