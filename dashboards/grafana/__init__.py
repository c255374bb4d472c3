"""Every Grafana dashboard: one module an audience, and one (`service`) for the board that each service has."""

from dashboards.board import Board
from dashboards.grafana import (
    ai,
    business,
    data,
    dependencies,
    executive,
    kubernetes,
    main,
    monitoring,
    nodes,
    slos,
)

BOARDS: tuple[Board, ...] = (
    main.BOARD,
    dependencies.BOARD,
    ai.BOARD,
    data.BOARD,
    slos.BOARD,
    business.BOARD,
    executive.BOARD,
    monitoring.BOARD,
    nodes.BOARD,
    kubernetes.BOARD,
)
