"""Files that a visitor brings to Build vectors: columns named on the page, files that leave, names that come twice."""

from typing import Any

from conftest import Open
from page_helpers import texts
from streamlit.testing.v1 import AppTest

ROWS = [(f"The lamp in room {i} goes out.", f"The lamp in room {i} is lit.") for i in range(12)]

OTHER = [(f"He slams door {i}.", f"He shuts door {i}.") for i in range(8)]


def table(header: str, rows: list[tuple[str, str]] = ROWS) -> bytes:
    return (header + "\n" + "".join(f"{a},{b}\n" for a, b in rows)).encode()


def upload(app: AppTest, *files: tuple[str, bytes]) -> AppTest:
    return app.file_uploader(key="prompt_files").set_value([(*file, "text/csv") for file in files]).run()


def box(app: AppTest, label: str) -> Any:
    return next(one for one in app.selectbox if one.label == label)


def in_use(app: AppTest) -> list[str]:
    return [option for one in app.multiselect if one.label == "Files in use" for option in one.options]


def test_columns_that_nobody_knows_are_named_on_the_page_and_kept_in_the_link(open_page: Open) -> None:
    app = upload(open_page("1_Build_vectors", source="Upload"), ("odd.csv", table("dark,bright")))
    assert "wrong columns" in app.error[0].value
    assert not in_use(app), "nothing is read before the visitor has said how"
    box(app, "Positive side").set_value("dark").run()
    box(app, "Negative side").set_value("bright").run()
    next(one for one in app.text_input if one.label == "Name of the emotion").set_value("fear").run()
    assert not app.error
    assert in_use(app) == ["odd"]
    assert "**odd** · fear" in texts(app)
    assert app.query_params["columns"] in ("positive=dark,negative=bright", ["positive=dark,negative=bright"])
    assert app.query_params["called"] in ("fear", ["fear"])
    link = {"columns": "positive=bright,negative=dark", "called": "calm"}
    other = upload(open_page("1_Build_vectors", source="Upload", **link), ("odd.csv", table("dark,bright")))
    assert not other.error
    assert "**odd** · calm" in texts(other)
    assert not app.exception
    assert not other.exception


def test_looking_at_the_columns_of_a_known_layout_changes_nothing(open_page: Open) -> None:
    rows = [(text, emotion) for dark, warm in ROWS for text, emotion in ((dark, "fear"), (warm, "calm"))]
    app = upload(open_page("1_Build_vectors", source="Upload"), ("known.csv", table("text,label", rows)))
    shown = [line for line in texts(app).splitlines() if "Read as" in line]
    next(one for one in app.toggle if one.label.startswith("Say which column")).set_value(True).run()
    assert (box(app, "Text").value, next(o for o in app.selectbox if o.value == "label").label) == ("text", "Emotion")
    assert [line for line in texts(app).splitlines() if "Read as" in line] == shown
    assert in_use(app) == ["known"]
    assert "columns" not in app.query_params
    assert not app.exception


def test_a_removed_file_leaves_and_a_page_switch_removes_none(open_page: Open) -> None:
    a, b = ("fear.csv", table("positive,negative")), ("anger.csv", table("positive,negative", OTHER))
    app = upload(open_page("1_Build_vectors", source="Upload"), a, b)
    assert in_use(app) == ["fear", "anger"]
    upload(app, b)
    assert in_use(app) == ["anger"]
    app.switch_page("pages/6_Glossary.py").run()
    app.switch_page("pages/1_Build_vectors.py").run()
    assert in_use(app) == ["anger"]


def test_a_corrected_file_of_the_same_name_clears_the_error(open_page: Open) -> None:
    bad, good = ("mine.csv", table("positive,negative", [*ROWS, ("a", "")])), ("mine.csv", table("positive,negative"))
    app = upload(open_page("1_Build_vectors", source="Upload"), bad)
    assert "cell is empty" in app.error[0].value
    upload(app, bad, good)
    assert not app.error
    assert in_use(app) == ["mine"]


def test_two_files_of_one_name_are_kept_apart(open_page: Open) -> None:
    files = ("pairs.csv", table("positive,negative")), ("pairs.csv", table("positive,negative", OTHER))
    app = upload(open_page("1_Build_vectors", source="Upload"), *files)
    assert in_use(app) == ["pairs", "pairs (2)"]
    assert "kept apart as pairs (2)" in texts(app).replace("\\", "")


def test_files_that_belong_together_make_one_set(open_page: Open) -> None:
    sides = [("positive.txt", "\n".join(a for a, _ in ROWS)), ("negative.txt", "\n".join(b for _, b in ROWS))]
    app = upload(open_page("1_Build_vectors", source="Upload"), *((name, text.encode()) for name, text in sides))
    assert not app.error
    assert in_use(app) == ["positive+negative"]
    next(one for one in app.text_input if one.label.startswith("Name of the emotion")).set_value("fear").run()
    assert "**positive+negative** · fear" in texts(app).replace("\\", "")


def test_two_files_of_one_name_are_asked_about_under_two_names(open_page: Open) -> None:
    files = [("same.csv", table("positive,negative", rows)) for rows in (ROWS, OTHER)]
    app = upload(open_page("1_Build_vectors", source="Upload"), *files)
    assert in_use(app) == ["same", "same (2)"]
    asked = [one.label for one in app.toggle if one.label.startswith("Say which column")]
    assert [label.replace("\\", "") for label in asked] == [
        "Say which column of same.csv is what",
        "Say which column of same.csv (2) is what",
    ]


def test_files_of_one_emotion_each_are_judged_together(open_page: Open) -> None:
    anger, joy = (("\n".join(f"{a} {b}" for a, b in rows * 4)).encode() for rows in (ROWS, OTHER))
    lines = [b"\n".join(line + b" %d" % i for i, line in enumerate(data.split(b"\n")[:40])) for data in (anger, joy)]
    app = open_page("1_Build_vectors", source="Upload")
    files = [(name, data, "text/plain") for name, data in zip(("anger.txt", "joy.txt"), lines, strict=True)]
    app.file_uploader(key="prompt_files").set_value(files).run()
    said = texts(app)
    assert said.count("the rule finds d") == 1 and "can be tested by itself" not in said
    app.file_uploader(key="prompt_files").set_value(files[:1]).run()
    assert "there is nothing to compare with" in texts(app)


def test_two_spellings_of_an_emotion_in_two_files_are_one_and_said(open_page: Open) -> None:
    rows = [(a, "Fear") for a, _ in ROWS], [(a, "fear") for a, _ in OTHER] + [(b, "calm") for _, b in OTHER]
    names = ("first.csv", "second.csv")
    app = upload(
        open_page("1_Build_vectors", source="Upload"),
        *((name, table("text,emotion", one)) for name, one in zip(names, rows, strict=True)),
    )
    assert "The emotion 'fear' is read as 'Fear'" in texts(app)


def test_a_fault_in_the_written_table_names_its_row_there(open_page: Open) -> None:
    app = open_page("1_Build_vectors", source="Write here")
    content = app.session_state["written content"].copy()
    content.loc[1] = ["", "", "", ""]
    content.loc[3, "negative"] = ""
    app.session_state["written content"] = content
    app.switch_page("pages/6_Glossary.py").run()
    app.switch_page("pages/1_Build_vectors.py").run()
    (error,) = app.error
    assert "the table, row 4" in error.value and "written-here" not in error.value
