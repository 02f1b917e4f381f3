"""Tables that come with the repository: `python -m emotion_core.experiments.replication.ship demo --work FOLDER`.

The table is computed through the same code as the page's and written to `demo_model/results/`; docs/replication.md
takes its columns from there (`python docs/make_replication.py`). What is finished in the work folder is found again.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from emotion_core.base.activations import ActivationCache
from emotion_core.base.jobs import run_to_end
from emotion_core.experiments.replication.book import row_numbers
from emotion_core.experiments.replication.table import (
    FILE,
    KIND,
    Table,
    keep_table,
    newest_table,
    replicate,
    runnable,
)
from emotion_core.experiments.ship import SHIPPED_FOLDER, pack, unpack
from emotion_core.models.load import load_model
from emotion_core.runs.codec import ENDING, from_bytes, restored
from emotion_core.runs.store import RunStore


def shipped_table(name: str, folder: Path = SHIPPED_FOLDER) -> Table | None:
    """The table of a model that came with this version; None where there is none."""
    path = folder / f"{name}-{KIND}" / f"{FILE}{ENDING}"
    return from_bytes(Table, restored(path.read_bytes())) if path.is_file() else None


def ship_table(store: RunStore, table: Table, folder: Path = SHIPPED_FOLDER) -> None:
    """Writes a table as a folder of the repository, where every new store takes it from."""
    run_id = keep_table(store, table, [one.row for one in table.findings])
    pack(store, run_id, folder, f"{table.model.name}-{KIND}", small=True)


def main(argv: Sequence[str] | None = None) -> None:
    """Computes the rows that are not finished yet and writes the table."""
    parser = argparse.ArgumentParser(prog="python -m emotion_core.experiments.replication.ship", description=__doc__)
    parser.add_argument("model")
    parser.add_argument("--rows", default="1-22")
    parser.add_argument("--work", type=Path, required=True, help="folder where finished rows are kept and found")
    parser.add_argument("--out", type=Path, default=SHIPPED_FOLDER)
    parser.add_argument("--finished", action="store_true", help="compute nothing, take the rows that are there")
    arguments = parser.parse_args(argv)
    store, model = RunStore(arguments.work), load_model(arguments.model)
    unpack(store)
    table = newest_table(store, model.info)

    def tell(so_far: Table) -> None:
        print(f"{len(so_far.findings)} rows, {time.process_time():.0f} s of processor time", file=sys.stderr)

    if not arguments.finished:
        numbers = runnable(row_numbers(arguments.rows))
        cache = ActivationCache(arguments.work / "activations.sqlite")
        table = run_to_end(replicate(model, store, numbers, cache, table, tell))
    if table is not None:
        ship_table(store, table, arguments.out)
        print(f"{len(table.findings)} rows: {arguments.out}", file=sys.stderr)


if __name__ == "__main__":
    main()
