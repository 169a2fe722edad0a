"""Write columns of words, remarks, codes and booleans with known values, and the headers of all columns."""

import random
from collections.abc import Callable

from tests.support.tables.written import Cells, WrittenColumn

WORDS = (
    "Oslo", "Rome", "Paris", "Bergen", "Lyon", "Utah", "Ohio", "Maine", "north", "south", "red", "green",
    "Café Noir", "naïve",
    "Zürich", "São Paulo", "O'Brien", "rock 'n' roll", "AT&T", "C++", "left/right", "in progress",
    "done", "high", "low", "medium",
)  # fmt: skip
FOREIGN = ("Москва", "Αθήνα", "東京", "서울", "القاهرة", "Kraków", "Ångström", "Reykjavík", "Łódź", "Istanbul’da")
LETTERS = {"cp1251": ("Москва", "Казань", "Самара", "Пермь"), "cp1252": ("Zürich", "São Paulo", "Málaga", "Orléans"),
           "cp1250": ("Łódź", "Kraków", "Poznań", "Częstochowa")}  # fmt: skip
PHRASES = ("fine weather", "rain, then sun", "he said \"yes\"", "see page 4; then 5", "a|b", "two\nlines", "tab\there",
           "50 % off, today only", "from 10:30 to 12:00", "#1 of the list", "{\"a\": 1, \"b\": [2, 3]}",
           "http://a.org/x?q=1,2&r=3",
           "=SUM(A1:A3)", "@home", "it's late", "\"quoted\"", "back\\slash", "x;y;z", "1,2 and 3",
           "very small, very old")  # fmt: skip
HEADERS = (
    "name", "city", "state", "price", "amount", "Total sales", "weight", "Größe", "température", "rate",
    "share", "score", "count",
    "Date of entry", "opened", "closed", "status", "remark", "population", "area", "ID number", "value",
    "level", "first name", "año",
    "n", "x", "y", "Region", "year built", "distance", "speed", "colour", "type", "R&D spend",
    "mean (all)", "% change", "#", "lat", "lon",
)  # fmt: skip
BOOLEANS = (("true", "false"), ("TRUE", "FALSE"), ("True", "False"), ("yes", "no"), ("Yes", "No"), ("Y",
"N"), ("t", "f"),
            ("1", "0"), ("1", "0"))  # fmt: skip
ODD_HEADERS = ("total, net", 'said "so"', "two\nlines", "a;b", "semi|pipe", "it's")
Draw = Callable[[random.Random], str]


def headers(rng: random.Random, number: int) -> list[str]:
    """Return unique headers: words, or one word followed by years, dates, numbers, quarters or ranges."""
    chance = rng.random()
    names = rng.sample(HEADERS, number)
    if chance < 0.12 and number > 2:
        start = rng.randint(1990, 2020)
        day = rng.randint(1, 20)
        later: list[list[str]] = [
            [str(start + i) for i in range(number)],
            [f"{start}-01-{day + i:02d}" for i in range(number)],
            [f"1/{day + i}/{start % 100:02d}" for i in range(number)],
            [str(i + 1) for i in range(number)],
            [f"Q{i % 4 + 1} {start + i // 4}" for i in range(number)],
            [f"{i * 10}-{i * 10 + 9}" for i in range(number)],
        ]
        return [rng.choice(("state", "Country/Region", "name")), *rng.choice(later)[: number - 1]]
    if chance < 0.18 and number > 1:
        names[rng.randrange(number)] = rng.choice(ODD_HEADERS)
    return names


def write_text(rng: random.Random, header: str, rows: int, encoding: str) -> WrittenColumn:
    """Return a column of text. The value of each cell is its text."""
    kinds: tuple[tuple[str, Draw], ...] = (
        ("categories", _of(rng.sample(WORDS, rng.randint(2, 6)))),
        ("words", _of(LETTERS.get(encoding, WORDS))),
        ("foreign words", _of(LETTERS.get(encoding, FOREIGN))),
        ("phrases", _of(rng.sample(PHRASES, rng.randint(2, len(PHRASES))))),
        ("numbered", lambda r: f"{r.choice('ABN')}{r.choice(('', '-', '_'))}{r.randrange(1000)}"),
        ("codes with leading zeros", lambda r: f"{r.randrange(1000):05d}"),
        ("codes like exponents", lambda r: f"{r.randrange(10, 1000)}E{r.randrange(10, 1200)}"),
        ("versions", lambda r: f"{r.randrange(10)}.{r.randrange(20)}.{r.randrange(9)}"),
        ("scores", lambda r: f"{r.randrange(6)}-{r.randrange(6)}"),
        ("fractions", lambda r: f"{r.randrange(1, 9)}/{r.randrange(1, 9)}"),
        ("ranges", lambda r: f"{(a := r.randrange(90))}-{a + r.randrange(1, 20)}"),
        ("clock times", lambda r: f"{r.randrange(24):02d}:{r.randrange(60):02d}"),
        ("places", lambda r: f"{r.choice(WORDS)}, {r.choice(('NY', 'CA', 'TX'))}"),
        ("telephones", lambda r: f"+{r.randrange(1, 99)} {r.randrange(100, 999)} {r.randrange(1000, 9999)}"),
        ("long digits", lambda r: str(r.randrange(10**20, 10**24))),
        ("hexadecimal", lambda r: f"{r.randrange(16**8):08x}"),
        ("numbers and words", lambda r: r.choice((str(r.randrange(50)), "many", "few"))),
        ("countries", _of(("DE", "FR", "NA", "ZA", "BW", "SE", "IT"))),
    )
    label, draw = rng.choice(kinds)
    cells = [draw(rng) for _ in range(rows)]
    return WrittenColumn(header, "text", label, Cells(tuple(cells), tuple(cells)))


def write_booleans(rng: random.Random, header: str, rows: int) -> WrittenColumn:
    """Return a column of true and false."""
    pair = rng.choice(BOOLEANS)
    values = [True, False, *(rng.random() < 0.5 for _ in range(rows - 2))]
    return WrittenColumn(header, "boolean", "/".join(pair), Cells(tuple(pair[not v] for v in values), tuple(values)))


def write_empty(header: str, rows: int, marker: str) -> WrittenColumn:
    """Return a column without values."""
    return WrittenColumn(header, "empty", f"no value, written {marker!r}", Cells((marker,) * rows, (None,) * rows))


def _of(choices: tuple[str, ...] | list[str]) -> Draw:
    return lambda rng: rng.choice(choices)
