"""Characters that several tokens spell are shown whole, once."""

import pytest

from emotion_core.models.encode import spelled
from emotion_core.models.load import load_model


def bytewise(ids):
    return bytes(ids).decode("utf-8", errors="replace")


@pytest.mark.parametrize("text", ["plain", "שלום עולם", "é😱 مرحبا", "a\u200d👩‍🔬b"])
def test_joined_they_give_the_text_and_no_part_of_a_character_is_shown(text):
    ids = list(text.encode())
    found = spelled(bytewise, ids)
    assert len(found) == len(ids) and "".join(found) == text
    assert [one for one in found if one] == list(text)


def test_a_character_stands_at_its_last_token():
    assert spelled(bytewise, list("a😱b".encode())) == ["a", "", "", "", "😱", "b"]


def test_an_unfinished_character_stays_a_replacement_character():
    ids = list("a😱".encode())[:-1]
    assert spelled(bytewise, ids) == ["a", "\ufffd", "\ufffd", "\ufffd"]


def test_a_replacement_character_of_the_text_itself_stops_nothing():
    found = spelled(bytewise, list("\ufffdab".encode()))
    assert found[-2:] == ["a", "b"] and len(found) == 5


def test_tokens_that_end_one_character_and_begin_the_next():
    def decode(ids):
        return b"".join([b"x\xd7", b"\xa9\xd7", b"\x9cy"][i] for i in ids).decode("utf-8", errors="replace")

    assert spelled(decode, [0, 1, 2]) == ["", "", "xשלy"]


def test_the_pieces_of_the_demo_model_give_the_text_again():
    model = load_model("demo", device="cpu")
    text = "Fear: שלום, مرحبا 😱 <b>é</b> and calm."
    encoding = model.encode(text)
    ids = [i for i, content in zip(encoding.ids, encoding.content, strict=True) if content]
    assert "".join(model.pieces(ids)) == text
