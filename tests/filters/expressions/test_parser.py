"""What an expression's text means, and how a wrong one is told: what, where, and the nearest."""

from __future__ import annotations

import pytest

from filters.expressions.parser import read
from filters.expressions.refusal import ExpressionError
from filters.expressions.tree import Call, Column, Constant, Kind, Membership, Node, Operation
from schemas.errors import FilterError

MAGNITUDE = Column("magnitude", Kind.NUMBER)
BAND = Column("band", Kind.NUMBER)


def number(value: float) -> Constant:
    return Constant(value, Kind.NUMBER)


def truth(operator: str, *operands: Node) -> Operation:
    return Operation(operator, operands, Kind.TRUTH)


BRIGHT = truth("<", MAGNITUDE, number(18.5))

MEANINGS = {
    "magnitude < 18.5": BRIGHT,
    "  magnitude<18.5 ": BRIGHT,
    "(((magnitude < (18.5))))": BRIGHT,
    "+magnitude < +18.5": BRIGHT,
    "~(magnitude < 18.5)": truth("~", BRIGHT),
    "magnitude > -1": truth(">", MAGNITUDE, number(-1.0)),
    "True | False": truth("|", Constant(True, Kind.TRUTH), Constant(False, Kind.TRUTH)),
    "1 < magnitude <= 2": truth(
        "&", truth("<", number(1.0), MAGNITUDE), truth("<=", MAGNITUDE, number(2.0))
    ),
    'band == "r"': truth("==", BAND, number(2.0)),
    "'r' != band": truth("!=", number(2.0), BAND),
    'photometric_system == "ztf"': truth(
        "==", Column("photometric_system", Kind.NUMBER), number(0.0)
    ),
    'band in ["g", "r"]': Membership(BAND, (1.0, 2.0)),
    'band not in {"g"}': truth("~", Membership(BAND, (1.0,))),
    "magnitude in (18, -1.5,)": Membership(MAGNITUDE, (18.0, -1.5)),
    "alert_id == 2642123456789012345": truth(
        "==", Column("alert_id", Kind.NUMBER), number(2642123456789012345)
    ),
    'survey == "ztf"': truth("==", Column("survey", Kind.TEXT), Constant("ztf", Kind.TEXT)),
    'in_region("the north")': Call("in_region", ("the north",), (), Kind.TRUTH),
    "days_since(60000) < 3": truth(
        "<",
        Operation("-", (Column("mjd", Kind.NUMBER), number(60000.0)), Kind.NUMBER),
        number(3.0),
    ),
    "magnitude ** -0.5 > 1": truth(
        ">", Operation("**", (MAGNITUDE, number(-0.5)), Kind.NUMBER), number(1.0)
    ),
    "-magnitude**2 < 0": truth(
        "<",
        Operation("neg", (Operation("**", (MAGNITUDE, number(2.0)), Kind.NUMBER),), Kind.NUMBER),
        number(0.0),
    ),
}


@pytest.mark.parametrize("text", MEANINGS)
def test_a_text_means_its_tree(text: str) -> None:
    assert read(text) == MEANINGS[text]


WRONG = {
    "magnitud < 18": (0, "there is no column 'magnitud'; did you mean 'magnitude'?"),
    "1 < 2 + bulk": (8, "there is no column 'bulk'; there are: age_days, "),
    "rate_mag_pre_day() > 1": (
        0,
        "no function 'rate_mag_pre_day'; did you mean 'rate_mag_per_day'",
    ),
    "age_days < nan": (11, "whether a value is missing is asked by is_missing(x)"),
    "age_days == None": (12, "whether a value is missing is asked by is_missing(x)"),
    "age_days is 1": (12, "'is' is not part of the language"),
    "true": (0, "did you mean 'True'?"),
    "age_days < 10 & magnitude < 18": (14, "put brackets around each: (a > 1) & (b < 2)"),
    "(age_days) | (magnitude < 18)": (11, "put brackets around each: (a > 1) | (b < 2)"),
    "~age_days < 10": (0, "put brackets around each: ~(a > 1)"),
    "age_days < 1 and magnitude < 18": (0, "use (…) & (…)"),
    "not age_days < 1": (0, "negation is ~(…)"),
    "magnitude - 18": (0, "a clause is true or false, this is a number; compare it"),
    '"text"': (0, "a clause is true or false, this is a text; compare it"),
    "survey < 3": (9, "a text is compared with a number"),
    'survey < "ztf"': (0, "'<' compares numbers, this is a text"),
    "1 + (2 < 3) > 1": (5, "'+' works on numbers, this is a truth"),
    "-(2 < 3) > 1": (2, "a sign works on numbers, this is a truth"),
    "(1 < 2) < (2 < 3)": (1, "'<' compares numbers, this is a truth"),
    "(1 < 2) == (2 < 3) == True": (0, "truths are compared two at a time"),
    "band > 1": (0, "'band' is compared with names alone: band == \"g\""),
    "band == 1": (8, "'band' is compared with names alone"),
    "band + 1 > 1": (0, "'band' is compared with names alone"),
    "abs(band) > 1": (4, "'band' is compared with names alone"),
    'band == "x"': (8, "there is no band 'x'; there are: H, J, K, Y, g, i, r, u, y, z"),
    'band in ("g", "zz")': (14, "there is no band 'zz'; did you mean 'z'?"),
    'photometric_system == "ztff"': (22, "did you mean 'ztf'?"),
    "alert_id == 1.5": (12, "'alert_id' is compared by '==', '!=' and 'in' with whole numbers"),
    "alert_id == 9223372036854775808": (12, "(int64)"),
    "alert_id % 10 == 1": (0, "'alert_id' is compared by"),
    "object_id in (1,)": (14, "among literals of its kind"),
    "magnitude in (True,)": (14, "among literals of its kind"),
    "(1 < 2) in (1,)": (12, "among literals of its kind"),
    "magnitude in (18)": (14, "(1, 2), or (1,) of one"),
    "1 < magnitude in (1, 2)": (0, "'in' stands in no chain"),
    "score('realbogus') > 1": (0, 'score("classifier", "label") takes 2 arguments, not 1'),
    "score(magnitude, 'real') > 1": (6, "here stands a name in quotes"),
    'colour("g", "q") > 1': (12, "there is no band 'q'"),
    "points_within(age_days) > 1": (14, "here stands a number as it is: points_within(days)"),
    "magnitude ** 8.5 > 1": (13, "an exponent is a number, whole or half, from -8 to 8"),
    "magnitude <": (11, "invalid syntax"),
    "(magnitude < 18": (0, "'(' was never closed"),
    "  magnitude << 18": (12, "'<<' is not part"),
    "magnitude => 18": (10, "at least is '>='"),
    "magnitude > 1 && True": (14, "both is '&'"),
    'object_id == "ZTF18': (13, "this text is not closed"),
    "!True": (0, "negation is '~'"),
    "magnitude < 18mag": (12, "this is no number"),
    "  magnitud < 18": (2, "there is no column 'magnitud'"),
}
"""Where each is wrong, counted from 0, and what is said."""


@pytest.mark.parametrize("text", WRONG)
def test_an_error_points_at_the_character_and_says_what_is_meant(text: str) -> None:
    at, said = WRONG[text]
    with pytest.raises(ExpressionError) as refused:
        read(text)
    error = refused.value
    assert said in str(error)
    assert str(error).startswith(f"character {at + 1}: ")
    assert error.picture == f"{text}\n{' ' * at}^"


def test_an_error_is_a_filter_error_and_can_say_where_the_text_stands() -> None:
    with pytest.raises(FilterError) as refused:
        read("magnitud < 1")
    assert isinstance(refused.value, ExpressionError)
    placed = refused.value.within("mine.toml:3: clause 'bright'")
    assert str(placed).startswith("mine.toml:3: clause 'bright': character 1: there is no column")
    assert placed.picture == refused.value.picture


def test_a_picture_of_a_long_text_shows_what_is_about_the_place() -> None:
    text = " + ".join(["magnitude"] * 20) + " + magnitud > 1"
    with pytest.raises(ExpressionError) as refused:
        read(text)
    shown, caret = refused.value.picture.split("\n")
    assert len(shown) <= 76
    assert shown[caret.index("^") :].startswith("magnitud > 1")


def test_a_picture_of_a_strange_character_is_still_one_line_over_another() -> None:
    with pytest.raises(ExpressionError) as refused:
        read("magnitude < 1\n| True")
    assert refused.value.picture == "magnitude < 1?| True\n             ^"
