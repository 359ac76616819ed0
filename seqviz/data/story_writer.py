"""Small English stories whose last sentence can only be finished by remembering the first.

    I grew up in France. The dogs near the old mill were hungry. I bought a red coat. So I speak fluent French.
                 ^^^^^^  |<----------------- the gap, here 2 ------------------>|                      ^^^^^^
                 country                                                                        its language

Every story names one country, and its language exactly once; at times one more sentence follows. Countries are drawn
independently and evenly, so without the opening a language can only be guessed: 1 in 16. The sentences between tell
nothing about the country. How many there are is drawn evenly from none to the `gap` asked for: an LSTM finds the
pairs in the short stories first, then learns to carry them further (from long stories alone a layer of 128 units had
learned nothing after 4,000 steps).

Shorter agreements live inside the sentences: subject and verb over a noun of the other number ("the dogs near the
old mill were"), he and his, they and speak.
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
    "Holland": "Dutch", "Denmark": "Danish", "Sweden": "Swedish", "Norway": "Norwegian", "Hungary": "Hungarian",
    "Greece": "Greek", "Turkey": "Turkish", "Russia": "Russian", "Wales": "Welsh", "Japan": "Japanese",
    "China": "Chinese",
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
_FAMILIES = ("two brothers", "three sisters", "an old aunt", "a kind uncle", "a grey cat", "six goats")
_OPENINGS = (  # the country is always the last word
    "{name} grew up in {country}",
    "{name} {was} born in {country}",
    "{name} once lived in {country}",
    "{name} came from {country}",
    "{name} went to school in {country}",
    "{name} lived with {family} in {country}",
)
_SAME_SENTENCE = (
    " and {speak} {language}.",
    ", so {subject} {speak} {language}.",
    ", so {subject} {speak} fluent {language}.",
    ", so {subject} still {speak} fluent {language}.",
)
_NEW_SENTENCE = (
    "So {subject} {speak} {language}.",
    "So {subject} {speak} fluent {language}.",
    "Today {subject} still {speak} {language}.",
    "Today {subject} still {speak} fluent {language}.",
)
_PLACES = ("market", "station", "river", "library", "harbour", "bakery", "garden", "theatre")
_THINGS = ("a red coat", "a new bike", "a silver key", "a round table", "a paper kite", "a warm loaf", "an old clock")
_FRIENDS = ("the baker", "the teacher", "a sailor", "the doctor", "a painter", "the postman", "an old friend")
_DEEDS = (
    "{Subject} walked to the {place}.",
    "{Subject} bought {thing}.",
    "{Subject} sold {thing}.",
    "{Subject} met {friend}.",
    "{Subject} lost {own} keys.",
    "{Subject} wrote to {own} mother.",
    "{Subject} sang to {own} cat.",
    "{Subject} {was} tired.",
    "{Subject} went home late.",
    "{Friend} gave {object} {thing}.",
)
_ANIMALS = (("dog", "dogs"), ("cat", "cats"), ("horse", "horses"), ("bird", "birds"), ("child", "children"))
_OBJECTS = (("boat", "boats"), ("lamp", "lamps"), ("door", "doors"), ("box", "boxes"), ("cup", "cups"))
_BESIDE = (("the wall", "the walls"), ("the tree", "the trees"), ("the old mill", "the old mills"))
_NEAR = ("near", "behind", "beside")
_ALIVE = ("hungry", "asleep", "quiet", "happy", "tired", "very loud")
_LIFELESS = ("green", "heavy", "broken", "clean", "very old", "made of wood")
_WEATHER = ("It rained all day.", "The snow fell.", "The wind was cold.", "The sun came out.", "It was late.")


class _Writer:
    """Draws every choice from one generator, by `random()` alone: the same seed gives the same text in any Python."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def choose(self, options: Sequence[T]) -> T:
        return options[int(self._random.random() * len(options))]

    def story(self, longest_gap: int) -> str:
        country = self.choose(tuple(LANGUAGES))
        person = self.person()
        gap = self.choose(range(longest_gap + 1))
        opening = self.opening(person, country)
        ending = self.ending(person, LANGUAGES[country], _NEW_SENTENCE if gap else _SAME_SENTENCE)
        epilogue = self.choose((0, 1))
        others = self.fillers(person, gap + epilogue)
        told = [opening + ".", *others[:gap], ending] if gap else [opening + ending]
        return " ".join(told + others[gap:])

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
        form, family = self.choose(_OPENINGS), self.choose(_FAMILIES)
        return form.format(name=person.name, was=person.was, country=country, family=family)

    def ending(self, person: _Person, language: str, forms: Sequence[str]) -> str:
        speak = "speak" + person.ending
        return self.choose(forms).format(subject=person.subject, speak=speak, language=language)

    def fillers(self, person: _Person, number: int) -> list[str]:
        """So many sentences, all different."""
        found: list[str] = []
        while len(found) < number:
            sentence = self.filler(person)
            if sentence not in found:
                found.append(sentence)
        return found

    def filler(self, person: _Person) -> str:
        kind = self.choose(("deed", "deed", "scene", "weather"))
        if kind == "deed":
            return self.deed(person)
        return self.scene() if kind == "scene" else self.choose(_WEATHER)

    def deed(self, person: _Person) -> str:
        friend = self.choose(_FRIENDS)
        return self.choose(_DEEDS).format(
            Subject=person.subject[0].upper() + person.subject[1:],
            object=person.object,
            own=person.own,
            was=person.was,
            place=self.choose(_PLACES),
            thing=self.choose(_THINGS),
            friend=friend,
            Friend=friend[0].upper() + friend[1:],
        )

    def scene(self) -> str:
        """The verb agrees with the subject; half of the time over another noun, of either number."""
        nouns, states = self.choose(((_ANIMALS, _ALIVE), (_OBJECTS, _LIFELESS)))
        plural = self.choose((0, 1))
        place = f" {self.choose(_NEAR)} {self.choose(self.choose(_BESIDE))}"
        where = self.choose(("", place))
        return f"The {self.choose(nouns)[plural]}{where} {('was', 'were')[plural]} {self.choose(states)}."


def write_stories(characters: int = 400_000, gap: int = 1, seed: int = 0) -> str:
    """At least `characters` characters of whole stories, one a line; the same arguments give the same text for ever.

    `gap`: the most sentences between the country and the sentence with its language, about 25 characters each;
    a story has any number from 0 to `gap` of them, evenly.

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
    return " ".join(["I grew up in France.", *writer.fillers(_ME, gap), "So I speak fluent French."])


def dependent_spans(text: str, least_gap: int = 0) -> list[tuple[int, int]]:
    """(start, end) of each language in the text: the words that only the country before can tell.

    `least_gap` leaves out stories with fewer sentences than that between country and language.
    """
    spans = [match.span() for match in _LANGUAGE.finditer(text)]
    if not least_gap:
        return spans
    return [(start, end) for start, end in spans if _gap_before(text, start) >= least_gap]


def _gap_before(text: str, start: int) -> int:
    """Full stops since the story's beginning, less the opening's own."""
    return text.count(". ", text.rfind("\n", 0, start) + 1, start) - 1
