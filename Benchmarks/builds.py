#!/usr/bin/env python3
"""Builds of Escrow side by side: what a change brings.

Each is given as its path: a program, or a script that starts one with something changed. Rounds are interleaved, in
turning order, and medians compared; the wire tells how fast the machine was meanwhile.
"""

import argparse
import os
import pathlib
import shutil
import statistics
import sys
import tempfile

import corpora
from comparing import comparison, with_each_corpus
from disk import Disk
from side_by_side import CASES

MEASURED = ["intake", "relay", "sending"]


def compare(kind, names, options, results):
    """Runs all builds with one corpus, and prints its table."""
    sizes, senders = corpora.KINDS[kind]
    work = pathlib.Path(tempfile.mkdtemp(prefix="escrow-bench-"))
    runs = results[kind] = {name: {build: [] for build in options.builds} for name in names}
    wires = results[kind]["wire"] = []
    try:
        disk, corpus = Disk(work / "disk"), corpora.make(work / "whole", sizes, senders, name=kind)
        for number in range(options.pairs):
            disk.ready(1300)
            wires.append(CASES["wire"](corpus, disk, options))
            for name in names:
                for build in options.builds[::1 if number % 2 == 0 else -1]:
                    disk.ready(1300)
                    alone = argparse.Namespace(**vars(options) | {"escrow": build})
                    runs[name][build].append(CASES[f"{name}-escrow"](corpus, disk, alone))
                    print(f"{kind} {name} {build}: {runs[name][build][-1]}", file=sys.stderr)
    finally:
        shutil.rmtree(work)
    report(corpus, names, options, results[kind])


def report(corpus, names, options, results):
    wire = statistics.median(run["perSecond"] for run in results["wire"])
    print(f"\n{corpus.name}: {corpus.instances} instances, {corpus.senders} senders, medians of {options.pairs}; "
          f"{os.cpu_count()} processors; the wire carries {wire:,.0f} a second")
    print(f"{'case':10}{'inst/s':>10}{'/ wire':>8}{'/ first':>9}{'CPU s/GB':>10}{'peak MB':>9}  build")
    for name in names:
        medians = {build: {column: statistics.median(run[column] for run in of) for column in of[0]}
                   for build, of in results[name].items()}
        first = medians[options.builds[0]]["perSecond"]
        for build, values in medians.items():
            rate = values["perSecond"]
            print(f"{name:10}{rate:10,.2f}{rate / wire:8.2f}{rate / first:9.2f}{values['cpuPerGB']:10.2f}"
                  f"{values['rssMB']:9.0f}  {build}")


def main():
    parser = comparison(__doc__, MEASURED)
    parser.add_argument("builds", nargs="+", help="paths; the others are compared with the first")
    parser.add_argument("--corpora", default="ct,ct-1,small,small-1", help="comma-separated")
    options = parser.parse_args()
    with_each_corpus(options, options.only.split(",") if options.only else MEASURED, compare)


if __name__ == "__main__":
    main()
