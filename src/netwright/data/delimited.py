"""Text tables: CSV and its relatives, with delimiter and encoding found, and no digit lost.

What a number type cannot hold stays text: codes with leading zeros (007) and whole numbers beyond
2 ** 53 in a column with gaps.
"""

from __future__ import annotations

import csv
import gzip
import io
import re
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from netwright.core.audit import Audit
from netwright.core.errors import DataError
from netwright.data.numerals import decides_for_comma
from netwright.data.values import WHOLE, is_textual

DELIMITERS = ",;\t|"
SAMPLE_BYTES = 1 << 18
LEADING_ZERO = re.compile(rb"""(?:^|[,;\t|"'\n\r ])0\d""")
"""A field that may begin with a zero before another digit."""


def read_delimited(path: Path, audit: Audit, as_text: Collection[str] = ()) -> pd.DataFrame:
    """Reads a text table, gzipped or not.

    Args:
        path: The file.
        audit: Is told of delimiter and encoding.
        as_text: Columns whose values are left as they are written.

    Raises:
        DataError: It is empty, binary, or not a table.
    """
    try:
        raw = path.read_bytes()
        if raw[:2] == b"\x1f\x8b":
            raw = gzip.decompress(raw)
    except (OSError, EOFError) as error:
        raise DataError(f"The file {str(path)!r} cannot be read: {error}.") from error
    encoding = _encoding_of(raw, path, audit)
    sample = raw[:SAMPLE_BYTES].decode(encoding, errors="replace")
    if not sample.strip():
        raise DataError(f"The file {str(path)!r} is empty; it needs a header and rows.")
    delimiter = _delimiter_of(sample)
    if delimiter != ",":
        audit.say("read", f"Columns are separated by {delimiter!r}.")
    header = next(csv.reader(io.StringIO(sample), delimiter=delimiter))
    check_names([name for name in header if name.strip()], repr(str(path)))

    def parse(**options: Any) -> pd.DataFrame:
        return _parse(raw, path, sep=delimiter, encoding=encoding, **options)

    names = [str(name).strip() for name in header]
    frame = parse(dtype={place: "str" for place, name in enumerate(names) if name in as_text})
    return _with_texts(frame, parse, raw)


def check_names(names: Collection[str], what: str) -> None:
    """Refuses names of columns that stand more than once.

    Raises:
        DataError: One does.
    """
    seen: set[str] = set()
    for name in names:
        if name.strip() in seen:
            raise DataError(
                f"Column names must differ. {what} has {name.strip()!r} more than once; rename one."
            )
        seen.add(name.strip())


def _parse(raw: bytes, path: Path, **options: Any) -> pd.DataFrame:
    try:
        return pd.read_csv(
            io.BytesIO(raw),
            keep_default_na=False,
            na_values=[""],
            low_memory=False,
            skipinitialspace=True,
            index_col=False,
            **options,
        )
    except (pd.errors.ParserError, pd.errors.EmptyDataError, ValueError) as error:
        reason = str(error).strip().split("\n")[0].removeprefix("Error tokenizing data. C error: ")
        raise DataError(f"The file {str(path)!r} is not a table: {reason}.") from error


def _with_texts(
    frame: pd.DataFrame, parse: Callable[..., pd.DataFrame], raw: bytes
) -> pd.DataFrame:
    """The frame with those columns read again as text that lost something as numbers."""
    doubtful = []
    zeros = LEADING_ZERO.search(raw) is not None
    commas = any(
        is_textual(frame[name]) and decides_for_comma(frame[name].dropna().iloc[:1000].str.strip())
        for name in frame.columns
    )
    for place, name in enumerate(frame.columns):
        kind = frame[name].dtype.kind
        if kind in "iu" and zeros:
            doubtful.append(place)
        elif kind == "f":
            present = frame[name].dropna()
            whole = bool(len(present)) and bool((present % 1 == 0).all())
            large = whole and float(present.abs().max()) >= WHOLE
            if large or (whole and zeros) or commas:
                doubtful.append(place)
    if not doubtful:
        return frame
    texts = parse(usecols=doubtful, dtype="str")
    kept = [name for name in texts.columns if _loses_as_number(texts[name], frame[name], commas)]
    return frame.assign(**{name: texts[name] for name in kept})


def _loses_as_number(texts: pd.Series, numbers: pd.Series, commas: bool) -> bool:
    """Whether texts say more than the numbers that were read from them."""
    present = texts.dropna().str.strip()
    if present.str.fullmatch(r"0\d+").any():
        return True
    if commas and present.str.contains(".", regex=False).any():
        return True  # among decimal commas a point stands between thousands
    present = present[present.str.fullmatch(r"[+-]?\d+")]
    return numbers.dtype.kind == "f" and bool(
        (np.abs(numbers.loc[present.index].to_numpy()) >= WHOLE).any()
    )


def _encoding_of(raw: bytes, path: Path, audit: Audit) -> str:
    if raw[:4] in (b"\xff\xfe\x00\x00", b"\x00\x00\xfe\xff"):
        return "utf-32"
    if raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return "utf-16"
    sample = raw[:SAMPLE_BYTES]
    control = sum(byte < 9 or 13 < byte < 32 for byte in sample)
    if b"\x00" in sample or control > 0.01 * len(sample):
        raise DataError(
            f"The file {str(path)!r} holds binary data, not text; export it as CSV or Parquet."
        )
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        audit.say("read", f"Line {line} is not UTF-8; the file was read as Windows-1252.")
        return "cp1252" if _decodes(raw, "cp1252") else "latin-1"
    return "utf-8-sig"


def _decodes(raw: bytes, encoding: str) -> bool:
    try:
        raw.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _delimiter_of(sample: str) -> str:
    """The delimiter that splits the first lines into the most columns, the same in each line."""

    def quality(delimiter: str) -> tuple[float, int]:
        lines = sample.splitlines()
        complete = lines[: min(len(lines), 40)]
        widths = [len(row) for row in csv.reader(complete, delimiter=delimiter) if row]
        if not widths or widths[0] < 2:
            return 0.0, 0
        same = sum(width == widths[0] for width in widths) / len(widths)
        return same, widths[0]

    scores = {delimiter: quality(delimiter) for delimiter in DELIMITERS}
    steady = {d: width for d, (same, width) in scores.items() if same > 0.8 and width > 1}
    pool = steady or {d: width for d, (_, width) in scores.items()}
    best = max(pool, key=lambda delimiter: pool[delimiter])
    return best if pool[best] > 1 else ","
