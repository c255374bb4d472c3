"""Every Grafana dashboard: one module an audience."""

from dashboards.board import Board
from dashboards.grafana import kubernetes, main, monitoring, nodes, slos

BOARDS: tuple[Board, ...] = (main.BOARD, slos.BOARD, monitoring.BOARD, nodes.BOARD, kubernetes.BOARD)
