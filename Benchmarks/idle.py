#!/usr/bin/env python3
"""What does a router cost that has nothing to do?

Escrow with one route and a destination, nobody sends. Share of one processor, and how often its threads are woken, over
some seconds after the start. The exit code is 1 when it takes half a percent of a processor or more.
"""

import json
import pathlib
import shutil
import statistics
import sys
import tempfile
import time

from comparing import comparison
from peers import Sink, escrow

MOST = 0.005


def wakeups(process):
    """How often its threads have waited for something."""
    tasks = pathlib.Path(f"/proc/{process.pid}/task").iterdir()
    lines = (line for task in tasks for line in (task / "status").read_text().splitlines())
    return sum(int(line.split()[1]) for line in lines if line.startswith("voluntary_ctxt_switches"))


def measure(options):
    folder = pathlib.Path(tempfile.mkdtemp(prefix="escrow-bench-"))
    sink = Sink(folder)
    router = escrow(folder, sink.port, options.escrow)
    try:
        time.sleep(options.settle)
        before, woken = router.usage()["cpu"], wakeups(router.process)
        time.sleep(options.seconds)
        return {"share": (router.usage()["cpu"] - before) / options.seconds,
                "wakeups": (wakeups(router.process) - woken) / options.seconds, "rssMB": router.holds()["rssMB"]}
    finally:
        router.stop()
        sink.stop()
        shutil.rmtree(folder)


def main():
    parser = comparison(__doc__, {})
    parser.add_argument("--seconds", type=float, default=20, help="how long it is watched")
    parser.add_argument("--settle", type=float, default=5, help="seconds after the start that do not count")
    options = parser.parse_args()
    runs = [measure(options) for _ in range(options.pairs)]
    share, woken, memory = (statistics.median(run[key] for run in runs) for key in ("share", "wakeups", "rssMB"))
    print(f"idle: {share:.2%} of a processor, under {MOST:.1%}: {'kept' if share < MOST else 'NOT kept'}; "
          f"{woken:.0f} wake-ups a second, {memory:.0f} MB; medians of {options.pairs} times {options.seconds:g} s")
    if options.json:
        pathlib.Path(options.json).write_text(json.dumps(runs, indent=2))
    sys.exit(0 if share < MOST else 1)


if __name__ == "__main__":
    main()
