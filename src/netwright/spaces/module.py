"""A person's own module as a space: see `netwright.nn.choices` for what stands inside it."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from netwright.core.choosers import FixedChooser, Recorder
from netwright.core.config import Config
from netwright.core.errors import ConfigError
from netwright.core.space import Parameters
from netwright.core.task import Task
from netwright.spaces.nets import NetSpace, image_task

if TYPE_CHECKING:
    from torch import nn

    from netwright.nn.mixed_operation import Options


class _Reader(Recorder):
    """Writes the choices of a module down, and refuses one name for two of them."""

    def suggest_categorical(self, name: str, choices: Sequence[Any]) -> Any:
        before = self.domains.get(name)
        answer = super().suggest_categorical(name, choices)
        if before is not None and before != self.domains[name]:
            raise ConfigError(f"The choice {name!r} stands twice in the module, with other values.")
        return answer


class ModuleSpace(Parameters, NetSpace):
    """Every way to answer the choices of a module; of one without choices, the module itself.

    The choices are read once, from a module made for `example`, so each must be asked whatever the
    others are. What is built holds the chosen parts only.

    Args:
        make: The module's class, or a function that makes one; gets the task.
        example: The task to read the choices with; by default ten classes of 32x32 colour images.

    Raises:
        ConfigError: A choice stands twice in it, or it does not take the task.
    """

    def __init__(self, make: Callable[[Task], nn.Module], example: Task | None = None) -> None:
        import torch

        from netwright.nn.choices import answered_by

        example = example or image_task((3, 32, 32), 10)
        try:
            inspect.signature(make).bind(example)
        except TypeError as error:
            raise ConfigError(f"{make!r} must take the task, and nothing else.") from error
        reader = _Reader(FixedChooser({}))
        with answered_by(reader), torch.random.fork_rng(devices=[]):
            make(example)
        super().__init__(reader.domains)
        self.make = make

    def build(self, config: Config, task: Task) -> nn.Module:
        """The module with its choices made.

        Raises:
            ConfigError: It asks for something it did not ask for when it was read.
        """
        from netwright.nn.choices import answered_by

        chooser = FixedChooser(config)
        with answered_by(chooser):
            net = self.make(task)
        for name in chooser.asked:
            if name not in self.declared:
                raise ConfigError(
                    f"The choice {name!r} is asked only after some answers to the others; ask it "
                    "always and use the answer where it is needed."
                )
        return net

    def relax(self, task: Task, options: Options) -> nn.Module:
        """The module with all its layers and inputs, mixed.

        Raises:
            ConfigError: It chooses values too.
        """
        from netwright.nn.choices import relaxed_into

        with relaxed_into(options):
            return self.make(task)
