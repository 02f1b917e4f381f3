from emotion_core.base.numbers import counted


def test_one_has_no_plural():
    assert [counted(n, "text") for n in (0, 1, 2, 2000)] == ["0 texts", "1 text", "2 texts", "2,000 texts"]
