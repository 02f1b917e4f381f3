"""How often the replication table finds something in vectors of shuffled labels.

Run with `python -m benchmarks.replication_shuffles`.

The labels of the training texts are dealt out again within topics, vectors are built from them as the real ones were,
and the rows are judged on those. Every row that then replicates is a false discovery, so the share of tables with one
is the false discovery rate of the table. Ends with status 1 where its 95 % interval lies above .05 as a whole.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from emotion_core.base.cache import ActivationCache
from emotion_core.base.jobs import run_to_end
from emotion_core.evaluation.controls import relabelled
from emotion_core.experiments.experiment import Bench
from emotion_core.experiments.replication.book import row_numbers
from emotion_core.experiments.replication.rows import ROWS
from emotion_core.experiments.replication.table import Table, set_name, vectors_of
from emotion_core.experiments.ship import unpack
from emotion_core.models.load import load_model
from emotion_core.runs.store import RunStore
from emotion_core.stats.intervals import clopper_pearson
from emotion_core.vectors.build import Training, training
from emotion_core.vectors.emotion_vectors import EmotionVectors

# Rows whose estimate is a matter of the vectors alone; row 1 builds its own, and rows 8 and 16 are about no vector.
ROWS_HERE = "4,5,6,13-15,19,20"


def shuffled(vectors: EmotionVectors, material: Training, seed: int) -> EmotionVectors:
    """The set as its training texts give it with labels dealt out again within topics."""
    rng = np.random.default_rng([seed, 0x5F])
    blocks = [relabelled(block, 1, rng)[0] for block in material.blocks]
    return replace(vectors, values=material.estimate(blocks))


def main() -> int:
    """Runs the tables and prints the share with a false discovery."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.replication_shuffles", description=main.__doc__)
    parser.add_argument("--model", default="demo")
    parser.add_argument("--rows", default=ROWS_HERE)
    parser.add_argument("--shuffles", type=int, default=50)
    arguments = parser.parse_args()
    numbers = row_numbers(arguments.rows)
    model = load_model(arguments.model)
    false, verdicts = 0, dict.fromkeys(numbers, 0)
    with TemporaryDirectory() as folder:
        store, cache = RunStore(Path(folder)), ActivationCache(Path(folder) / "activations.sqlite")
        unpack(store)
        material: dict[str, Training] = {}
        for seed in range(arguments.shuffles):
            findings = []
            for number in numbers:
                name = set_name(model.info, ROWS[number].vectors)
                if name not in material:
                    vectors = run_to_end(vectors_of(model, store, name, cache))
                    material[name] = run_to_end(training(model, vectors, cache))
                nothing = shuffled(material[name].vectors, material[name], seed)
                findings.append(run_to_end(ROWS[number].job(Bench(model, nothing, cache))))
            lines = Table(model.info, tuple(findings)).lines(numbers)
            found = [line.book.row for line in lines if line.verdict == "replicates"]
            false += bool(found)
            for row in found:
                verdicts[row] += 1
            print(f"{seed + 1}: {found}, so far {false} of {seed + 1}", file=sys.stderr)
    low, high = clopper_pearson(false, arguments.shuffles)
    document = {
        "model": model.info.name,
        "rows": list(numbers),
        "shuffles": arguments.shuffles,
        "false_discovery_rate": false / arguments.shuffles,
        "interval": [low, high],
        "by_row": verdicts,
    }
    print(json.dumps(document))
    return int(low > 0.05)


if __name__ == "__main__":
    sys.exit(main())
