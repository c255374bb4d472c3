"""`vigil tune`: what thresholds a stack's own history suggests."""
