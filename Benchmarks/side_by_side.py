#!/usr/bin/env python3
"""Escrow and its peers side by side on this machine, each case with each corpus in one table.

The peers are Orthanc with one line of auto-routing, DCMTK's storescp that starts a storescu for each instance, and, as
the reference for the wire, DCMTK's dcmsend to storescp, which stores nothing. Runs are interleaved and medians
compared, since identical runs differ by a third on a small machine. The peers are slow and get a part of the corpus.
All are timed on the disk of this machine; a run more, on a loop device, counts device flushes, for which it needs root.

Stock DCMTK programs send and receive, except where the time of each instance is measured: there a sender and a sink of
our own (probe.py) do.
"""

import json
import math
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

import corpora
from comparing import comparison, with_each_corpus
from disk import CountedDisk, Disk
from peers import DCMTK, HERE, WITHOUT_STALL, ForkingSink, Orthanc, ProbeSink, Sink, escrow, wait_for


def send(corpus, called, port, environment=None):
    """Every sender a stock dcmsend with one association."""
    processes = [
        subprocess.Popen(
            ["dcmsend", "-q", "-aec", called, "127.0.0.1", str(port), "--scan-directories",
             str(corpus.folder / str(number))],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment)
        for number in range(corpus.senders)]
    for process in processes:
        if process.wait() != 0:
            raise RuntimeError(f"dcmsend to {called} failed with {process.returncode}")


def probe(corpus, called, port):
    """The same with senders that note the time; when each instance was sent and answered, by its UID."""
    processes = [
        subprocess.Popen(
            [sys.executable, str(HERE / "probe.py"), "send", "--port", str(port), "--called", called,
             str(corpus.folder / str(number))], stdout=subprocess.PIPE, text=True)
        for number in range(corpus.senders)]
    outputs = [process.communicate()[0] for process in processes]
    if any(process.returncode for process in processes):
        raise RuntimeError(f"a sender to {called} failed")
    return {uid: (sent, answered) for output in outputs for uid, sent, answered in json.loads(output)}


class Run:
    """One router with a folder, which stays, sinks and figures of its own."""

    def __init__(self, kind, corpus, disk, options, forwards=True, sink=Sink):
        self.folder = pathlib.Path(tempfile.mkdtemp(dir=disk.folder))
        self.sink = sink(self.folder)
        self.corpus, self.disk, self.options = corpus, disk, options
        self.router = kind(self.folder, self.sink.port, options.escrow, forwards)

    def __enter__(self):
        self.begin()
        return self

    def begin(self):
        """What is measured begins now."""
        self.before, self.flushed = self.router.usage(), self.disk.flushes()
        self.started = time.monotonic()

    def __exit__(self, *_):
        self.router.stop()
        self.sink.stop()

    def wait(self):
        def done():
            if self.router.process.poll() is not None:
                raise RuntimeError(f"{self.router.called} has ended")
            return self.sink.received() >= self.corpus.instances

        wait_for(done, self.options.timeout, f"{self.router.called}: not everything arrived")

    def figures(self):
        wall, flushes = time.monotonic() - self.started, self.disk.flushes()
        figures, after = rates(self.corpus, wall), self.router.usage()
        if after:
            figures |= {
                "cpuPerGB": (after["cpu"] - self.before["cpu"]) / self.corpus.bytes * 1e9, "rssMB": after["rssMB"]}
        if flushes is not None:
            figures["flushes"] = (flushes - self.flushed) / self.corpus.instances
        return figures


def rates(corpus, wall):
    return {"perSecond": corpus.instances / wall, "MBps": corpus.bytes / wall / 1e6}


def counting(sink, corpus):
    """A stock sink logs an instance when it begins: with few of them, only our own tells when it is there."""
    return ProbeSink if corpus.instances < 10 else sink


def relay(kind, corpus, disk, options):
    with Run(kind, corpus, disk, options, sink=counting(Sink, corpus)) as run:
        send(corpus, run.router.called, run.router.dicom)
        run.wait()
        return run.figures()


def intake(kind, corpus, disk, options):
    with Run(kind, corpus, disk, options, forwards=False) as run:
        send(corpus, run.router.called, run.router.dicom)
        return run.figures()


def sending(kind, corpus, disk, options):
    """What waits goes to stock storescps, over as many associations as there were senders."""
    with Run(kind, corpus, disk, options, sink=counting(ForkingSink, corpus)) as run:
        run.router.drain("sink")
        send(corpus, run.router.called, run.router.dicom)
        run.begin()
        run.router.resume("sink")
        run.wait()
        return run.figures()


def latency(kind, corpus, disk, options):
    with Run(kind, corpus, disk, options, sink=ProbeSink) as run:
        times = probe(corpus, run.router.called, run.router.dicom)
        run.wait()
        arrivals = run.sink.arrivals()
    answers = [1000 * (answered - sent) for sent, answered in times.values()]
    ways = [1000 * (arrivals[uid] - answered) for uid, (_, answered) in times.items()]
    return {"answerP50": percentile(answers, 50), "answerP99": percentile(answers, 99),
            "arrivalP50": percentile(ways, 50), "arrivalP99": percentile(ways, 99)}


def percentile(values, share):
    return sorted(values)[max(0, math.ceil(len(values) * share / 100) - 1)]


def wire(environment, corpus, disk, options):
    """dcmsend to as many storescps as there are senders."""
    folder = pathlib.Path(tempfile.mkdtemp(dir=disk.folder))
    sink = ForkingSink(folder, environment=environment)
    started = time.monotonic()
    send(corpus, "SINK", sink.port, environment)
    wall = time.monotonic() - started
    sink.stop()
    return rates(corpus, wall)


CASES = {
    "wire": lambda *of: wire(WITHOUT_STALL, *of),
    "wire-stalled": lambda *of: wire(None, *of),
    "intake-escrow": lambda *of: intake(escrow, *of),
    "intake-orthanc": lambda *of: intake(Orthanc, *of),
    "relay-escrow": lambda *of: relay(escrow, *of),
    "relay-orthanc": lambda *of: relay(Orthanc, *of),
    "relay-dcmtk": lambda *of: relay(DCMTK, *of),
    "sending-escrow": lambda *of: sending(escrow, *of),
    "latency-escrow": lambda *of: latency(escrow, *of),
    "latency-orthanc": lambda *of: latency(Orthanc, *of),
    "latency-dcmtk": lambda *of: latency(DCMTK, *of),
}
# Cases of which a part of the corpus is enough: they take seconds for what Escrow does in one.
SLOW = {"wire-stalled", "relay-orthanc", "relay-dcmtk", "latency-orthanc", "latency-dcmtk", "intake-orthanc"}
# Cases that write to the disk.
FLUSHING = ("intake-", "relay-", "sending-")
COLUMNS = {
    "perSecond": "inst/s", "MBps": "MB/s", "cpuPerGB": "CPU s/GB", "rssMB": "peak MB", "flushes": "flushes",
    "answerP50": "answer p50", "answerP99": "p99 ms", "arrivalP50": "arrival p50", "arrivalP99": "p99 ms"}


def main():
    parser = comparison(__doc__, CASES)
    parser.add_argument("--corpora", default=",".join(corpora.KINDS), help="comma-separated")
    parser.add_argument("--share", type=float, default=0.1, help="how much of a corpus the slow cases get")
    parser.add_argument("--senders", type=int, help="how many send, if not as many as the corpus is for")
    options = parser.parse_args()
    with_each_corpus(options, options.only.split(",") if options.only else list(CASES), compare)


def compare(kind, names, options, results):
    """Runs all cases with one corpus, and prints its table."""
    sizes, senders = corpora.KINDS[kind]
    senders = options.senders or senders
    part = sizes[:max(senders, int(len(sizes) * options.share))]
    work = pathlib.Path(tempfile.mkdtemp(prefix="escrow-bench-"))
    disk, counted = Disk(work / "disk"), CountedDisk(work, 3 * sum(sizes) // (1 << 20) + 2048)
    runs = results[kind] = {name: [] for name in names}
    try:
        whole = corpora.make(work / "whole", sizes, senders, name=kind)
        less = corpora.make(work / "part", part, senders, name=kind)
        flushes = {name: count(name, less if name in SLOW else whole, counted, options)
                   for name in names if name.startswith(FLUSHING) and counted.device}
        for _ in range(options.pairs):
            for name in names:
                disk.ready(1300)
                run = CASES[name](less if name in SLOW else whole, disk, options)
                runs[name].append(run | flushes.get(name, {}))
                print(f"{kind} {name}: {runs[name][-1]}", file=sys.stderr)
    finally:
        counted.close()
        shutil.rmtree(work)
    report(whole, less, runs, options)


def count(name, corpus, disk, options):
    """The flushes of a run of its own."""
    try:
        return {"flushes": CASES[name](corpus, disk, options)["flushes"]}
    finally:
        disk.clear()


def report(whole, less, runs, options):
    medians = {
        name: {column: statistics.median(run[column] for run in of) for column in of[0]} for name, of in runs.items()}
    reference = medians.get("wire", {}).get("perSecond")
    print(f"\n{whole.name}: {whole.instances} instances, {whole.bytes / 1e6:.1f} MB, {whole.senders} senders "
          f"(marked *: {less.instances}); medians of {options.pairs}; {os.cpu_count()} processors")
    print("case".ljust(18) + "".join(title.rjust(12) for title in COLUMNS.values()) + "/ wire".rjust(9))
    for name, values in medians.items():
        cells = "".join(f"{values[each]:12.2f}" if each in values else "-".rjust(12) for each in COLUMNS)
        ratio = f"{values['perSecond'] / reference:9.2f}" if reference and "perSecond" in values else "-".rjust(9)
        print((name + ("*" if name in SLOW else "")).ljust(18) + cells + ratio)


if __name__ == "__main__":
    main()
