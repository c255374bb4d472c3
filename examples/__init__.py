"""Examples of what vigil watches."""
