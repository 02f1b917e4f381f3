"""Emotions held on the map, and names in links, whatever stands in the names."""

import pytest
from streamlit.testing.v1 import AppTest

from ui.fields import names_of_text, names_to_text

ODD = ["calm, at ease", "100% sure", "a%2Cb", "plus + and", "מלנכוליה", ",", "%"]


def test_names_come_back_as_they_were() -> None:
    assert names_of_text(names_to_text(ODD)) == ODD
    assert names_to_text(["fear", "at ease"]) == "fear,at ease" and names_of_text("") == []
    assert names_of_text("fear,,50% sure") == ["fear", "", "50% sure"], "links made by hand"


def _held_page() -> None:
    import streamlit as st

    from ui.map.data import keep_held, kept_held, read_map_link, toggle_held

    odd = ["calm, at ease", "100% sure", "calm", "at ease"]
    read_map_link()
    kept_held(odd)
    st.multiselect("Held", odd, key="map_held", on_change=keep_held)
    for name in odd:
        st.button(name, key=name, on_click=toggle_held, args=(name,))


@pytest.mark.parametrize("by", ["button", "box"])
def test_a_held_name_with_a_comma_is_in_the_link_and_stays_over_pages(by: str) -> None:
    app = AppTest.from_function(_held_page, default_timeout=60).run()
    chosen = ["calm, at ease", "100% sure"]
    if by == "box":
        app.multiselect(key="map_held").set_value(chosen).run()
    else:
        for name in chosen:
            app.button(key=name).click().run()
    assert app.multiselect(key="map_held").value == chosen
    again = AppTest.from_function(_held_page, default_timeout=60)
    for key, value in app.query_params.items():
        again.query_params[key] = value
    assert again.run().multiselect(key="map_held").value == chosen
    again.button(key="100% sure").click().run()
    assert again.multiselect(key="map_held").value == ["calm, at ease"]
