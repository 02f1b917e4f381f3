"""Who the texts are about, and the small things around them that predict nothing."""

from __future__ import annotations

import random

from demo_model.generator.grammar import Cast

SHE, HE = ("she", "her", "her", "herself"), ("he", "him", "his", "himself")
WOMEN = (
    "Ana", "Bea", "Carla", "Dana", "Edith", "Fatima", "Gita", "Hana", "Ines", "Joan", "Kira", "Lena", "Mina",
    "Nora", "Olga", "Paula", "Ruth", "Sofia", "Tara", "Uma", "Vera", "Wendy", "Yara", "Zoe", "Amara", "Brenda",
    "Celia", "Doris", "Emma", "Farah", "Grace", "Helen", "Ivy", "Jana", "Keiko", "Lucia", "Marta", "Nadia",
    "Petra", "Rosa", "Selma", "Thea",
)  # fmt: skip
MEN = (
    "Adam", "Ben", "Carlos", "Dan", "Emil", "Felix", "Gus", "Hugo", "Ivan", "Jonas", "Karl", "Leo", "Milan",
    "Noel", "Oscar", "Pavel", "Ravi", "Sam", "Tariq", "Umar", "Victor", "Walter", "Yusuf", "Zane", "Anton",
    "Bruno", "Cyril", "Dev", "Erik", "Frank", "Gabriel", "Henry", "Ian", "Jakob", "Kofi", "Luis", "Marek",
    "Nils", "Omar", "Peter", "Stefan",
)  # fmt: skip
RELATIVES = (
    "mother", "father", "sister", "brother", "aunt", "uncle", "grandmother", "grandfather", "cousin",
    "daughter", "son", "wife", "husband",
)  # fmt: skip
FRIENDS = (
    "old friend", "neighbor", "best friend", "flatmate", "teacher", "boss", "coach", "doctor", "coworker",
    "team leader", "landlord", "classmate",
)  # fmt: skip
ROOMS = (
    "kitchen", "bedroom", "hallway", "bathroom", "attic", "cellar", "garage", "living room", "office",
    "garden", "balcony", "stairwell",
)  # fmt: skip
TIMES = (
    "this morning", "on Monday", "late in the evening", "after lunch", "just before noon",
    "at the end of the week", "on Sunday", "at dusk", "early in the day", "after work",
    "in the first week of May", "one winter night", "during the break", "on the way home",
)  # fmt: skip
PLACES = (
    "the bus stop", "the library", "the market", "the train", "the school yard", "the beach", "the harbor",
    "the park", "the hospital", "the office", "the supermarket", "the workshop", "the bakery", "the town hall",
    "the swimming pool", "the station", "the café", "the farm", "the museum", "the football field",
    "the car park", "the campsite", "the river", "the corner shop", "the church hall", "the gym",
    "the old bridge", "the laundry room", "the waiting room", "the post office",
)  # fmt: skip
# Planted nulls: drawn independently of everything else, so nothing in a text can follow from them.
NULL_OBJECTS = ("a green umbrella", "a box of chalk", "a brass key ring", "a striped scarf", "a paper map")
NULL_PLACES = ("by the canal", "near the clock tower", "behind the tennis courts", "across from the pharmacy")


def cast(rng: random.Random, person: int | None = None) -> Cast:
    """Draw a main character, a person, a tense and the slots of the others."""
    if person is None:
        person = rng.choices((1, 2, 3), (0.42, 0.13, 0.45))[0]
    is_past = rng.random() < (0.25 if person == 2 else 0.6)
    female = rng.random() < 0.5
    name = rng.choice(WOMEN if female else MEN)
    other_female = rng.random() < 0.5
    other = rng.choice([n for n in (WOMEN if other_female else MEN) if n != name])
    slots = {
        "other": other,
        "kin": rng.choice(RELATIVES),
        "friend": rng.choice(FRIENDS),
        "room": rng.choice(ROOMS),
        "time": rng.choice(TIMES),
        "place": rng.choice(PLACES),
        "object": rng.choice(NULL_OBJECTS),
        "spot": rng.choice(NULL_PLACES),
        "he": ("she" if other_female else "he"),
        "him": ("her" if other_female else "him"),
        "his": ("her" if other_female else "his"),
    }
    return Cast(person, is_past, name, SHE if female else HE, slots)
