"""Reads property values off the wire format between the SDK and the engine."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from google.protobuf import struct_pb2
from pulumi.runtime import rpc

from cli.recorder.record import Archive

Place = tuple[str | int, ...]
_SIGNATURE = rpc._special_sig_key
_SECRET = rpc._special_secret_sig
_ASSET = rpc._special_asset_sig
_ARCHIVE = rpc._special_archive_sig


def plain_struct(struct: struct_pb2.Struct) -> tuple[dict[str, Any], frozenset[Place]]:
    """The plain values of a struct, and the paths of those that came wrapped as secrets."""
    secrets: set[Place] = set()
    values = {key: _plain(value, (key,), secrets) for key, value in sorted(struct.fields.items())}
    return values, frozenset(secrets)


def _plain(value: struct_pb2.Value, path: Place, secrets: set[Place]) -> Any:
    kind = value.WhichOneof("kind")
    if kind == "struct_value":
        return _plain_struct_value(value.struct_value, path, secrets)
    if kind == "list_value":
        return [_plain(item, (*path, index), secrets) for index, item in enumerate(value.list_value.values)]
    if kind == "number_value":
        # The wire knows only floats; a whole number was an integer before it went there.
        number = value.number_value
        return int(number) if number.is_integer() else number
    return None if kind in (None, "null_value") else getattr(value, kind)


def _plain_struct_value(struct: struct_pb2.Struct, path: Place, secrets: set[Place]) -> Any:
    signature = struct.fields[_SIGNATURE].string_value if _SIGNATURE in struct.fields else None
    if signature == _SECRET:
        secrets.add(path)
        return _plain(struct.fields["value"], path, secrets)
    if signature in (_ASSET, _ARCHIVE):
        return Archive(_files(struct, "")) if signature == _ARCHIVE else _asset_bytes(struct)
    return {key: _plain(item, (*path, key), secrets) for key, item in sorted(struct.fields.items())}


def _files(archive: struct_pb2.Struct, prefix: str) -> Mapping[str, bytes]:
    found: dict[str, bytes] = {}
    for name, value in sorted(archive.fields["assets"].struct_value.fields.items()):
        inner, place = value.struct_value, f"{prefix}{name}"
        if inner.fields[_SIGNATURE].string_value == _ARCHIVE:
            found |= _files(inner, f"{place}/")
        else:
            found[place] = _asset_bytes(inner)
    return found


def _asset_bytes(asset: struct_pb2.Struct) -> bytes:
    if "path" in asset.fields:
        return Path(asset.fields["path"].string_value).read_bytes()
    return asset.fields["text"].string_value.encode()
