"""Reads tables: CSV and its relatives, Parquet, JSON lines, Arrow, Excel, SQL, DataFrames, npz;
and pictures, in folders, zip files or by the paths in a table.

Values are left as they stand; `netwright.data.schema` finds out what they mean.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Collection
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from netwright.core.audit import Audit
from netwright.core.errors import DataError
from netwright.core.registry import missing_module
from netwright.data.arrays import has_test_arrays, npz_target, read_npz
from netwright.data.delimited import check_names, read_delimited
from netwright.data.dtypes import plain
from netwright.data.images import (
    CLASS,
    decode_paths,
    has_test_pictures,
    holds_paths,
    holds_pictures,
    is_image_source,
    read_images,
    readable,
)
from netwright.data.values import is_textual

SQL_SEPARATOR = "::"


def read(
    source: Any,
    audit: Audit | None = None,
    part: str = "train",
    as_text: Collection[str] = (),
    pictures: Collection[str] = (),
    every_row: bool = False,
) -> pd.DataFrame:
    """Reads a table from a file, a folder of pictures, a SQL query or a frame.

    Args:
        source: A DataFrame; a path ending in .csv .tsv .txt .json .jsonl .parquet .arrow .feather
            .xlsx .npz (text files may be gzipped); a folder or .zip of pictures; or
            `URL::SELECT ...` for a database.
        audit: Is told what was found out on the way.
        part: `train` or `test`; which of the two is wanted where a source has both.
        as_text: Columns of a text file that are not to be taken for numbers.
        pictures: Columns that hold pictures or their paths, whatever they look like.
        every_row: Whether rows whose picture cannot be read stay, without it; else they go.

    Raises:
        DataError: Nothing there, nothing in it, or nothing that can be understood.
    """
    audit = audit or Audit()
    frame, base = _read_all(source, audit, part, as_text)
    frame = with_pictures(frame, base, audit, pictures)
    if every_row or (fine := readable(frame)).all():
        return frame
    left = int((~fine).sum())
    rows = "1 row was" if left == 1 else f"{left} rows were"
    audit.say("read", f"{rows} left out: no readable picture.")
    return frame[fine]


def _read_all(
    source: Any, audit: Audit, part: str, as_text: Collection[str]
) -> tuple[pd.DataFrame, Path]:
    """The frame as it stands, and where its paths start."""
    if isinstance(source, pd.DataFrame):
        return _checked(source.copy(deep=False), "the frame"), Path()
    if not isinstance(source, (str, Path)):
        raise DataError(f"Data is a path or a pandas DataFrame. Got {type(source).__name__}.")
    text, path = str(source), _path_of(source)
    if path is None:
        return _checked(_read_sql(text), "the query"), Path()
    if is_image_source(path):
        return read_images(path, audit, part), path
    if path.stat().st_size == 0:
        raise DataError(f"The file {text!r} is empty; it needs a header and rows.")
    if path.suffix.lower() == ".npz":
        return _checked(read_npz(path, audit, part), repr(text)), path.parent
    reader = _reader_of(path)
    if reader is read_delimited:
        reader = partial(read_delimited, as_text=as_text)
    frame = reader(path, audit)
    audit.say("read", f"Read {len(frame)} rows and {frame.shape[1]} columns from {path.name}.")
    return _checked(frame, repr(text)), path.parent


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


def with_pictures(
    frame: pd.DataFrame, base: Path, audit: Audit, told: Collection[str] = ()
) -> pd.DataFrame:
    """The frame with columns of picture paths read, None where a picture cannot be."""
    for name in frame.columns:
        column = frame[name]
        if not is_textual(column) or holds_pictures(column):
            continue
        if name in told or holds_paths(column, base):
            frame = frame.assign(**{name: decode_paths(column, base, audit, name in told)})
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
    return readers.get(last, read_delimited)


def _checked(frame: pd.DataFrame, what: str) -> pd.DataFrame:
    if frame.columns.nlevels > 1:
        raise DataError(
            f"Columns have one name each, and those of {what} have {frame.columns.nlevels}; "
            "join them, such as frame.columns.map('_'.join)."
        )
    frame.columns = [str(column).strip() for column in frame.columns]
    check_names(list(frame.columns), what)
    if frame.shape[1] == 0:
        raise DataError(f"There are no columns in {what}; it needs a header and rows.")
    return frame


def _read_parquet(path: Path, audit: Audit) -> pd.DataFrame:
    import pyarrow.parquet

    try:
        return _to_pandas(pyarrow.parquet.read_table(path))
    except Exception as error:  # pyarrow raises many kinds
        raise DataError(f"The file {str(path)!r} is not a readable Parquet file.") from error


def _read_arrow(path: Path, audit: Audit) -> pd.DataFrame:
    import pyarrow.feather
    import pyarrow.ipc

    try:
        with path.open("rb") as file:
            if file.read(6) not in (b"ARROW1", b"FEA1\x00\x00"):  # a stream has no such mark
                file.seek(0)
                return _to_pandas(pyarrow.ipc.open_stream(file).read_all())
        return _to_pandas(pyarrow.feather.read_table(path))
    except Exception as error:
        raise DataError(f"The file {str(path)!r} is not a readable Arrow file.") from error


def _to_pandas(table: Any) -> pd.DataFrame:
    """A frame whose whole numbers with gaps stay whole numbers."""
    import pyarrow as pa

    gaps = {
        field.name
        for field, column in zip(table.schema, table.columns, strict=True)
        if pa.types.is_integer(field.type) and column.null_count
    }
    frame = table.to_pandas()
    for name in gaps & set(map(str, frame.columns)):
        kind = "UInt64" if "uint" in str(table.schema.field(name).type) else "Int64"
        frame[name] = pd.array(table.column(name).to_pylist(), dtype=kind)
    return frame


def _read_json_lines(path: Path, audit: Audit) -> pd.DataFrame:
    opener: Any = gzip.open if path.suffix.lower() == ".gz" else open
    try:
        with opener(path, "rt", encoding="utf-8-sig") as file:
            text = file.read()
        listed = text.lstrip()[:1] == "["
        lines = [line for line in text.split("\n") if line.strip()]
        rows = json.loads(text) if listed else [json.loads(line) for line in lines]
    except (ValueError, OSError, EOFError, RecursionError) as error:
        raise DataError(
            f"The file {str(path)!r} is not JSON lines (one object a line): {error}."
        ) from error
    odd = next((row for row in rows if not isinstance(row, dict)), None)
    if odd is not None:
        raise DataError(
            f"The file {str(path)!r} is not JSON lines (one object a line). It has a row that is "
            f"a {type(odd).__name__}; write each row as an object."
        )
    names = list(dict.fromkeys(name for row in rows for name in row))
    return pd.DataFrame({name: _json_column([row.get(name) for row in rows]) for name in names})


def _json_column(values: list[Any]) -> pd.Series:
    """Values of one name; whole numbers with gaps stay whole numbers."""
    kinds = {type(value) for value in values if value is not None}
    if kinds == {int} and None in values and all(abs(v) < 2**63 for v in values if v is not None):
        return pd.Series(values, dtype="Int64")
    return pd.Series(values, dtype="object" if kinds & {list, dict} else None)


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
            found = pd.read_sql(sqlalchemy.text(query), connection, dtype_backend="numpy_nullable")
        return pd.DataFrame({name: plain(column) for name, column in found.items()})
    except ModuleNotFoundError as error:
        raise missing_module(error, url) from error
    except (sqlalchemy.exc.SQLAlchemyError, pd.errors.DatabaseError, ValueError) as error:
        reason = str(error).split("\n")[0]
        raise DataError(f"The query on {url!r} failed: {reason}") from error
