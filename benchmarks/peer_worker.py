"""Runs inside the peers' environment: a line of pairs in, seconds out. Imports nothing of this project."""

import json
import sys
import time
from pathlib import Path

import torch
from transformers import AutoModelForCausalLM, PreTrainedTokenizerFast


def trainer(name, model, tokenizer):
    if name == "repeng":
        from repeng import ControlVector, DatasetEntry

        return lambda pairs: ControlVector.train(
            model, tokenizer, [DatasetEntry(positive=a, negative=b) for a, b in pairs], batch_size=32
        )
    from steering_vectors import train_steering_vector

    rows = 32 if name.endswith("_32") else 1
    return lambda pairs: train_steering_vector(model, tokenizer, pairs, batch_size=rows)


def main():
    name, folder = sys.argv[1:3]
    out = sys.stdout
    sys.stdout = sys.stderr  # progress bars and notes of the tools
    model = AutoModelForCausalLM.from_pretrained(folder, torch_dtype=torch.float32, trust_remote_code=False).eval()
    # The class by its name: the peers' transformers is older than the one that wrote the tokenizer's settings.
    tokenizer = PreTrainedTokenizerFast(tokenizer_file=f"{folder}/tokenizer.json", eos_token="<|endoftext|>")
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token
    train = trainer(name, model, tokenizer)
    print("ready", file=out, flush=True)
    for line in sys.stdin:
        asked = json.loads(line)
        if asked == "peak":
            # `ru_maxrss` would begin with the parent's.
            status = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
            print(next(int(one.split()[1]) / 1024 for one in status if one.startswith("VmHWM")), file=out, flush=True)
            continue
        pairs = [tuple(pair) for pair in asked]
        start = time.perf_counter()
        with torch.inference_mode():
            train(pairs)
        print(time.perf_counter() - start, file=out, flush=True)


if __name__ == "__main__":
    main()
