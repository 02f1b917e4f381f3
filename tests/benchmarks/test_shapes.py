from benchmarks.shapes import pairs


def test_pairs_are_all_different_whatever_their_number() -> None:
    many = pairs(1000)
    assert len({t.text for t in many.texts}) == 2000
    assert {t.split for t in many.texts} == {"train"}


def test_only_the_changed_pair_differs() -> None:
    before, after = pairs(20), pairs(20, changed=1)
    differing = {a.pair for a, b in zip(before.texts, after.texts, strict=True) if a.text != b.text}
    assert differing == {0}
