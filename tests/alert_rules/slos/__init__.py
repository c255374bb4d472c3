"""Service level objectives, from counters to alerts, as Prometheus' own engine sees them."""
