"""The guided path, step by step, without a browser."""

from collections.abc import Callable

from page_helpers import button, done, texts
from streamlit.testing.v1 import AppTest

from ui.replicate.fear_study import STEPS

Open = Callable[..., AppTest]
Until = Callable[..., AppTest]


def test_leads_from_the_separation_to_the_sweep(open_page: Open, until: Until) -> None:
    app = until(open_page("10_Replicate", study="Fear in GPT-2"), done)
    assert "S. Magee" in texts(app)
    button(app, "Next: 2").click().run()
    assert app.segmented_control(key="study_step").value == STEPS[1]
    assert not app.exception


def test_a_step_opens_by_its_link(open_page: Open) -> None:
    app = open_page("10_Replicate", study="Fear in GPT-2", study_step=STEPS[2])
    assert app.segmented_control(key="study_step").value == STEPS[2]
    assert not app.exception
