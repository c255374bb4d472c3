"""The benchmark of what rules cost: what it writes is what Prometheus reads, and it makes up what rules ask for."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.message import Message

from benchmarks import rule_cost
from benchmarks._cluster import INSTANCES, OBJECTIVES, cluster, settings
from benchmarks._load import RUN, SLACK, Load, spans
from benchmarks._reads import LOOKBACK, Matcher, Read, reads
from benchmarks._remote_write import Writer, labels, samples, series, snappy, varint
from benchmarks._rules import Observed, Rule, Side, costs, duration, finding, rule_file, rules_in
from benchmarks._series import EPOCH, Block, Course, blocks, finds, number_read, recorded_blocks
from tests.validators.binaries import find

DAY = 86400


def write_request() -> type[Message]:
    """Prometheus' own message, as prompb/remote.proto and prompb/types.proto declare it."""
    types = descriptor_pb2.FieldDescriptorProto
    file = descriptor_pb2.FileDescriptorProto(name="remote.proto", package="prometheus", syntax="proto3")
    fields = {
        "Label": [("name", 1, types.TYPE_STRING, ""), ("value", 2, types.TYPE_STRING, "")],
        "Sample": [("value", 1, types.TYPE_DOUBLE, ""), ("timestamp", 2, types.TYPE_INT64, "")],
        "TimeSeries": [("labels", 1, types.TYPE_MESSAGE, "Label"), ("samples", 2, types.TYPE_MESSAGE, "Sample")],
        "WriteRequest": [("timeseries", 1, types.TYPE_MESSAGE, "TimeSeries")],
    }
    for name, members in fields.items():
        message = file.message_type.add(name=name)
        for field, number, kind, of in members:
            repeated = types.LABEL_REPEATED if of else types.LABEL_OPTIONAL
            message.field.add(
                name=field, number=number, type=kind, label=repeated, type_name=f".prometheus.{of}" if of else None
            )
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("prometheus.WriteRequest"))


def test_protobuf_reads_what_is_written() -> None:
    told = {"__name__": "up", "service": "a" * 200, "empty": ""}
    written = series(labels(told), samples([1_800_000_000, 1_800_000_030], [0.1, -2.0]))
    request = write_request().FromString(written + series(labels({"__name__": "down"}), samples([1], [3])))
    first, second = request.timeseries  # type: ignore[attr-defined]
    assert [(each.name, each.value) for each in first.labels] == [("__name__", "up"), ("service", "a" * 200)]
    assert [(each.value, each.timestamp) for each in first.samples] == [
        (0.1, 1_800_000_000_000),
        (-2.0, 1_800_000_030_000),
    ]
    assert second.samples[0].timestamp == 1000


@pytest.mark.parametrize("size", [1, 60, 70_000])
def test_snappy_holds_the_content_as_one_literal(size: int) -> None:
    content = bytes(range(256)) * (size // 256 + 1)
    made = snappy(content[:size])
    length = varint(size)
    assert made.startswith(length)
    tag, stated = made[len(length)], struct.unpack("<I", made[len(length) + 1 : len(length) + 5])[0]
    assert tag & 3 == 0 and tag >> 2 == 63  # a literal, its length less one in four bytes
    assert stated == size - 1 and made[len(length) + 5 :] == content[:size]


@pytest.mark.parametrize(
    ("expression", "found"),
    [
        ("up", [("up", 0, LOOKBACK)]),
        ("rate(a[5m] offset 1w)", [("a", 7 * DAY, 7 * DAY + 300)]),
        ("sum_over_time((b - c offset 1m)[1h:1m])", [("b", 0, 3900), ("c", 60, 3960)]),
        ("topk by (x) (1, max(d)) or 2 * -e > 1", [("d", 0, 300), ("e", 0, 300)]),
        ("max_over_time(sum(rate(f[10m]))[1d:] offset 1h)", [("f", 3600, 3600 + DAY + 600)]),
    ],
)
def test_a_selector_is_read_from_so_long_ago(expression: str, found: list[tuple[str, float, float]]) -> None:
    assert [(each.metric, each.newest, each.oldest) for each in reads(expression)] == found


def test_thousands_of_selectors_may_stand_in_one_rule() -> None:
    assert len(reads(" or ".join(f'absent(up{{service="{index}"}})' for index in range(3000)))) == 3000


@pytest.mark.parametrize(
    ("operator", "value", "holds", "fails"),
    [("=", "a", "a", "b"), ("!=", "", "a", ""), ("=~", "a|b.", "bc", "abc"), ("!~", "a.*", "", "ab")],
)
def test_matchers_hold_as_in_promql(operator: str, value: str, holds: str, fails: str) -> None:
    matcher = Matcher("x", operator, value)
    assert matcher.holds(holds)
    assert not matcher.holds(fails)


@pytest.fixture(scope="module")
def side(tmp_path_factory: pytest.TempPathFactory) -> Side:
    return rule_cost.ours(tmp_path_factory.mktemp("stack"), 2)


def test_every_service_has_its_objectives_in_the_rules_that_are_measured(side: Side) -> None:
    objectives = [rule for rule in side.rules if rule.name == "slo:objective:ratio"]
    assert len(objectives) == 2 * len(OBJECTIVES)
    assert side.recorded["slo:events:sum1d"] == 600
    assert side.recorded["slo:budget_spent:ratio"] == 120


def test_every_selector_of_ours_finds_made_up_series(side: Side) -> None:
    made = cluster(2)
    there = [*blocks(made, side.reads, side.recorded), *recorded_blocks(made, side.reads, side.recorded)]
    lost = {
        read.selector
        for read in side.reads
        if read.metric not in side.recorded
        and not any(finds(read, block) for block in there if block.metric == read.metric)
    }
    assert lost == set()


def test_series_grow_with_the_services() -> None:
    few, many = (sum(len(block.objects) for block in blocks(cluster(number), [], {})) for number in (20, 40))
    assert pytest.approx((many - few) / 20 * 1000, rel=0.1) == 1_000_000
    requests = [block for block in blocks(cluster(20), [], {}) if block.metric == "http_requests_total"]
    assert {len(block.objects) for block in requests} == {20 * INSTANCES}
    assert {block.labels["status_code"] for block in requests} == {"200", "500"}


def test_only_series_that_a_selector_takes_are_read() -> None:
    made = blocks(cluster(20), [], {})
    assert (
        number_read(made, reads('rate(http_requests_total{status_code=~"5..",service!=""}[5m])')) == 2 * 20 * INSTANCES
    )


def test_no_two_series_have_the_same_labels() -> None:
    told = [
        frozenset({**each, **block.labels}.items()) for block in blocks(cluster(20), [], {}) for each in block.objects
    ]
    assert len(told) == len(set(told))


def test_what_is_recorded_has_a_past_where_rules_read_it_again(side: Side) -> None:
    past = recorded_blocks(cluster(2), side.reads, side.recorded)
    events = [block for block in past if block.metric == "slo:events:sum1d"]
    assert [(len(block.objects), block.step) for block in events] == [(2, 600)] * len(OBJECTIVES)
    assert "slo:errors:ratio_rate1h" not in {block.metric for block in past}
    # A sample is all that is read of what is recorded every ten minutes, and the first evaluation makes it.
    assert side.recorded["TrafficDropped:last_week"] == 600
    assert not {block.metric for block in past if block.metric.startswith("TrafficDropped")}


def test_a_series_has_samples_when_it_is_read() -> None:
    block = Block({"__name__": "x", "code": "200"}, [{}], Course("steady", 1))
    read = [*reads('rate(x{code="200"}[30m])'), *reads('rate(x{code="500"}[1d])'), *reads("rate(x[5m] offset 1w)")]
    assert spans(block, read, 10 * DAY) == (
        (10 * DAY - 1800 - SLACK, float("inf")),
        (3 * DAY - 300 - SLACK, 3 * DAY + RUN),
    )


class Kept(Writer):
    """Keeps what would be posted."""

    def __init__(self) -> None:
        super().__init__("127.0.0.1:1")
        self.written: list[bytes] = []

    def add(self, content: bytes) -> None:
        self.written.append(content)


def test_each_object_gets_the_samples_between_two_times() -> None:
    block = Block({"__name__": "x"}, [{"node": "a"}, {"node": "b"}], Course("rate", 2))
    load = Load([block], [], EPOCH + 600)
    with Kept() as writer:
        load.write(writer, EPOCH + 590, EPOCH + 660)
    request = write_request().FromString(b"".join(writer.written))
    first, second = request.timeseries  # type: ignore[attr-defined]
    assert [(each.name, each.value) for each in second.labels] == [
        ("cluster", "load"),
        ("node", "b"),
        ("__name__", "x"),
    ]
    moments = [each.timestamp // 1000 for each in first.samples]
    assert moments == [time for time in range(EPOCH + 590, EPOCH + 660) if time % 30 == 0]
    assert [each.value for each in first.samples] == [2 * (time - EPOCH) for time in moments]
    assert (load.series, load.samples) == (2, 2 * len(moments))


RULES = [
    Rule("often", 0, None, {"alert": "A", "expr": "a > 1"}),
    Rule("seldom", 0, 120.0, {"record": "b", "expr": "sum(a)"}),
]


def test_costs_are_medians_without_the_first_evaluation_of_a_turn() -> None:
    turns = [
        Observed({("often", 0): [9.0, 1.0, 2.0], ("seldom", 0): [4.0]}, 60, 10, 5),
        Observed({("often", 0): [9.0, 6.0], ("seldom", 0): [8.0]}, 60, 10, 5),
    ]
    side = Side("x", 30, RULES, turns)
    often, seldom = costs(side)
    assert (often.seconds, seldom.seconds) == (2.0, 6.0)
    assert (often.a_minute(15), often.a_minute(30), seldom.a_minute(15)) == (8.0, 4.0, 3.0)
    assert rule_cost.an_alert(side, [often, seldom]) == 11.0
    assert rule_cost.fullest([often, seldom]) == pytest.approx(2 / 15)
    assert rule_cost.processor(side) == pytest.approx(20 / (16 + 23))
    side.found = {"a{}": True}
    assert finding(side) == 1.0


def test_a_rule_that_was_never_evaluated_has_no_cost() -> None:
    with pytest.raises(RuntimeError, match="b of group seldom was not evaluated"):
        costs(Side("x", 30, RULES, [Observed({("often", 0): [1.0]}, 60, 10, 5)]))


def test_rules_are_read_from_manifests_and_measured_at_one_interval(tmp_path: Path) -> None:
    manifests = tmp_path / "manifests"
    manifests.mkdir()
    (manifests / "a-prometheusRule.yaml").write_text(
        "spec: {groups: [{name: g, interval: 3m, rules: [{record: r, expr: vector(1)}]}, {name: h, rules: []}]}\n"
    )
    [side] = rule_cost.rival(str(tmp_path))
    assert side.recorded == {"r": 180.0}
    measured = tmp_path / "measured.yaml"
    measured.write_text(rule_file(side.rules, 40))
    assert rules_in([measured]) == [Rule("g", 0, 40.0, {"record": "r", "expr": "vector(1)"})]
    assert duration("1h30m") == 5400
    assert rule_cost.rival(None) == []
    with pytest.raises(RuntimeError, match="no manifests"):
        rule_cost.rival(str(manifests))


def test_services_are_all_on_kubernetes_and_scraped_as_samples_are_made() -> None:
    assert {each["metrics"]["interval"] for each in settings(3)} == {"30s"}
    assert all("kubernetes" in each["runs_on"] for each in settings(3))
    assert Read("x", ()).selector == "x{}"


@pytest.mark.validators
def test_a_small_load_is_evaluated_without_a_failure(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    find("prometheus")
    monkeypatch.delenv("KUBE_PROMETHEUS", raising=False)
    arguments = ["--services", "5", "--rounds", "1", "--days", "1", "--turn", "30", "--interval", "8"]
    assert rule_cost.main(arguments) == 0
    printed = capsys.readouterr().out
    assert "rival: not available (set KUBE_PROMETHEUS" in printed
    assert "costliest rules of vigil" in printed
