"""Every Grafana dashboard: one module an audience."""

from dashboards.board import Board
from dashboards.grafana import ai, data, dependencies, kubernetes, main, monitoring, nodes, slos

BOARDS: tuple[Board, ...] = (
    main.BOARD,
    dependencies.BOARD,
    ai.BOARD,
    data.BOARD,
    slos.BOARD,
    monitoring.BOARD,
    nodes.BOARD,
    kubernetes.BOARD,
)
