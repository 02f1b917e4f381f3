"""Our own sentences on a page: signs as they are printed."""

from ui.plain import minus


def test_hyphens_before_numbers_become_minus_signs_and_zero_has_no_sign() -> None:
    assert minus("differs by -0.02 SD (95 % -0.15 to +0.10)") == "differs by −0.02 SD (95 % −0.15 to +0.10)"
    assert minus("calm +0.00 SD, joy -0.00 SD, fear -0.01") == "calm 0.00 SD, joy 0.00 SD, fear −0.01"
    assert minus("emotions-171, 2026-11-21, fear-5, +0.001") == "emotions-171, 2026-11-21, fear-5, +0.001"
