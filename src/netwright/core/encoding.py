"""Designs as numbers, for whoever predicts from them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from netwright.core.domains import Categorical, Domain

if TYPE_CHECKING:
    import numpy as np


class Encoder:
    """Turns designs of one space into arrays.

    Args:
        domains: The space's parameters (`space.domains()`), which become columns in this order.
    """

    def __init__(self, domains: Mapping[str, Domain]) -> None:
        self.domains = dict(domains)
        self._codes: dict[str, dict[Any, int]] = {
            name: {choice: place for place, choice in enumerate(domain.choices)}
            for name, domain in self.domains.items()
            if isinstance(domain, Categorical)
        }

    @property
    def categorical(self) -> list[bool]:
        """Which columns of `codes` are categories."""
        return [name in self._codes for name in self.domains]

    def codes(self, configs: Sequence[Mapping[str, Any]]) -> np.ndarray:
        """(n, parameters): a category's index, a number's place in [0, 1], NaN where inactive."""
        import numpy as np

        table = np.full((len(configs), len(self.domains)), np.nan)
        for column, (name, domain) in enumerate(self.domains.items()):
            known = self._codes.get(name)
            for row, config in enumerate(configs):
                if name in config:
                    value = config[name]
                    table[row, column] = domain.unit(value) if known is None else known[value]
        return table

    def one_hot(self, configs: Sequence[Mapping[str, Any]]) -> np.ndarray:
        """(n, width): indicators of categories; numbers as (active, place in [0, 1])."""
        import numpy as np

        codes = self.codes(configs)
        active = ~np.isnan(codes)
        parts = []
        for column, (name, domain) in enumerate(self.domains.items()):
            if name in self._codes:
                parts.append(codes[:, column, None] == np.arange(domain.size())[None])
            else:
                parts += [active[:, column, None], np.nan_to_num(codes[:, column, None])]
        if not parts:
            return np.zeros((len(configs), 0))
        return np.concatenate(parts, axis=1).astype(float)
