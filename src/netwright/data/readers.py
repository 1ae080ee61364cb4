"""Reads tables: CSV and its relatives, Parquet, JSON lines, Arrow, Excel, SQL, DataFrames, npz;
and pictures, in folders, zip files or by the paths in a table.

Values are left as they stand; `netwright.data.schema` finds out what they mean.
"""

from __future__ import annotations

import csv
import gzip
import io
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd

from netwright.core.audit import Audit
from netwright.core.errors import DataError
from netwright.core.registry import missing_module
from netwright.data.arrays import has_test_arrays, npz_target, read_npz
from netwright.data.images import (
    CLASS,
    decode_paths,
    has_test_pictures,
    holds_paths,
    is_image_source,
    read_images,
)
from netwright.data.values import is_textual

DELIMITERS = ",;\t|"
SAMPLE_BYTES = 1 << 18
SQL_SEPARATOR = "::"


def read(source: Any, audit: Audit | None = None, part: str = "train") -> pd.DataFrame:
    """Reads a table from a file, a folder of pictures, a SQL query or a frame.

    Args:
        source: A DataFrame; a path ending in .csv .tsv .txt .json .jsonl .parquet .arrow .feather
            .xlsx .npz (text files may be gzipped); a folder or .zip of pictures; or
            `URL::SELECT ...` for a database.
        audit: Is told what was found out on the way.
        part: `train` or `test`; which of the two is wanted where a source has both.

    Raises:
        DataError: Nothing there, nothing in it, or nothing that can be understood.
    """
    audit = audit or Audit()
    if isinstance(source, pd.DataFrame):
        return with_pictures(_checked(source.copy(deep=False), "the frame"), Path(), audit)
    if not isinstance(source, (str, Path)):
        raise DataError(f"Data is a path or a pandas DataFrame. Got {type(source).__name__}.")
    text, path = str(source), _path_of(source)
    if path is None:
        return _checked(_read_sql(text), "the query")
    if is_image_source(path):
        return read_images(path, audit, part)
    if path.stat().st_size == 0:
        raise DataError(f"The file {text!r} is empty; it needs a header and rows.")
    if path.suffix.lower() == ".npz":
        return _checked(read_npz(path, audit, part), repr(text))
    reader = _reader_of(path)
    frame = reader(path, audit)
    audit.say("read", f"Read {len(frame)} rows and {frame.shape[1]} columns from {path.name}.")
    return with_pictures(_checked(frame, repr(text)), path.parent, audit)


def implied_target(source: Any) -> str | None:
    """The target a source has by its nature: the class folders, or the array called y.

    Raises:
        DataError: It is a path, and nothing is there.
    """
    path = _path_of(source)
    if path is None:
        return None
    if path.suffix.lower() == ".npz":
        return npz_target(path)
    return CLASS if is_image_source(path) else None


def has_test_part(source: Any) -> bool:
    """Whether a source holds rows to be judged on beside those to learn from."""
    path = Path(source) if isinstance(source, (str, Path)) else None
    if path is None or not path.exists():
        return False
    if path.suffix.lower() == ".npz":
        return has_test_arrays(path)
    return is_image_source(path) and has_test_pictures(path)


def _path_of(source: Any) -> Path | None:
    """Where a source lies; None for frames, queries, and whatever else is no path."""
    if not isinstance(source, (str, Path)):
        return None
    text = str(source)
    if SQL_SEPARATOR in text and "://" in text:
        return None
    path = Path(source)
    if not path.exists():
        raise DataError(f"There is no file {text!r}; check the path.")
    return path


def with_pictures(frame: pd.DataFrame, base: Path, audit: Audit) -> pd.DataFrame:
    """The frame with columns of picture paths read; rows without a readable picture are gone."""
    for name in frame.columns:
        if is_textual(frame[name]) and holds_paths(frame[name], base):
            pictures = decode_paths(frame[name], base, audit)
            frame = frame.loc[pictures.index].assign(**{name: pictures})
    return frame


def _reader_of(path: Path) -> Callable[[Path, Audit], pd.DataFrame]:
    suffixes = [suffix.lower() for suffix in path.suffixes]
    last = suffixes[-2] if len(suffixes) > 1 and suffixes[-1] == ".gz" else path.suffix.lower()
    readers: dict[str, Callable[[Path, Audit], pd.DataFrame]] = {
        ".parquet": _read_parquet,
        ".pq": _read_parquet,
        ".arrow": _read_arrow,
        ".feather": _read_arrow,
        ".json": _read_json_lines,
        ".jsonl": _read_json_lines,
        ".ndjson": _read_json_lines,
        ".xlsx": _read_excel,
        ".xls": _read_excel,
    }
    return readers.get(last, _read_text)


def _checked(frame: pd.DataFrame, what: str) -> pd.DataFrame:
    frame.columns = [str(column).strip() for column in frame.columns]
    repeated = [name for name, count in Counter(frame.columns).items() if count > 1]
    if repeated:
        raise DataError(
            f"Column names must differ. {what} has {repeated[0]!r} more than once; rename one."
        )
    if frame.shape[1] == 0:
        raise DataError(f"There are no columns in {what}; it needs a header and rows.")
    return frame


# -------------------------------------------------------------------------------- text


def _read_text(path: Path, audit: Audit) -> pd.DataFrame:
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
    _checked(pd.DataFrame(columns=header), repr(str(path)))
    try:
        return pd.read_csv(
            io.BytesIO(raw),
            sep=delimiter,
            encoding=encoding,
            keep_default_na=False,
            na_values=[""],
            low_memory=False,
            skipinitialspace=True,
            index_col=False,
        )
    except (pd.errors.ParserError, pd.errors.EmptyDataError, ValueError) as error:
        reason = str(error).strip().split("\n")[0].removeprefix("Error tokenizing data. C error: ")
        raise DataError(f"The file {str(path)!r} is not a table: {reason}.") from error


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


# -------------------------------------------------------------------------------- others


def _read_parquet(path: Path, audit: Audit) -> pd.DataFrame:
    try:
        return pd.read_parquet(path)
    except Exception as error:  # pyarrow raises many kinds
        raise DataError(f"The file {str(path)!r} is not a readable Parquet file.") from error


def _read_arrow(path: Path, audit: Audit) -> pd.DataFrame:
    try:
        return pd.read_feather(path)
    except Exception as error:
        raise DataError(f"The file {str(path)!r} is not a readable Arrow file.") from error


def _read_json_lines(path: Path, audit: Audit) -> pd.DataFrame:
    opener: Any = gzip.open if path.suffix.lower() == ".gz" else open
    try:
        with opener(path, "rt", encoding="utf-8") as file:
            first = file.read(4096).lstrip()[:1]
        return pd.read_json(path, lines=first != "[", dtype=False)
    except (ValueError, OSError) as error:
        raise DataError(
            f"The file {str(path)!r} is not JSON lines (one object a line): {error}."
        ) from error


def _read_excel(path: Path, audit: Audit) -> pd.DataFrame:
    try:
        return pd.read_excel(path)
    except ImportError as error:
        raise DataError("Reading Excel needs openpyxl; run: pip install openpyxl") from error
    except Exception as error:
        raise DataError(f"The file {str(path)!r} is not a readable Excel file.") from error


def _read_sql(text: str) -> pd.DataFrame:
    url, _, query = text.partition(SQL_SEPARATOR)
    try:
        import sqlalchemy
    except ModuleNotFoundError as error:
        raise missing_module(error, url) from error
    try:
        with sqlalchemy.create_engine(url).connect() as connection:
            return pd.read_sql(sqlalchemy.text(query), connection)
    except ModuleNotFoundError as error:
        raise missing_module(error, url) from error
    except (sqlalchemy.exc.SQLAlchemyError, pd.errors.DatabaseError, ValueError) as error:
        reason = str(error).split("\n")[0]
        raise DataError(f"The query on {url!r} failed: {reason}") from error
