"""Freed memory stays for the next batch: counted in pages that the system had to clear, which no clock blurs."""

import resource
import sys

import pytest
import torch

from emotion_core.models.prepare import keep_freed_memory


def test_a_second_batch_takes_the_memory_of_the_first():
    if not (sys.platform.startswith("linux") and keep_freed_memory()):
        pytest.skip("another C library")
    own, faults = resource.RUSAGE_THREAD, []  # threads that other tests left allocate as well
    for _ in range(6):
        before = resource.getrusage(own).ru_minflt
        blocks = [torch.ones(2 * 2**20) for _ in range(6)]  # 8 MB each, all freed before the next turn
        del blocks
        faults.append(resource.getrusage(own).ru_minflt - before)
    # The system may take idle pages away between two turns; memory given back would be cleared in every turn.
    assert min(faults[1:]) < 1000 < 6 * 8 * 2**20 // resource.getpagesize()  # of 12,288 pages
