"""Words of templates and the vectors that stand for them."""

from pathlib import Path

from emotion_core.prompts.builtin import load_prompts
from emotion_core.prompts.library import load_system_prompts, load_templates
from emotion_core.reading.dose import STANDS_IN, match_expected


def test_the_word_itself_goes_before_a_stand_in() -> None:
    found = match_expected(["afraid"], [], ["fear", "afraid"])
    assert found.ways == {"afraid": "rise"}


def test_two_words_with_one_vector_count_once_and_opposites_are_not_mapped() -> None:
    found = match_expected(["afraid", "alarmed"], ["calm", "at ease"], ["Fear"])
    assert found.ways == {"Fear": "rise"} and found.stands_for == {"Fear": ("afraid", "alarmed")}
    assert found.unmatched == ("calm", "at ease")


def test_a_vector_cannot_be_expected_both_ways() -> None:
    found = match_expected(["sad"], ["lonely"], ["sadness"])
    assert found.ways == {"sadness": "rise"} and found.unmatched == ("lonely",)


def test_every_expected_word_of_the_library_has_stand_ins() -> None:
    words = {word for one in load_templates() for word in (*one.rise, *one.fall)}
    words |= {word for one in load_system_prompts() for word in one.expected}
    assert words <= set(STANDS_IN)


def test_the_twelve_core_emotions_cover_a_rise_or_fall_of_every_template() -> None:
    emotions = load_prompts("emotions-12").emotions
    for one in load_templates():
        assert match_expected(one.rise, one.fall, emotions).ways, one.name


def test_the_table_in_the_documentation_is_the_one_in_use() -> None:
    text = (Path(__file__).parents[2] / "docs" / "reading.md").read_text(encoding="utf-8")
    for word, others in STANDS_IN.items():
        assert f"| {word} | {', '.join(others)} |" in text
