import json
from dataclasses import replace

import altair as alt
import numpy as np
import pytest
import vl_convert
from geometry.maps import affective_vectors, random_vectors

from emotion_core.charts.emotion_map import (
    Look,
    comparison_chart,
    component_plane,
    cosine_chart,
    cosine_table,
    layer_matrix,
    map_poster,
    map_table,
    moved_apart,
    overlay_chart,
    pair_table,
    profile_chart,
    scree,
    scree_table,
    tree,
)
from emotion_core.charts.palette import LEFT, NARROW, RIGHT, UNNAMED, chart_bytes, readable
from emotion_core.geometry.clusters import paper_clusters
from emotion_core.geometry.compare import compare, compare_layers, overlay
from emotion_core.geometry.emotion_map import layer_profile, map_emotions
from emotion_core.geometry.norms import circumplex

WORDS = tuple(paper_clusters().cluster_of)


@pytest.fixture(scope="module")
def found():
    return map_emotions(affective_vectors(WORDS, *circumplex().of(WORDS)))


@pytest.fixture(scope="module")
def small():
    return map_emotions(random_vectors(("calm", "afraid", "x")))


def data_of(chart) -> str:
    return json.dumps(chart.to_dict())


def orders_of(spec) -> list[list[str]]:
    """The orders in which the axes show their names, as the browser gets them: layers may spoil each other's."""
    scales = vl_convert.vegalite_to_vega(spec)["scales"]
    return [one["domain"] for one in scales if one["name"] in ("x", "y") and isinstance(one["domain"], list)]


def test_an_emotion_that_points_away_from_all_others_is_near_none_of_them(found):
    for sign in (-1, 1):
        turned = replace(found, cosines=sign * np.abs(found.cosines))
        title = component_plane(turned, "afraid").to_dict()["title"]["text"]
        assert ("near none of the others" in title) == (sign < 0)


def test_a_click_on_the_plane_names_an_emotion(found):
    spec = component_plane(found, "afraid").to_dict()
    (param,) = [p for p in spec["params"] if p["name"] == "emotion"]
    assert param["select"]["fields"] == ["emotion"]
    assert "Afraid lies nearest to" in spec["title"]["text"] and "171 emotions" in spec["title"]["subtitle"]
    assert "171 emotions" in spec["description"]
    assert "% of variance" in data_of(component_plane(found, "afraid"))


@pytest.mark.parametrize(
    ("x", "y", "colour"), [(1, 2, "cluster"), (1, 2, "valence"), (2, 3, "cluster"), (2, 1, "valence")]
)
def test_any_two_components_can_be_drawn(found, small, x, y, colour):
    for one in (found, small):
        assert chart_bytes(component_plane(one, "calm", Look(x=x, y=y, colour=colour)), "svg").startswith(b"<svg")
    axes = [layer["encoding"] for layer in component_plane(found, "calm", Look(x=x, y=y)).to_dict()["layer"]]
    assert all(a["x"]["field"] == f"pc{x}" and a["y"]["field"] == f"pc{y}" for a in axes)


def test_no_two_clusters_have_the_same_colour_and_shape(found):
    many = replace(found, n_clusters=18, clusters=np.arange(171) % 18)
    layers = [one["encoding"] for one in component_plane(many, "afraid").to_dict()["layer"]]
    (dots,) = [one for one in layers if "shape" in one]
    looks = list(zip(dots["color"]["scale"]["range"], dots["shape"]["scale"]["range"], strict=True))
    assert len(looks) == len(set(looks)) == 18
    assert dots["color"]["scale"]["domain"] == dots["shape"]["scale"]["domain"] == list(range(1, 19))


def written(sides: list[int]) -> int:
    return sum(side != UNNAMED for side in sides)


def test_written_names_do_not_cover_each_other(found):
    table = map_table(found)
    across, up = table["pc1"].to_numpy(), table["pc2"].to_numpy()
    chosen = readable(across, -up, found.emotions, ("calm",))
    assert chosen[found.emotions.index("calm")] and 10 < written(chosen) < 171
    narrow = readable(across, -up, found.emotions, ("calm",), NARROW)
    assert narrow[found.emotions.index("calm")] and written(narrow) < written(chosen), "a phone has room for fewer"
    assert readable(across[:1], up[:1], ["one"]) == [RIGHT]
    assert readable(np.zeros(3), np.zeros(3), ["a", "b", "c"], ("b",)) == [LEFT, RIGHT, UNNAMED]
    # Two points side by side: the left one's name has no room to the right.
    assert readable(np.array([0.0, 0.05, 1.0]), np.zeros(3), ["left", "x", "y"])[0] == LEFT


def test_the_width_that_the_browser_has_chooses_the_names(found):
    spec = component_plane(found, "calm").to_dict()
    names = spec["layer"][-2]

    def texts(width):
        vega = vl_convert.vegalite_to_vega({**spec, "layer": [names], "width": width})
        return vl_convert.vega_to_svg(vega).count("<text")

    assert texts(800) > texts(300), "the filter knows the width"


def test_171_emotions_fit_into_a_matrix_and_a_tree(found, small):
    with alt.data_transformers.enable("default", max_rows=None):
        spec = cosine_chart(found, "calm").to_dict()
    (param,) = [p for p in spec["params"] if p["name"] == "emotion"]
    assert param["select"]["fields"] == ["emotion"]
    assert orders_of(spec) == [[found.emotions[i] for i in found.order]] * 2
    assert "are most alike" in spec["title"]["text"]
    assert "join first" in tree(found, "calm").to_dict()["title"]["text"]
    for chart in (cosine_chart(small, "calm"), tree(small, "calm"), tree(found, "calm")):
        assert chart_bytes(chart, "svg").startswith(b"<svg")


def test_a_matrix_of_few_has_room_beside_long_names():
    spread = random_vectors(("calm", "x" * 100, "bored"), layers=1)
    spread.values[:] = spread.values - spread.values.mean(axis=0)
    few = map_emotions(spread)
    matrix, joined = (chart(few, "calm").to_dict() for chart in (cosine_chart, tree))
    assert matrix["title"]["text"].startswith("No two emotions are alike") and few.cosines[0, 1] < 0
    drawn = vl_convert.vegalite_to_scenegraph({**matrix, "width": 400})
    assert drawn["scenegraph"]["items"][0]["height"] > 120, "three rows, not a strip"
    assert all(layer["encoding"]["y"]["axis"]["labelLimit"] < 150 for layer in matrix["layer"][:1])
    assert joined["height"] >= 220 and joined["layer"][1]["mark"]["limit"] < 150


def test_the_table_holds_what_is_drawn(found):
    table = map_table(found)
    assert list(table["emotion"]) == list(found.emotions) and table["cluster"].min() == 1
    np.testing.assert_array_equal(table["pc2"], found.components.coordinates[:, 1])


def test_charts_of_agreement(found):
    vectors = random_vectors(WORDS[:20], layers=3)
    layers = layer_matrix(compare_layers(vectors))
    assert "Neighbouring layers agree" in layers.to_dict()["title"]["text"]
    few = comparison_chart(compare(vectors, random_vectors(WORDS[:20], 9)))
    assert "do not agree" in few.to_dict()["title"]["text"] or "agree (r" in few.to_dict()["title"]["text"]
    many = comparison_chart(compare(random_vectors(WORDS), random_vectors(WORDS, 5)))
    for chart in (layers, few, many, scree(found)):
        assert chart.to_dict()["description"] and chart_bytes(chart, "svg").startswith(b"<svg")


def test_tables_of_the_charts_of_a_map(found):
    shares = scree_table(found, "calm")
    np.testing.assert_array_equal(shares["share"], found.components.explained)
    assert shares["own"].sum() == pytest.approx(1) and "own" not in scree_table(found, "no such emotion")
    cosines = cosine_table(found)
    i, j = (found.emotions.index(cosines[name][7]) for name in ("emotion", "other"))
    assert len(cosines) == 171**2 and cosines["cosine"][7] == pytest.approx(found.cosines[i, j], abs=6e-4)


def test_the_table_of_two_files_names_the_pair_of_each_cosine():
    first, second = random_vectors(WORDS[:6]), random_vectors(WORDS[:6], 9)
    table = pair_table(compare(first, second))
    i, j = (second.emotions.index(name) for name in table.loc[3, ["emotion", "other"]])
    one = second.values[[i, j], second.selected_layer]
    cosine = one[0] @ one[1] / np.linalg.norm(one[0]) / np.linalg.norm(one[1])
    assert len(table) == 15 and table["second"][3] == pytest.approx(float(cosine), abs=1e-5)


def test_words_of_a_poster_cover_neither_each_other_nor_a_point():
    rng = np.random.default_rng(3)
    points = rng.normal(scale=(300, 200), size=(171, 2))
    sizes = np.column_stack([rng.uniform(25, 90, 171), np.full(171, 14.0)])
    words = moved_apart(points, sizes, points)
    covered = 0
    for i in range(171):
        for j in range(i):
            covered += bool((np.abs(words[i] - words[j]) < (sizes[i] + sizes[j]) / 2 - 0.5).all())
    assert covered == 0
    assert np.median(np.linalg.norm(words - points, axis=1)) < 40, "most stay beside their points"
    alone = np.array([[0.0, 0.0], [500.0, 0.0]])
    above = alone + np.array([0.0, 30.0])
    np.testing.assert_allclose(moved_apart(above, sizes[:2], alone), above, atol=0.01)


def test_crosses_reach_as_far_as_their_caption_says(found):
    spread = np.full((len(found.emotions), 3), 0.1)
    sets = component_plane(found, "afraid", Look(spread=spread)).to_dict()["datasets"].values()
    rows = [row for rows in sets for row in rows if "low" in row]
    assert [row["high"] - row["low"] for row in rows] == pytest.approx([2 * 1.96 * 0.1] * 2)


def test_a_poster_names_every_emotion_and_says_what_is_known(found):
    look = Look(spread=np.full((len(found.emotions), 3), 0.1), place=np.full(len(found.emotions), 0.5))
    svg = chart_bytes(map_poster(found, ["Component 1 follows valence"], look), "svg").decode()
    assert "Component 1 follows valence" in svg
    assert [name for name in found.emotions if f">{name}<" not in svg] == []


def test_the_profile_claims_no_more_than_each_layer_against_the_best_of_shuffled_ratings():
    planted = affective_vectors(WORDS, *circumplex().of(WORDS)).values[:, 0]
    vectors = random_vectors(WORDS, 1, layers=4, width=planted.shape[1])
    values = vectors.values.copy()
    values[:, 1] = values[:, 2] = planted
    profile = layer_profile(replace(vectors, values=values))
    title = profile_chart(profile, None, 1).to_dict()["title"]
    assert title["text"].startswith(
        "The main axis follows valence beyond chance at 2 layers of 4; its |r| is largest at"
    )
    assert "corrected for the layers" in title["text"] and "not tested against each other" in str(title["subtitle"])


def test_the_title_of_an_overlay_says_what_it_was_held_against():
    one, two = random_vectors(WORDS[:20], 1), random_vectors(WORDS[:20], 2)
    same, other = (overlay_chart(overlay(one, side), WORDS[0]).to_dict()["title"]["text"] for side in (one, two))
    assert same.startswith("100% of the first map is reproduced by the second, more than with other names; not held")
    assert other.endswith("by the second, no more than by chance")
