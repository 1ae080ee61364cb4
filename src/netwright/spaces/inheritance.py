"""How weights come from a parent to its children: a folder of files named by design.

Whoever trains a design of a `netwright.spaces.lineage.Lineage` begins with `inherit` and ends with
`bequeath`; a folder of the run serves all its workers.

    net = inherit(space, config, task, folder, seed=context.seed)
    ...
    bequeath(net, config, folder)
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from netwright.core.config import Config
from netwright.core.task import Task
from netwright.spaces.lineage import PARENT, Lineage, design_of, key_of
from netwright.spaces.morphism import Morphism
from netwright.spaces.nets import NetSpace

if TYPE_CHECKING:
    from torch import nn


def lineage_of(space: NetSpace, config: Config, folder: Path | None) -> Lineage | None:
    """The space whose designs inherit, None where this one does not.

    Args:
        space: Of the design.
        config: The design; it names a parent where its strategy has it inherit.
        folder: Of the run's weights, None where there are none; made if need be.
    """
    if PARENT not in config or folder is None or not isinstance(space, Morphism):
        return None
    folder.mkdir(exist_ok=True)
    return Lineage(space)


def bequeath(net: nn.Module, config: Config, folder: Path) -> None:
    """Leaves the weights of a trained design to its children.

    Args:
        net: What the space built, without the layers put around it.
        config: Its design.
        folder: Of the run's weights.

    Raises:
        OSError: They could not be written; whatever was there before still is.
    """
    from netwright.nn.weights import write_tensors

    design = design_of(config).to_json()
    write_tensors(_path(folder, key_of(config)), net.state_dict(), {"design": design})


def inherit(space: Lineage, config: Config, task: Task, folder: Path, seed: int) -> nn.Module:
    """The net of a design, saying what its parent says.

    A design without a parent, or one whose parent left nothing that it can grow from, has random
    weights.

    Args:
        space: Of the design.
        config: The design.
        task: Says what goes in and what comes out.
        folder: Of the run's weights.
        seed: Decides which channels are copied.
    """
    from netwright.nn.weights import read_tensors

    saved = read_tensors(_path(folder, int(config[PARENT] or 0)))
    if saved is None or not space.inner.contains(design_of(config), saved.facts["design"]):
        return space.build(config, task)
    parent = space.inner.build(Config(saved.facts["design"]), task)
    parent.load_state_dict(saved.tensors)
    return space.inner.grow(parent, design_of(config), seed)


def _path(folder: Path, key: int) -> Path:
    return folder / f"{key:012x}.safetensors"
