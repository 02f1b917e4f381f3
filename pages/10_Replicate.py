"""Replicate: the paper's experiments on this model, each beside its null, with a verdict fixed beforehand."""

from ui.page import begin
from ui.replicate.run import replication_run
from ui.replicate.table import replication_table

working = begin("replicate")
replication_run(working)
replication_table(working)
