"""The machines under the cluster: CPU, memory, disks, network, clock."""

from __future__ import annotations

from dashboards.board import Board, Variable
from dashboards.panels import Panel, Query, Row, figure, graph
from dashboards.queries import RANGE, Narrowed, count
from dashboards.shared import firing

UID = "nodes"

_NODES = Narrowed("node")

_ON_DISK = 'fstype!~"tmpfs|ramfs"'
_IDLE = 'mode="idle"'
_READY = ('condition="Ready"', 'status="true"')
_PRESSURE = ('condition=~"MemoryPressure|DiskPressure|PIDPressure"', 'status="true"')


def _free(available: str, every: str) -> str:
    """The share of each disk that is free; read-only ones are full from the start."""
    share = f"{_NODES.series(available, _ON_DISK)} / {_NODES.series(every, _ON_DISK)}"
    return f"min by (node, device) ({share} and {_NODES.series('node_filesystem_readonly')} == 0)"


def _both_ways(kind: str) -> tuple[str, str]:
    """Two counters of network devices."""
    return f"node_network_receive_{kind}_total", f"node_network_transmit_{kind}_total"


def _sum_both_ways(kind: str) -> str:
    received, sent = (f"rate({_NODES.series(metric)}[{RANGE}])" for metric in _both_ways(kind))
    return f"sum by (node, device) ({received} + {sent})"


_NOW = Row(
    "Now",
    (
        Panel(
            title="Nodes ready",
            unit="short",
            description="Nodes whose kubelet reports itself ready. A fall that nobody made is a machine lost.",
            queries=(Query(f"sum({_NODES.series('kube_node_status_condition', *_READY)})", "ready"),),
            draw=figure,
            width=4,
        ),
        Panel(
            title="Nodes not ready",
            unit="short",
            description="Nodes whose kubelet does not report itself ready. Red from the first on.",
            queries=(Query(count(f"{_NODES.series('kube_node_status_condition', *_READY)} == 0"), "not ready"),),
            draw=figure,
            alert="NodeNotReady",
            related=("NodeUnreachable",),
            limit=1,
            width=4,
        ),
        Panel(
            title="Nodes under pressure",
            unit="short",
            description="Reports of short memory, disk or process ids; the kubelet evicts pods. Red from the first on.",
            queries=(Query(count(f"{_NODES.series('kube_node_status_condition', *_PRESSURE)} == 1"), "pressures"),),
            draw=figure,
            alert="NodeUnderPressure",
            limit=1,
            width=4,
        ),
        firing(_NODES, "node", "service", "team", dashboard=UID),
    ),
    height=8,
)

_CPU = Row(
    "CPU",
    (
        Panel(
            title="CPU in use",
            unit="percentunit",
            description="Share of a node's CPU time that is not idle. Near 100 % everything on the node waits.",
            queries=(
                Query(
                    f"1 - avg by (node) (rate({_NODES.series('node_cpu_seconds_total', _IDLE)}[{RANGE}]))", "{{node}}"
                ),
            ),
            draw=graph,
        ),
        Panel(
            title="CPU by mode",
            unit="short",
            description="CPUs in use in each mode, of all nodes. Much iowait is a slow disk, much steal a busy host.",
            queries=(Query(_NODES.rate("node_cpu_seconds_total", "mode", 'mode!="idle"'), "{{mode}}"),),
            draw=graph,
        ),
        Panel(
            title="Load, of the CPUs",
            unit="percentunit",
            description="Mean number of tasks that run or wait over 5 minutes, by CPU. Above 100 % tasks wait.",
            queries=(
                Query(
                    f"{_NODES.highest('node_load5', 'node')} / "
                    f"count by (node) ({_NODES.series('node_cpu_seconds_total', _IDLE)})",
                    "{{node}}",
                ),
            ),
            draw=graph,
        ),
    ),
)

_MEMORY = Row(
    "Memory",
    (
        Panel(
            title="Memory in use",
            unit="percentunit",
            description="Share of a node's memory that new pods cannot have. At 100 % the kernel ends processes.",
            queries=(
                Query(
                    f"1 - min by (node) ({_NODES.series('node_memory_MemAvailable_bytes')} / "
                    f"{_NODES.series('node_memory_MemTotal_bytes')})",
                    "{{node}}",
                ),
            ),
            draw=graph,
            alert="NodeMemoryAlmostFull",
        ),
        Panel(
            title="Major page faults",
            unit="cps",
            description="Pages that had to be read from disk a second. Thousands for long are a node short of memory.",
            queries=(Query(_NODES.rate("node_vmstat_pgmajfault", "node"), "{{node}}"),),
            draw=graph,
        ),
        Panel(
            title="Processes ended for want of memory",
            unit="cps",
            description="Processes that the kernel ends a second, of containers above their limit as well. 0 is good.",
            queries=(Query(_NODES.rate("node_vmstat_oom_kill", "node"), "{{node}}"),),
            draw=graph,
        ),
    ),
)

_DISKS = Row(
    "Disks",
    (
        Panel(
            title="Space free",
            unit="percentunit",
            description="Share of each disk that is free. Bad below the line; from 15 % down the kubelet evicts pods.",
            queries=(Query(_free("node_filesystem_avail_bytes", "node_filesystem_size_bytes"), "{{node}} {{device}}"),),
            draw=graph,
            alert="NodeFilesystemAlmostFull",
            related=("NodeFilesystemFillingUp",),
            width=12,
        ),
        Panel(
            title="Inodes free",
            unit="percentunit",
            description="Share of each disk's inodes that is free. Bad below the line: at 0 no file can be made.",
            queries=(Query(_free("node_filesystem_files_free", "node_filesystem_files"), "{{node}} {{device}}"),),
            draw=graph,
            alert="NodeInodesAlmostFull",
            width=12,
        ),
        Panel(
            title="Disk time busy",
            unit="percentunit",
            description="Share of time in which a disk had requests. At 100 % for long, a disk may be the bottleneck.",
            queries=(Query(_NODES.rate("node_disk_io_time_seconds_total", "node, device"), "{{node}} {{device}}"),),
            draw=graph,
        ),
        Panel(
            title="Read from disks",
            unit="binBps",
            description="Bytes read a second, by disk. A plateau is a limit of the volume or of the machine.",
            queries=(Query(_NODES.rate("node_disk_read_bytes_total", "node, device"), "{{node}} {{device}}"),),
            draw=graph,
        ),
        Panel(
            title="Written to disks",
            unit="binBps",
            description="Bytes written a second, by disk. A plateau is a limit of the volume or of the machine.",
            queries=(Query(_NODES.rate("node_disk_written_bytes_total", "node, device"), "{{node}} {{device}}"),),
            draw=graph,
        ),
    ),
)

_NETWORK = Row(
    "Network and clock",
    (
        Panel(
            title="Network traffic",
            unit="binBps",
            description="Bytes received and sent a second, by node. A plateau is a limit of the machine.",
            queries=tuple(
                Query(_NODES.rate(metric, "node", 'device!="lo"'), f"{{{{node}}}} {name}")
                for metric, name in zip(_both_ways("bytes"), ("received", "sent"), strict=True)
            ),
            draw=graph,
        ),
        Panel(
            title="Packets with errors",
            unit="percentunit",
            description="Share of an interface's packets that arrive or leave damaged. A failing interface or cable.",
            queries=(Query(f"{_sum_both_ways('errs')} / {_sum_both_ways('packets')}", "{{node}} {{device}}"),),
            draw=graph,
            alert="NodeNetworkErrors",
        ),
        Panel(
            title="Packets dropped",
            unit="pps",
            description="Packets that an interface drops a second. A steady rate is a node that cannot keep up.",
            queries=(Query(_sum_both_ways("drop"), "{{node}} {{device}}"),),
            draw=graph,
        ),
        Panel(
            title="Connection table in use",
            unit="percentunit",
            description="How full the kernel's table of connections is. A full one drops new connections of every pod.",
            queries=(
                Query(
                    f"max by (node) ({_NODES.series('node_nf_conntrack_entries')} / "
                    f"{_NODES.series('node_nf_conntrack_entries_limit')})",
                    "{{node}}",
                ),
            ),
            draw=graph,
            alert="NodeConntrackAlmostFull",
        ),
        Panel(
            title="Clock, known offset",
            unit="s",
            description="How far a node's clock is known to be off. Tokens are refused and traces out of order.",
            queries=(Query(f"max by (node) (abs({_NODES.series('node_timex_offset_seconds')}))", "{{node}}"),),
            draw=graph,
            alert="NodeClockSkewed",
        ),
        Panel(
            title="Clock, largest error",
            unit="s",
            description="How far a node's clock may be off. A steady rise for hours: nothing sets it any more.",
            queries=(Query(_NODES.highest("node_timex_maxerror_seconds", "node"), "{{node}}"),),
            draw=graph,
            related=("NodeClockSkewed",),
        ),
    ),
)

BOARD = Board(
    uid=UID,
    title="Nodes",
    folder="platform",
    description="CPU, memory, disks, network and clock of the machines under the cluster, and the alerts on them.",
    tags=("platform",),
    rows=(_NOW, _CPU, _MEMORY, _DISKS, _NETWORK),
    variables=(Variable("node", "node_memory_MemTotal_bytes", "node"),),
)
