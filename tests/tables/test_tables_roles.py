"""The roles of columns: headers and values as they occur in the wild."""

from itertools import cycle, islice

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tabletutor.config.tables import TablesConfig
from tabletutor.records.table import Role
from tabletutor.tables.kinds import Column, convert, examine
from tabletutor.tables.roles.finding import Finding
from tabletutor.tables.roles.infer import infer_roles
from tabletutor.tables.roles.levels import find_order, orders
from tabletutor.tables.roles.lexicon import NUMBER_CONCEPTS, TEXT_CONCEPTS, lexicon
from tabletutor.tables.roles.lists import list_separator
from tabletutor.tables.roles.repeated import REPEATED

ROWS = 60
MARKERS = TablesConfig().missing_markers
Case = tuple[str, Role, list[str]]


def column(header: str, cells: list[str]) -> Column:
    series = pl.Series(cells, dtype=pl.String)
    return convert(series, examine(series, header, MARKERS), comma_decimal=False)


def found(header: str, cells: list[str], **beside: list[str]) -> Finding:
    """Return the finding for a column, with the columns `beside` it in the table."""
    return infer_roles([column(header, cells), *(column(name, values) for name, values in beside.items())])[0]


def ints(low: int, high: int, rows: int = ROWS) -> list[str]:
    """Return whole numbers from a range, spread evenly, in a mixed order and with both ends."""
    step = (high - low) / (rows - 1)
    return [str(round(low + step * ((i * 37) % rows))) for i in range(rows)]


def floats(low: float, high: float, rows: int = ROWS) -> list[str]:
    step = (high - low) / (rows - 1)
    return [f"{low + step * ((i * 37) % rows):.3f}" for i in range(rows)]


def skewed(high: int, rows: int = ROWS) -> list[str]:
    """Return counts as they usually are: many small ones, a few large ones, some of them 0."""
    return [str(int(high * ((i * 37) % rows / (rows - 1)) ** 8)) for i in range(rows)]


def of(*values: str, rows: int = ROWS) -> list[str]:
    """Return these values in turn."""
    return list(islice(cycle(values), rows))


def each(pattern: str, rows: int = ROWS) -> list[str]:
    """Return a different text in each row."""
    return [pattern.format(1000 + (i * 37) % rows) for i in range(rows)]


NAMES = ["Amy", "Bo", "Cleo", "Dan", "Eve", "Flo", "Gus", "Hal", "Ida", "Jon", "Kim", "Lee", "Max", "Nan", "Otto"]
PEOPLE = [f"{first} {last}" for first in NAMES for last in ("Stone", "Baker", "Hill", "Reed")]
SENTENCES = [f"The {name} came late to the meeting on a rainy day and left early." for name in PEOPLE]

NUMBERS: list[Case] = [
    ("Rank 2021", "ordinal", ints(1, 180)),
    ("first_down", "additive", ints(191, 444)),
    ("pass_fd", "additive", ints(96, 293)),
    ("LowQualFinSF", "intensive", ints(0, 572)),
    ("TotalBsmtSF", "intensive", ints(0, 6110)),
    ("sat_fat", "intensive", floats(0, 47)),
    ("total_carb", "intensive", ints(0, 156)),
    ("calories", "intensive", ints(20, 2430)),
    ("pan_day", "date_part", ints(4, 107)),
    ("viewers_7day", "intensive", floats(2, 16)),
    ("TimeMin", "duration", floats(9, 237)),
    ("Humidity3pm", "intensive", ints(3, 100)),
    ("pacu30min_pain", "ordinal", ints(0, 10)),
    ("wind_dir", "code", ints(0, 360)),
    ("avg_wind_direction", "code", floats(0, 359)),
    ("wdir", "code", ints(0, 360)),
    ("heading_deg", "code", ints(0, 360)),
    ("Wind Direction_avg", "code", ints(0, 360)),
    ("direction_change", "intensive", floats(-3, 9)),
    ("aspect", "code", ints(0, 360)),
    ("aspect_ratio", "intensive", floats(1, 3)),
    ("bearing", "intensive", floats(1, 9)),
    ("progrec", "intensive", skewed(2380)),
    ("trim", "category", [*of("Base Coupe", rows=16), *each("Trim {}", rows=20), *of("Sedan", rows=8)]),
    ("DistanceFromHome", "intensive", ints(1, 29)),
    ("episode", "ordinal", ints(1, 18)),
    # Measures that add up
    ("quantity", "additive", ints(1, 30)),
    ("Qty", "additive", ints(1, 30)),
    ("num_orders", "additive", skewed(90)),
    ("n_employees", "additive", skewed(900)),
    ("# of rooms", "additive", ints(1, 30)),
    ("Number of Chargers", "additive", skewed(12)),
    ("contact_number", "additive", skewed(1160) * 3),
    ("num_of_households", "additive", ints(400, 90000)),
    ("count", "additive", skewed(400)),
    ("Freq", "additive", ints(3, 300)),
    ("population", "additive", ints(40_000, 9_000_000)),
    ("pop", "additive", ints(40_000, 9_000_000)),
    ("Deaths", "additive", skewed(4000)),
    ("violent_crime", "additive", ints(300, 90_000)),
    ("motor_vehicle_theft", "additive", ints(300, 90_000)),
    ("candidatevotes", "additive", ints(300, 90_000)),
    ("totalvotes", "additive", ints(300, 90_000)),
    ("Cost Total $", "additive", skewed(9000)),
    ("acquisition_cost", "additive", floats(9, 900)),
    ("revenue_usd", "additive", floats(9, 900)),
    ("Amt Paid", "additive", floats(9, 900)),
    ("salary", "additive", ints(20_000, 90_000)),
    ("total price", "additive", floats(9, 900)),
    ("Sales", "additive", ints(3, 900)),
    ("GDP", "additive", ints(3000, 900_000)),
    ("precipitation", "additive", floats(0, 40)),
    ("distance_km", "additive", floats(1, 90)),
    ("AcresBurned", "additive", skewed(90_000)),
    ("net_generation", "additive", ints(1000, 90_000)),
    ("Area (sq. mi.)", "additive", ints(100, 900_000)),
    ("Petitions Received", "additive", ints(40, 900)),
    ("Respites", "additive", ints(0, 57)),
    ("Pardons", "additive", ints(6, 424)),
    ("SibSp", "additive", of("0", "0", "0", "1", "2", "8")),
    ("seats", "additive", ints(2, 400)),
    ("goals", "additive", skewed(30)),
    ("listings", "additive", ints(100, 9000)),
    ("beef", "additive", floats(300, 2000)),
    ("2009", "additive", skewed(90_000)),
    ("daily_views", "additive", skewed(90_000)),
    ("Fare", "additive", floats(4, 500)),
    # Measures that do not
    ("Rate", "intensive", floats(8, 300)),
    ("Age-adjusted Death Rate", "intensive", floats(8, 300)),
    ("unemploymentRate", "intensive", floats(2, 11)),
    ("Literacy (%)", "intensive", floats(20, 100)),
    ("pct_female", "intensive", floats(20, 80)),
    ("percwhite", "intensive", floats(20, 80)),
    ("percentOfStudentsGrant", "intensive", floats(20, 80)),
    ("share of seats", "intensive", floats(0, 1)),
    ("GDPperCapita", "intensive", ints(700, 90_000)),
    ("gdpPercap", "intensive", floats(700, 90_000)),
    ("GDP ($ per capita)", "intensive", ints(700, 90_000)),
    ("Phones (per 1000)", "intensive", floats(1, 900)),
    ("lifeExp", "intensive", floats(30, 80)),
    ("Pop. Density (per sq. mi.)", "intensive", floats(1, 900)),
    ("unit_price", "intensive", floats(1, 90)),
    ("price.heinz41", "intensive", floats(1, 9)),
    ("UnitPrice", "intensive", floats(1, 90)),
    ("median_income", "intensive", ints(20_000, 90_000)),
    ("household_income", "intensive", ints(20_000, 90_000)),
    ("avg_speed", "intensive", floats(20, 90)),
    ("temp_max", "intensive", floats(-5, 40)),
    ("Temperature", "intensive", ints(56, 97)),
    ("TMIN", "intensive", ints(-20, 60)),
    ("Body Mass (g)", "intensive", ints(2700, 6300)),
    ("bill_length_mm", "intensive", floats(30, 60)),
    ("bodywt", "intensive", floats(0.1, 6000)),
    ("Age", "intensive", ints(1, 80)),
    ("height", "intensive", floats(140, 200)),
    ("Horsepower", "intensive", ints(46, 230)),
    ("hwy", "intensive", ints(12, 44)),
    ("mag", "intensive", floats(4, 8)),
    ("depth", "intensive", floats(5, 500)),
    ("Speed IAS in knots", "intensive", ints(10, 400)),
    ("air_pressure_hPa", "intensive", floats(980, 1040)),
    ("SAT score", "intensive", ints(400, 1600)),
    ("change", "intensive", ints(-90, 90)),
    ("electronegativity", "intensive", floats(0.7, 4)),
    ("studentFacultyRatio", "intensive", ints(3, 40)),
    ("psavert", "intensive", floats(2, 17)),
    ("SE", "intensive", floats(0.2, 3)),
    ("NO2", "intensive", ints(3, 80)),
    ("inventory", "intensive", floats(1, 30)),
    ("avg_visits", "intensive", floats(1, 9)),
    ("hours-per-week", "intensive", ints(1, 99)),
    # Lengths of time
    ("delay_minutes", "duration", ints(-20, 300)),
    ("air_time", "duration", ints(20, 690)),
    ("diff_days", "duration", ints(20, 9000)),
    ("Time", "duration", floats(9.5, 12)),
    ("sleep_total", "duration", floats(2, 20)),
    ("duration", "duration", ints(1, 300)),
    ("yrs.since.phd", "duration", ints(1, 56)),
    ("tenure", "duration", ints(1, 40)),
    ("Seniority", "duration", skewed(48)),
    ("waiting", "duration", ints(43, 96)),
    ("length of stay", "duration", ints(1, 60)),
    # Years and parts of dates
    ("year", "year", ints(1952, 2007)),
    ("Fiscal Year", "year", ints(1900, 1966)),
    ("YearBuilt", "year", ints(1872, 2010)),
    ("yr", "year", of("70", "75", "82")),
    ("birth_year", "year", ints(1916, 2015)),
    ("when", "year", ints(1900, 1990)),
    ("Complaint Year Number", "year", ints(2017, 2023)),
    ("YrSold", "year", ints(2006, 2010)),
    ("month", "date_part", ints(1, 12)),
    ("MoSold", "date_part", ints(1, 12)),
    ("Month Number", "date_part", ints(1, 12)),
    ("day", "date_part", ints(1, 31)),
    ("date_of_month", "date_part", ints(1, 31)),
    ("hour", "date_part", ints(0, 23)),
    ("weekday", "date_part", ints(1, 7)),
    ("day_of_week", "date_part", ints(0, 6)),
    ("wday", "date_part", ints(1, 7)),
    ("week", "duration", ints(1, 52)),
    ("rate_marriage", "ordinal", of("1", "2", "3", "4", "5")),
    ("inst", "category", of("1", "12", "13", "21")),
    ("arms", "category", of("0", "1", "2", "3")),
    ("fnlwgt", "code", ints(12000, 1490000)),
    ("sampling_weight", "code", floats(10, 900)),
    ("race", "code", of("True", "False")),
    ("sched_dep_time", "date_part", of("515", "559", "1830", "2245")),
    # Keys and codes
    ("id", "identifier", ints(4000, 9000)),
    ("CustomerID", "identifier", ints(4000, 9000)),
    ("case_number", "identifier", ints(202_001, 209_999)),
    ("Order No.", "identifier", ints(202_001, 209_999)),
    ("rownames", "identifier", ints(5, 900)),
    ("customer_id", "code", of("4711", "4712", "4713")),
    ("serial", "identifier", ints(4000, 9000)),
    ("district", "identifier", ints(61_000, 75_000)),
    ("cowcode2", "code", [str(2 + number * 7 % 990) for number in range(100)]),
    ("district", "code", [*ints(61_000, 75_000), "61000"]),
    ("column_x", "identifier", ints(10_000_001, 99_999_999)),
    ("zip", "code", ints(10_001, 99_950)),
    ("Zip Code", "code", ints(10_001, 99_950)),
    ("postal_code", "code", ints(10_001, 99_950)),
    ("fips", "code", ints(20_001, 20_209)),
    ("state_fips", "code", of("1", "4", "36", "56")),
    ("Complaint Precinct Code", "code", ints(1, 123)),
    ("precinct", "code", ints(1, 123)),
    ("ward", "code", ints(1, 50)),
    ("Police District", "code", ints(1, 25)),
    ("FlightNumber", "code", ints(1, 9000)),
    ("phone", "code", ints(2_000_000_000, 9_000_000_000)),
    ("date", "code", floats(2000, 2015.5)),
    ("infected_by", "code", of("2000000205", "6100000001", "1000000003", "2000000205")),
    ("Sample Number", "code", of("1", "2", "3", "4")),
    # Places
    ("lat", "coordinate", floats(-10, 10)),
    ("Latitude", "coordinate", floats(25, 49)),
    ("lng", "coordinate", floats(-124, -67)),
    ("longitude", "coordinate", floats(-124, -67)),
    ("easting", "coordinate", ints(300_000, 600_000)),
    # Order and groups
    ("rank", "ordinal", ints(1, 60)),
    ("stars", "ordinal", ints(1, 5)),
    ("rating", "ordinal", of("1", "2", "3", "4", "5")),
    ("Pclass", "ordinal", ints(1, 3)),
    ("grade", "ordinal", ints(1, 12)),
    ("cyl", "ordinal", of("4", "6", "8")),
    ("bedrooms", "ordinal", of("1", "2", "3", "4")),
    ("OverallQual", "ordinal", ints(1, 10)),
    ("wealth", "ordinal", [str(1 + (i * 37) % ROWS) for i in range(ROWS)]),
    ("mode", "category", of("1", "2", "3", "4")),
    ("individual", "code", of(*map(str, range(1, 31)))),
    ("censored", "flag", of("0", "1.0", "1")),
    ("co2_emissions", "additive", floats(1, 90)),
    ("co2", "intensive", floats(310, 420)),
    ("cluster", "category", of("1", "2", "3")),
    ("plug level", "category", of("2", "1", "2", "23")),
    ("education level", "ordinal", of("0", "10", "20", "30")),
    ("MSSubClass", "category", of("20", "60", "120")),
    ("drug", "category", of("1", "2")),
]  # fmt: skip

TEXTS: list[Case] = [
    ("survived", "flag", of("0", "1")),
    ("Clutch Completion", "flag", of("Yes", "No")),
    ("gram", "flag", of("positive", "negative", "negative")),
    ("smoker", "flag", of("smoker", "non-smoker")),
    ("result", "flag", of("pass", "fail")),
    ("sex", "category", of("male", "female")),
    ("species", "category", of("Adelie", "Gentoo", "Chinstrap")),
    ("state", "category", of("Texas", "Ohio", "Utah")),
    ("country", "category", of("Chad", "Peru", "Laos")),
    ("symbol", "category", of("MSFT", "AAPL", "IBM")),
    ("Country", "label", each("Country of {}")),
    ("name", "label", PEOPLE),
    ("Last Name", "label", of(*NAMES, rows=60)),
    ("title", "label", each("The book of {}")),
    ("iata", "label", [f"{a}{b}Z" for a in "ABCDEFGH" for b in "QRSTUVWX"]),
    ("Comments", "free_text", SENTENCES),
    ("description", "free_text", SENTENCES),
    ("caveats", "free_text", SENTENCES),
    ("size", "ordinal", of("S", "M", "L", "XL")),
    ("Wildlife Size", "ordinal", of("Large", "Small", "Medium")),
    ("priority", "ordinal", of("low", "high", "medium")),
    ("satisfaction", "ordinal", of("Agree", "Strongly disagree", "Neutral", "Disagree")),
    ("depth_class", "ordinal", of("Deep", "Shallow", "Intermediate")),
    ("class", "ordinal", of("1st", "3rd", "2nd")),
    ("Medal", "ordinal", of("GOLD", "BRONZE", "SILVER")),
    ("cut", "ordinal", of("Ideal", "Fair", "Good", "Premium", "Very Good")),
    ("age_group", "ordinal", of("0-9", "10-19", "80+", "20-39")),
    ("age", "ordinal", of("50s", "0s", "100s", "20s")),
    ("income", "ordinal", of("<=50K", ">50K")),
    ("stage", "ordinal", of("Stage II", "Stage I", "Stage III")),
    ("education", "ordinal", of("High School", "Bachelor", "Master", "PhD")),
    ("Region", "category", of("HHS Region 01", "HHS Region 02", "HHS Region 03")),
    ("month", "date_part", of("Jan", "Feb", "Mar", "Dec")),
    ("WeekDay", "date_part", of("Monday", "Sunday", "Friday")),
    ("quarter", "date_part", of("Q1", "Q2", "Q3", "Q4")),
    ("Time of day", "date_part", of("Day", "Night", "Dusk", "Dawn")),
    ("Birthday", "date_part", of("22-Feb", "30-Oct", "13-Apr")),
    ("air_date", "code", of("week 11, 02", "week 12, 02", "week 1, 03")),
    ("LotConfig", "category", of("Inside", "Corner", "FR2")),
    ("column_1", "identifier", [str(3 * i) for i in range(ROWS)]),
    ("clock", "date_part", of("08:15", "23:40", "11:05")),
    ("season", "year", of("2010-11", "2011-12", "2012-13")),
    ("genres", "list", of("Action;Comedy", "Comedy", "Drama;Action", "Comedy;Drama;Action", "Drama")),
    ("No rearrest", "intensive", ints(20, 90)),
    ("CountyIds", "list", of("6", "17", "23", "6,17", "17,23", "6,17,23")),
    ("Counties", "list", of("Lake", "Napa", "Yolo", "Lake, Napa", "Napa, Yolo", "Lake, Napa, Yolo")),
    ("Height", "ordinal", of("5' 10\"", "5' 8\"", "6' 0\"")),
    ("fake_last_name", "label", of("clegane", "arryn", "stark", "tully")),
    ("First Name", "label", of(*"ABCDEFGHIJKLMN")),
    ("JobSatisfaction", "ordinal", of("Low", "Medium", "High", "Very_High")),
    ("lines", "list", of("1, 5, 8", "5", "1", "8, 5", "5, 1")),
    ("email", "identifier", each("p{}@example.org")),
    ("CanonicalUrl", "identifier", each("https://example.org/{}")),
    ("tailnum", "identifier", each("N{}UW")),
    ("SKU", "code", each("AB-{}")),
    ("product_code", "code", of("AB-1", "AB-2", "CD-7")),
    ("phoneNumber", "code", each("617-253-{}")),
    ("postcode", "code", of("01067", "04109", "10115", "20095")),
    ("color", "code", of("#FFFFFF", "#D9FFFF", "#CC80FF", "#C2FF00")),
    ("Individual ID", "code", of("N1A1", "N1A2", "N2A1")),
    ("Term", "code", [f"{y}.05.12 - {y + 6}.10.30" for y in range(1900, 1960)]),
    ("office", "constant", of("US SENATE")),
    ("notes", "empty", of("")),
    ("start_date", "date", [f"2019-01-{1 + i % 28:02}" for i in range(ROWS)]),
    ("point", "coordinate", of("(34.05, -118.24)", "(40.71, -74.0)", "(41.88, -87.63)")),
]  # fmt: skip


@pytest.mark.parametrize(("header", "role", "cells"), NUMBERS + TEXTS, ids=[f"{h}-{r}" for h, r, _ in NUMBERS + TEXTS])
def test_a_column_has_the_role_that_an_analyst_would_give_it(header: str, role: Role, cells: list[str]) -> None:
    finding = found(header, cells)
    assert (finding.role, bool(finding.reason)) == (role, True), finding.reason


def test_a_code_of_letters_is_a_code_only_beside_the_names_it_stands_for() -> None:
    codes = of("TX", "OH", "UT")
    assert found("state_abbr", codes).role == "category"
    assert found("state_abbr", codes, state_name=of("Texas", "Ohio", "Utah")).role == "code"


def test_x_and_y_are_coordinates_only_in_tables_about_places() -> None:
    x, y = ints(1_100_000, 1_200_000), ints(1_800_000, 1_900_000)
    assert found("X Coordinate", x, **{"Y Coordinate": y}).role == "coordinate"
    assert found("x", floats(4, 14), y=floats(4, 14)).role == "intensive"
    assert found("x", floats(4, 14), y=floats(4, 14), block=of("A St", "B St", "C St")).role == "coordinate"
    assert found("long", floats(-79, -20), lat=floats(7, 50)).role == "coordinate"


def test_the_reason_says_whether_each_value_occurs_once() -> None:
    assert found("Arrest Id", each("K{}")).reason == "header word 'id', each value once"
    assert found("Arrest Id", [*each("K{}"), "K1000"]).reason == "header word 'id', nearly each value once"
    assert found("mark", [*each("K{}"), "K1000"]).reason == "codes of letters and digits, nearly each value once"
    assert (
        found("case_number", [*ints(4000, 9000), "4000"]).reason == "header word 'case number', nearly each value once"
    )


BESIDE: list[tuple[str, Role, list[str], str]] = [
    ("GarageArea", "intensive", ints(0, 1400), "bedrooms"),
    ("area", "additive", ints(0, 1400), "population"),
    ("total_sulfur_dioxide", "intensive", floats(6, 289), "free sulfur dioxide"),
    ("total_sulfur_dioxide", "intensive", ints(6, 289), "free sulfur dioxide"),
    ("total_bill", "additive", floats(3, 51), "tip"),
    ("wgt", "intensive", floats(42, 116), "hgt"),
    ("week", "date_part", ints(1, 52), "month"),
    ("g", "additive", of("16", "17"), "wins"),
    ("pass_int", "additive", ints(2, 32), "touchdowns"),
    ("ties", "additive", of("0", "1"), "wins"),
    ("MPG.city", "intensive", ints(15, 40), "price"),
]


@pytest.mark.parametrize(("header", "role", "cells", "beside"), BESIDE, ids=[case[0] for case in BESIDE])
def test_the_other_headers_of_a_table_say_what_a_word_means(
    header: str, role: Role, cells: list[str], beside: str
) -> None:
    assert found(header, cells, **{beside: ints(0, 40)}).role == role


def test_a_number_of_the_levels_of_a_text_is_ordinal() -> None:
    numbers, levels = of("9", "13", "7"), of("HS-grad", "Bachelors", "11th")
    assert found("education-num", numbers, education=levels).role == "ordinal"


def test_a_measure_that_the_rows_of_a_pair_of_keys_repeat_is_marked() -> None:
    keys = [
        (state, year) for year in range(2001, 2006) for state in ("Ohio", "Utah", "Iowa", "Texas") for _ in range(4)
    ]
    beside = {"state": [state for state, _ in keys], "year": [str(year) for _, year in keys]}
    votes = [str(1000 + 37 * year + 911 * len(state) * (year - 2000)) for state, year in keys]
    own = ints(1, 900, rows=80)
    assert REPEATED in found("totalvotes", votes, **beside).reason
    assert REPEATED not in found("votes", own, **beside).reason
    codes = [f"{state[:2]}{year}" for state, year in keys]
    assert REPEATED not in found("cost", votes, item=codes, name=[code.lower() for code in codes]).reason


def test_numbers_without_a_gap_in_the_order_of_the_rows_are_numbered() -> None:
    cells = [str(1 + i // 4) for i in range(ROWS)]
    assert found("meeting", cells).role == "ordinal"
    assert found("meeting", cells[::2] + cells[1::2]).role != "ordinal"


def test_numbers_that_count_within_each_group_are_ranks() -> None:
    charts = of(*map(str, [3, 1, 2, 9, 8, 5, 6, 7, 4, 12, 11, 10]), rows=60)
    weeks = [f"2019-01-{1 + i // 12:02}" for i in range(60)]
    finding = found("chart", charts, day=weeks)
    assert (finding.role, finding.reason) == ("ordinal", "whole numbers 1…12, each once per 'day': a rank")
    assert found("chart", charts, day=weeks[::-1], kind=of("a", "b")).role == "ordinal"
    assert found("chart", charts, kind=of("a", "b", "c", "d")).role == "intensive"


def test_the_unit_is_taken_from_the_words_of_the_header() -> None:
    assert found("body_mass_kg", floats(1, 9)).unit == "kg"
    assert found("score_pct", floats(1, 99)).unit == "%"


@pytest.mark.parametrize(
    ("values", "header", "levels"),
    [
        (["high", "low", "medium", "unknown"], ["risk"], ("low", "medium", "high")),
        (["80+", "0-9", "10-19"], ["age"], ("0-9", "10-19", "80+")),
        (["100s", "0s", "20s"], ["age"], ("0s", "20s", "100s")),
        (["5s", "10s"], ["interval"], None),
        (["Under 18", "18-64", "65 and over"], ["age"], ("Under 18", "18-64", "65 and over")),
        (["$10,000-$19,999", "$1,000-$9,999"], ["income"], ("$1,000-$9,999", "$10,000-$19,999")),
        (["Level 10", "Level 2"], ["tier"], ("Level 2", "Level 10")),
        (["2. HS Grad", "1. < HS Grad"], ["education"], ("1. < HS Grad", "2. HS Grad")),
        (["1. White", "2. Black"], ["race"], None),
        (["Region 1", "Region 2"], ["region"], None),
        (["Tue", "Sun", "Mon"], ["day"], ("Mon", "Tue", "Sun")),
        (["A", "C", "B+"], ["grade"], ("C", "B+", "A")),
        (["A", "C", "B"], ["team"], None),
        (["II", "I", "III"], ["tgrade"], ("I", "II", "III")),
        (["cat", "dog"], ["animal"], None),
    ],
)
def test_levels_are_in_order_lowest_first(values: list[str], header: list[str], levels: tuple[str, ...] | None) -> None:
    order = find_order(values, header)
    assert (order.levels if order else None) == levels


def test_rare_values_outside_a_scale_do_not_hide_its_order() -> None:
    cells = [*of("None", "Minor", "Substantial", rows=199), "C"]
    assert found("Effect Amount of damage", cells).levels == ("None", "Minor", "Substantial")


def test_whole_numbers_that_go_with_a_text_are_its_codes() -> None:
    numbers = of(*(str(2 + 7 * place) for place in range(15)))
    assert found("cow", numbers, country=of(*NAMES)).role == "code"
    assert found("cow", ["2", "2", *numbers[2:]], country=of(*NAMES)).role == "code", "with a few exceptions"
    assert found("area", numbers, country=of(*NAMES)).role == "additive", "a header that says more"
    assert found("cow", numbers, country=of(*NAMES[:4])).role != "code"


@pytest.mark.parametrize(
    ("values", "separator"),
    [
        (["a;b", "b", "c;a", "b;c;a"], ";"),
        (["Action | Drama", "Drama", "Comedy | Action", "Drama | Comedy"], "| "),
        (["Paris, France", "Lyon, France", "Rome, Italy", "Bari, Italy"], None),
        (["Smith, John", "Reed, Amy", "Hill, Bo"], None),
        (["Stress/Overexertion", "Other"], None),
    ],
)
def test_lists_are_told_from_texts_with_commas(values: list[str], separator: str | None) -> None:
    assert list_separator(values) == separator


def test_each_word_of_the_lexicon_is_known_to_numbers_or_texts() -> None:
    known = set(NUMBER_CONCEPTS) | set(TEXT_CONCEPTS)
    for word, concepts in {**lexicon().words, **lexicon().phrases}.items():
        assert set(concepts) <= known, word
    assert all(word == word.casefold() for word in lexicon().words)
    assert all(len(scale.ranks) > 1 for scale in orders().scales)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.one_of(st.text(max_size=20), st.sampled_from(sorted(lexicon().words))),
            st.lists(
                st.one_of(st.text(max_size=12), st.integers().map(str), st.floats().map(str), st.sampled_from(NAMES)),
                min_size=3,
                max_size=3,
            ),
        ),
        min_size=1,
        max_size=5,
    )
)
def test_every_table_has_roles_with_reasons(table: list[tuple[str, list[str]]]) -> None:
    columns = [column(header, cells * 3) for header, cells in table]
    findings = infer_roles(columns)
    assert len(findings) == len(columns)
    assert all(finding.reason for finding in findings)
    assert findings == infer_roles(columns), "the same each time"
