"""Tables of shuffled labels add up over runs."""

from pathlib import Path

import pytest
from scipy.stats import binomtest

from benchmarks.replication_shuffles import Tables
from emotion_core.base.errors import SettingsError


def test_runs_add_up_and_no_shuffle_counts_twice(tmp_path: Path) -> None:
    path, seeds = tmp_path / "tables.json", []
    for found in ((), (4,), (), (4, 15)):
        tables = Tables("toy", "ab", (4, 15), path)  # opened anew each time
        seeds.append(tables.next_seed)
        tables.add(seeds[-1], found)
    assert seeds == [0, 1, 2, 3]
    said = Tables("toy", "ab", (4, 15), path).summed()
    interval = binomtest(2, 4).proportion_ci(method="exact")
    assert said["false_discovery_rate"] == 0.5 and said["interval"] == pytest.approx([interval.low, interval.high])
    assert said["by_row"] == {"4": 2, "15": 1}
    for other in (("toy", "cd", (4, 15)), ("toy", "ab", (4,))):
        with pytest.raises(SettingsError, match="other rows"):
            Tables(*other, path)
