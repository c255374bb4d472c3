"""`vigil preview`: the whole stack of an environment, rendered offline."""
