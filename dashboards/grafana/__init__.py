"""Every Grafana dashboard: one module an audience."""

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
    service,
    slos,
)

BOARDS: tuple[Board, ...] = (
    main.BOARD,
    service.BOARD,
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
