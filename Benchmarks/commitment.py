#!/usr/bin/env python3
"""Seconds from a request for storage commitment to its report, Escrow and Orthanc side by side on this machine.

The asker is the one of the end-to-end tests. Runs are interleaved, and medians compared; Escrow alone is also asked for
what Orthanc is not. Unknown instances are asked for, and with --stored so many known ones among them. Prints a table
and, with --json, writes everything that was measured.
"""

import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

import corpora
from comparing import comparison
from peers import ROOT, Escrow, OrthancServer, destination, free_port

CT = "1.2.840.10008.5.1.4.1.1.2"


def escrow(folder, asker_port, binary):
    asker = (f"{{ aeTitle: ASKER, host: 127.0.0.1, port: {asker_port}, allow: [echo, store, commit], "
             "commitWhen: spooled }")
    # It commits what it has, as Orthanc does, so it must have it for good.
    route = "match: otherwise\nsend:\n  - { to: nowhere, proof: response }\npurge: never\n"
    return Escrow(folder, binary, {"asker": asker, "nowhere": destination("NOWHERE", free_port())}, route)


class Orthanc(OrthancServer):
    def __init__(self, folder, asker_port, _):
        super().__init__(folder, {"DicomModalities": {"asker": {
            "AET": "ASKER", "Host": "127.0.0.1", "Port": asker_port, "AllowStorageCommitment": True}}})


class Asker:
    def __init__(self, folder):
        self.port = free_port()
        script = ROOT / "Tests/EndToEndTests/Peers/asker.py"
        self.process = subprocess.Popen(
            [sys.executable, str(script), "--ae", "ASKER", "--port", str(self.port)], text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=open(folder / "asker.log", "wb"))
        self.process.stdout.readline()

    def ask(self, command, router, **arguments):
        target = {"do": command, "host": "127.0.0.1", "port": router.dicom, "called": router.called}
        self.process.stdin.write(json.dumps(target | arguments) + "\n")
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline())
        if "error" in answer:
            raise RuntimeError(f"{command}: {answer['error']}")
        return answer

    def stop(self):
        self.process.stdin.close()
        self.process.wait(20)


def store(asker, router, corpus):
    results = asker.ask("send", router, files=[str(path) for path in sorted(corpus.rglob("*.dcm"))])["results"]
    failed = [each for each in results if each["status"] != 0]
    if failed:
        raise RuntimeError(f"{router.called} did not store {failed[0]}")
    return [[CT, each["uid"]] for each in results]


def references(stored, count, run):
    """The stored ones, as far as they go, and unknown ones that no other run names."""
    known = stored[:count]
    return known + [[CT, f"1.2.826.0.1.3680043.10.997.{run}.{number + 1}"] for number in range(count - len(known))]


def measure(asker, router, stored, count, run, patience):
    before = router.usage()
    answer = asker.ask("time", router, references=references(stored, count, run), patience=patience)
    after = router.usage()
    if answer["report"] is None:
        raise RuntimeError(f"{router.called} did not report {count}: {answer}")
    if answer["committed"] + answer["failed"] != count:
        raise RuntimeError(f"{router.called} reported on {answer['committed']} + {answer['failed']} of {count}")
    measured = {name: answer[name] for name in ("request", "report", "committed", "failed")}
    return measured | {"cpu": after["cpu"] - before["cpu"], "rssMB": after["rssMB"]}


def main():
    kinds = {"escrow": escrow, "orthanc": Orthanc}
    parser = comparison(__doc__, kinds)
    parser.add_argument("--counts", default="250,1000,4000", help="references a request, for each of the two")
    parser.add_argument("--alone", default="10000,100000", help="the same for Escrow alone; empty for none")
    parser.add_argument("--stored", type=int, default=0, help="small instances that are stored first and asked for")
    options = parser.parse_args()
    names = options.only.split(",") if options.only else list(kinds)
    counts, alone = ([int(each) for each in text.split(",") if each] for text in (options.counts, options.alone))
    work = pathlib.Path(tempfile.mkdtemp(prefix="escrow-bench-"))
    asker, routers, stored, results = Asker(work), {}, {}, {}
    try:
        if options.stored:
            corpora.make(work / "corpus", [64] * options.stored, 1)
        for name in names:
            folder = work / name
            folder.mkdir()
            routers[name] = kinds[name](folder, asker.port, options.escrow)
            stored[name] = store(asker, routers[name], work / "corpus") if options.stored else []
        plan = [(name, count) for count in counts for _ in range(options.pairs) for name in names]
        if "escrow" in names:
            plan += [("escrow", count) for count in alone for _ in range(options.pairs)]
        first = int(time.time())
        for number, (name, count) in enumerate(plan):
            measured = measure(asker, routers[name], stored[name], count, first + number, options.timeout)
            results.setdefault(f"{name}-{count}", []).append(measured)
            print(f"{name}-{count}: {measured['report']:.3f} s", file=sys.stderr)
    finally:
        for router in routers.values():
            router.stop()
        asker.stop()
        shutil.rmtree(work)
    report(results, options)


def report(results, options):
    columns = ["request", "report", "cpu", "rssMB", "committed", "failed"]
    print(f"seconds from N-ACTION-RQ to its response and to the report; {options.stored} instances stored; "
          f"medians of {options.pairs}; {os.cpu_count()} processors")
    print("case".ljust(16) + "".join(column.rjust(12) for column in columns))
    for name, runs in results.items():
        medians = {column: statistics.median(run[column] for run in runs) for column in columns}
        cells = [f"{medians[column]:12.3f}" for column in columns[:3]]
        cells += [f"{medians[column]:12.0f}" for column in columns[3:]]
        print(name.ljust(16) + "".join(cells))
    if options.json:
        pathlib.Path(options.json).write_text(json.dumps(results, indent=2))


if __name__ == "__main__":
    main()
