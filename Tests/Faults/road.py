"""A router among its peers: senders that remember what was acknowledged, and an archive that commits."""

import hashlib
import json
import logging
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request

PEERS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "EndToEndTests", "Peers")
sys.path.insert(0, PEERS)

import archive  # noqa: E402
import generate  # noqa: E402
import scu  # noqa: E402
import webhooks  # noqa: E402
from oracle import data_set  # noqa: E402

logging.getLogger().setLevel(logging.CRITICAL)  # the peers say much, above all when the router is killed

CONFIGURATION = """
aeTitle: ESCROW
dicom: {{ host: 127.0.0.1, port: {dicom} }}
http: {{ host: 127.0.0.1, port: {http} }}
log: {{ level: notice }}
spool: {{ path: {data}/spool, lowWatermark: 2MB, stopWatermark: 1MB }}
ledger: {{ path: {data}/escrow.db }}
study: {{ quiet: 1s }}
routes: {{ path: routes }}
peers:
{senders}
  archive:
    aeTitle: ARCHIVE
    host: 127.0.0.1
    port: {archive}
    allow: [echo, report]
    retry: {{ first: 1s, max: 1s }}
    commitment: {{ quiet: 1s, maxWait: 1s, askAgain: [2s] }}
webhooks:
  all: {{ url: "http://127.0.0.1:{events}/", secretFile: secret, events: ["*"], allowAddresses: [127.0.0.0/8] }}
"""
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
ROUTE = "match: otherwise\nsend: [{ to: archive, proof: commitment }]\npurge: { after: 0s }\n"


def private(path, flags):
    return os.open(path, flags, 0o600)


def reserve(count):
    """Sockets on ports of their own. While they are open, only a server that sets SO_REUSEADDR, as all of ours do, can
    listen there, and the kernel gives the ports to nobody else."""
    sockets = [socket.socket() for _ in range(count)]
    for each in sockets:
        each.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        each.bind(("", 0))
    return sockets


class Samples:
    """Generated instances: what to send, and the digest of each that was ever made."""

    def __init__(self, directory):
        self.directory, self.digests = directory, {}
        os.makedirs(directory, exist_ok=True)

    def make(self, count, seed, size=24):
        """`count` instances; every fourth is larger, so that it takes several writes."""
        made = []
        for number in range(count):
            name = os.path.join(self.directory, str(seed))
            os.makedirs(name, exist_ok=True)
            entry = generate.make(
                name, "CT", number, generate.ExplicitVRLittleEndian, seed, size * 8 if number % 4 == 3 else size)
            with open(entry["path"], "rb") as file:
                self.digests[entry["uid"]] = hashlib.sha256(data_set(file.read())).hexdigest()
            made.append((entry["path"], entry["uid"]))
        return made


class Router:
    """The program, its configuration, and its data in a directory that may be a mounted disk."""

    def __init__(self, directory, data, program, fault=None):
        self.directory, self.data, self.program, self.fault = directory, data, program, fault
        self.reserved = reserve(4)
        self.dicom, self.http, self.archive, self.events = [each.getsockname()[1] for each in self.reserved]
        self.process = None
        os.makedirs(os.path.join(directory, "routes"), exist_ok=True)
        self.configuration = os.path.join(directory, "escrow.yaml")
        senders = "\n".join(
            f"  ct{n}: {{ aeTitle: CT{n}, addresses: [127.0.0.1/32], allow: [echo, store] }}" for n in range(1, 10))
        with open(self.configuration, "w", encoding="utf-8") as file:
            file.write(CONFIGURATION.format(
                dicom=self.dicom, http=self.http, archive=self.archive, events=self.events, data=data,
                senders=senders))
        with open(os.path.join(directory, "routes", "all.yaml"), "w", encoding="utf-8") as file:
            file.write(ROUTE)
        with open(os.path.join(directory, "secret"), "w", encoding="utf-8", opener=private) as file:
            file.write(SECRET + "\n")

    @property
    def command(self):
        if self.fault is None:
            return [self.program, "serve", "--config", self.configuration]
        return [self.program, "serve", self.configuration, self.fault]

    def start(self, prefix=(), wait=True, environment=None):
        """Starts it, behind the words of `prefix`, and waits until it is ready. False if it ended instead."""
        with open(os.path.join(self.directory, "log"), "ab") as log:
            self.process = subprocess.Popen(
                [*prefix, *self.command], stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
                env=None if environment is None else {**os.environ, **environment})
        return not wait or eventually("the router is ready", lambda: self.has_ended or self.is_ready, self) and (
            not self.has_ended)

    @property
    def has_ended(self):
        return self.process.poll() is not None

    @property
    def is_ready(self):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.http}/health/ready", timeout=10) as answer:
                return answer.status == 200
        except OSError:
            return False

    def kill(self):
        """Ends it as it is, if it runs."""
        if self.process is not None:
            if not self.has_ended:
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()

    def stop(self):
        """Asks it to end; returns its exit code."""
        self.process.terminate()
        eventually("the router has ended", lambda: self.has_ended, self)
        return self.process.returncode

    def status(self):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.http}/api/v1/status", timeout=30) as answer:
            return json.load(answer)

    @property
    def is_done(self):
        """Whether everything that came is purged."""
        try:
            states = self.status()["instances"]
        except OSError:
            return False
        return all(state == "purged" or count == 0 for state, count in states.items()) and not self.files

    @property
    def files(self):
        """The files of instances in the spool."""
        found = []
        for shard in os.scandir(os.path.join(self.data, "spool")):
            if shard.is_dir() and shard.name != "orphans":
                found += [entry.path for entry in os.scandir(shard.path) if entry.name.endswith(".dcm")]
        return found

    @property
    def situation(self):
        """What it says of itself, and the end of its log."""
        said = []
        for path in ("status", "deliveries", "instances?state=held,inTransit,settled,damaged,purging"):
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{self.http}/api/v1/{path}", timeout=30) as answer:
                    said.append(answer.read().decode())
            except OSError as error:
                said.append(f"{path}: {error}")
        return "\n".join([*said, self.log_tail])

    @property
    def log_tail(self):
        with open(os.path.join(self.directory, "log"), encoding="utf-8", errors="replace") as file:
            return "".join(file.readlines()[-30:])


class NotSo(Exception):
    """Something did not become so."""


def comes_true(condition, within=120):
    """What the condition says when it holds, or last said after a generous time."""
    end = time.monotonic() + within
    while not (result := condition()) and time.monotonic() < end:
        time.sleep(0.02)
    return result


def eventually(what, condition, router=None, within=120):
    """Waits for others, for a generous time."""
    if not (result := comes_true(condition, within)):
        raise NotSo(f"not so after {within} s: {what}\n{router.situation if router else ''}")
    return result


def all_sent(senders, router):
    """Waits until each sender has sent everything."""
    try:
        eventually("everything is acknowledged", lambda: not any(each.is_alive() for each in senders), router, 600)
    finally:
        for sender in senders:
            sender.given_up.set()


class Archive(archive.Archive):
    """Tells `note` of everything it keeps before it says so, of each request, and of each report answered with success."""

    def __init__(self, router, directory, note, kept=(), delay=0.1):
        self.note = note
        super().__init__("ARCHIVE", "127.0.0.1", router.archive, directory, 16384)
        self.kept.update({uid: {"class": generate.CLASSES["CT"], "sha256": digest} for uid, digest in dict(kept).items()})
        self.script.reportTo = {"*": ["127.0.0.1", router.dicom]}
        self.script.delay = delay

    def log(self, kind, **facts):
        super().log(kind, **facts)
        if kind == "store" and facts["status"] == 0:
            self.note(f"kept {facts['uid']} {facts['sha256']}")
        if kind == "action":
            self.note(f"asked {facts['transactionUID']}")
        if kind == "report" and facts["status"] == 0:
            for uid in facts["committed"]:
                self.note(f"proved {uid}")


class Listener(webhooks.Receiver):
    """Tells `note` of every event that came."""

    def __init__(self, router, note):
        self.note = note
        super().__init__(router.events, [SECRET])

    def take(self, path, headers, body):
        self.note(f"events {headers.get('webhook-id')}")
        return super().take(path, headers, body)


class Peers:
    """The archive and the listener of a router, which end together."""

    def __init__(self, router, directory, note, kept=(), delay=0.1):
        self.archive = Archive(router, directory, note, kept, delay)
        self.listener = Listener(router, note)

    def down(self):
        self.archive.down()
        self.listener.down()


class Sender(threading.Thread):
    """Sends instances one by one, each until it is acknowledged, and tells `note` of that.

    The toolkit may never return from an association whose peer died: after PATIENCE seconds without a result it is left
    alone, and another one goes on.
    """

    PATIENCE = 40

    def __init__(self, number, router, samples, digests, note):
        super().__init__(daemon=True)
        self.number, self.router = number, router
        self.samples, self.digests, self.note = samples, digests, note
        self.given_up = threading.Event()
        self.sent, self.last_result = 0, time.monotonic()
        self.start()

    @property
    def is_over(self):
        return self.given_up.is_set() or self.sent == len(self.samples)

    def run(self):
        while not self.is_over:
            self.last_result = time.monotonic()
            left = threading.Event()
            worker = threading.Thread(target=self.work, args=[left], daemon=True)
            worker.start()
            while worker.is_alive() and not self.is_over and time.monotonic() - self.last_result < self.PATIENCE:
                worker.join(0.1)
            worker.join(5)
            left.set()

    def work(self, left):
        """Sends until it is over, or `left` alone."""
        modality = scu.Modality(f"CT{self.number}", None, 16384)
        context = scu.build_context(generate.CLASSES["CT"], [generate.ExplicitVRLittleEndian])
        association = None
        while not self.is_over and not left.is_set():
            path, uid = self.samples[self.sent]
            if association is None or not association.is_established:
                association = modality.open("127.0.0.1", self.router.dicom, "ESCROW", [context])
            is_stored = association.is_established and modality.send_one(association, path, self.sent) == 0
            if left.is_set():
                break
            self.last_result = time.monotonic()
            if is_stored:
                self.note(f"acknowledged {uid} {self.digests[uid]}")
                self.sent += 1
            else:
                time.sleep(0.05)
        if association is not None and association.is_established:
            association.release()
