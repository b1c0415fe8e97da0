"""Cuts the power of a disk under the router, everywhere, and looks whether anything is lost.

    powercut.py --escrow PROGRAM --faulty PROGRAM [--system ext4] [--points N] [--seed N] [--fault NAME]

Records what the router writes to a file system while senders send, the archive commits and copies are purged, it is
killed and started again, and once more after a power cut. Then rebuilds the disk as it may be after a power cut at any
moment, mounts it, and compares it with what the senders and the archive were told: as it is, after the router's
recovery, and for some states after it has run to the end. Prints a line of JSON; exits with 0 when nothing is lost.

With --fault the router is broken, and the exit code is 0 when that is noticed; 77 when this machine cannot mount.
"""

import argparse
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time

import kernel
import oracle
import recording
import road
from told import Told


class Run:
    """One run: its directory, its router, and everything that was ever sent."""

    def __init__(self, options, directory):
        self.options, self.directory = options, directory
        self.source = random.Random(options.seed)
        self.recorder = os.path.join(directory, "recorder")
        self.samples = road.Samples(os.path.join(directory, "samples"))
        self.disk = os.path.join(directory, "disk")
        self.router = road.Router(
            directory, self.disk, options.faulty if options.fault else options.escrow, options.fault)
        self.counts = {"system": options.system, "seed": options.seed, "fault": options.fault, "recordings": 0}
        for name in ("records", "flushes", "acknowledged", "points", "recoveries", "finished"):
            self.counts[name] = 0
        self.losses = []
        self.recovery = None  # the process that recovers

    def path(self, name):
        return os.path.join(self.directory, name)

    # Recording

    def record(self, base, told, name):
        """What happens on the disk of `base` while the router works; `told` is what was told before."""
        disk = recording.RecordedDisk(self.recorder, base, self.path(name), self.options.system, self.directory)
        peers = road.Peers(self.router, self.path("archive"), disk.mark, told.kept)
        try:
            self.work(disk, name)
        finally:
            self.router.kill()
            peers.down()
            disk.close()
        taken = recording.Recording(base, self.path(name))
        self.counts["recordings"] += 1
        self.counts["records"] += len(taken.records)
        self.counts["flushes"] += taken.count(recording.FLUSH)
        self.counts["acknowledged"] += sum(mark.startswith("acknowledged") for mark in taken.marks(len(taken.records)))
        return taken

    def work(self, disk, name):
        """Some send; in the middle the router is killed; at the end everything is purged."""
        if not self.router.start():
            raise road.NotSo(f"the router did not start\n{self.router.log_tail}")
        senders = [
            road.Sender(
                number, self.router, self.samples.make(self.options.instances, f"{self.options.seed}-{name}-{number}"),
                self.samples.digests, disk.mark)
            for number in range(1, 4)
        ]
        time.sleep(self.source.uniform(0.5, 2.5))
        self.router.kill()
        disk.mark("starts router")
        if not self.router.start():
            raise road.NotSo(f"the router did not start after it was killed\n{self.router.log_tail}")
        disk.mark("started router")
        road.all_sent(senders, self.router)
        try:
            patience = 20 if self.options.fault else 120
            road.eventually("everything is purged", lambda: self.router.is_done, self.router, patience)
        except road.NotSo:
            if not self.options.fault:  # what is broken may never end well
                raise
        self.router.stop()

    # Checking

    def check(self, taken, earlier, count):
        """Looks at `count` states of a recording, or until something is lost."""
        replay = recording.Replay(taken, self.directory)
        told, seen = earlier.copy(), -1
        points = taken.points(count, self.source)
        every = max(1, len(points) // self.options.finish) if self.options.finish else 0
        try:
            for number, point in enumerate(points):
                for kind, length, _, position in taken.records[seen + 1 : point.record + 1]:
                    if kind == recording.MARK:
                        told.note(taken.bytes[position : position + length].decode())
                seen = point.record
                finishing = every and number % every == every - 1
                self.look(replay, point, told, number % self.options.recover == 0, finishing)
                if self.losses:
                    return
        finally:
            replay.close()

    def look(self, replay, point, told, recovers, finishes):
        """Checks one state, and the same after what the router makes of it."""
        self.counts["points"] += 1
        replay.build(point, random.Random(point.seed))
        try:
            kernel.mount(replay.path, self.disk, recording.FILE_SYSTEMS[self.options.system][0])
        except OSError as error:
            return self.note(point, [f"cannot be mounted: {error}"])
        try:
            found = self.compare(told)
            if not found and recovers and not self.options.fault:
                found = [f"after recovery: {loss}" for loss in self.recover() + self.compare(told)]
            if not found and finishes and not self.options.fault:
                found = [f"at the end: {loss}" for loss in self.finish(told, point)]
        finally:
            kernel.unmount(self.disk)
        self.note(point, found)

    def note(self, point, found):
        self.losses += [f"{point.record} {point.style} {point.seed}: {loss}" for loss in found]

    def compare(self, told):
        return oracle.losses(self.disk, told, self.samples.digests, self.directory)

    def recover(self):
        """What the router's recovery says of the mounted state, in one process for all states."""
        self.counts["recoveries"] += 1
        if self.recovery is None:
            self.recovery = subprocess.Popen(
                [self.options.faulty, "recover"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)
        self.recovery.stdin.write(self.router.configuration + "\n")
        answer = json.loads(self.recovery.stdout.readline())
        found = [answer["error"]] if answer.get("error") else []
        return found + ([f"{answer['missing']} files are missing"] if answer["missing"] else [])

    def finish(self, told, point):
        """Starts the whole program on the mounted state: it must go on to the end, with new instances as well."""
        self.counts["finished"] += 1
        after = told.copy()
        peers = road.Peers(self.router, self.path("archive"), after.note, told.kept, delay=0)
        try:
            if not self.router.start():
                return [f"the router does not start\n{self.router.log_tail}"]
            new = self.samples.make(2, f"{self.options.seed}-after-{self.counts['recordings']}-{point.record}")
            road.all_sent([road.Sender(9, self.router, new, self.samples.digests, after.note)], self.router)
            road.eventually("everything is purged", lambda: self.router.is_done, self.router)
            code = self.router.stop()
        except road.NotSo as error:
            return [str(error)]
        finally:
            self.router.kill()
            peers.down()
        found = [] if code == 0 else [f"exit code {code}"]
        for uid, digest in after.acknowledged.items():
            if after.kept.get(uid) != digest:
                found.append(f"{uid} was acknowledged and is not in the archive")
        return found + oracle.losses(self.disk, after, self.samples.digests, self.directory)

    # The whole

    def run(self):
        base, told = self.path("base.img"), Told()
        recording.make_image(base, self.options.system)
        share = self.options.points // self.options.rounds
        for number in range(self.options.rounds):
            taken = self.record(base, told, f"log{number}")
            # What is broken shows at few moments perhaps: look here and there first.
            for part in (8, 4, 2, 1) if self.options.fault else (1,):
                self.check(taken, told, share // part)
                if self.losses:
                    return self.keep(base, f"log{number}")
            if number + 1 < self.options.rounds:
                base, told = self.cut(taken, told, number)

    def cut(self, taken, told, number):
        """A state in the middle of a recording, for the next one to start with: its recovery is recorded too."""
        moment = self.source.randrange(len(taken.records) // 4, len(taken.records) * 3 // 4)
        told = told.copy()
        for mark in taken.marks(moment):
            told.note(mark)
        replay = recording.Replay(taken, self.directory)
        point = recording.Point(moment, "random", self.source.randrange(1 << 32))
        replay.build(point, random.Random(point.seed))
        base = self.path(f"base{number}.img")
        recording.copy_sparse(replay.path, base)
        replay.close()
        return base, told

    def keep(self, base, log):
        if self.options.keep:
            recording.keep(self.options.keep, base, self.path(log))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--escrow", required=True, help="the program")
    parser.add_argument("--faulty", required=True, help="EscrowFaulty")
    parser.add_argument("--system", choices=recording.FILE_SYSTEMS, default="ext4")
    parser.add_argument("--points", type=int, default=100, help="states to look at")
    parser.add_argument("--rounds", type=int, default=2, help="recordings, each after a power cut of the one before")
    parser.add_argument("--instances", type=int, default=8, help="instances of each of three senders in a round")
    parser.add_argument("--recover", type=int, default=2, help="recover every so many states")
    parser.add_argument("--finish", type=int, default=2, help="states of a round to run to the end")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--fault", help="break the router: rename, fileSync, normal, earlyAnswer, earlyPurge")
    parser.add_argument("--probe", action="store_true", help="only see whether this machine can do it")
    parser.add_argument("--keep", help="where to put the recording in which something is lost")
    options = parser.parse_args()
    kept_in_memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    directory = tempfile.mkdtemp(prefix="powercut-", dir=kept_in_memory)
    try:
        prepare(directory)
        sys.exit(0 if options.probe else run(options, directory))
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def prepare(directory):
    """Has mounts of our own and sees whether a recorded disk can be used; exits with 77 if not."""
    try:
        kernel.own_mounts()
        recorder, image = recording.compile_recorder(directory), os.path.join(directory, "probe.img")
        recording.make_image(image, "ext4")
        recording.RecordedDisk(recorder, image, image + ".log", "ext4", directory).close()
    except (OSError, RuntimeError, subprocess.CalledProcessError) as error:
        print(f"this machine cannot mount a recorded disk: {error}", file=sys.stderr)
        sys.exit(77)


def run(options, directory):
    """Does what was asked, prints the counts and returns the exit code."""
    this, started = Run(options, directory), time.monotonic()
    this.run()
    seconds = time.monotonic() - started
    print(json.dumps({**this.counts, "seconds": round(seconds, 1), "losses": this.losses[:20]}))
    return 0 if bool(this.losses) == bool(options.fault) else 1


if __name__ == "__main__":
    main()
