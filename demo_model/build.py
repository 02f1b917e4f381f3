"""Build tokenizer and token shards: ``python -m demo_model.build [--tokenizer] [SOURCE ...]``."""

from __future__ import annotations

import argparse
import random
import time
from collections.abc import Iterator
from itertools import pairwise

import numpy as np
from tokenizers import Tokenizer

from demo_model import corpus, paths, tokenizer, truth
from demo_model.documents import Document
from demo_model.generator import KINDS
from demo_model.generator import load as load_made
from demo_model.overlap import forbidden, overlaps
from demo_model.shards import Shard, encode

ROW = 256


def learn_tokenizer() -> None:
    """Learn the pieces from the modern sources, and a little of the novels."""
    rng = random.Random(5)
    sample: list[str] = []
    for source in corpus.SOURCES:
        share = {"lines": 0.0, "stories": 0.3, "novels": 0.03, "sentences": 0.5}.get(source, 1.0)
        sample += [document.text for document in corpus.load(source) if rng.random() < share]
    trained = tokenizer.train(sample)
    tokenizer.save(trained, paths.TRAIN / "tokenizer", positions=512)
    print(f"tokenizer: {trained.get_vocab_size()} pieces from {sum(map(len, sample)) / 1e6:.0f} MB", flush=True)


def documents(source: str, keep: bool) -> Iterator[Document]:
    """Documents of a corpus source or of the generator (``made-...``)."""
    if source in corpus.SOURCES:
        return corpus.load(source, keep)
    return load_made(source, keep)


def build(source: str) -> None:
    """Write the training and the held-out shard of one source."""
    pieces = Tokenizer.from_file(str(paths.TRAIN / "tokenizer" / "tokenizer.json"))
    banned = forbidden(paths.PROMPTS, extra=sorted((paths.PACKAGE / "checks").glob("*.json")))
    for keep, name in ((False, "train"), (True, "heldout")):
        started = time.perf_counter()
        shard, dropped = encode(documents(source, keep), pieces, list(truth.emotions()), banned, ROW)
        folder = paths.TRAIN / "shards"
        folder.mkdir(parents=True, exist_ok=True)
        shard.save(folder / f"{source}.{name}.npz")
        print(
            f"{source:12} {name:8} {len(shard.tokens) / 1e6:7.2f} M tokens, {len(shard.starts)} rows, "
            f"{dropped} left out for overlap, {time.perf_counter() - started:.0f} s",
            flush=True,
        )


def recheck(source: str) -> int:
    """Documents of a shard that hold a run of words of a prompt set written since it was built."""
    pieces = Tokenizer.from_file(str(paths.TRAIN / "tokenizer" / "tokenizer.json"))
    banned = forbidden(paths.PROMPTS, extra=sorted((paths.PACKAGE / "checks").glob("*.json")))
    tokens = Shard.load(paths.TRAIN / "shards" / f"{source}.train.npz").tokens
    ends = np.flatnonzero(tokens == pieces.token_to_id(tokenizer.END_OF_TEXT))
    found = 0
    for start, end in pairwise([-1, *ends.tolist()]):
        text = pieces.decode(tokens[start + 1 : end].tolist(), skip_special_tokens=False)
        if overlaps(text, banned):
            found += 1
            print(f"{source}: {text[:300]!r}", flush=True)
    return found


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sources", nargs="*", default=None, help="sources to build; all by default")
    parser.add_argument("--recheck", action="store_true", help="only look for prompt sets in the shards as they are")
    parser.add_argument("--tokenizer", action="store_true", help="learn the tokenizer anew first")
    options = parser.parse_args()
    paths.TRAIN.mkdir(exist_ok=True)
    if options.tokenizer or not (paths.TRAIN / "tokenizer").is_dir():
        learn_tokenizer()
    for source in options.sources or [*corpus.SOURCES, *KINDS]:
        if options.recheck:
            print(f"{source}: {recheck(source)} documents overlap a prompt set", flush=True)
        else:
            build(source)


if __name__ == "__main__":
    main()
