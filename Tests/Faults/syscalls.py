"""Lets system calls of the router fail, or kills it at them, and looks whether anything is lost.

    syscalls.py --escrow PROGRAM [--cases N] [--seed N] [--beside N]

First counts the calls that each thread makes in a short run: at start on an empty disk, and on the road from intake to
purge. Then lets the Nth call of a kind fail in each thread, or kills the process there, with `strace -e inject`; or has
writes take less than they are given. When it has ended or everything is done, it is started again without faults, and
everything must end well. A failed sync of the ledger must have ended it. Prints a line of JSON; exits with 0 when all
was well.
"""

import argparse
import collections
import concurrent.futures
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import oracle
import road
from told import Told

KILL = "signal=SIGKILL"
# What can go wrong at each call.
FAULTS = {
    "openat": ("error=EIO", "error=EMFILE", "error=EINTR", KILL),
    "mkdirat": ("error=EIO", "error=ENOSPC", KILL),
    "pwrite64": ("error=EIO", "error=ENOSPC", "error=EINTR", KILL),
    "pwritev": ("error=EIO", "error=ENOSPC", "error=EINTR", KILL),
    "pread64": ("error=EIO", "error=EINTR", KILL),
    "preadv": ("error=EIO", "error=EINTR", KILL),
    "fsync": ("error=EIO", "error=ENOSPC", KILL),
    "fdatasync": ("error=EIO", "error=ENOSPC", KILL),
    "ftruncate": ("error=EIO", "error=EINTR", KILL),
    "fallocate": ("error=ENOSPC", KILL),
    "unlink": ("error=EIO", KILL),
    "unlinkat": ("error=EIO", "error=EROFS", KILL),
    "renameat": ("error=EIO", "error=ENOSPC", KILL),
    "accept4": ("error=EMFILE", "error=ECONNABORTED", KILL),
    "connect": ("error=ECONNREFUSED", "error=ETIMEDOUT", KILL),
    "read": ("error=ECONNRESET", "error=EINTR", KILL),
    "write": ("error=EINTR", KILL),
    "writev": ("error=EPIPE", "error=EINTR", KILL),
}
# Every so many writes are short: strace cannot do that, since it can only lie about what was written.
SHORT_WRITES = (1, 2, 3, 7)

Case = collections.namedtuple("Case", "phase call fault number")


class Scene:
    """A router with empty data, its peers, and one short run: two senders, two instances each."""

    def __init__(self, escrow, directory, seed):
        self.directory, self.told, self.samples = directory, Told(), road.Samples(os.path.join(directory, "samples"))
        self.router = road.Router(directory, os.path.join(directory, "data"), escrow)
        os.makedirs(self.router.data)
        self.peers = road.Peers(self.router, os.path.join(directory, "archive"), self.told.note, delay=0)
        self.orders = [self.samples.make(2, f"{seed}-{number}") for number in (1, 2)]
        self.senders = []
        self.tracer = None

    def start_short(self, every):
        """Starts the router with every so many writes short."""
        library = os.path.join(self.directory, "shortwrites.so")
        source = os.path.join(os.path.dirname(os.path.abspath(__file__)), "shortwrites.c")
        subprocess.run(["cc", "-O2", "-Wall", "-shared", "-fPIC", "-o", library, source], check=True)
        return self.router.start(environment={"LD_PRELOAD": library, "SHORT_WRITES": str(every)})

    def start(self, tracing, phase):
        """Starts the router with strace around it, or with strace coming when it is ready. False if it ended."""
        words = ["strace", "-f", "-qq", "-o", os.path.join(self.directory, "trace"), *tracing]
        quick_crash = {"SWIFT_BACKTRACE": "enable=no"}
        if phase == "start":
            # -D: the router stays our child, and its end is its own.
            return self.router.start(prefix=[*words, "-D", "--seccomp-bpf"], environment=quick_crash)
        self.router.start(environment=quick_crash)
        self.tracer = subprocess.Popen([*words, "-p", str(self.router.process.pid)], stderr=subprocess.DEVNULL)
        road.eventually("strace is there", lambda: self.is_traced or self.router.has_ended)
        return not self.router.has_ended

    @property
    def is_traced(self):
        try:
            with open(f"/proc/{self.router.process.pid}/status", encoding="utf-8") as status:
                return "TracerPid:\t0" not in status.read()
        except OSError:
            return False

    def send(self):
        self.senders = [
            road.Sender(number, self.router, order, self.samples.digests, self.told.note)
            for number, order in enumerate(self.orders, 1)
        ]

    @property
    def is_sent(self):
        return bool(self.senders) and not any(sender.is_alive() for sender in self.senders)

    @property
    def is_done(self):
        return self.is_sent and self.router.is_done

    @property
    def trace(self):
        with open(os.path.join(self.directory, "trace"), encoding="utf-8", errors="replace") as file:
            return file.read()

    def end(self):
        for sender in self.senders:
            sender.given_up.set()
        self.router.kill()
        if self.tracer:
            self.tracer.wait()
        self.peers.down()


def count_calls(escrow, directory, phase):
    """How often each call is made by the thread that makes it most."""
    scene = Scene(escrow, directory, "count")
    try:
        scene.start(["-e", "trace=" + ",".join(FAULTS)], phase)
        if phase == "road":
            scene.send()
            road.eventually("everything is purged", lambda: scene.is_done, scene.router)
        scene.router.stop()
    finally:
        scene.end()
    calls = collections.Counter(re.findall(r"^(\d+) +(\w+)\(", scene.trace, re.MULTILINE))
    most = collections.Counter()
    for (_, call), count in calls.items():
        most[call] = max(most[call], count)
    return {call: count for call, count in most.items() if call in FAULTS}


def choose(counts, wanted, source):
    """At most `wanted` cases, every kind of fault about as often."""
    kinds = [
        (phase, call, fault) for phase, calls in counts.items() for call in calls for fault in FAULTS[call]
    ]
    cases, possible = set(), sum(counts[phase][call] for phase, call, _ in kinds)
    while len(cases) < min(wanted, possible):
        phase, call, fault = source.choice(kinds)
        cases.add(Case(phase, call, fault, source.randrange(counts[phase][call]) + 1))
    short = [Case("short", "write", "half", number) for number in SHORT_WRITES]
    return sorted(cases) + short, possible + len(short)


def problems(escrow, directory, case):
    """Runs a case; returns what went wrong, and whether the fault came at all."""
    scene = Scene(escrow, directory, "-".join(map(str, case)))
    try:
        if case.phase == "short":
            goes_on = scene.start_short(case.number)
        else:
            injection = f"inject={case.call}:{case.fault}:when={case.number}"
            goes_on = scene.start(["-e", f"trace={case.call}", "-e", injection], case.phase)
        scene.send()
        if goes_on:
            road.eventually("it ended or goes on", lambda: scene.router.has_ended or scene.is_done, scene.router)
        if case.phase == "short":
            return (["short writes ended it"] if scene.router.has_ended else []) + start_again(scene), True
        came = case.fault == KILL and scene.router.has_ended or "(INJECTED)" in scene.trace
        found = judge_end(scene, case) if came else []
        return found + start_again(scene), came
    except road.NotSo as error:
        return [str(error)], True
    finally:
        scene.end()


def judge_end(scene, case):
    """Whether the process ended, or did not, as it should."""
    if not scene.router.has_ended:
        if case.call != "fdatasync" or not case.fault.startswith("error"):
            return []
        # The last one may fail when everything is done already: its end is still to come.
        if not road.comes_true(lambda: scene.router.has_ended):
            return ["a sync of the ledger failed, and it goes on"]
    code = scene.router.process.returncode
    if case.fault == KILL:
        return [] if code == -signal.SIGKILL else [f"killed, but it ended with {code}"]
    if code == 0:  # the language's own reading of the arguments failed: it was asked for nothing
        return [] if "escrow help <subcommand>" in scene.router.log_tail else ["it ended as if all was well"]
    if code < 0:  # NIO and libdispatch trap when the kernel refuses what never fails; what is ours must not
        ours = [line for line in scene.router.log_tail.splitlines() if "Fatal error" in line and "NIO" not in line]
        return ours if -code in (signal.SIGILL, signal.SIGTRAP) else [f"it ended by signal {-code}"]
    last = scene.router.log_tail.strip().splitlines()[-1:]
    if last and "error while loading shared libraries" in last[0]:  # before a line of ours has run
        return []
    return [] if last and last[0].startswith("escrow: ") else [f"it ended with {code} without a reason: {last}"]


def start_again(scene):
    """Without faults everything must end well."""
    scene.router.kill()
    if not scene.router.start():
        return [f"it does not start again\n{scene.router.log_tail}"]
    road.eventually("everything is purged after all", lambda: scene.is_done, scene.router)
    code = scene.router.stop()
    told = scene.told
    found = [] if code == 0 else [f"exit code {code} at the end"]
    found += [
        f"{uid} was acknowledged and is not in the archive"
        for uid, digest in told.acknowledged.items() if told.kept.get(uid) != digest
    ]
    if len(told.acknowledged) != sum(map(len, scene.orders)):
        found.append(f"only {len(told.acknowledged)} were acknowledged")
    return found + oracle.losses(scene.router.data, told, scene.samples.digests, scene.directory)


def run_case(escrow, parent, case):
    directory = tempfile.mkdtemp(dir=parent)
    try:
        return case, *problems(escrow, directory, case)
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--escrow", required=True, help="the program")
    parser.add_argument("--cases", type=int, default=40)
    parser.add_argument("--beside", type=int, default=6, help="cases at the same time: most of one is waiting")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", nargs=4, metavar=("PHASE", "CALL", "FAULT", "NUMBER"), help="one case")
    options = parser.parse_args()
    parent, started = tempfile.mkdtemp(prefix="syscalls-"), time.monotonic()
    losses, came = [], collections.Counter()
    try:
        if options.only:
            cases, possible = [Case(*options.only[:3], int(options.only[3]))], 1
        else:
            counts = {}
            for phase in ("start", "road"):
                os.mkdir(os.path.join(parent, phase))
                counts[phase] = count_calls(options.escrow, os.path.join(parent, phase), phase)
            cases, possible = choose(counts, options.cases, random.Random(options.seed))
        with concurrent.futures.ThreadPoolExecutor(options.beside) as pool:
            for case, found, did_come in pool.map(lambda case: run_case(options.escrow, parent, case), cases):
                if case.phase != "short":
                    came[case.call] += did_come
                losses += [f"--only {' '.join(map(str, case))}: {loss}" for loss in found]
    finally:
        shutil.rmtree(parent, ignore_errors=True)
    if not options.only and not sum(came.values()):
        losses.append("not one fault came: nothing was tried")
    print(json.dumps({
        "cases": len(cases), "possible": possible, "came": sum(came.values()), "calls": came, "seed": options.seed,
        "seconds": round(time.monotonic() - started, 1), "losses": losses[:20]}))
    sys.exit(1 if losses else 0)


if __name__ == "__main__":
    main()
