import numpy as np

from emotion_core.geometry.emotion_map import cluster_table, map_emotions
from emotion_core.geometry.norms import circumplex
from geometry.maps import affective_vectors

WORDS = tuple(sorted(circumplex().valence))[::4]


def test_every_emotion_is_in_one_row_with_its_mates():
    found = map_emotions(affective_vectors(WORDS, *circumplex().of(WORDS)), 0, 5)
    mates = np.linspace(0, 1, len(WORDS)).astype(np.float32)
    table = cluster_table(found, mates)
    words = [word for row in table["words"] for word in row.split(", ")]
    assert sorted(words) == sorted(WORDS)
    assert table["n"].sum() == len(WORDS) and table["n"].is_monotonic_decreasing
    for _, row in table.iterrows():
        members = [WORDS.index(word) for word in row["words"].split(", ")]
        assert len({int(found.clusters[i]) for i in members}) == 1
        assert np.isclose(row["stability"], mates[members].mean())
        assert row["paper"].endswith(")")
