"""Invented names. Given and family names are made up from parts; none is meant to be a real player's."""

from __future__ import annotations

import unicodedata

import numpy as np

_GIVEN = """
Abram Adley Alder Amari Anselm Arden Aubrey Bastian Baylor Benno Brannon Brecken Calder Callum Camden Caspian
Cassius Cedric Cillian Corwin Cyrus Dacian Darnell Dashiell Davion Deacon Delroy Demetri Denzel Desmond Dorian
Eamon Edric Elian Emeric Enzo Ephraim Ezekiel Fabian Finnian Flynn Gideon Graham Griffin Hakeem Harlan Hollis
Idris Ignatius Isandro Jabari Jareth Jericho Joaquin Jorah Jovan Kasper Keanan Kelvin Kendrick Killian Lachlan
Lamar Leander Lorcan Lucian Magnus Malachi Marlon Mattias Merrick Micah Nasir Nestor Nikolas Octavian Omari
Orson Osric Pascal Percival Phineas Quentin Quillon Rafferty Raheem Ramiro Remy Rhys Roderick Roscoe Rufus
Samson Santino Severin Silas Soren Stellan Tariq Tavish Thaddeus Tobias Torin Ulric Umar Valen Vaughn Vidal
Wendell Wilder Xander Yannick Yusef Zander Zephyr
"""
_STEMS = """
Alder Ambler Barn Beck Birch Black Bram Briar Cald Carr Cinder Clay Crest Dray Dun Elder Elm Ever Fair Fallow
Fen Flint Gale Garr Glen Gold Green Grim Harr Hawk Hazel Heath Holl Iron Kel Kest Lark Lind Lock Marr Mill Moss
Nether North Oaken Pem Pike Quill Raven Red Rook Sable Sedge Shaw Silver Stone Storm Thistle Thorn Under Vale
Wex Whit Wild Winter Wolds Yarrow
"""
_ENDINGS = """
beck bourne bridge combe croft dale fell garth grove holm mere moor ridge stead thwaite wick wold worth
"""
_ACCENTED = (
    ("Emre", "Şengülmez"),
    ("Jürgen", "Wägnerholt"),
    ("Matej", "Dončarević"),
    ("Tomáš", "Říhákovec"),
    ("Łukasz", "Wieczorłowski"),
    ("Søren", "Ødegårdsen"),
    ("Žygimantas", "Valantelaitis"),
    ("José", "Ibáñezal"),
    ("Théo", "Lefèvrin"),
    ("Đorđe", "Stanković-Mrak"),
    ("Nuño", "Peñarrocha"),
    ("D'Angelo", "O'Marrick"),
    ("Aleksandr", "Bellweather-Okoye"),
)
_SUFFIXES = ("Jr.", "III", "Jr.", "II", "IV", "Sr.")
_UNFOLDED = str.maketrans({"ł": "l", "ø": "o", "đ": "d", "ı": "i", "ß": "ss", "æ": "ae"})


def lookup_of(name: str) -> str:
    """Return a name's ``player_lookup``: lower case, accents folded, no separators, suffix kept."""
    folded = unicodedata.normalize("NFKD", name.lower().translate(_UNFOLDED))
    return "".join(char for char in folded if char.isascii() and char.isalnum())


def invent_names(rng: np.random.Generator, count: int) -> list[str]:
    """Return ``count`` names with distinct lookups; the first ones carry accents, some carry a suffix."""
    givens = _GIVEN.split()
    families = [stem + ending for stem in _STEMS.split() for ending in _ENDINGS.split()]
    names: list[str] = []
    taken: set[str] = set()

    def take(name: str) -> None:
        lookup = lookup_of(name)
        if lookup not in taken and len(names) < count:
            taken.add(lookup)
            names.append(name)

    for given, family in _ACCENTED:
        take(f"{given} {family}")
    while len(names) < count:
        given = givens[int(rng.integers(len(givens)))]
        family = families[int(rng.integers(len(families)))]
        suffix = f" {_SUFFIXES[int(rng.integers(len(_SUFFIXES)))]}" if rng.random() < 0.05 else ""
        take(f"{given} {family}{suffix}")
    rng.shuffle(names)
    return names
