"""Home shows what the self-check of the model found."""

from __future__ import annotations

from page_helpers import texts

from emotion_core.runs import doctors
from emotion_core.tracing.doctor import Check


def test_all_is_well(open_page, until):
    app = until(open_page(), lambda a: any("checks passed" in e.label for e in a.expander))
    label = next(e.label for e in app.expander if "checks passed" in e.label)
    good, total = (int(word) for word in label.split() if word.isdigit())
    assert good == total >= 16
    assert "trace equals hooks" in texts(app).replace("\\", "") and not app.warning


def test_a_fault_is_shown_with_its_remedy(open_page, until, monkeypatch):
    def sick(model):
        yield from ()
        return (Check("padding changes nothing", False, "It does.", "Choose another model"),)

    monkeypatch.setattr(doctors, "doctor", sick)
    app = until(open_page(), lambda a: len(a.warning) > 0)
    assert "Choose another model" in app.warning[0].value and not app.exception
