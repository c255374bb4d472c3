"""How long each function's code takes to import in a cold container, beyond boto3, which the runtime brings.

Claim: at most 100 ms for every function. Prints the median of seven fresh interpreters, in milliseconds; ends
with status 1 when a function is over.
"""

import os
import statistics
import subprocess
import sys
from pathlib import Path

GOAL_MS = 100
RUNS = 7
ROOT = Path(__file__).parents[1]
PROGRAM = """
import time
import boto3, botocore.config, botocore.exceptions
start = time.perf_counter()
import {module}
print((time.perf_counter() - start) * 1000)
"""


def modules() -> list[str]:
    """Return the handler modules."""
    paths = sorted((ROOT / "lambdas").rglob("handler.py"))
    return [".".join(path.relative_to(ROOT).with_suffix("").parts) for path in paths]


def import_ms(module: str) -> float:
    """Return how long one fresh interpreter takes to import the module, in milliseconds."""
    environment = {**os.environ, "AWS_DEFAULT_REGION": "eu-west-1", "PYTHONPATH": str(ROOT)}
    program = PROGRAM.format(module=module)
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, env=environment, cwd=ROOT
    )
    return float(done.stdout)


def main() -> int:
    """Measure, print one line and return the exit status."""
    for module in modules():
        import_ms(module)  # writes the byte code, which a deployed package has too
    medians = {module: statistics.median(import_ms(module) for _ in range(RUNS)) for module in modules()}
    figures = ", ".join(f"{module.split('.')[-2]} {ms:.0f} ms" for module, ms in medians.items())
    print(f"cold import beyond boto3, median of {RUNS}: {figures} (goal: at most {GOAL_MS} ms)")
    return int(max(medians.values()) > GOAL_MS)


if __name__ == "__main__":
    sys.exit(main())
