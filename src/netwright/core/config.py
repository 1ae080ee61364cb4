"""One chosen design: a frozen, JSON-able mapping with readable names."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from hashlib import sha256

Value = str | int | float | bool | None


class Config(Mapping[str, Value]):
    """What was chosen, such as `{"learner": "lightgbm", "lightgbm.num_leaves": 31}`.

    Equal configurations are equal and hash alike whatever order they were chosen in.
    """

    def __init__(self, values: Mapping[str, Value]) -> None:
        self._values = dict(values)
        self._hash: int | None = None

    def __getitem__(self, name: str) -> Value:
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __hash__(self) -> int:
        if self._hash is None:
            self._hash = hash(frozenset(self._values.items()))
        return self._hash

    def __reduce__(self) -> tuple[type[Config], tuple[dict[str, Value]]]:
        """Leaves the remembered hash behind: every process hashes text differently."""
        return Config, (self._values,)

    def __repr__(self) -> str:
        inside = ", ".join(f"{name}={value!r}" for name, value in self._values.items())
        return f"Config({inside})"

    def within(self, prefix: str) -> Config:
        """The part under `prefix.`, with the prefix taken off."""
        start = f"{prefix}."
        return Config({k[len(start) :]: v for k, v in self._values.items() if k.startswith(start)})

    def to_json(self) -> dict[str, Value]:
        """A plain dict."""
        return dict(self._values)

    def digest(self) -> str:
        """Twelve hexadecimal digits that name this design."""
        text = json.dumps(self._values, sort_keys=True, default=str)
        return sha256(text.encode()).hexdigest()[:12]
