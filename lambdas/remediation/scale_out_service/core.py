"""Adds tasks to an ECS service, up to a cap."""

from dataclasses import dataclass

from lambdas.common.alert import Target
from lambdas.common.aws import Client
from lambdas.common.effects import Remediate
from lambdas.common.remediation.action import Skip, State


@dataclass(frozen=True)
class ScaleOutService:
    """The action; its state is the service's desired number of tasks."""

    ecs: Client
    kind: str = "ecs"
    names: tuple[str, ...] = ("cluster", "service")
    done: str = "scaled"
    would: str = "would_scale"

    def observe(self, target: Target) -> int:
        """Return the desired number of tasks. Raises Skip when the service is not there or not active."""
        names = target.names
        found = self.ecs.describe_services(cluster=names["cluster"], services=[names["service"]])["services"]
        if not found or found[0]["status"] != "ACTIVE":
            raise Skip(f"the service {target.key} is {found[0]['status'] if found else 'not found'}")
        return int(found[0]["desiredCount"])

    def propose(self, state: State, request: Remediate) -> int:
        """Return the number with one step more, at most the cap. Raises Skip at the cap."""
        cap = request.limit("max_capacity")
        if int(state) >= cap:
            raise Skip(f"the service already wants {state} tasks; max_capacity is {cap}")
        return min(int(state) + request.limit("step"), cap)

    def reached(self, state: State, after: State) -> bool:
        """Tell whether there are enough tasks; more than proposed is enough, a retry must never scale in."""
        return int(state) >= int(after)

    def apply(self, target: Target, after: State) -> None:
        """Set the desired number of tasks."""
        names = target.names
        self.ecs.update_service(cluster=names["cluster"], service=names["service"], desiredCount=int(after))
