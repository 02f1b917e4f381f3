"""`replicate`: the paper's own results on one model, each beside its null."""

from __future__ import annotations

import argparse

from emotion_core.base.atomic import require_writable, write_named
from emotion_core.cli.answer import Answer, number, table


def replicate(arguments: argparse.Namespace) -> Answer:
    """`replicate --model M [--rows 1-22] [--out REPORT] [--untrained-twin]`."""
    from emotion_core.base.activations import open_cache
    from emotion_core.cli.session import open_model, run
    from emotion_core.experiments.replication.book import row_numbers
    from emotion_core.experiments.replication.report import report
    from emotion_core.experiments.replication.table import keep_table, newest_table
    from emotion_core.experiments.replication.table import replicate as replicate_rows
    from emotion_core.experiments.ship import unpack
    from emotion_core.models.untrained import untrained_twin
    from emotion_core.runs.store import open_store

    numbers = row_numbers(arguments.rows)
    out = require_writable(arguments.out) if arguments.out else None
    model = open_model(arguments.model, arguments.dtype)
    if arguments.untrained_twin:
        model = untrained_twin(model)
    store = open_store()
    unpack(store)  # vectors and rows that come with this version
    found = run(replicate_rows(model, store, numbers, open_cache(), newest_table(store, model.info)))
    keep_table(store, found, numbers)
    if out is not None:
        write_named(out, report(found, numbers, html=out.suffix.lower() in (".html", ".htm")).encode())
    lines = found.lines(numbers)
    rows = []
    for line in lines:
        one = line.finding.estimate if line.finding else None
        figure = (
            f"{number(one.value)} ({number(one.low)} to {number(one.high)})" if one and one.value == one.value else "-"
        )
        null = f"{number(one.null_low)} to {number(one.null_high)}" if one and one.null_low == one.null_low else "-"
        rows.append([str(line.book.row), line.book.name, line.book.paper, figure, null, line.verdict])
    text = table(["row", "experiment", "paper", f"{model.info.name} (95 %)", "null (95 %)", "verdict"], rows)
    reasons = [f"{line.book.row}: {line.verdict}: {line.why}" for line in lines if line.why]
    return Answer(found.to_json(numbers), text + ("\n\n" + "\n".join(reasons) if reasons else ""))
