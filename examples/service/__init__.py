"""A service instrumented as vigil expects it: it makes every application rule and panel light up (README.md)."""
