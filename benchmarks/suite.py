"""How long the test suite takes (from the closing line of a run's log) and how much of it there is.

bash scripts/test | tee suite.log; python benchmarks/suite.py suite.log
"""

from __future__ import annotations

import ast
import re
import sys
from pathlib import Path
from typing import Any

from common import ROOT, write


def main() -> None:
    """Counts lines, and reads the log when one is named."""
    logs = [word for word in sys.argv[1:] if not word.startswith("-")]
    code, tests = (lines(ROOT / name) for name in ("src", "tests"))
    whole, whole_tests = (every_line(ROOT / name) for name in ("src", "tests"))
    found: dict[str, Any] = {
        "code_lines": code,
        "test_lines": tests,
        "tests_per_code": round(tests / code, 3),
        "tests_per_code_with_docstrings_and_blanks": round(whole_tests / whole, 3),
    }
    if logs:
        closing = Path(logs[0]).read_text().strip().splitlines()[-1]
        found["closing_line"] = closing
        found["seconds"] = float(re.findall(r"in ([\d.]+)s", closing)[0])
    write("suite", found, smoke="--smoke" in sys.argv)


def every_line(folder: Path) -> int:
    """Lines of any kind."""
    return sum(len(path.read_text().splitlines()) for path in folder.rglob("*.py"))


def lines(folder: Path) -> int:
    """Lines that are neither blank, comment nor docstring."""
    total = 0
    for path in folder.rglob("*.py"):
        text = path.read_text()
        said: set[int] = set()
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
                said |= set(range(node.lineno, (node.end_lineno or node.lineno) + 1))
        rows = enumerate(text.splitlines(), start=1)
        total += sum(
            bool(line.strip()) and not line.strip().startswith("#") and number not in said
            for number, line in rows
        )
    return total


if __name__ == "__main__":
    main()
