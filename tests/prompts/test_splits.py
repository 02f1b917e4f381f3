from __future__ import annotations

import numpy as np
import pytest

from emotion_core.base.errors import SettingsError
from emotion_core.prompts.prompt_set import draw_heldout, group_codes, topic_folds


def held(emotions: list[str], topics: list[str], seed: int = 0) -> np.ndarray:
    return np.array([one == "heldout" for one in draw_heldout(emotions, topics, seed)])


@pytest.mark.parametrize(("n", "expected"), [(2, 0), (3, 1), (4, 1), (5, 1), (10, 2), (40, 8), (50, 10)])
def test_a_fifth_is_held_out_without_topics(n: int, expected: int) -> None:
    for seed in range(20):
        assert held(["fear"] * n, [""] * n, seed).sum() == expected


def test_topics_stay_whole_across_emotions_and_every_emotion_gets_its_fifth() -> None:
    topics = [f"t{i}" for i in range(20)]
    rows = [(emotion, topic) for emotion in "abcdef" for topic in topics for _ in range(2)]
    for seed in range(10):
        mask = held([r[0] for r in rows], [r[1] for r in rows], seed)
        held_topics = {topic for (_, topic), one in zip(rows, mask, strict=True) if one}
        assert mask.tolist() == [topic in held_topics for _, topic in rows]
        assert [sum(one for (e, _), one in zip(rows, mask, strict=True) if e == emotion) for emotion in "abcdef"] == [
            8
        ] * 6


def test_uneven_topics_give_every_emotion_some_and_leave_two() -> None:
    rng = np.random.default_rng(0)
    for seed in range(30):
        n = 60
        emotions = rng.choice(list("abcd"), n).tolist()
        topics = rng.choice([f"t{i}" for i in range(12)], n).tolist()
        mask = held(emotions, topics, seed)
        for emotion in set(emotions):
            own = mask[np.array(emotions) == emotion]
            assert own.sum() >= 1
            assert (~own).sum() >= 2
        assert 0.08 < mask.mean() < 0.4


def test_one_topic_for_everything_falls_back_to_rows() -> None:
    assert held(["fear"] * 20, ["home"] * 20).sum() == 4
    # Two topics of which neither can go without taking all but one row of an emotion.
    assert held(["fear"] * 4 + ["joy"] * 4, ["home"] * 8).tolist().count(True) == 2


def test_deterministic_and_seeded() -> None:
    emotions, topics = ["fear"] * 50, [f"t{i // 2}" for i in range(50)]
    assert (held(emotions, topics, 1) == held(emotions, topics, 1)).all()
    assert any((held(emotions, topics, 1) != held(emotions, topics, seed)).any() for seed in (2, 3))


def test_nothing_to_split() -> None:
    assert draw_heldout([], [], 0) == []


def test_171_emotions_are_fast_and_even() -> None:
    emotions = [f"e{i}" for i in range(171) for _ in range(10)]
    topics = [f"t{(7 * i + 3 * j) % 40}" for i in range(171) for j in range(10)]
    counts = held(emotions, topics).reshape(171, 10).sum(axis=1)
    assert counts.min() >= 1
    assert counts.max() <= 5


def test_folds_keep_groups_whole_and_even() -> None:
    groups = [f"t{i % 7}" for i in range(70)]
    folds = topic_folds(groups, 5, seed=0)
    assert folds.dtype == np.int64
    for topic in set(groups):
        assert len(set(folds[np.array(groups) == topic])) == 1
    assert sorted(np.bincount(folds)) == [10, 10, 10, 20, 20]


def test_empty_topics_are_groups_of_their_own() -> None:
    assert sorted(np.bincount(topic_folds([""] * 10, 5, seed=0))) == [2] * 5
    assert len(set(group_codes(["", "", "a", "a", ""]))) == 4


def test_fewer_groups_than_folds() -> None:
    assert sorted(topic_folds(["a", "b", "a"], 5, seed=0)) in ([0, 0, 1], [0, 1, 1])
    assert topic_folds([], 5, seed=0).shape == (0,)


def test_folds_depend_on_the_seed_only() -> None:
    groups = [f"t{i}" for i in range(20)]
    assert (topic_folds(groups, 4, 1) == topic_folds(groups, 4, 1)).all()
    assert (topic_folds(groups, 4, 1) != topic_folds(groups, 4, 2)).any()


def test_one_fold_is_refused() -> None:
    with pytest.raises(SettingsError, match="two folds"):
        topic_folds(["a", "b"], 1, seed=0)


def test_a_large_topic_goes_whole_when_there_is_no_small_one() -> None:
    mask = held(["fear"] * 10, ["home"] * 5 + ["sea"] * 5)
    assert mask.tolist() in ([True] * 5 + [False] * 5, [False] * 5 + [True] * 5)


def test_large_groups_are_placed_first() -> None:
    for seed in range(10):
        folds = topic_folds([*"abcdef", *["large"] * 6], 2, seed)
        assert np.bincount(folds).tolist() == [6, 6]
