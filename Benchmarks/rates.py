#!/usr/bin/env python3
"""Rates and windows, measured on the wire: a relay in front of a stock DCMTK storescp counts the bytes that pass.

Each rate is to be kept within 10 %, over the whole transfer and in no second exceeded by more than that and a quarter of
a second's worth; what has a window is to leave within 2 s after it opens, and nothing before. Otherwise the exit code
is 1.
"""

import argparse
import datetime
import json
import pathlib
import shutil
import socket
import sys
import tempfile
import threading
import time

import corpora
from peers import ROOT, Escrow, Sink, destination
from side_by_side import send

TOLERANCE = 0.1
OPENING = 2


class Relay:
    """Passes bytes on to a port, and notes when how many came from the router."""

    def __init__(self, target):
        self.target, self.seen, self.lock = target, [], threading.Lock()
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            server = socket.create_connection(("127.0.0.1", self.target))
            for each in (client, server):
                each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=self.pump, args=(client, server, True), daemon=True).start()
            threading.Thread(target=self.pump, args=(server, client, False), daemon=True).start()

    def pump(self, source, target, counts):
        try:
            while data := source.recv(65536):
                if counts:
                    with self.lock:
                        self.seen.append((time.time(), len(data)))
                target.sendall(data)
        except OSError:
            pass
        for each in (source, target):
            try:
                each.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def stop(self):
        self.listener.close()


def transfer(corpus, count, terms, options):
    """Sends the corpus through a router; returns when which bytes passed."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="escrow-bench-"))
    sink = Sink(folder)
    relay = Relay(sink.port)
    router = Escrow(
        folder, options.escrow, {"sink": destination("SINK", relay.port)},
        f"match: {{}}\nsend: [{{ to: sink, proof: response, {terms} }}]\n")
    try:
        send(corpus, "ESCROW", router.dicom)
        deadline = time.monotonic() + options.timeout
        while (delivered := router.status()["deliveries"].get("delivered", 0)) < count:
            if time.monotonic() > deadline:
                raise RuntimeError(f"{delivered} of {count} delivered in {options.timeout} s")
            time.sleep(0.1)
    finally:
        router.stop()
        relay.stop()
        sink.stop()
        shutil.rmtree(folder)
    return relay.seen


def rate(seen):
    """Bytes a second over the whole transfer, and in the second that had most."""
    total = sum(count for _, count in seen)
    greatest, start, inside = 0, 0, 0
    for at, count in seen:
        inside += count
        while at - seen[start][0] > 1:
            inside -= seen[start][1]
            start += 1
        greatest = max(greatest, inside)
    return total / (seen[-1][0] - seen[0][0]), greatest


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--escrow", default=str(ROOT / ".build/release/escrow"))
    parser.add_argument("--rates", default="500KB/s,2MB/s,10MB/s", help="limits, separated by commas")
    parser.add_argument("--seconds", type=int, default=12, help="how long each transfer is to take")
    parser.add_argument("--size", type=int, default=512 * 1024, help="bytes of pixel data")
    parser.add_argument("--timeout", type=int, default=300)
    parser.add_argument("--json")
    options = parser.parse_args()
    results, kept = [], True
    print("limit".ljust(12) + "measured".rjust(12) + "of limit".rjust(10) + "greatest second".rjust(17))
    for text in options.rates.split(","):
        limit = int(text[:-4]) * {"K": 1000, "M": 1_000_000}[text[-4]]
        count = max(2, limit * options.seconds // options.size)
        work = pathlib.Path(tempfile.mkdtemp(prefix="escrow-bench-"))
        try:
            corpus = corpora.make(work, [options.size] * count, 1)
            measured, greatest = rate(transfer(corpus, count, f"maxRate: {text}", options))
        finally:
            shutil.rmtree(work)
        good = abs(measured / limit - 1) <= TOLERANCE and greatest <= limit * (1.25 + TOLERANCE) + options.size
        kept &= good
        results.append({"limit": limit, "measured": measured, "greatestSecond": greatest, "kept": good})
        print(f"{text:12}{measured / 1e6:9.3f} MB{measured / limit:10.3f}{greatest / 1e6:14.3f} MB"
              + ("" if good else "  NOT kept"))
    opening, first = window(options)
    good = 0 <= first - opening <= OPENING
    kept &= good
    print(f"window: the first byte left {first - opening:.2f} s after it opened" + ("" if good else "  NOT kept"))
    if options.json:
        pathlib.Path(options.json).write_text(json.dumps({"rates": results, "window": first - opening}, indent=2))
    sys.exit(0 if kept else 1)


def window(options):
    """When a window opened, and when the first byte left; it opens at the next full minute but one."""
    now = datetime.datetime.now(datetime.timezone.utc)
    opening = (now + datetime.timedelta(minutes=2 if now.second > 40 else 1)).replace(second=0, microsecond=0)
    closing = opening + datetime.timedelta(minutes=30)
    work = pathlib.Path(tempfile.mkdtemp(prefix="escrow-bench-"))
    try:
        corpus = corpora.make(work, [options.size] * 4, 1)
        seen = transfer(corpus, 4, f'window: "{opening:%H:%M}-{closing:%H:%M}"', options)
    finally:
        shutil.rmtree(work)
    return opening.timestamp(), seen[0][0]


if __name__ == "__main__":
    main()
