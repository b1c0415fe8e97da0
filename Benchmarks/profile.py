#!/usr/bin/env python3
"""Where the time of one instance goes: processor time by thread, switches of threads, system calls, allocations, device
flushes.

System calls and allocations are counted in runs of their own, since counting makes them slower. perf, where it is
installed, tells which functions take the time.
"""

import collections
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import corpora
from comparing import comparison
from disk import CountedDisk
from instructions import compile_counter
from peers import ForkingSink, Sink, escrow
from side_by_side import Run, send

TICK = os.sysconf("SC_CLK_TCK")


def intake(run):
    send(run.corpus, run.router.called, run.router.dicom)


def relay(run):
    intake(run)
    run.wait()


def sending(run):
    run.router.resume("sink")
    run.wait()


CASES = {"intake": intake, "relay": relay, "sending": sending}


def threads(process):
    """Of each kind of thread the seconds in the program and in the kernel, and how often it stopped and was stopped."""
    kinds = collections.defaultdict(lambda: [0, 0, 0, 0])
    for task in pathlib.Path(f"/proc/{process.pid}/task").iterdir():
        head, fields = (task / "stat").read_text().rsplit(")", 1)
        kind = re.sub(r"[-#\d]+$", "", head.split("(", 1)[1]) or "unnamed"
        status = dict(line.split(":", 1) for line in (task / "status").read_text().splitlines())
        fields = fields.split()
        values = [int(fields[11]) / TICK, int(fields[12]) / TICK, int(status["voluntary_ctxt_switches"]),
                  int(status["nonvoluntary_ctxt_switches"])]
        kinds[kind] = [a + b for a, b in zip(kinds[kind], values)]
    return kinds


def prepared(case, corpus, disk, options):
    """A router ready for the case, alone on the disk."""
    disk.clear()
    sink = ForkingSink if case == "sending" else Sink
    run = Run(escrow, corpus, disk, options, forwards=case != "intake", sink=sink)
    if case == "sending":
        run.router.drain("sink")
        intake(run)
    return run


def measured(case, corpus, disk, options):
    """One undisturbed run."""
    with prepared(case, corpus, disk, options) as run:
        before, flushed = threads(run.router.process), disk.flushes()
        CASES[case](run)
        after, flushes = threads(run.router.process), disk.flushes()
    by = {kind: [(a - b) / corpus.instances for a, b in zip(values, before.get(kind, [0] * 4))]
          for kind, values in after.items()}
    known = flushes is not None
    return {"threads": by, "flushes": (flushes - flushed) / corpus.instances if known else float("nan")}


def counted(case, corpus, disk, options):
    """System calls of one run."""
    with prepared(case, corpus, disk, options) as run:
        output = run.folder / "strace"
        tracer = subprocess.Popen(
            ["strace", "-c", "-f", "-qq", "-o", str(output), "-p", str(run.router.process.pid)],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(2)
        CASES[case](run)
        tracer.send_signal(signal.SIGINT)
        tracer.wait()
        calls = {}
        for line in output.read_text().splitlines():
            fields = line.split()
            if len(fields) >= 5 and fields[0][0].isdigit() and fields[-1] != "total":
                calls[fields[-1]] = int(fields[3]) / corpus.instances
        return {"calls": calls}


def allocated(case, corpus, disk, options):
    """Allocations of one run, without those of a start and an end."""
    counts = [allocations(case, corpus, disk, options, works) for works in (True, False)]
    return {"allocations": (counts[0] - counts[1]) / corpus.instances}


def allocations(case, corpus, disk, options, works):
    os.environ["LD_PRELOAD"] = str(compile_counter(disk.folder.parent))
    try:
        run = prepared(case, corpus, disk, options)
    finally:
        del os.environ["LD_PRELOAD"]
    with run:
        if works:
            CASES[case](run)
    return int(re.search(r"allocations: (\d+)", (run.folder / "escrow.log").read_text())[1])


def sampled(case, corpus, disk, options):
    """The functions that took most of one run's time; nothing without perf."""
    if not shutil.which("perf"):
        return {"functions": {}}
    with prepared(case, corpus, disk, options) as run:
        output = run.folder / "perf"
        sampler = subprocess.Popen(
            ["perf", "record", "-F", "997", "-g", "-p", str(run.router.process.pid), "-o", str(output)],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(1)
        CASES[case](run)
        sampler.send_signal(signal.SIGINT)
        sampler.wait()
        if options.keep:
            shutil.copy(output, f"{options.keep}-{corpus.name}-{case}")
        report = subprocess.run(
            ["perf", "report", "-i", str(output), "--no-children", "-g", "none", "--percent-limit", "0.7", "--stdio",
             "-s", "comm,symbol"], capture_output=True, text=True).stdout
    lines = [line.split(None, 1) for line in report.splitlines() if line.strip() and not line.startswith("#")]
    return {"functions": {name.strip(): float(share.rstrip("%")) for share, name in lines}}


def show(kind, case, figures):
    print(f"\n{kind}, {case}, for each instance: {figures['flushes']:.2f} flushes, "
          f"{figures.get('allocations', float('nan')):.0f} allocations\n")
    print(f"{'thread':24} {'user ms':>8} {'system ms':>9} {'waits':>7} {'preempted':>9}")
    for name, (user, system, voluntary, forced) in sorted(figures["threads"].items(), key=lambda of: -sum(of[1][:2])):
        if user + system > 0 or voluntary > 0.05:
            print(f"{name:24} {1000 * user:8.3f} {1000 * system:9.3f} {voluntary:7.2f} {forced:9.2f}")
    total = [sum(values) for values in zip(*figures["threads"].values())]
    print(f"{'all':24} {1000 * total[0]:8.3f} {1000 * total[1]:9.3f} {total[2]:7.2f} {total[3]:9.2f}")
    calls = sorted(figures["calls"].items(), key=lambda of: -of[1])
    print("\nsystem calls: " + ", ".join(f"{name} {count:.2f}" for name, count in calls if count >= 0.05))
    for name, share in list(figures["functions"].items())[:30]:
        print(f"  {share:5.2f} %  {name}")


def main():
    parser = comparison(__doc__, CASES)
    parser.add_argument("--corpora", default="ct,small", help="comma-separated")
    parser.add_argument("--keep", help="where to keep what perf recorded: the beginning of a path")
    parser.add_argument("--quick", action="store_true", help="only what disturbs nothing")
    options = parser.parse_args()
    names = options.only.split(",") if options.only else list(CASES)
    results = {}
    for kind in options.corpora.split(","):
        sizes, senders = corpora.KINDS[kind]
        work = pathlib.Path(tempfile.mkdtemp(prefix="escrow-profile-"))
        disk = CountedDisk(work, 3 * sum(sizes) // (1 << 20) + 2048)
        try:
            corpus = corpora.make(work / "corpus", sizes, senders, name=kind)
            disk.warm(1300)
            for name in names:
                figures = measured(name, corpus, disk, options) | {"calls": {}, "functions": {}}
                if not options.quick:
                    figures |= counted(name, corpus, disk, options)
                    figures |= allocated(name, corpus, disk, options) | sampled(name, corpus, disk, options)
                results[f"{kind} {name}"] = figures
                show(kind, name, figures)
        finally:
            disk.close()
            shutil.rmtree(work)
    if options.json:
        pathlib.Path(options.json).write_text(json.dumps(results, indent=2))


if __name__ == "__main__":
    main()
