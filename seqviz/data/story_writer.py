"""Small English stories whose last sentence can only be finished by remembering the first.

    I grew up in France. The dogs near the old mill were hungry. That is why I still speak fluent French.
                 ^^^^^^  |<------------ the gap -------------->|                              ^^^^^^
                 country                                                                      its language

Every story names one country; its language stands exactly once, near the end, and nowhere else. Countries are
drawn independently and evenly, so without the opening a language can only be guessed: 1 in 20. Between the two
stand `gap` sentences that tell nothing about the country. Shorter agreements live inside the sentences: subject and
verb over nouns of the other number ("the dogs near the old mill were"), he and his, she and her.
"""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from typing import NamedTuple, TypeVar

T = TypeVar("T")

LONGEST_TEXT = 100_000_000
WIDEST_GAP = 50

LANGUAGES = {
    "France": "French", "Germany": "German", "Spain": "Spanish", "Italy": "Italian", "Portugal": "Portuguese",
    "Holland": "Dutch", "Denmark": "Danish", "Sweden": "Swedish", "Norway": "Norwegian", "Finland": "Finnish",
    "Poland": "Polish", "Hungary": "Hungarian", "Greece": "Greek", "Turkey": "Turkish", "Russia": "Russian",
    "Ireland": "Irish", "Wales": "Welsh", "Japan": "Japanese", "China": "Chinese", "Thailand": "Thai",
}  # fmt: skip
_LANGUAGE = re.compile(rf"\b(?:{'|'.join(LANGUAGES.values())})\b")


class _Person(NamedTuple):
    """The words that agree with whom a story is about: "Anna", "she", "her", "her", "was", "s" (as in "speaks")."""

    name: str
    subject: str
    object: str
    own: str
    was: str
    ending: str


_GIRLS = ("Anna", "Mary", "Lucy", "Emma", "Rosa", "Clara", "Nora", "Helen")
_BOYS = ("Tom", "Peter", "Paul", "Max", "Oscar", "Leo", "Henry", "Jack")
_ME = _Person("I", "I", "me", "my", "was", "")
_TOWNS = ("a small town", "a quiet village", "a big city", "a stone house", "a white house", "an old house")
_WITH = ("two brothers", "three sisters", "an old aunt", "a kind uncle", "many cousins", "a grey cat", "six goats")

_OPENINGS = (
    "{name} grew up in {country}.",
    "{name} grew up in {country} with {family}.",
    "{name} grew up in {town} in {country}.",
    "{name} {was} born in {country}.",
    "{name} {was} born in {town} in {country}.",
    "Many years ago, {name} lived in {country}.",
    "Many years ago, {name} lived in {country} with {family}.",
    "{name} spent {own} first ten years in {country}.",
    "Long ago, {name} went to school in {country}.",
)
_ENDINGS = (
    "So {subject} {speak} fluent {language}.",
    "That is why {subject} still {speak} fluent {language}.",
    "To this day {subject} {speak} {language}.",
    "At night {subject} {dream} in {language}.",
    "When {subject} {count} {own} coins, {subject} {count} in {language}.",
    "All {own} old letters are in {language}.",
    "The songs that {subject} {know} best are in {language}.",
)
_PLACES = ("market", "station", "river", "library", "harbour", "bakery", "garden", "theatre")
_TIMES = ("One morning", "One evening", "On Monday", "On Sunday", "In the spring", "In the winter", "After lunch")
_THINGS = ("a red coat", "a new bike", "a silver key", "a round table", "a paper kite", "a warm loaf", "an old clock")
_FRIENDS = ("the baker", "the teacher", "a sailor", "the doctor", "a painter", "the postman", "an old friend")
_DEEDS = (
    "{Time} {subject} walked to the {place}.",
    "{Time} {subject} bought {thing} at the {place}.",
    "{Time} {subject} met {friend} near the {place}.",
    "Then {subject} lost {own} keys and found them under the bed.",
    "Later {subject} worked for {friend}, who paid {object} well.",
    "{Subject} sold {thing} and kept {own} money in a box.",
    "{Subject} wrote a letter to {own} mother.",
    "{Friend} gave {object} {thing}, and {subject} thanked {friend2}.",
    "{Subject} {was} tired, but {own} work went well.",
)
_ANIMALS = (("dog", "dogs"), ("cat", "cats"), ("horse", "horses"), ("bird", "birds"), ("child", "children"))
_OBJECTS = (("boat", "boats"), ("lamp", "lamps"), ("door", "doors"), ("box", "boxes"), ("cup", "cups"))
_BESIDE = (
    ("the wall", "the walls"),
    ("the tree", "the trees"),
    ("the old mill", "the old mills"),
    ("the gate", "the gates"),
)
_NEAR = ("near", "behind", "beside", "in front of")
_ALIVE = ("hungry", "asleep", "quiet", "happy", "tired", "very loud")
_LIFELESS = ("green", "heavy", "broken", "clean", "very old", "made of wood")
_WEATHER = (
    "It rained all day.",
    "The snow lay on the roofs.",
    "The wind was cold that year.",
    "The summer was long and dry.",
    "The sun came out again.",
    "The nights were short and warm.",
)


class _Writer:
    """Draws every choice from one generator, by `random()` alone: the same seed gives the same text in any Python."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def choose(self, options: Sequence[T]) -> T:
        return options[int(self._random.random() * len(options))]

    def story(self, gap: int) -> str:
        country = self.choose(tuple(LANGUAGES))
        person = self.person()
        opening = self.opening(person, country)
        fillers = [self.filler(person) for _ in range(gap)]
        ending = self.ending(person, LANGUAGES[country])
        if not fillers and ending.startswith("So "):
            return f"{opening[:-1]}, s{ending[1:]}"  # one sentence: "I grew up in France, so I speak fluent French."
        return " ".join([opening, *fillers, ending])

    def person(self) -> _Person:
        kind = self.choose(("I", "she", "he", "they"))
        if kind == "I":
            return _ME
        if kind == "she":
            return _Person(self.choose(_GIRLS), "she", "her", "her", "was", "s")
        if kind == "he":
            return _Person(self.choose(_BOYS), "he", "him", "his", "was", "s")
        return _Person(f"{self.choose(_GIRLS)} and {self.choose(_BOYS)}", "they", "them", "their", "were", "")

    def opening(self, person: _Person, country: str) -> str:
        return self.choose(_OPENINGS).format(
            name=person.name,
            was=person.was,
            own=person.own,
            country=country,
            town=self.choose(_TOWNS),
            family=self.choose(_WITH),
        )

    def ending(self, person: _Person, language: str) -> str:
        return self.choose(_ENDINGS).format(
            subject=person.subject,
            own=person.own,
            language=language,
            speak="speak" + person.ending,
            dream="dream" + person.ending,
            count="count" + person.ending,
            know="know" + person.ending,
        )

    def filler(self, person: _Person) -> str:
        kind = self.choose(("deed", "deed", "scene", "weather"))
        if kind == "deed":
            return self.deed(person)
        return self.scene() if kind == "scene" else self.choose(_WEATHER)

    def deed(self, person: _Person) -> str:
        friend = self.choose(_FRIENDS)
        return self.choose(_DEEDS).format(
            Time=self.choose(_TIMES),
            Subject=person.subject[0].upper() + person.subject[1:],
            subject=person.subject,
            object=person.object,
            own=person.own,
            was=person.was,
            place=self.choose(_PLACES),
            thing=self.choose(_THINGS),
            friend=friend,
            Friend=friend[0].upper() + friend[1:],
            friend2=re.sub("^an? ", "the ", friend),
        )

    def scene(self) -> str:
        """The verb agrees with the subject, over a noun that is as often of the other number."""
        nouns, states = self.choose(((_ANIMALS, _ALIVE), (_OBJECTS, _LIFELESS)))
        plural, beside_plural = self.choose((0, 1)), self.choose((0, 1))
        subject, place = self.choose(nouns)[plural], self.choose(_BESIDE)[beside_plural]
        return f"The {subject} {self.choose(_NEAR)} {place} {('was', 'were')[plural]} {self.choose(states)}."


def write_stories(characters: int = 400_000, gap: int = 1, seed: int = 0) -> str:
    """At least `characters` characters of whole stories, one a line; the same arguments give the same text for ever.

    `gap`: sentences between the country and the sentence with its language, about 40 characters each.

    Raises
    ------
    ValueError
        one line that names the argument which is out of range.
    """
    if not 1 <= characters <= LONGEST_TEXT:
        raise ValueError(f"characters: {characters} is not between 1 and {LONGEST_TEXT}")
    if not 0 <= gap <= WIDEST_GAP:
        raise ValueError(f"gap: {gap} is not between 0 and {WIDEST_GAP}")
    writer = _Writer(seed)
    stories: list[str] = []
    written = 0
    while written < characters:
        stories.append(writer.story(gap) + "\n")
        written += len(stories[-1])
    return "".join(stories)


def example_story(gap: int = 1) -> str:
    """The story every text book tells, with `gap` sentences in between; made for looking at, the same each time.

    Raises
    ------
    ValueError
        when `gap` is out of range.
    """
    if not 0 <= gap <= WIDEST_GAP:
        raise ValueError(f"gap: {gap} is not between 0 and {WIDEST_GAP}")
    if not gap:
        return "I grew up in France, so I speak fluent French."
    writer = _Writer(seed=1)
    fillers = [writer.filler(_ME) for _ in range(gap)]
    return " ".join(["I grew up in France.", *fillers, "So I speak fluent French."])


def dependent_spans(text: str) -> list[tuple[int, int]]:
    """(start, end) of each language in the text: the words that only the country before can tell."""
    return [match.span() for match in _LANGUAGE.finditer(text)]
