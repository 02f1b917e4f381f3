"""A widget of a declared setting offers exactly what the core takes."""

from streamlit.testing.v1 import AppTest

from emotion_core.base.ask import asked_of
from emotion_core.behavior.behavior_settings import BehaviorSettings
from emotion_core.behavior.preference_settings import SteeredSettings
from emotion_core.steering.settings import SweepSettings
from emotion_core.vectors.emotion_vectors import BuildSettings

FORMS = (SweepSettings, BehaviorSettings, SteeredSettings, BuildSettings)


def _all_fields() -> None:
    import typing

    from emotion_core.base.ask import asked_of
    from tests.ui.test_fields import FORMS
    from ui.fields import field

    for settings in FORMS:
        for name, asked in asked_of(settings).items():
            if asked.kind in (int, float, bool) or typing.get_origin(asked.kind) is typing.Literal:
                field(settings, name, key=f"{settings.__name__}-{name}")


def test_range_choices_and_default_are_those_of_the_field() -> None:
    app = AppTest.from_function(_all_fields, default_timeout=20).run()
    assert not app.exception
    numbers = {one.key: one for one in app.number_input}
    choices = {one.key: one for one in app.selectbox}
    for settings in FORMS:
        for name, asked in asked_of(settings).items():
            key = f"{settings.__name__}-{name}"
            assert asked.ask.help, key
            if key in numbers:
                widget = numbers.pop(key)
                assert asked.ask.least is None or widget.min == asked.ask.least, key
                assert asked.ask.most is None or widget.max == asked.ask.most, key
                assert widget.value == asked.default and widget.label == asked.ask.label
            elif key in choices:
                widget = choices.pop(key)
                assert widget.options == [asked.ask.names.get(one, one) for one in asked.choices], key
                assert widget.value == asked.default
    assert not numbers and not choices
