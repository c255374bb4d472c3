"""The Pulumi program: settings → stack → exports. `vigil preview` runs this same file offline."""

from __future__ import annotations

import pulumi

from alert_rules.problems import InvalidFiles
from components.settings.load import load_settings
from components.stack import Stack


def main() -> None:
    """Declares the stack of the environment that Pulumi has selected. Raises RunError for invalid settings."""
    try:
        stack = Stack("vigil", load_settings())
    except InvalidFiles as error:
        # RunError is shown as it is: a person who mistyped a key needs the list of mistakes, not a traceback.
        raise pulumi.RunError(str(error)) from error
    for name, value in stack.exports.items():
        pulumi.export(name, value)


main()
