"""English words: which exist, which parts of speech they can be, and the plural and the singular of nouns.

The words come from lemminflect, which packages the SPECIALIST Lexicon of the US National Library of Medicine. It holds
few abbreviations, so "hwy" and "qty" are no words here.
"""

from collections.abc import Mapping
from functools import cache
from typing import Literal

from lemminflect import getAllInflections, getAllLemmas

PartOfSpeech = Literal["NOUN", "ADJ", "ADV", "VERB", "AUX"]
Number = Literal["singular", "plural", "both"]


def word_set(words: str) -> frozenset[str]:
    """Return the words of a text."""
    return frozenset(words.split())


# Nouns of one form that can be counted: one species, two species.
INVARIANT = word_set("aircraft deer fish headquarters offspring series sheep species")
# Nouns that are not counted, so they take neither "a" nor a plural.
MASS = word_set("""
    advice agriculture alcohol beef biomass caffeine calcium cash chlorophyll cholesterol clothing concrete
    conservation consumption data debt education electricity electronegativity employment energy equipment ethanol
    evidence experience fat fertility fiber fibre flour food freight furniture gasoline gold health honey horsepower
    humidity inflation information knowledge labor labour literacy luggage migration milk money mortality music
    nutrition ozone pay personnel pork poverty power precipitation progress protein radiation rain rainfall rice safety
    salinity sand schooling silver sleep smoking snow snowfall sodium software steel sugar sunshine traffic transport
    turbidity unemployment uptime veal viewership visibility water weather wheat wind work
""")
# Nouns in plural form that name an amount, not a count of things: "the average sales".
AMOUNTS = word_set("""
    assets costs deposits donations dues earnings emissions expenditures expenses exports fees funds imports
    liabilities losses premiums proceeds profits receipts returns revenues royalties sales savings taxes tips wages
    winnings
""")
# Nouns that name what is measured, so that "the lowest" can stand before them. One cannot say "the lowest murder".
MEASURABLE = word_set("""
    acceleration accuracy acid acreage admission age aid albumin alkaloid altitude amount amplitude angle area
    assessment asset attendance average balance benefit bid bill bilirubin birthrate bonus brightness budget calorie
    capacity capital carbohydrate cargo change charge chloride circumference coastline coefficient commission
    compensation concentration conductance content contribution correlation cost count coverage creatinine deadline
    deficit delay demand depth deviation diameter difference diffusion dimension dioxide discount displacement distance
    dividend dosage dose drawdown duration economy elevation emission enrollment enrolment error estimate expectancy
    expenditure expense export exposure fare fee fine flow footage force fraction frequency frontage funding gain girth
    glucose grant gravity growth height hemoglobin hour import incidence income increase index inflow inventory
    ingredient insulin intake intensity interest interval investment latency latitude length level lifespan likelihood
    limit loan longitude loss magnitude margin mark mass maximum mean measure measurement median mileage minimum minute
    month multiplier number odds outflow output oxide pace payment payroll peak penalty percent percentage percentile
    performance period persistence phosphate point population premium pressure prevalence price probability production
    profit proportion pulse quantile quantity quotient radius rain range rank rate rating ratio reading rent reserve
    resistance resonance result return revenue reward runtime salary score second share shortage size skewness slope
    spacing spectrum speed spend spending spread strength stress sulfate sulphate sum supply surface surplus tax
    temperature tenure term thickness throughput tide time tip tonnage total tuition turnout turnover usage value
    variance variation velocity viewership volatility voltage volume wage wait waist warranty waste wavelength wealth
    week weight wheelbase width windspeed wingspan worth year yield
""")
_MEASURING_ENDS = ("ance", "ence", "ency", "ity", "ness")  # acidity, resistance, frequency, roughness
_NOT_MEASURABLE = word_set("""
    ability agency ambulance audience authority celebrity charity city commodity community conference emergency entity
    facility fence identity nationality residence science security sentence sequence university witness
""")
# Things that happen: over whole numbers that add up, a header in the singular counts them ("robbery").
EVENTS = word_set("""
    accident arrest assault attack birth burglary collision complaint conviction crash crime death divorce earthquake
    fatality felony homicide incident injury kidnapping larceny marriage misdemeanor murder offence offense rape
    robbery shooting suicide theft
""")
# Words of headers that the lexicon lacks.
_MORE_NOUNS = word_set("""
    app appraisal capita assist biomass caffeine calorie chlorophyll correlation county creatinine culmen cultivar
    dataset deductible dependency detector dewpoint distributor drivetrain electronegativity ethanol gallery hashtag
    homerun occurrence runtime subcategory survivor timestamp turbidity uptime username viewership website windspeed
""")
_MORE_ADJECTIVES = word_set("non olympic postal sub")
_SIBILANTS = ("s", "x", "z", "ch", "sh")


@cache
def _lemmas(word: str) -> Mapping[str, tuple[str, ...]]:
    """Return the base forms of a lower-case word by part of speech."""
    return getAllLemmas(word) or _more_lemmas().get(word, {})


@cache
def _more_lemmas() -> Mapping[str, Mapping[str, tuple[str, ...]]]:
    nouns = {form: {"NOUN": (noun,)} for noun in _MORE_NOUNS for form in (noun, _regular_plural(noun))}
    return nouns | {word: {"ADJ": (word,)} for word in _MORE_ADJECTIVES}


def parts_of_speech(word: str) -> frozenset[PartOfSpeech]:
    """Return the parts of speech that a lower-case word can be. Empty if the word is unknown."""
    return frozenset(_lemmas(word))  # type: ignore[arg-type]


def base_form(word: str) -> str:
    """Return a noun's singular, else the base form of another word, else the lower-case word itself."""
    lower = word.casefold()
    found = _lemmas(lower)
    if lower in INVARIANT or "NOUN" in found:
        return singular_word(lower)
    return next(iter(found.values()))[0] if found else lower


def is_measurable(noun: str) -> bool:
    """Return whether a noun names what is measured, so that it can be high, low or average: "fare", no "school"."""
    word = singular_word(noun)
    if word in MEASURABLE | MASS | AMOUNTS:
        return True
    return word.endswith(_MEASURING_ENDS) and word not in _NOT_MEASURABLE


def is_participle(word: str) -> bool:
    """Return whether a word is a form of a verb in -ed, -en, -t or -ing, such as "adjusted": not its base form."""
    verbs = _lemmas(word).get("VERB", ())
    return bool(verbs) and word not in verbs and not word.endswith("s")


def grammatical_number(word: str) -> Number | None:
    """Return whether a noun is singular, plural, or can be both ("species"); None for an unknown word or no noun."""
    word = word.lower()
    nouns = _lemmas(word).get("NOUN", ())
    if not nouns:
        return None
    if word in INVARIANT:
        return "both"
    if any(noun != word for noun in nouns):
        return "plural"
    return "plural" if word in AMOUNTS else "singular"


@cache
def plural_word(word: str) -> str:
    """Return the plural of a singular noun. A word that the lexicon does not have gets the regular form."""
    if word in INVARIANT or word in MASS:
        return word
    regular = _regular_plural(word)
    if word != word.lower():
        return regular
    forms = getAllInflections(word, upos="NOUN").get("NNS", ())
    if forms and forms[0] != word:
        return forms[0]
    return regular if not forms or regular in forms else forms[0]


@cache
def singular_word(word: str) -> str:
    """Return the singular of a noun; a singular noun, an abbreviation and an unknown word stay."""
    if word != word.lower() or word in INVARIANT or word in AMOUNTS or word in MASS:
        return word
    nouns = [noun for noun in _lemmas(word).get("NOUN", ()) if noun != word]
    return nouns[0] if nouns else word


def _regular_plural(word: str) -> str:
    if word.endswith("y") and word[-2:-1] not in set("aeiou"):
        return f"{word[:-1]}ies"
    return f"{word}es" if word.endswith(_SIBILANTS) else f"{word}s"
