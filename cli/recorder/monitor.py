"""A resource monitor that stands in for Pulumi's engine and is stricter than the SDK's own mock."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from typing import Any

import pulumi
from google.protobuf import empty_pb2, struct_pb2
from pulumi import _types
from pulumi.runtime import mocks
from pulumi.runtime.proto import resource_pb2

from cli.recorder.outputs import MARKER, MARKER_START, computed
from cli.recorder.record import Archive, Recording, Resource, Violation
from cli.recorder.wire import plain_struct

STACK_TYPE = "pulumi:pulumi:Stack"
_READ_BACK = ("apiVersion", "kind", "metadata")
"""What a program may read back of a Kubernetes object. The rest, which an API server fills with defaults of its own,
takes the SDK a fifth of all that an object costs here to translate. Nothing reads it; the marker tells who would."""
_OUTPUT_PROSE = "Calling __str__ on an Output[T] is not supported"


class Monitor(mocks.MockMonitor):
    """Records registrations; answers with the inputs (of Kubernetes objects the metadata) and the outputs a provider
    would compute.

    `violations` collects what a real engine would refuse or a provider would get wrong.
    """

    def __init__(self, *, project: str, stack: str, account: str, region: str) -> None:
        super().__init__(_NoMocks())
        self.project, self.stack, self.account, self.region = project, stack, account, region
        self.recording = Recording()
        self.violations: list[str] = []
        self._urns: set[str] = set()
        self._output_names: dict[str, frozenset[str]] = {}

    def observe(self, args: pulumi.ResourceTransformationArgs) -> None:
        """Called by the SDK, synchronously, as each resource is constructed."""
        if isinstance(args.resource, pulumi.ComponentResource):
            self.recording.components.append(args.resource)
        if args.type_ not in self._output_names:
            self._output_names[args.type_] = frozenset(_types.resource_pulumi_to_py_names(type(args.resource)))
        if _inside_apply():
            self.violations.append(f"{args.type_} {args.name!r} is created inside apply: a preview cannot show it")

    def make_urn(self, parent: str, type_: str, name: str) -> str:
        """The URN as the engine makes it: the chain of all parents' types, the stack's own left out."""
        chain = parent.split("::")[2] if parent else STACK_TYPE
        qualified = type_ if chain == STACK_TYPE else f"{chain}${type_}"
        return f"urn:pulumi:{self.stack}::{self.project}::{qualified}::{name}"

    def RegisterResource(self, request: Any) -> Any:
        urn = self.make_urn(request.parent, request.type, request.name)
        if request.type == STACK_TYPE:
            return resource_pb2.RegisterResourceResponse(urn=urn)
        resource = self._resource(urn, request)
        state = self._state(resource, request.object) if request.custom else request.object
        return resource_pb2.RegisterResourceResponse(urn=urn, id=_id(resource) if request.custom else "", object=state)

    def _resource(self, urn: str, request: Any) -> Resource:
        inputs, secrets = plain_struct(request.object)
        resource = Resource(
            urn=urn,
            type=request.type,
            name=request.name,
            parent=None if request.parent.split("::")[2:3] == [STACK_TYPE] else request.parent or None,
            provider=request.provider or None,
            custom=request.custom,
            inputs=inputs,
            secret_paths=secrets,
            dependencies=tuple(sorted(request.dependencies)),
        )
        if urn in self._urns:
            self.violations.append(f"duplicate URN {urn}")
        self._urns.add(urn)
        self.recording.resources.append(resource)
        return resource

    def _state(self, resource: Resource, inputs: struct_pb2.Struct) -> struct_pb2.Struct:
        state = struct_pb2.Struct()
        if resource.type.startswith("kubernetes:"):
            for name in filter(inputs.fields.__contains__, _READ_BACK):
                state.fields[name].CopyFrom(inputs.fields[name])
        else:
            state.CopyFrom(inputs)
        values: dict[str, Any] = {
            name: MARKER.format(type=resource.type, name=name)
            for name in self._output_names.get(resource.type, ())
            if name not in state.fields
        }
        values |= computed(resource.type, resource.inputs, account=self.account, region=self.region)
        state.update(values)
        return state

    def RegisterResourceOutputs(self, request: Any) -> Any:
        outputs, secrets = plain_struct(request.outputs)
        if request.urn.split("::")[2] == STACK_TYPE:
            self.recording.exports, self.recording.export_secrets = outputs, secrets
        else:
            self.violations += _faults(outputs, f"outputs of {request.urn}")
        return empty_pb2.Empty()

    def Invoke(self, request: Any) -> Any:
        raise Violation(f"{request.tok} is called: a preview must need no cloud and no credentials")

    def ReadResource(self, request: Any) -> Any:
        raise Violation(f"{request.type} {request.name!r} is read: a preview must need no cloud and no credentials")

    def close(self) -> Recording:
        """The recording in the order of URNs. Raises Violation with everything that was found wrong."""
        self.recording.resources.sort(key=lambda resource: resource.urn)
        faults = [fault for r in self.recording.resources for fault in _faults(r.inputs, f"{r.type} {r.name!r}")]
        faults += _faults(self.recording.exports, "exports")
        if self.violations or faults:
            raise Violation("\n".join([*self.violations, *faults]))
        return self.recording


class _NoMocks(mocks.Mocks):
    """The base class wants mocks; this monitor answers everything itself."""

    def call(self, args: Any) -> Any:
        raise Violation(f"{args.token} is called")

    def new_resource(self, args: Any) -> Any:
        raise Violation(f"{args.typ} reached the SDK's own mock")


def _faults(value: Any, where: str) -> Iterator[str]:
    """Texts inside `value` that no provider would ever have produced."""
    if isinstance(value, str):
        if MARKER_START in value:
            yield f"{where}: uses {value[value.index(MARKER_START) :][:200]}"
        if _OUTPUT_PROSE in value:
            yield f"{where}: holds the prose of an Output that was put into text; use Output.concat or apply"
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from _faults(item, f"{where}.{key}")
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _faults(item, f"{where}[{index}]")
    elif isinstance(value, Archive):
        for path, content in value.files.items():
            yield from _faults(content.decode(errors="replace") if path.endswith(".json") else "", f"{where}:{path}")


def _id(resource: Resource) -> str:
    """What the provider would return as id: for Kubernetes namespace/name, else the physical name."""
    metadata = resource.inputs.get("metadata")
    if isinstance(metadata, Mapping):
        return "/".join(filter(None, (metadata.get("namespace"), metadata.get("name"))))
    return str(resource.inputs.get("name", resource.name))


def _inside_apply() -> bool:
    frame = sys._getframe(2)
    current: Any = frame
    while current is not None:
        code = current.f_code
        if code.co_name == "run" and code.co_filename.endswith("pulumi/output.py"):
            return True
        current = current.f_back
    return False
