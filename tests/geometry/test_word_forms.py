from emotion_core.geometry.norms import circumplex
from emotion_core.geometry.word_forms import ADJECTIVE_OF, borrowed_forms, known_form


def test_every_adjective_is_one_of_the_rated_words():
    assert set(ADJECTIVE_OF.values()) <= set(circumplex().valence)


def test_a_word_stands_for_itself_before_any_other_form():
    assert known_form("calm", {"calm", "calmness"}) == "calm"
    assert known_form("Fear ", {"afraid"}) == "afraid"
    assert known_form("afraid", {"fear"}) == "fear"
    assert known_form("fearful", {"afraid", "fear"}) is None


def test_borrowed_forms_are_said():
    assert borrowed_forms(("fear", "calm", "pride"), {"afraid", "calm"}) == (("fear", "afraid"),)
