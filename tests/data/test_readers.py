"""Reading whatever people bring."""

from __future__ import annotations

import gzip
import sqlite3
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from netwright.core.audit import Audit
from netwright.core.errors import DataError
from netwright.data.readers import read

PLAIN = pd.DataFrame({"a": [1, 2, 3], "b": ["x", "y, z", 'say "hi"'], "c": [0.5, np.nan, 2.0]})


def write(path: Path, text: str | bytes) -> Path:
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def same(frame: pd.DataFrame, expected: pd.DataFrame = PLAIN) -> None:
    pd.testing.assert_frame_equal(frame, expected, check_dtype=False)


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found(tmp_path: Path, delimiter: str) -> None:
    path = tmp_path / "t.csv"
    PLAIN.to_csv(path, sep=delimiter, index=False)
    same(read(path))


@pytest.mark.parametrize("ending", ["t.csv", "t.tsv", "t.txt", "t.csv.gz", "t.data"])
def test_endings_of_text(tmp_path: Path, ending: str) -> None:
    path = tmp_path / ending
    sep = "\t" if "tsv" in ending else ","
    PLAIN.to_csv(path, sep=sep, index=False)
    same(read(path))


def test_a_gzipped_file_needs_no_ending(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(gzip.compress(PLAIN.to_csv(index=False).encode()))
    same(read(path))


def test_parquet_arrow_json_and_excel(tmp_path: Path) -> None:
    PLAIN.to_parquet(tmp_path / "t.parquet")
    PLAIN.to_feather(tmp_path / "t.arrow")
    PLAIN.to_json(tmp_path / "t.jsonl", orient="records", lines=True)
    PLAIN.to_json(tmp_path / "t.json", orient="records")
    PLAIN.to_excel(tmp_path / "t.xlsx", index=False)
    for name in ("t.parquet", "t.arrow", "t.jsonl", "t.json", "t.xlsx"):
        same(read(tmp_path / name))


def test_gzipped_json_lines(tmp_path: Path) -> None:
    path = tmp_path / "t.jsonl.gz"
    path.write_bytes(gzip.compress(PLAIN.to_json(orient="records", lines=True).encode()))
    same(read(path))


def test_a_query_on_a_database(tmp_path: Path) -> None:
    pytest.importorskip("sqlalchemy")
    with sqlite3.connect(tmp_path / "d.db") as connection:
        PLAIN.to_sql("t", connection, index=False)
    connection.close()
    same(read(f"sqlite:///{tmp_path / 'd.db'}::SELECT * FROM t"))
    with pytest.raises(DataError, match="failed: "):
        read(f"sqlite:///{tmp_path / 'd.db'}::SELECT * FROM absent")


def test_a_frame_is_not_changed() -> None:
    frame = pd.DataFrame({" a ": [1], 2: [3]})
    assert list(read(frame).columns) == ["a", "2"]
    assert list(frame.columns) == [" a ", 2]


def test_windows_text_is_read_and_told(tmp_path: Path) -> None:
    audit = Audit()
    frame = read(write(tmp_path / "t.csv", "name,n\nMünchen,1\nKöln,2\n".encode("cp1252")), audit)
    assert list(frame["name"]) == ["München", "Köln"]
    assert "Line 2 is not UTF-8" in audit.entries()[0]["said"]


def test_a_byte_order_mark_is_no_name(tmp_path: Path) -> None:
    assert list(read(write(tmp_path / "t.csv", b"\xef\xbb\xbfa,b\n1,2\n")).columns) == ["a", "b"]


def test_utf_16_is_read(tmp_path: Path) -> None:
    assert list(read(write(tmp_path / "t.csv", "a,b\n1,ü\n".encode("utf-16")))["b"]) == ["ü"]


def test_one_column_is_a_table(tmp_path: Path) -> None:
    assert read(write(tmp_path / "t.csv", "a\n1\n2\n")).shape == (2, 1)


def test_a_header_alone_has_no_rows(tmp_path: Path) -> None:
    assert read(write(tmp_path / "t.csv", "a,b\n")).shape == (0, 2)


def test_blanks_are_left_for_the_schema(tmp_path: Path) -> None:
    frame = read(write(tmp_path / "t.csv", "a,b\nNA,1\n?,2\n"))
    assert list(frame["a"]) == ["NA", "?"]


def test_commas_inside_quotes_do_not_mislead(tmp_path: Path) -> None:
    text = 'a;b\n"1,2,3";x\n"4,5,6";y\n'
    frame = read(write(tmp_path / "t.csv", text))
    assert list(frame["a"]) == ["1,2,3", "4,5,6"]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("empty.csv", b"", "is empty"),
        ("blank.csv", b"  \n \n", "is empty"),
        ("binary.csv", bytes(range(256)) * 20, "binary data"),
        ("zeros.csv", b"\x00" * 100, "binary data"),
        ("ragged.csv", b"a,b\n1,2\n1,2,3,4\n", "is not a table"),
        ("twice.csv", b"a,b,a\n1,2,3\n", "'a' more than once"),
        ("bad.parquet", b"PAR1 but not really", "not a readable Parquet"),
        ("bad.arrow", b"nothing", "not a readable Arrow"),
        ("bad.jsonl", b"{a: 1", "not JSON lines"),
        ("bad.xlsx", b"not a zip", "not a readable Excel"),
        ("cut.csv.gz", gzip.compress(b"a,b\n1,2\n" * 999, mtime=0)[:40], "cannot be read"),
    ],
)
def test_what_cannot_be_read_is_told_in_one_sentence(
    tmp_path: Path, name: str, content: bytes, message: str
) -> None:
    with pytest.raises(DataError, match=message) as caught:
        read(write(tmp_path / name, content))
    assert "\n" not in str(caught.value)


def test_absent_files_folders_and_strange_things(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="There is no file"):
        read(tmp_path / "absent.csv")
    with pytest.raises(DataError, match="no pictures"):
        read(tmp_path)
    with pytest.raises(DataError, match="path or a pandas DataFrame"):
        read([1, 2, 3])


def test_repeated_names_in_a_frame_are_refused() -> None:
    with pytest.raises(DataError, match="'a' more than once"):
        read(pd.DataFrame([[1, 2]], columns=["a", "a "]))


def test_a_frame_without_columns_is_refused() -> None:
    with pytest.raises(DataError, match="no columns"):
        read(pd.DataFrame())
