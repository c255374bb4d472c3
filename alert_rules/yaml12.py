"""YAML as Pulumi's own reader takes it: YAML 1.2's words for true and false, no times or dates in disguise."""

from __future__ import annotations

import re
from typing import Any, ClassVar

import yaml

# libyaml where the wheel has it: a tenth of the time of the pure Python loader.
_Base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Loader(_Base):  # type: ignore[misc]
    """PyYAML reads YAML 1.1, where `off` is false, `on` is true and `10:00` is 600. People who write `mode: off` mean
    the word, and Pulumi's engine, which reads YAML 1.2, hands the program the word."""

    yaml_implicit_resolvers = {
        first: [(tag, pattern) for tag, pattern in resolvers if tag.rsplit(":", 1)[1] in ("null", "merge")]
        for first, resolvers in _Base.yaml_implicit_resolvers.items()
    }


Loader.add_implicit_resolver(
    "tag:yaml.org,2002:bool", re.compile(r"^(?:true|True|TRUE|false|False|FALSE)$"), list("tTfF")
)
Loader.add_implicit_resolver(
    "tag:yaml.org,2002:int", re.compile(r"^[-+]?(?:0|[1-9][0-9]*|0x[0-9a-fA-F]+)$"), list("-+0123456789")
)
Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float",
    re.compile(r"^[-+]?(?:[0-9]+\.[0-9]*|\.[0-9]+|[0-9]+)(?:[eE][-+]?[0-9]+)?$"),
    list("-+0123456789."),
)


def _mapping(loader: Any, node: Any, deep: bool = False) -> Any:
    first: dict[Any, int] = {}
    for key, _ in node.value:
        name, line = key.value, key.start_mark.line + 1
        if isinstance(key, yaml.ScalarNode) and first.setdefault(name, line) != line:
            problem = (
                f"the key {name!r} stands twice, first in line {first[name]}; which of the two holds, nobody can tell"
            )
            raise yaml.constructor.ConstructorError(None, None, problem, key.start_mark)
    return _Base.construct_mapping(loader, node, deep)


Loader.construct_mapping = _mapping


def load(text: str) -> Any:
    """What a YAML document holds. Raises yaml.YAMLError where it is malformed, or says a key twice."""
    return yaml.load(text, Loader)  # noqa: S506 - derived from a safe loader


def load_all(text: str) -> list[Any]:
    """Every document of a YAML stream. Raises yaml.YAMLError where one is malformed."""
    return list(yaml.load_all(text, Loader))


def compose(text: str) -> Any:
    """The nodes of a YAML document, with their places in the text. Raises yaml.YAMLError where it is malformed."""
    return yaml.compose(text, Loader)


class _Dumper(getattr(yaml, "CSafeDumper", yaml.SafeDumper)):  # type: ignore[misc]
    """Writes text of several lines as a block, as a person would."""

    # PyYAML asks twice for every scalar whether it needs quotes, in Python; most of them, keys above all, come again.
    _resolved: ClassVar[dict[tuple[str, Any], Any]] = {}

    def resolve(self, kind: Any, value: Any, implicit: Any) -> Any:
        if kind is not yaml.ScalarNode:
            return super().resolve(kind, value, implicit)
        key = (value, implicit)
        if key not in self._resolved:
            self._resolved[key] = super().resolve(kind, value, implicit)
        return self._resolved[key]

    def represent_data(self, data: Any) -> Any:
        # What most content is made of, without the bookkeeping that aliases and other types need.
        if type(data) is str:
            return yaml.ScalarNode("tag:yaml.org,2002:str", data, style="|" if "\n" in data else None)
        if type(data) is dict:
            pairs = [(self.represent_data(key), self.represent_data(value)) for key, value in data.items()]
            return yaml.MappingNode("tag:yaml.org,2002:map", pairs, flow_style=self.default_flow_style)
        if type(data) is list:
            items = [self.represent_data(item) for item in data]
            return yaml.SequenceNode("tag:yaml.org,2002:seq", items, flow_style=self.default_flow_style)
        return super().represent_data(data)


_Dumper.ignore_aliases = lambda *_: True


def dump(content: Any) -> str:
    """`content` as YAML for people and programs: keys in their given order, long lines unbroken."""
    return str(yaml.dump(content, Dumper=_Dumper, sort_keys=False, width=10_000, allow_unicode=True))


def dump_all(documents: list[Any]) -> str:
    """Several documents in one stream, each introduced by `---`."""
    return "".join(f"---\n{dump(document)}" for document in documents)


def flow(content: Any) -> str:
    """`content` on one line, as people write a short mapping: {threshold: 2%, for: 10m}."""
    text = yaml.dump(
        content, Dumper=_Dumper, sort_keys=False, width=10_000, allow_unicode=True, default_flow_style=True
    )
    return str(text).strip()
