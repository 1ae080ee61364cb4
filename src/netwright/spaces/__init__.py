"""Spaces of nets: each says what may be built, and builds it."""

SPACES: dict[str, str] = {"mlp": "netwright.spaces.mlp:TabularNetSpace"}
