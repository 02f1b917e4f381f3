from emotion_core.stats.intervals import p_words


def test_is_never_zero() -> None:
    assert p_words(1 / 10_001) == "p < 0.001"
    assert p_words(0.001) == "p = 0.001"
    assert p_words(0.0496) == "p = 0.050"
    assert p_words(float("nan")) == "p = nan"
