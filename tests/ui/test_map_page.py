"""The map of the built-in 171 emotions without a browser: every part, the linked choice, the link."""

from collections.abc import Callable

import pytest
from page_helpers import button, texts
from streamlit.testing.v1 import AppTest

from ui.map.tab import _PARTS

Open = Callable[..., AppTest]


def query(app: AppTest) -> dict[str, str]:
    return {key: value[0] if isinstance(value, list) else value for key, value in app.query_params.items()}


def test_a_first_visitor_sees_the_map_of_all_emotions(open_page: Open) -> None:
    app = open_page("2_Explore_emotions", tab="Map")
    assert not app.exception
    assert len(app.selectbox(key="emotion_on_map").options) == 171
    assert "Nearest" in texts(app)


@pytest.mark.parametrize("part", _PARTS)
def test_every_part_opens_by_its_link(open_page: Open, part: str) -> None:
    app = open_page("2_Explore_emotions", tab="Map", map_part=part)
    assert not app.exception
    assert app.segmented_control(key="map_part").value == part


def test_a_choice_is_everywhere_and_in_the_link(open_page: Open) -> None:
    app = open_page("2_Explore_emotions", tab="Map")
    app.selectbox(key="emotion_on_map").set_value("joyful").run()
    assert app.selectbox(key="emotion").value == "joyful"
    assert query(app)["vectors"] == "scenes-171"
    assert "#### joyful" in texts(app)
    app.button(key="hold").click().run()
    app.selectbox(key="emotion_on_map").set_value("sad").run()
    assert app.multiselect(key="map_held").value == ["joyful"]
    app.switch_page("pages/3_Steer.py").run()
    app.switch_page("pages/2_Explore_emotions.py").run()
    again = open_page("2_Explore_emotions", **{**query(app), "tab": "Map"})
    assert again.selectbox(key="emotion_on_map").value == "sad"
    assert again.multiselect(key="map_held").value == ["joyful"]
    assert not again.exception


def test_layer_and_axes_come_from_the_link_and_nonsense_does_not_count(open_page: Open) -> None:
    app = open_page("2_Explore_emotions", tab="Map", map_layer="4", map_x="3", map_clusters="999", map_colour="<b>")
    assert app.select_slider(key="map_layer").value == 4
    assert app.selectbox(key="map_x").value == 3
    assert app.number_input(key="map_clusters").value == 10
    assert not app.exception


def test_the_ways_on_take_the_emotion_of_the_map_along(open_page: Open) -> None:
    with_take = {"vectors": "scenes-171", "emotion": "afraid", "take": "1"}
    app = open_page("6_Glossary")
    assert app.selectbox(key="emotion").value == "fear"
    for key, value in with_take.items():
        app.query_params[key] = value
    app.run()
    assert app.selectbox(key="emotion").value == "afraid" and app.selectbox(key="vectors").value == "scenes-171"
    assert "take" not in query(app)
    app.selectbox(key="emotion").set_value("joyful").run()
    assert app.selectbox(key="emotion").value == "joyful", "the address of before does not count"


def test_the_second_map_and_its_layer_come_from_the_link(open_page: Open) -> None:
    link = {"map_part": "Another model", "map_second": "emotions-171", "map_second_layer": "1"}
    app = open_page("2_Explore_emotions", tab="Map", **link)
    assert app.selectbox(key="map_second").value == "emotions-171"
    assert app.select_slider(key="map_second_layer").value == 1
    assert "The two geometries" in texts(app) and not app.exception


@pytest.mark.parametrize(
    ("part", "files"), [("Clusters", {"scree", "cosines"}), ("People", {"reading-valence", "reading-arousal"})]
)
def test_every_chart_of_a_part_can_be_taken_along(open_page: Open, part: str, files: set[str]) -> None:
    app = open_page("2_Explore_emotions", tab="Map", map_part=part)
    offered = {one.proto.id for one in app.get("download_button")}
    for name in files:
        for kind in ("png", "svg", "csv"):
            assert any(one.endswith(f"-{name}-{kind}") for one in offered), (name, kind)


@pytest.mark.parametrize("part", _PARTS)
def test_nothing_is_called_human_that_no_person_rated(open_page: Open, part: str) -> None:
    app = open_page("2_Explore_emotions", tab="Map", map_part=part, map_colour="valence")
    assert not app.exception
    said = texts(app) + "".join(one.proto.spec for one in app.get("vega_lite_chart") if hasattr(one.proto, "spec"))
    assert "human" not in said.lower()


def test_claims_stand_beside_their_words_and_the_twin_is_offered(open_page: Open) -> None:
    link = {"map_part": "People", "vectors": "emotions-171", "emotion": "afraid"}
    app = open_page("2_Explore_emotions", tab="Map", **link)
    assert not app.exception
    said = texts(app).replace("\\", "")
    assert said.count("tf-idf of the same texts") >= 6 and "planted valence" in said
    assert "explained by vocabulary" in said and "● **evidence** · The vectors predict" not in said
    assert button(app, "Read the same texts with an untrained twin")


@pytest.mark.parametrize("p", [0.01, 0.4])
def test_the_reliability_of_a_map_is_no_ceiling_for_what_is_not_a_map(p: float) -> None:
    def part(p_value: float) -> None:
        import numpy as np

        from emotion_core.geometry.stability import Stability
        from ui.map.tab import _stability

        layers, emotions = np.zeros(2, np.float32), np.zeros((2, 3), np.float32)
        figures = {
            "half": layers + 0.35,
            "reliability": layers + 0.52,
            "reliability_low": layers + 0.44,
            "reliability_high": layers + 0.58,
            "p_value": layers + p_value,
        }
        planted = {"spread": np.zeros((2, 3, 3), np.float32), "mates": emotions, "mates_by_chance": layers}
        _stability(Stability(clusters=2, resamples=100, splits=9, place=emotions, **planted, **figures), 1)

    app = AppTest.from_function(part, kwargs={"p_value": p}).run()
    assert not app.exception
    said = texts(app).replace("\\", "")
    assert "Another map from other texts of the same size would agree with this one at about r = 0.52." in said
    assert ("repeats with other texts" in said) == (p <= 0.05) == ("agree more than chance would" in said)
    # What is averaged over many cosines can agree better than single cosines do, as PC1 with ratings.
    assert not any(word in said.lower() for word in ("ceiling", "people", "model", "above", "at most"))
