"""The base class of every component."""

from __future__ import annotations

import re
from typing import Any, ClassVar

import pulumi


class Component(pulumi.ComponentResource):
    """A component of type `vigil:<area>:<ClassName>` whose children are all parented to it.

    Subclasses say their area as a class argument: `class Topics(Component, area="aws")`.
    """

    token: ClassVar[str]

    def __init_subclass__(cls, *, area: str, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if not re.fullmatch(r"[a-z]+", area):
            raise ValueError(f"{cls.__name__}: area {area!r} is not a lower-case word")
        cls.token = f"vigil:{area}:{cls.__name__}"

    def __init__(self, name: str, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(self.token, name, None, opts)

    def child(self, **options: Any) -> pulumi.ResourceOptions:
        """Options for a resource of this component. The parent is always this component: options given by whoever
        made the component apply to it alone and reach the children by inheritance."""
        return pulumi.ResourceOptions(parent=self, **options)
