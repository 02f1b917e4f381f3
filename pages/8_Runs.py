"""Runs: everything that was computed, its links, and runs pinned over each other."""

from ui.page import begin
from ui.runs.shelf import runs_shelf

working = begin("runs")
runs_shelf(working.emotion)
