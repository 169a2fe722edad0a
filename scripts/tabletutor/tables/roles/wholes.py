"""Words that name a whole: "Total", "Both sexes", "United States" among its states."""

import re
from collections.abc import Sequence

# A value that can mean nothing but a whole.
_GROUPS = (
    "ages?|sexes|genders?|races|persons|people|causes|regions|states|countries|counties|groups|types|categories|industries|"
    "occupations|students|grades|areas|items|products|sectors|classes|years|months|ethnicities|households|levels|offenses|"
    "crimes|cases|deaths|sizes|values|departments|districts|schools|origins|nationalities|religions|fuels|sources|modes"
)
_WHOLE = re.compile(
    rf"(?:grand |sub|sub-)?totals?(?:\s*[,:(-].*)?|.+[ ,]totals?|total (?:{_GROUPS}|population)|all|overall|nationwide|"
    rf"all (?!other)(?:\w+ )?(?:{_GROUPS})(?: .*)?|all(?: \w+)? combined|combined|(?:{_GROUPS}) combined|"
    r"both (?:sexes|genders)(?: .*)?",
    re.IGNORECASE,
)
_ALIASES = {
    **dict.fromkeys(("usa", "us", "u.s.", "united-states-of-america", "national", "nation"), "united-states"),
    **dict.fromkeys(("the-world", "global", "worldwide"), "world"),
    **dict.fromkeys(("uk", "great-britain"), "united-kingdom"),
    "russian-federation": "russia",
    **dict.fromkeys(("annual", "full-year", "yearly", "whole-year", "ann"), "year"),
}
# Some parts of each whole. A quarter of the other values, and some of them, must be among the parts.
_PARTS = {
    "united-states": (
        "alabama alaska arizona arkansas california colorado connecticut delaware florida georgia hawaii idaho "
        "illinois indiana iowa kansas kentucky louisiana maine maryland massachusetts michigan minnesota "
        "mississippi missouri montana nebraska nevada new-hampshire new-jersey new-mexico new-york north-carolina "
        "north-dakota ohio oklahoma oregon pennsylvania rhode-island south-carolina south-dakota tennessee texas "
        "utah vermont virginia washington west-virginia wisconsin wyoming northeast midwest south west"
    ),
    "canada": "ontario quebec manitoba alberta saskatchewan british-columbia nova-scotia new-brunswick",
    "australia": "victoria queensland tasmania new-south-wales south-australia western-australia",
    "germany": "bayern hessen sachsen bavaria hesse saxony berlin hamburg bremen",
    "united-kingdom": "england scotland wales northern-ireland",
    "russia": (
        "altai-krai altai-republic amur-oblast arkhangelsk-oblast astrakhan-oblast bashkortostan belgorod-oblast "
        "bryansk-oblast buryatia chechnya chelyabinsk-oblast chuvashia dagestan irkutsk-oblast ivanovo-oblast "
        "kalmykia kaluga-oblast kamchatka-krai karelia kemerovo-oblast khabarovsk-krai kirov-oblast komi "
        "kostroma-oblast krasnodar-krai krasnoyarsk-krai kurgan-oblast kursk-oblast leningrad-oblast lipetsk-oblast "
        "magadan-oblast moscow moscow-oblast murmansk-oblast novgorod-oblast novosibirsk-oblast omsk-oblast "
        "orenburg-oblast penza-oblast perm-krai pskov-oblast rostov-oblast ryazan-oblast samara-oblast saratov-oblast "
        "smolensk-oblast tambov-oblast tatarstan tomsk-oblast tula-oblast tver-oblast tyumen-oblast vologda-oblast "
        "voronezh-oblast yaroslavl-oblast"
    ),
    "world": "africa asia europe oceania americas north-america south-america latin-america",
    "year": (
        "january february march april may june july august september october november december "
        "jan feb mar apr jun jul aug sep oct nov dec q1 q2 q3 q4"
    ),
    "both": "male female men women males females boys girls m f urban rural",
}
MIN_PARTS = 2
MIN_STATES = 8  # names such as "Georgia" and "South" occur elsewhere
PART_SHARE = 0.25
CODE_LENGTH = 4


def is_whole(value: str, values: Sequence[str]) -> bool:
    """Return whether a value can mean nothing but a whole. "ALL" among other codes of three letters is a code."""
    text = value.strip()
    if _WHOLE.fullmatch(text) is None:
        return False
    others = [other for other in values if other != value]
    codes = sum(1 for other in others if len(other) == len(text) and other.isupper())
    return not (text.isupper() and len(text) <= CODE_LENGTH and codes >= len(others) / 2)


def is_whole_of(value: str, values: Sequence[str]) -> bool:
    """Return whether a value names a country, the world or a year, and other values are its parts."""
    name = _key(value)
    parts = _PARTS.get(_ALIASES.get(name, name), "").split()
    if not parts:
        return False
    others = {_key(other) for other in values if other != value}
    found = len(others & set(parts))
    needed = MIN_STATES if "alabama" in parts else MIN_PARTS
    return found >= needed and found >= PART_SHARE * len(others)


def _key(value: str) -> str:
    return "-".join(value.casefold().split())
