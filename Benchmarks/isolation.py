#!/usr/bin/env python3
"""One destination's trouble is its own: a healthy one alone, and beside dead and slow ones.

Every instance goes to a stock DCMTK storescp; in the second case also to one where nobody listens, to one whose
connections come to nothing, and to one that answers after two seconds. The instances per second that the healthy one
gets must stay what they are alone, within a fifth: otherwise the exit code is 1. Runs are interleaved and medians
compared, since identical runs differ by a third on a small machine.
"""

import json
import os
import pathlib
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time

import corpora
from comparing import comparison
from peers import Escrow, Sink, destination, free_port, start
from side_by_side import send

LEAST = 0.8


class SlowSink:
    """A storescp that takes two seconds over each instance."""

    def __init__(self):
        self.port = free_port()
        self.process = start(
            ["storescp", "--ignore", "--fork", "--sleep-after", "2", "-aet", "SLOW", str(self.port)],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)

    def stop(self):
        os.killpg(self.process.pid, 9)
        self.process.wait()


class BlackHole:
    """A port whose connections are never established: its queue of them is full."""

    def __init__(self):
        self.listener = socket.socket()
        self.listener.bind(("127.0.0.1", 0))
        self.listener.listen(0)
        self.port = self.listener.getsockname()[1]
        self.waiting = []
        for _ in range(4):
            connection = socket.socket()
            connection.setblocking(False)
            connection.connect_ex(("127.0.0.1", self.port))
            self.waiting.append(connection)

    def stop(self):
        for each in [*self.waiting, self.listener]:
            each.close()


def escrow(folder, destinations, binary):
    sends = "".join(f"  - {{ to: {name}, proof: response }}\n" for name in destinations)
    peers = {name: destination(name.upper(), port) for name, port in destinations.items()}
    return Escrow(folder, binary, peers, f"match: otherwise\nsend:\n{sends}purge: {{ after: 1h }}\n")


def measure(corpus, options, troubled):
    folder = pathlib.Path(tempfile.mkdtemp(prefix="escrow-bench-"))
    healthy, others = Sink(folder), {}
    destinations = {"sink": healthy.port}
    if troubled:
        others = {"slow": SlowSink(), "hole": BlackHole()}
        destinations = {name: each.port for name, each in others.items()} | {"refused": free_port()} | destinations
    router = escrow(folder, destinations, options.escrow)
    before = router.usage()
    try:
        started = time.monotonic()
        send(corpus, router.called, router.dicom)
        while healthy.received() < options.instances:
            if router.process.poll() is not None or time.monotonic() - started > options.timeout:
                raise RuntimeError(f"{healthy.received()} of {options.instances} arrived")
            time.sleep(0.02)
        wall = time.monotonic() - started
        after, state = router.usage(), router.status()["destinations"]
        # Whoever works the others off as well has not been beside them.
        waiting = {name: state[name]["queued"] for name in destinations if name != "sink"}
        if any(count == 0 for count in waiting.values()):
            raise RuntimeError(f"nothing waits for a destination that was to be in trouble: {waiting}")
    finally:
        router.stop()
        for each in [healthy, *others.values()]:
            each.stop()
        shutil.rmtree(folder)
    return {"wall": wall, "perSecond": options.instances / wall, "cpu": after["cpu"] - before["cpu"],
            "rssMB": after["rssMB"], "waiting": sum(waiting.values())}


CASES = {"alone": False, "beside": True}


def main():
    parser = comparison(__doc__, CASES)
    parser.set_defaults(pairs=5)
    parser.add_argument("--instances", type=int, default=1000)
    parser.add_argument("--size", type=int, default=512 * 1024, help="bytes of pixel data")
    parser.add_argument("--senders", type=int, default=4)
    options = parser.parse_args()
    names = options.only.split(",") if options.only else list(CASES)
    work = pathlib.Path(tempfile.mkdtemp(prefix="escrow-bench-"))
    results = {name: [] for name in names}
    try:
        corpus = corpora.make(work, [options.size] * options.instances, options.senders)
        for _ in range(options.pairs):
            for name in names:
                results[name].append(measure(corpus, options, CASES[name]))
                print(f"{name}: {results[name][-1]['perSecond']:.1f} instances/s", file=sys.stderr)
    finally:
        shutil.rmtree(work)
    sys.exit(report(results, options))


def report(results, options):
    """Prints the table; returns the exit code."""
    columns = ["wall", "perSecond", "cpu", "rssMB", "waiting"]
    medians = {name: {column: statistics.median(run[column] for run in runs) for column in columns}
               for name, runs in results.items()}
    print(f"{options.instances} instances of {options.size} bytes of pixels, {options.senders} senders; a healthy "
          f"destination alone, and beside a refusing, a silent and a slow one; medians of {options.pairs}")
    print("case".ljust(16) + "".join(column.rjust(12) for column in columns))
    for name, values in medians.items():
        print(name.ljust(16) + "".join(f"{values[column]:12.2f}" for column in columns))
    ratio = medians["beside"]["perSecond"] / medians["alone"]["perSecond"] if len(medians) == 2 else None
    if options.json:
        pathlib.Path(options.json).write_text(json.dumps({"runs": results, "ratio": ratio, "least": LEAST}, indent=2))
    if ratio is None:
        return 0
    print(f"beside / alone: {ratio:.2f}, at least {LEAST}: {'kept' if ratio >= LEAST else 'NOT kept'}")
    return 0 if ratio >= LEAST else 1


if __name__ == "__main__":
    main()
