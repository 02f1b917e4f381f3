"""How often the replication table finds something in vectors of shuffled labels.

Run with `python -m benchmarks.replication_shuffles --file benchmarks/replication_shuffles.json`: tables are added to
those in the file, so that fifty can be had in several runs; `--shuffles 0` prints the sum.

The labels of the training texts are dealt out again within topics, vectors are built from them as the real ones were,
and the rows are judged on those. Every row that then replicates is a false discovery, so the share of tables with one
is the false discovery rate of the table. Ends with status 1 where its 95 % interval lies above .05 as a whole.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from emotion_core.base.activations import ActivationCache
from emotion_core.base.atomic import write_atomically
from emotion_core.base.errors import SettingsError
from emotion_core.base.jobs import run_to_end
from emotion_core.evaluation.controls import relabelled
from emotion_core.experiments.experiment import Bench
from emotion_core.experiments.replication.book import row_numbers
from emotion_core.experiments.replication.core import set_name, vectors_of
from emotion_core.experiments.replication.rows import ROWS
from emotion_core.experiments.replication.table import Table
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


class Tables:
    """The tables of all runs so far, added up in a file.

    Args:
        model: Name of the model.
        fingerprint: Of the model.
        rows: Rows of a table.
        path: File; None to keep nothing.

    Attributes:
        document: `model`, `fingerprint`, `rows`, and `tables`: for each shuffle its `seed`, `date`, and the rows that
            replicated (`found`).

    Raises:
        SettingsError: The file is about another model or other rows.
    """

    def __init__(self, model: str, fingerprint: str, rows: Sequence[int], path: Path | None = None) -> None:
        self.path = path
        own = {"model": model, "fingerprint": fingerprint, "rows": list(rows)}
        self.document: dict[str, Any] = {**own, "tables": []}
        if path is not None and path.exists():
            self.document = json.loads(path.read_text(encoding="utf-8"))
        if (known := {key: self.document[key] for key in own}) != own:
            raise SettingsError(
                "The tables in the file are of another model or have other rows",
                where=str(path),
                expected=str(own),
                found=str(known),
                remedy="Name another file",
            )

    @property
    def next_seed(self) -> int:
        """The first shuffle that is not there yet."""
        return 1 + max((one["seed"] for one in self.document["tables"]), default=-1)

    def add(self, seed: int, found: Sequence[int]) -> None:
        """Adds a table and writes the file."""
        date = f"{datetime.now(UTC):%Y-%m-%d}"
        self.document["tables"].append({"seed": seed, "date": date, "found": list(found)})
        if self.path is not None:
            write_atomically(self.path, (json.dumps(self.document, indent=1) + "\n").encode())

    def summed(self) -> dict[str, Any]:
        """Share of tables in which a row replicates, with its interval, and how often each did."""
        tables = self.document["tables"]
        false = sum(bool(one["found"]) for one in tables)
        low, high = clopper_pearson(false, len(tables)) if tables else (0.0, 1.0)
        return {
            "model": self.document["model"],
            "rows": self.document["rows"],
            "shuffles": len(tables),
            "false_discovery_rate": false / len(tables) if tables else None,
            "interval": [low, high],
            "by_row": {str(row): sum(row in one["found"] for one in tables) for row in self.document["rows"]},
        }


def main() -> int:
    """Adds tables to those in the file and prints the share with a false discovery."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.replication_shuffles", description=main.__doc__)
    parser.add_argument("--model", default="demo")
    parser.add_argument("--rows", default=ROWS_HERE)
    parser.add_argument("--shuffles", type=int, default=50, help="tables in the end, those of the file among them")
    parser.add_argument("--file", type=Path, default=None, help="JSON where tables are added up")
    arguments = parser.parse_args()
    numbers = row_numbers(arguments.rows)
    model = load_model(arguments.model)
    tables = Tables(model.info.name, model.info.fingerprint, numbers, arguments.file)
    with TemporaryDirectory() as folder:
        store, cache = RunStore(Path(folder)), ActivationCache(Path(folder) / "activations.sqlite")
        unpack(store)
        material: dict[str, Training] = {}
        for seed in range(tables.next_seed, arguments.shuffles):
            findings = []
            for number in numbers:
                name = set_name(model.info, ROWS[number].vectors)
                if name not in material:
                    vectors = run_to_end(vectors_of(model, store, name, cache))
                    material[name] = run_to_end(training(model, vectors, cache))
                nothing = shuffled(material[name].vectors, material[name], seed)
                findings.append(run_to_end(ROWS[number].job(Bench(model, nothing, cache))))
            lines = Table(model.info, tuple(findings)).lines(numbers)
            tables.add(seed, [line.book.row for line in lines if line.verdict == "replicates"])
            print(f"{seed + 1}: {tables.document['tables'][-1]['found']}", file=sys.stderr)
    document = tables.summed()
    print(json.dumps(document))
    return int(document["interval"][0] > 0.05)


if __name__ == "__main__":
    sys.exit(main())
