"""`make bench`: every measurement, as ratios within one run, against the limits that are set for them.

Ends with 1 when one is over its limit. Names of benchmarks as arguments run only those.
"""

from __future__ import annotations

import importlib
import pkgutil
import sys

import bench
from bench.rows import Row

_NOT_MEASURED = {"__main__", "rows", "slack_bare", "slack_commands", "slow_server"}


def main(names: list[str]) -> int:
    found = sorted({module.name for module in pkgutil.iter_modules(bench.__path__)} - _NOT_MEASURED)
    over = 0
    for name in names or found:
        print(f"{name}", flush=True)
        for row in importlib.import_module(f"bench.{name}").main():
            over += not _show(row)
    print("All within their limits." if not over else f"{over} over the limit.")
    return 1 if over else 0


def _show(row: Row) -> bool:
    well = row.limit is None or row.value <= row.limit
    limit = "" if row.limit is None else f"at most {row.limit:g}{row.unit}"
    print(f"  {' ' if well else '!'} {row.name:72} {row.value:9.2f}{row.unit:4} {limit}", flush=True)
    return well


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
