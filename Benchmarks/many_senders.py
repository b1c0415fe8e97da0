#!/usr/bin/env python3
"""Two hundred modalities at once: is each served alike, what does an association cost, and does nobody starve?

Each has an AE title and an association of its own, and sends small and CT instances in turn, the next as soon as one is
answered. Case `crowd`: how alike they are served, how long answers take, and what the router holds before, with all of
them idle and with all of them busy; then intake alone (nothing is sent on), sending alone (what then waits goes to a
stock storescp), and both at once. Case `sixteen`: the most memory with sixteen of them, relaying.

The exit code is 1 unless intake and sending each keep their share of what they are alone, the modality served worst gets
half of what the median one gets, and sixteen busy associations take less than 64 MB of resident memory.
"""

import json
import os
import pathlib
import shutil
import statistics
import sys
import tempfile
import time

from comparing import comparison
from crowd import CT, SMALL, Crowd, Modality, fairness, latencies
from peers import Escrow, ForkingSink, destination, modality, wait_for

LEAST_SENDER = 0.5
MOST_MEMORY = 64


class Scene:
    """A router that knows the modalities, and a stock sink that it relays to."""

    def __init__(self, senders, options):
        self.options, self.titles = options, [f"CT{number:03}" for number in range(senders)]
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="escrow-bench-"))
        self.sink = ForkingSink(self.folder, verbose=False)
        peers = {title.lower(): modality(title) for title in self.titles}
        peers["sink"] = destination("SINK", self.sink.port, f"associations: {options.associations}")
        route = "match: {}\nsend: [{ to: sink, proof: response }]\npurge: { after: 1h }\n"
        self.router = Escrow(self.folder, options.escrow, peers, route, associations=senders + 8)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.router.stop()
        self.sink.stop()
        shutil.rmtree(self.folder)

    def crowd(self):
        """Every other one begins with a small instance."""
        return Crowd([
            Modality(title, self.router.dicom, [SMALL, CT] if number % 2 else [CT, SMALL])
            for number, title in enumerate(self.titles)])

    def delivered(self):
        return self.router.status()["deliveries"]["delivered"]

    def waiting(self):
        return self.router.status()["destinations"]["sink"]["queued"]

    def until_drained(self, to, seconds):
        wait_for(lambda: self.waiting() <= to, seconds, "what waits is not sent")


def crowd(options):
    with Scene(options.senders, options) as scene:
        measured = {"before": scene.router.holds()}
        scene.router.drain("sink")
        with scene.crowd() as senders:
            time.sleep(1)
            measured["idle"] = scene.router.holds()
            senders.go()
            measured |= intake(scene, senders, options.seconds)
        measured["sending"] = sending(scene, options)
        measured |= both(scene, options)
    measured["memory"] = {
        state: 1024 * (measured[state]["rssMB"] - measured["before"]["rssMB"]) / options.senders
        for state in ("idle", "busy")}
    measured["shares"] = {
        "intake": measured["intakeBeside"] / measured["intake"],
        "sending": measured["sendingBeside"] / measured["sending"]}
    return measured


def intake(scene, senders, seconds):
    """Everybody sends, and nothing is sent on."""
    started, most = time.monotonic(), scene.router.holds()
    while time.monotonic() < started + seconds:
        time.sleep(0.2)
        now = scene.router.holds()
        most = {name: max(most[name], value) for name, value in now.items()}
    counts, wall = senders.sent(), time.monotonic() - started
    return {"intake": sum(counts) / wall, "busy": most, "fairness": fairness(counts),
            "latency": latencies(senders.answers())}


def sending(scene, options):
    """Instances a second, until a tenth is left."""
    waiting, delivered, started = scene.waiting(), scene.delivered(), time.monotonic()
    scene.router.resume("sink")
    scene.until_drained(waiting // 10, options.timeout)
    rate = (scene.delivered() - delivered) / (time.monotonic() - started)
    scene.until_drained(0, options.timeout)
    return rate


def both(scene, options):
    """The same crowd goes on while what it has left there is sent."""
    scene.router.drain("sink")
    with scene.crowd() as senders:
        senders.go()
        time.sleep(options.seconds)
        waiting, delivered, sent = scene.waiting(), scene.delivered(), sum(senders.sent())
        scene.router.resume("sink")
        started = time.monotonic()
        while time.monotonic() < started + options.seconds and scene.waiting() > waiting // 10:
            time.sleep(0.1)
        wall = time.monotonic() - started
        return {"intakeBeside": (sum(senders.sent()) - sent) / wall,
                "sendingBeside": (scene.delivered() - delivered) / wall, "besideSeconds": wall}


def sixteen(options):
    with Scene(16, options) as scene:
        with scene.crowd() as senders:
            senders.go()
            time.sleep(options.seconds)
            counts = senders.sent()
        return {"peakMB": scene.router.usage()["rssMB"], "ownMB": scene.router.holds()["ownMB"],
                "perSecond": sum(counts) / options.seconds}


CASES = {"crowd": crowd, "sixteen": sixteen}


def main():
    parser = comparison(__doc__, CASES)
    parser.description = __doc__
    parser.add_argument("--senders", type=int, default=200)
    parser.add_argument("--associations", type=int, default=4, help="at once to the destination")
    parser.add_argument("--seconds", type=float, default=5, help="how long each part takes")
    parser.add_argument("--share", type=float, default=0.3, help="what intake and sending each keep beside each other")
    options = parser.parse_args()
    names = options.only.split(",") if options.only else list(CASES)
    runs = {name: [] for name in names}
    for _ in range(options.pairs):
        for name in names:
            runs[name].append(CASES[name](options))
            print(f"{name}: {runs[name][-1]}", file=sys.stderr)
    medians = {name: median(of) for name, of in runs.items()}
    if options.json:
        pathlib.Path(options.json).write_text(json.dumps({"runs": runs, "medians": medians}, indent=2))
    print(f"small and CT instances in turn; medians of {options.pairs}; {os.cpu_count()} processors")
    if "crowd" in medians:
        report(medians["crowd"], options.senders)
    sys.exit(judge(medians, options))


def median(runs):
    """Of each figure, also of those within others."""
    if isinstance(runs[0], dict):
        return {name: median([run[name] for run in runs]) for name in runs[0]}
    return statistics.median(runs)


def report(of, senders):
    print(f"\n{senders} associations".ljust(24) + "resident MB".rjust(14) + "own MB".rjust(10)
          + "descriptors".rjust(14) + "threads".rjust(10) + "KB/association".rjust(17))
    for state in ("before", "idle", "busy"):
        cells = of[state]
        cost = f"{of['memory'][state]:17.1f}" if state in of["memory"] else "-".rjust(17)
        print(state.ljust(23) + f"{cells['rssMB']:14.1f}{cells['ownMB']:10.1f}{cells['descriptors']:14.0f}"
              f"{cells['threads']:10.0f}" + cost)
    print(f"\nanswered after {of['latency']['p50']:.0f} ms (median) and {of['latency']['p99']:.0f} ms "
          f"(99th percentile); the most to one sender is {of['fairness']['most']:.2f} x the median, "
          f"Jain's index {of['fairness']['jain']:.3f}")
    print(f"\n{'instances/s'.ljust(24)}{'alone'.rjust(10)}{'beside'.rjust(10)}{'share'.rjust(10)}")
    for name in ("intake", "sending"):
        print(f"{name.ljust(24)}{of[name]:10.1f}{of[name + 'Beside']:10.1f}{of['shares'][name]:10.2f}")


def judge(medians, options):
    """Prints what had to be kept; returns the exit code."""
    checks = []
    if "crowd" in medians:
        of = medians["crowd"]
        checks += [(f"{name} beside the other / alone", value, ">=", options.share)
                   for name, value in of["shares"].items()]
        checks.append(("least sender / median sender", of["fairness"]["least"], ">=", LEAST_SENDER))
    if "sixteen" in medians:
        checks.append(("MB resident, sixteen busy", medians["sixteen"]["peakMB"], "<", MOST_MEMORY))
    kept = [value >= limit if relation == ">=" else value < limit for _, value, relation, limit in checks]
    print()
    for (name, value, relation, limit), good in zip(checks, kept):
        print(f"{name.ljust(34)}{value:8.2f}  {relation} {limit:g}: {'kept' if good else 'NOT kept'}")
    return 0 if all(kept) else 1


if __name__ == "__main__":
    main()
