#!/usr/bin/env python3
"""Relay and intake, Escrow and Orthanc side by side on this machine, both to a stock DCMTK storescp.

Runs are interleaved and medians compared, since identical runs differ by a third on a small machine. Needs root for
the loop device on which device flushes are counted; without it that column is left out. Prints a table and, with
--json, writes everything that was measured.
"""

import argparse
import json
import os
import pathlib
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parent.parent


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def make_corpus(folder, instances, size, senders):
    """One folder for each sender; CT instances in five studies."""
    from pydicom.dataset import Dataset, FileMetaDataset
    from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian

    side = int((size / 2) ** 0.5)
    pixels = os.urandom(side * side * 2)
    for number in range(instances):
        data = Dataset()
        data.file_meta = FileMetaDataset()
        data.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
        data.SOPClassUID = data.file_meta.MediaStorageSOPClassUID = CTImageStorage
        data.SOPInstanceUID = data.file_meta.MediaStorageSOPInstanceUID = f"1.2.826.0.1.3680043.10.999.{number + 1}"
        data.StudyInstanceUID = f"1.2.826.0.1.3680043.10.998.{number * 5 // instances + 1}"
        data.SeriesInstanceUID = data.StudyInstanceUID + ".1"
        data.PatientID, data.PatientName, data.Modality = "BENCH", "Bench^Mark", "CT"
        data.InstanceNumber = number + 1
        data.Rows = data.Columns = side
        data.BitsAllocated, data.BitsStored, data.HighBit, data.PixelRepresentation = 16, 16, 15, 0
        data.SamplesPerPixel, data.PhotometricInterpretation = 1, "MONOCHROME2"
        data.PixelData = pixels
        target = folder / str(number % senders)
        target.mkdir(parents=True, exist_ok=True)
        data.save_as(target / f"{number}.dcm", enforce_file_format=True)


class Sink:
    """A stock storescp that throws away what it gets and logs each instance."""

    def __init__(self, folder):
        self.port = free_port()
        self.log = folder / "sink.log"
        self.process = subprocess.Popen(
            ["storescp", "-v", "--ignore", "-aet", "SINK", str(self.port)],
            stdout=open(self.log, "wb"), stderr=subprocess.STDOUT)

    def received(self):
        return self.log.read_bytes().count(b"Received Store Request")

    def stop(self):
        self.process.kill()
        self.process.wait()


class Router:
    """A running router whose resources are read from /proc."""

    def usage(self):
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        ticks = os.sysconf("SC_CLK_TCK")
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        peak = next(line for line in status.splitlines() if line.startswith("VmHWM"))
        return {"cpu": (int(fields[11]) + int(fields[12])) / ticks, "rssMB": int(peak.split()[1]) / 1024}

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class Escrow(Router):
    """Escrow with one route, if any, and these peers: the YAML of each by its name."""

    called = "ESCROW"

    def __init__(self, folder, binary, peers, route=None):
        self.dicom, self.http = free_port(), free_port()
        routes = folder / "routes"
        routes.mkdir()
        if route:
            (routes / "all.yaml").write_text(route)
        config = folder / "escrow.yaml"
        config.write_text(f"""
aeTitle: ESCROW
dicom: {{ host: 127.0.0.1, port: {self.dicom} }}
http: {{ host: 127.0.0.1, port: {self.http} }}
spool: {{ path: spool, stopWatermark: 64MB, lowWatermark: 65MB }}
ledger: {{ path: escrow.db }}
routes: {{ path: routes }}
unknownPeers: {{ allow: [echo, store] }}
peers:
{"".join(f"  {name}: {peer}{chr(10)}" for name, peer in peers.items())}log: {{ level: error }}
""")
        self.process = subprocess.Popen(
            [binary, "serve", "--config", str(config)], stdout=subprocess.DEVNULL, stderr=open(folder / "escrow.log", "wb"))
        wait_for(lambda: urllib.request.urlopen(f"http://127.0.0.1:{self.http}/health/ready").status == 200)

    def status(self):
        return json.load(urllib.request.urlopen(f"http://127.0.0.1:{self.http}/api/v1/status"))


def destination(ae_title, port):
    """The YAML of a peer on this machine."""
    return f"{{ aeTitle: {ae_title}, host: 127.0.0.1, port: {port} }}"


def escrow(folder, sink_port, forward, binary):
    route = "match: otherwise\nsend:\n  - { to: sink, proof: response }\npurge: { after: 1h }\n"
    return Escrow(folder, binary, {"sink": destination("SINK", sink_port)}, route if forward else None)


class Orthanc(Router):
    called = "ORTHANC"

    def __init__(self, folder, sink_port, forward, _):
        self.dicom, self.http = free_port(), free_port()
        lua = folder / "route.lua"
        lua.write_text("function OnStoredInstance(id) SendToModality(id, 'sink') end\n" if forward else "")
        config = folder / "orthanc.json"
        config.write_text(json.dumps({
            "DicomAet": "ORTHANC", "DicomPort": self.dicom, "HttpPort": self.http, "RemoteAccessAllowed": False,
            "AuthenticationEnabled": False, "StorageDirectory": str(folder / "orthanc"), "LuaScripts": [str(lua)],
            "DicomModalities": {"sink": ["SINK", "127.0.0.1", sink_port]}, "DicomAlwaysAllowStore": True,
        }))
        self.process = subprocess.Popen(["Orthanc", str(config)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_for(lambda: urllib.request.urlopen(f"http://127.0.0.1:{self.http}/system").status == 200)


def wait_for(condition, seconds=60):
    deadline = time.monotonic() + seconds
    while True:
        try:
            if condition():
                return
        except OSError:
            pass
        if time.monotonic() > deadline:
            sys.exit("a server did not start")
        time.sleep(0.05)


def flushes(device):
    if device is None:
        return 0
    name = os.path.basename(device)
    for line in pathlib.Path("/proc/diskstats").read_text().splitlines():
        fields = line.split()
        if fields[2] == name:
            return int(fields[18]) if len(fields) > 18 else 0
    return 0


class Disk:
    """A file system of its own on a loop device, so that its flushes can be counted."""

    def __init__(self, work, megabytes):
        self.device, self.folder = None, work / "disk"
        self.folder.mkdir()
        image = work / "disk.img"
        try:
            with open(image, "wb") as file:
                file.truncate(megabytes << 20)
            subprocess.run(["mkfs.ext4", "-q", "-F", str(image)], check=True)
            self.device = subprocess.run(
                ["losetup", "-f", "--show", str(image)], check=True, capture_output=True, text=True).stdout.strip()
            subprocess.run(["mount", self.device, str(self.folder)], check=True)
        except (OSError, subprocess.CalledProcessError) as error:
            print(f"no loop device here ({error}); flushes are not counted", file=sys.stderr)
            self.device = None

    def close(self):
        if self.device:
            subprocess.run(["umount", str(self.folder)], check=True)
            subprocess.run(["losetup", "-d", self.device], check=True)


def send(corpus, senders, called, port):
    """Every sender a stock dcmsend with one association."""
    processes = [
        subprocess.Popen(
            ["dcmsend", "-q", "-aec", called, "127.0.0.1", str(port), "--scan-directories", str(corpus / str(number))],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for number in range(senders)]
    for process in processes:
        if process.wait() != 0:
            raise RuntimeError(f"dcmsend to {called} failed with {process.returncode}")


def measure(kind, forward, corpus, options, disk):
    folder = pathlib.Path(tempfile.mkdtemp(dir=disk.folder))
    sink = Sink(folder)
    router = kind(folder, sink.port, forward, options.escrow)
    before, flushed = router.usage(), flushes(disk.device)
    try:
        started = time.monotonic()
        send(corpus, options.senders, router.called, router.dicom)
        intake = time.monotonic() - started
        while forward and sink.received() < options.instances:
            if router.process.poll() is not None or time.monotonic() - started > options.timeout:
                raise RuntimeError(f"{router.called}: {sink.received()} of {options.instances} arrived")
            time.sleep(0.02)
        wall = time.monotonic() - started
        after, flushed = router.usage(), flushes(disk.device) - flushed
    finally:
        router.stop()
        sink.stop()
        shutil.rmtree(folder)
    return {
        "wall": wall, "intake": intake, "perSecond": options.instances / wall, "cpu": after["cpu"] - before["cpu"],
        "rssMB": after["rssMB"], "flushesPerInstance": flushed / options.instances,
    }


def reference(corpus, options, disk):
    """dcmsend to storescp directly: the wire, with nothing stored."""
    folder = pathlib.Path(tempfile.mkdtemp(dir=disk.folder))
    sink = Sink(folder)
    wait_for(lambda: socket.create_connection(("127.0.0.1", sink.port)).close() is None)
    started = time.monotonic()
    send(corpus, options.senders, "SINK", sink.port)
    wall = time.monotonic() - started
    sink.stop()
    shutil.rmtree(folder)
    return {"wall": wall, "intake": wall, "perSecond": options.instances / wall, "cpu": 0, "rssMB": 0,
            "flushesPerInstance": 0}


CASES = {
    "relay-escrow": lambda *of: measure(escrow, True, *of),
    "relay-orthanc": lambda *of: measure(Orthanc, True, *of),
    "intake-escrow": lambda *of: measure(escrow, False, *of),
    "intake-orthanc": lambda *of: measure(Orthanc, False, *of),
    "wire": reference,
}


def comparison(description, cases):
    """A parser of the options that every comparison has."""
    parser = argparse.ArgumentParser(description=description.splitlines()[0])
    parser.add_argument("--pairs", type=int, default=3, help="interleaved repetitions")
    parser.add_argument("--escrow", default=str(ROOT / ".build/release/escrow"))
    parser.add_argument("--only", help=f"comma-separated: {', '.join(cases)}")
    parser.add_argument("--timeout", type=int, default=900, help="seconds a single run may take")
    parser.add_argument("--json", help="file to write all measurements to")
    return parser


def main():
    parser = comparison(__doc__, CASES)
    parser.add_argument("--instances", type=int, default=1000)
    parser.add_argument("--size", type=int, default=512 * 1024, help="bytes of pixel data")
    parser.add_argument("--senders", type=int, default=4)
    options = parser.parse_args()
    names = options.only.split(",") if options.only else list(CASES)
    work = pathlib.Path(tempfile.mkdtemp(prefix="escrow-bench-"))
    corpus = work / "corpus"
    disk = Disk(work, 3 * options.instances * options.size // (1 << 20) + 1024)
    results = {name: [] for name in names}
    try:
        make_corpus(corpus, options.instances, options.size, options.senders)
        for _ in range(options.pairs):
            for name in names:
                results[name].append(CASES[name](corpus, options, disk))
    finally:
        disk.close()
        shutil.rmtree(work)
    report(results, options)


def report(results, options):
    columns = ["wall", "intake", "perSecond", "cpu", "rssMB", "flushesPerInstance"]
    print(f"{options.instances} instances of {options.size} bytes of pixels, {options.senders} senders; "
          f"medians of {options.pairs}")
    print("case".ljust(16) + "".join(column.rjust(20) for column in columns))
    for name, runs in results.items():
        medians = {column: statistics.median(run[column] for run in runs) for column in columns}
        print(name.ljust(16) + "".join(f"{medians[column]:20.2f}" for column in columns))
    if options.json:
        pathlib.Path(options.json).write_text(json.dumps(results, indent=2))


if __name__ == "__main__":
    main()
