#!/usr/bin/env python3
"""Measures each verb and query of the ledger with more and more queued deliveries, and the start of the program.

The median at each size, the least of some interleaved rounds, and its ratio to the smallest size. What takes more than
TOLERANCE times as long, and longer by more than NOISE microseconds, has grown: the exit code is 1. So it is when the
program takes too long to start or too much memory. The program starts on a disk; the ledger is measured in memory, where
a flush costs nothing, so that what the disk is busy with is not taken for growth.
"""

import argparse
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

from peers import ROOT, Escrow, destination, wait_for

DESTINATIONS = 20
# A request over a new connection varies more than a call.
TOLERANCE, NOISE, NOISE_OF_REQUEST = 1.2, 100, 1000
START_SECONDS, PEAK_MB = 5, 200
# Answers that look at as much as there is, up to a limit of their own; the statistics and a start look at all of it, and
# the start has a limit of its own below.
BOUNDED = {"a destination, as shown", "space, as shown", "queue ls --from", "statistics", "open and recover"}
PAGES = {
    "GET status": "status", "GET destinations": "destinations", "GET deliveries": "deliveries?state=queued&limit=40",
    "GET instances": "instances?limit=40", "GET sources": "sources",
    "GET commitments": "commitments", "GET jobs": "jobs",
}


class Served(Escrow):
    """Escrow with destinations that nothing is sent to, and that may be started again in the same folder."""

    def __init__(self, folder, binary):
        peers = {f"d{number}": destination(f"D{number}", 104) for number in range(DESTINATIONS)}
        super().__init__(folder, binary, peers)
        self.command = [binary, "serve", "--config", str(folder / "escrow.yaml")]
        for name in peers:
            self.drain(name)
        self.stop()

    def start(self):
        """Seconds until it is ready."""
        begin = time.monotonic()
        self.process = subprocess.Popen(self.command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_for(lambda: self.ask("/health/ready").status == 200)
        return time.monotonic() - begin

    def pages(self):
        """Median microseconds of what the pages ask for."""
        return {name: statistics.median(self.seconds(path) for _ in range(20)) * 1e6 for name, path in PAGES.items()}

    def seconds(self, path):
        begin = time.monotonic()
        with self.ask(f"/api/v1/{path}") as response:
            response.read()
        return time.monotonic() - begin


class Filled:
    """A ledger and a spool with so many queued deliveries."""

    def __init__(self, count, options):
        self.count, self.options, self.rounds, self.starts = count, options, [], []
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="escrow-growth-", dir=options.folder))
        self.router = Served(self.folder, options.escrow)
        run(options, "fill", self.folder / "escrow.db", self.folder / "spool", count)
        # What is still to be written would keep the disk busy.
        os.sync()

    def measure(self):
        """One round: a start, what the pages ask for, and the ledger by itself."""
        self.starts.append(self.router.start())
        pages = self.router.pages()
        self.peak = self.router.usage()["rssMB"]
        self.router.stop()
        with tempfile.TemporaryDirectory(prefix="escrow-growth-", dir=self.options.memory) as memory:
            copy = shutil.copy(self.folder / "escrow.db", memory)
            ledger = json.loads(run(self.options, "measure", copy, self.count))
        self.ledger_peak = ledger["peakMB"]
        self.rounds.append(ledger["microseconds"] | pages)

    def result(self):
        """Of each operation the least of the rounds' medians: what else the machine does only makes it slower."""
        return {"queued": self.count, "startSeconds": statistics.median(self.starts), "peakMB": self.peak,
                "ledgerPeakMB": self.ledger_peak,
                "microseconds": {name: min(each[name] for each in self.rounds) for name in self.rounds[0]}}

    def remove(self):
        shutil.rmtree(self.folder)


def run(options, *arguments):
    command = [options.growth, *map(str, arguments)]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout


def table(results):
    """Prints it; returns what has grown."""
    grown = []
    first, last = results[0]["microseconds"], results[-1]["microseconds"]
    print("median µs, queued:".ljust(28) + "".join(f"{each['queued']:>12,}" for each in results) + "ratio".rjust(9))
    for name in first:
        ratio = last[name] / first[name]
        noise = NOISE_OF_REQUEST if name.startswith("GET ") else NOISE
        has_grown = ratio > TOLERANCE and last[name] - first[name] > noise
        if has_grown and name not in BOUNDED:
            grown.append(name)
        print(name.ljust(28) + "".join(f"{each['microseconds'][name]:12,.0f}" for each in results)
              + f"{ratio:9.2f}" + ("  bounded" if name in BOUNDED else "  GROWN" if has_grown else ""))
    for key, limit in (("startSeconds", START_SECONDS), ("peakMB", PEAK_MB), ("ledgerPeakMB", PEAK_MB)):
        is_good = results[-1][key] <= limit
        grown += [] if is_good else [key]
        print(key.ljust(28) + "".join(f"{each[key]:12,.2f}" for each in results) + ("" if is_good else "  TOO MUCH"))
    return grown


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", default="1000,100000,1000000", help="queued deliveries, separated by commas")
    parser.add_argument("--rounds", type=int, default=3, help="interleaved repetitions")
    parser.add_argument("--folder", help="where ledgers and spools are made (default: the system's temporary folder)")
    parser.add_argument("--memory", default="/dev/shm", help="where the ledger is measured")
    parser.add_argument("--escrow", default=str(ROOT / ".build/release/escrow"))
    parser.add_argument("--growth", default=str(ROOT / ".build/release/escrow-growth"))
    parser.add_argument("--json", help="file to write all measurements to")
    options = parser.parse_args()
    filled = []
    try:
        for count in sorted(int(each) for each in options.sizes.split(",")):
            print(f"filling {count:,} …", file=sys.stderr)
            filled.append(Filled(count, options))
        for number in range(options.rounds):
            for each in filled:
                print(f"round {number + 1}: {each.count:,} …", file=sys.stderr)
                each.measure()
        results = [each.result() for each in filled]
    finally:
        for each in filled:
            each.remove()
    if options.json:
        pathlib.Path(options.json).write_text(json.dumps(results, indent=2))
    sys.exit(1 if table(results) else 0)


if __name__ == "__main__":
    main()
