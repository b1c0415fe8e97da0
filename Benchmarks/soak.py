#!/usr/bin/env python3
"""A long run: does anything grow that should not?

Seven modalities send small and CT instances, and 30 MB now and then, an association for each study; some associations
are cut off in the middle of an instance. Six of them go to a stock storescp; what the seventh sends goes to Orthanc as
well, which is asked for storage commitment; an eighth sends an instance a second to a storescp that takes two seconds
over each. Copies are purged ten seconds after the last proof.

First the seven send as fast as they are answered, which gives the most that the router can relay: what was sent, by the
time until the last of it has left. Then they keep a share of that rate (70 %) for the time given, and every ten seconds
what the router holds is noted, in a CSV file as it goes. At the end a line is laid through each figure, without the
first tenth of the time, and drawn as SVG.

The exit code is 1 when a figure has grown by more than is allowed, when the rate was not kept, or when what had come is
not proven and purged within two minutes after the last was sent.
"""

import argparse
import contextlib
import csv
import os
import pathlib
import random
import shutil
import statistics
import sys
import tempfile
import time

import trend
from crowd import CT, LARGE, SMALL, Crowd, Modality, latencies
from isolation import SlowSink
from peers import (
    ROOT, Escrow, ForkingSink, OrthancServer, destination, ends_on_signals, free_port, modality, wait_for)

SENDERS, STUDY, CUT = 6, 50, 20
PURGE_AFTER = 10
# Of 400 instances: bytes of pixels, and how many. 30 MB each are a fifth of all bytes.
MIX = {SMALL: 239, CT: 160, LARGE: 1}
ROUTES = {
    "ct": "match: { callingAE: 'CT*' }\nsend: [{ to: sink, proof: response }]\n",
    "mr": "match: { callingAE: MR }\nsend: [{ to: sink, proof: response }, { to: archive, proof: commitment }]\n",
    "us": "match: { callingAE: US }\nsend: [{ to: slow, proof: response }]\n",
}
# Of each figure its name, unit, and how much it may grow in the whole run: so much, and such a part of its median.
FIGURES = {
    # Less than a descriptor for each thousand associations of an hour, and some sixteen bytes for each instance.
    "rssMB": ("resident", "MB", 8, 0),
    "descriptors": ("descriptors", "", 8, 0),
    "threads": ("threads", "", 4, 0),
    # Answers may not become slower; they swing by themselves, the slowest of a hundred most.
    "p50": ("answer, median", "ms", 2, 0.25),
    "p99": ("answer, p99", "ms", 10, 0.5),
    # Bounded by checkpoints; by rate and purge; by what is sent in some seconds.
    "walMB": ("write-ahead log", "MB", 16, 0.25),
    "spoolMB": ("spool", "MB", 64, 0.25),
    "queued": ("waiting", "instances", 500, 0.25),
    # Not judged: the record of what went through is kept.
    "ledgerMB": ("ledger", "MB", None, None),
    "cpuMs": ("processor", "ms/instance", None, None),
}
COLUMNS = ["seconds", *FIGURES, "ownMB", "unproven", "instances", "perSecond", "behind"]


class Archive(OrthancServer):
    """Orthanc as an archive that commits to what it has, and forgets whole patients when it has a gigabyte."""

    def __init__(self, folder, port, router):
        super().__init__(folder, {"MaximumStorageSize": 1024, "DicomModalities": {"escrow": {
            "AET": "ESCROW", "Host": "127.0.0.1", "Port": router.dicom, "AllowStorageCommitment": True}}}, port)


class Scene:
    """The router among its peers."""

    def __init__(self, stack, binary):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="escrow-soak-"))
        stack.callback(shutil.rmtree, self.folder)
        self.titles = [f"CT{number}" for number in range(SENDERS)] + ["MR", "US"]
        sink, slow, port = ForkingSink(self.folder, verbose=False), SlowSink(), free_port()
        stack.callback(sink.stop)
        stack.callback(slow.stop)
        terms = "allow: [report], addresses: [127.0.0.1], commitment: { quiet: 5s, maxWait: 20s }"
        peers = {title.lower(): modality(title) for title in self.titles} | {
            "sink": destination("SINK", sink.port), "slow": destination("SLOW", slow.port),
            "archive": destination(Archive.called, port, terms)}
        routes = {name: f"{text}purge: {{ after: {PURGE_AFTER}s }}\n" for name, text in ROUTES.items()}
        self.router = Escrow(self.folder, binary, peers, routes)
        stack.callback(self.router.stop)
        stack.callback(Archive(self.folder, port, self.router).stop)

    def crowd(self, titles):
        order = random.Random(1)
        sizes = [size for size, count in MIX.items() for _ in range(count)]
        modalities = []
        for title in titles:
            order.shuffle(sizes)
            mix = [CT] if title == "US" else list(sizes)
            modalities.append(Modality(title, self.router.dicom, mix, study=STUDY, cut=CUT))
        return Crowd(modalities)

    def waiting(self):
        """Instances that have not left, to each destination."""
        return {name: each["queued"] for name, each in self.router.status()["destinations"].items()}

    def is_sent(self):
        return not any(self.waiting().values())

    def until_purged(self, seconds):
        """Waits until every instance is proven and purged; otherwise says what is there."""
        def done():
            instances = self.router.status()["instances"]
            return instances["purged"] == sum(instances.values())

        try:
            wait_for(done, seconds)
        except RuntimeError:
            return f"not all is proven and purged after {seconds} s: {self.router.status()}"
        return None


class Recorder:
    """Notes what the router holds."""

    def __init__(self, scene, path):
        self.scene, self.rows = scene, []
        self.file = open(path, "w", newline="")
        self.table = csv.DictWriter(self.file, COLUMNS)
        self.table.writeheader()
        self.started = self.last = time.monotonic()
        self.cpu = scene.router.usage()["cpu"]

    def note(self, crowd):
        now, cpu, status = time.monotonic(), self.scene.router.usage()["cpu"], self.scene.router.status()
        answers, folder = crowd.answers(), self.scene.folder
        row = self.scene.router.holds() | (latencies(answers) if answers else {"p50": 0, "p99": 0}) | {
            "seconds": now - self.started, "instances": len(answers), "perSecond": len(answers) / (now - self.last),
            "cpuMs": 1000 * (cpu - self.cpu) / max(1, len(answers)), "behind": crowd.behind(),
            "ledgerMB": size(folder / "escrow.db"), "walMB": size(folder / "escrow.db-wal"),
            "spoolMB": sum(size(each) for each in (folder / "spool").rglob("*"))}
        backlogs = status["destinations"].values()
        row["queued"] = sum(each["queued"] for each in backlogs)
        # Sent, and either not asked for or not reported yet.
        row["unproven"] = sum(each["sent"] + each["requested"] for each in backlogs)
        self.last, self.cpu = now, cpu
        self.rows.append(row)
        self.table.writerow({name: round(row[name], 3) for name in COLUMNS})
        self.file.flush()
        print(f"{row['seconds']:7.0f} s  {row['perSecond']:6.1f}/s  {row['rssMB']:6.1f} MB  "
              f"{row['descriptors']:4} descriptors  p50 {row['p50']:6.1f}  p99 {row['p99']:6.1f} ms  "
              f"spool {row['spoolMB']:7.1f} MB  waiting {row['queued']:5}  unproven {row['unproven']:5}", file=sys.stderr)


def size(path):
    """MB; 0 if it has gone meanwhile."""
    try:
        return path.stat().st_size / 1e6
    except FileNotFoundError:
        return 0


def greatest(scene, seconds):
    """Instances a second that can be relayed: those sent in so many seconds, by the time until the last has left."""
    started = time.monotonic()
    with scene.crowd(scene.titles[:-1]) as crowd:
        crowd.go()
        time.sleep(seconds)
        crowd.check()
        sent = sum(crowd.sent())
    wait_for(scene.is_sent, 20 * seconds + 60, f"what was sent in {seconds} s does not leave: {scene.waiting()}")
    return sent / (time.monotonic() - started)


def keep(scene, recorder, rate, options):
    """The run: everybody at a pace of their own."""
    with scene.crowd(scene.titles) as crowd:
        for each in crowd.modalities:
            each.pace(1 if each.title == "US" else (len(crowd.modalities) - 1) / rate)
        crowd.go()
        recorder.started = recorder.last = time.monotonic()
        for number in range(max(1, round(60 * options.minutes / options.every))):
            time.sleep(max(0, recorder.started + (number + 1) * options.every - time.monotonic()))
            recorder.note(crowd)
    return sum(crowd.sent()) / (time.monotonic() - recorder.started)


def main():
    ends_on_signals()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--escrow", default=str(ROOT / ".build/release/escrow"))
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--share", type=float, default=0.7, help="of the greatest rate")
    parser.add_argument("--rate", type=float, help="the greatest rate, if it is known, instances a second")
    parser.add_argument("--every", type=float, default=10, help="seconds from one sample to the next")
    parser.add_argument("--warm", type=float, default=20, help="seconds to find the greatest rate in")
    parser.add_argument("--csv", type=pathlib.Path, default="soak.csv")
    parser.add_argument("--svg", type=pathlib.Path, default="soak.svg")
    options = parser.parse_args()
    with contextlib.ExitStack() as stack:
        scene = Scene(stack, options.escrow)
        first = scene.router.holds()
        most = options.rate or greatest(scene, options.warm)
        rate = options.share * most
        print(f"the most is {most:.0f} instances/s; {options.minutes:g} minutes at {rate:.0f}/s", file=sys.stderr)
        recorder = Recorder(scene, options.csv)
        kept = keep(scene, recorder, rate, options)
        left = scene.until_purged(120)
        last = scene.router.holds()
    code = report(recorder.rows, rate, kept, first, last, options)
    sys.exit(left or code)


def report(rows, rate, kept, first, last, options):
    """Draws and prints; returns the exit code."""
    times, settled = [row["seconds"] for row in rows], rows[-1]["seconds"] / 10
    title = f"{sum(row['instances'] for row in rows):,} instances at {rate:.0f}/s, {options.share:.0%} of the most"
    options.svg.write_text(trend.drawing(
        title, times, [(name, unit, [row[key] for row in rows]) for key, (name, unit, *_) in FIGURES.items()], settled))
    print(f"{title}; {os.cpu_count()} processors\n")
    print("figure".ljust(28) + "median".rjust(10) + "growth".rjust(10) + "allowed".rjust(10))
    good = True
    for key, (name, unit, least, part) in FIGURES.items():
        chosen, values = trend.kept(times, [row[key] for row in rows], settled)
        growth = trend.line(chosen, values)[0] * (chosen[-1] - chosen[0])
        median = statistics.median(values)
        cells = f"{name + (unit and ', ') + unit}".ljust(28) + f"{median:10.1f}{growth:+10.2f}"
        if least is None:
            print(cells + "-".rjust(10))
            continue
        allowed = least + part * median
        good &= growth <= allowed
        print(cells + f"{allowed:10.2f}" + ("" if growth <= allowed else "  GROWS"))
    return 0 if good & ends(rate, kept, first, last) else 1


def ends(rate, kept, first, last):
    """Prints whether the rate was kept, and what is still open at the end."""
    pace, left = kept >= 0.95 * rate, last["descriptors"] - first["descriptors"]
    print(f"\nsent at {kept:.1f}/s of {rate:.1f}/s, at least 0.95 of it: {'kept' if pace else 'NOT kept'}")
    print(f"{left:+} descriptors and {last['rssMB'] - first['rssMB']:+.1f} MB since the start, "
          f"at most +8 descriptors: {'kept' if left <= 8 else 'NOT kept'}")
    return pace and left <= 8


if __name__ == "__main__":
    main()
