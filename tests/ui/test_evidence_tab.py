"""The held-out tab of Explore: confounds at once, methods and sizes at a click, own contrasts from a file."""

from page_helpers import button, done, texts

OWN = b"""emotion,positive,negative
rain,The rain fell hard on the roof all night.,The sun lay warm on the roof all day.
rain,Wet boots stood in the hall.,Dry boots stood in the hall.
rain,She closed her umbrella.,She closed her parasol.
rain,The gutters ran over.,The gutters were dry.
"""


def test_confounds_stand_there_without_a_click(open_page, until):
    app = until(open_page("2_Explore_emotions"), done)
    assert "The fear direction" in texts(app) and "The vector lies along" in texts(app)
    assert {"arousal", "threat", "place", "negative"} <= set(contrasts(app))


def test_a_contrast_from_a_file_is_tested_too(open_page, until):
    app = until(open_page("2_Explore_emotions"), done)
    uploader = next(one for one in app.get("file_uploader") if one.key == "confound_files")
    uploader.upload("rain.csv", OWN, "text/csv").run()
    until(app, lambda app: "rain" in contrasts(app), 300)
    assert "With these contrasts counted too" in texts(app)
    uploader = next(one for one in app.get("file_uploader") if one.key == "confound_files")
    uploader.upload("bad.csv", b"one,two\n1,2\n", "text/csv").run()
    assert app.error and not app.exception


def test_methods_and_sizes(open_page, until):
    app = until(open_page("2_Explore_emotions"), done)
    button(app, "Compare methods").click().run()
    until(app, lambda app: "ways of making the vector" in texts(app), 400)
    button(app, "Follow it").click().run()
    until(app, lambda app: "How near two directions" in texts(app), 400)
    assert not app.exception


def test_a_direction_taken_out_gives_a_set_for_every_page(open_page, until):
    app = until(open_page("2_Explore_emotions"), done)
    app.multiselect(key="against").select("confound-threat").run()
    button(app, "Take them out").click().run()
    until(app, lambda app: "Without threat" in texts(app), 400)
    assert "before" in texts(app) and "cosine" in texts(app)
    button(app, "Work with these").click().run()
    until(app, done)
    assert not app.exception
    label = next(one for one in app.selectbox if one.key == "vectors")
    assert "without threat" in label.format_func(label.value)


def contrasts(app) -> list[str]:
    return [name for one in app.dataframe if "contrast" in one.value for name in one.value["contrast"]]
