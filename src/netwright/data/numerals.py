"""Numbers written as people write them: 1,5 and 1.234,56, $1,234, 12 %, 5 km, (300).

How a column's numbers are written is found once, when the column is learned, and kept as a pattern
such as `#.###,#` or `$#,###.#`; the same pattern reads whatever comes later.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

PLAIN = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
"""What every programming language writes."""
SPACES = " \u00a0\u202f\u2009"
CURRENCIES = r"(?:US|A|C|HK|NZ|S)?[$€£¥₹₽₩₺₫₴₦฿₱]|USD|EUR|GBP|CHF|JPY|CNY|INR|CAD|AUD|BRL|R\$|Rs\.?"
PARTS = re.compile(
    rf"(?P<open>\()?(?P<sign>[-+\u2212])?\s*(?P<prefix>{CURRENCIES})?\s*(?P<minus>[-+\u2212])?\s*"
    rf"(?P<body>\d[\d.,'’{SPACES}]*(?<=\d)|[.,]\d+)(?P<power>[eE][+-]?\d+)?"
    rf"\s*(?P<suffix>[^\d\s()+-][^\d()]{{0,11}}?)?(?P<behind>[-\u2212])?(?P<close>\))?"
)
GROUPED = re.compile(rf"[1-9]\d{{0,2}}(?P<mark>[.,'’{SPACES}])\d{{3}}(?:(?P=mark)\d{{3}})*")
LEAST_SHARE, LEAST_DISTINCT = 0.98, 3
"""Share of a column's texts that must read as numbers, and the least number of different ones."""


@dataclass(frozen=True)
class Notation:
    """How the numbers of one column are written.

    Attributes:
        decimal: `.` or `,`.
        thousands: What stands between groups of three digits, empty for nothing.
        prefix: Before every number, such as a currency.
        suffix: Behind every number, such as a unit.
    """

    decimal: str = "."
    thousands: str = ""
    prefix: str = ""
    suffix: str = ""

    @property
    def pattern(self) -> str:
        """The notation as a pattern: `$#,###.#`, `#,# km`."""
        space = " " if self.suffix else ""
        body = f"#{self.thousands}###" if self.thousands else "#"
        return f"{self.prefix}{body}{self.decimal}#{space}{self.suffix}"

    @classmethod
    def of(cls, pattern: str) -> Notation | None:
        """Reads a pattern; None where it is none."""
        found = re.fullmatch(r"([^#]*)#(?:([^#\d]?)###)?([.,])#\s*([^#]*)", pattern)
        return None if found is None else cls(found[3], found[2] or "", found[1], found[4])

    def read(self, texts: pd.Series) -> NDArray[np.float64]:
        """Numbers (n,); NaN where a text is none."""
        plain = pd.to_numeric(texts, errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
        ambiguous = self.thousands == "." or self.decimal == ","
        wanted = texts.notna().to_numpy() & (np.isnan(plain) | ambiguous)
        found = plain.copy()
        for place in np.flatnonzero(wanted):
            own = self._one(str(texts.iloc[place]))
            found[place] = plain[place] if own is None else own
        return found

    def _one(self, text: str) -> float | None:
        parts = PARTS.fullmatch(text)
        if parts is None or bool(parts["open"]) != bool(parts["close"]):
            return None
        if (parts["prefix"] or "") not in ("", self.prefix):
            return None
        if _unit(parts["suffix"]) not in ("", self.suffix):
            return None
        body = parts["body"]
        if not self._shape.fullmatch(body):
            return None
        digits = body.replace(self.thousands, "") if self.thousands else body
        value = float(digits.replace(self.decimal, ".") + (parts["power"] or ""))
        minus = "-" if parts["open"] else parts["sign"] or parts["minus"] or parts["behind"] or "+"
        return -value if minus in "-\u2212" else value

    @cached_property
    def _shape(self) -> re.Pattern[str]:
        """A number without signs and units: groups of three or none, then decimals."""
        decimal = re.escape(self.decimal)
        whole = r"\d+"
        if self.thousands:
            whole = rf"(?:\d{{1,3}}(?:{re.escape(self.thousands)}\d{{3}})+|\d+)"
        return re.compile(rf"{whole}(?:{decimal}\d+)?|{decimal}\d+")


def _unit(suffix: str | None) -> str:
    return (suffix or "").strip()


def find_notation(
    texts: pd.Series, comma: bool = False, least: int = LEAST_DISTINCT
) -> Notation | None:
    """How the numbers of a column are written; None where they are no numbers, or plain ones.

    Args:
        texts: Present values, stripped.
        comma: Whether other columns of the table write decimals with a comma, which settles what
            could be read either way, such as 1.234.
        least: How many different numbers there must be.
    """
    distinct = texts.drop_duplicates()
    parts = distinct.str.extract(PARTS.pattern)[0:0] if len(distinct) == 0 else _split(distinct)
    fitting = parts.dropna(subset=["body"])
    if len(fitting) < least or len(fitting) < LEAST_SHARE * len(parts):
        return None
    prefix, suffix = (_only_one(fitting[name]) for name in ("prefix", "suffix"))
    if prefix is None or suffix is None:
        return None
    apart = distinct.str.contains(
        r"\d\s+[^\d\s]"
    ).any()  # a unit stands apart, a letter of a code not
    if _is_code(fitting["body"], "" if apart else prefix + suffix):
        return None
    marks = _marks(fitting["body"], comma)
    if marks is None:
        return None
    found = Notation(*marks, prefix, suffix)
    odd = fitting[["open", "behind"]].notna().any(axis=None) or _odd_minus(fitting)
    if found == Notation() and not odd:
        return None
    share = np.mean(~np.isnan(found.read(distinct)))
    return found if share >= LEAST_SHARE else None


def decides_for_comma(texts: pd.Series) -> bool:
    """Whether a column's numbers can only be read with a comma before their decimals."""
    found = find_notation(texts)
    return found is not None and found.decimal == ","


def _split(distinct: pd.Series) -> pd.DataFrame:
    found = [PARTS.fullmatch(str(text)) for text in distinct]
    names = ("open", "sign", "prefix", "minus", "body", "suffix", "behind", "close")
    rows = [dict.fromkeys(names) if one is None else one.groupdict() for one in found]
    return pd.DataFrame(rows, columns=list(names), dtype=object)


def _only_one(column: pd.Series) -> str | None:
    """The one thing that stands there (or nothing), stripped; None where there are several."""
    seen = {_unit(value) for value in column.dropna()}
    return None if len(seen) > 1 else next(iter(seen), "")


def _is_code(bodies: pd.Series, around: str) -> bool:
    """Whether digits name something rather than count it: 007, or 12A and 7A."""
    zeros = bodies.str.fullmatch(r"0\d+")
    letter = len(around) == 1 and around.isalpha() and around.isupper()
    return bool(zeros.any()) or (letter and not bodies.str.contains(r"[.,]").any())


def _odd_minus(parts: pd.DataFrame) -> bool:
    return bool((parts[["sign", "minus"]] == "\u2212").any(axis=None))


def _marks(bodies: pd.Series, comma: bool) -> tuple[str, str] | None:
    """Decimal and thousands marks that all numbers can be read with; None where there are none."""
    spaced = [mark for mark in f"'’{SPACES}" if bodies.str.contains(mark, regex=False).any()]
    if len(spaced) > 1:
        return None
    if spaced:
        rest = bodies.str.replace(spaced[0], "", regex=False)
        decimal = "," if rest.str.contains(",", regex=False).any() else "."
        return decimal, spaced[0]
    dots, commas = bodies.str.count(r"\."), bodies.str.count(",")
    both = bodies[(dots > 0) & (commas > 0)]
    if len(both):
        comma_last = both.str.rfind(",") > both.str.rfind(".")
        if comma_last.any() != comma_last.all():
            return None
        return (",", ".") if comma_last.all() else (".", ",")
    if (commas > 0).any():
        if (dots > 0).any():
            return (",", ".") if comma else (".", ",")
        grouped = bodies[commas > 0].str.fullmatch(GROUPED.pattern).all()
        many = (commas > 1).any()
        return (".", ",") if grouped and (many or not comma) else (",", "")
    if (dots > 0).any():
        grouped = bodies[dots > 0].str.fullmatch(GROUPED.pattern).all()
        return (",", ".") if grouped and ((dots > 1).any() or comma) else (".", "")
    return ".", ""
