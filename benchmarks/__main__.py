"""Every measure behind a promise about speed, one after the other: `python -m benchmarks [NAME…]`.

Each is a module here with a `main()`, and can be run alone.
"""

import sys
from collections.abc import Callable

from benchmarks import decide, http, store

ALL: dict[str, Callable[[], object]] = {"decide": decide.main, "store": store.main, "http": http.main}


def main(names: list[str]) -> None:
    """Runs the named ones, or all."""
    for name in names or ALL:
        print(f"--- {name}: {(sys.modules[ALL[name].__module__].__doc__ or '').splitlines()[0]}", flush=True)
        ALL[name]()


if __name__ == "__main__":
    main(sys.argv[1:])
