"""Who takes part: sinks that take instances, and routers between them and the senders."""

import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent
# DCMTK waits 40 ms for each instance unless it is told to let TCP send at once.
WITHOUT_STALL = os.environ | {"TCP_NODELAY": "1"}


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(condition, seconds=60, what="a server did not start"):
    deadline = time.monotonic() + seconds
    while True:
        try:
            if condition():
                return
        except OSError:
            pass
        if time.monotonic() > deadline:
            raise RuntimeError(what)
        time.sleep(0.05)


def listens(port):
    with socket.create_connection(("127.0.0.1", port)):
        return True


class Sink:
    """A stock storescp that throws away what it gets and logs each instance."""

    def __init__(self, folder):
        self.port = free_port()
        self.log = folder / "sink.log"
        self.process = subprocess.Popen(
            ["storescp", "-v", "--ignore", "-aet", "SINK", str(self.port)],
            stdout=open(self.log, "wb"), stderr=subprocess.STDOUT)
        wait_for(lambda: listens(self.port))

    def received(self):
        return self.log.read_bytes().count(b"Received Store Request")

    def stop(self):
        self.process.kill()
        self.process.wait()


class ForkingSink(Sink):
    """As a sink, for several associations at once."""

    def __init__(self, folder, environment=None):
        self.port = free_port()
        self.log = folder / "sink.log"
        self.process = subprocess.Popen(
            ["storescp", "-v", "--fork", "--ignore", "-aet", "SINK", str(self.port)], env=environment,
            stdout=open(self.log, "ab"), stderr=subprocess.STDOUT, start_new_session=True)
        wait_for(lambda: listens(self.port))

    def stop(self):
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


class ProbeSink:
    """Notes when each instance arrives."""

    def __init__(self, folder):
        self.port = free_port()
        self.process = subprocess.Popen(
            [sys.executable, str(HERE / "probe.py"), "sink", "--port", str(self.port)], text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.process.stdout.readline()

    def received(self):
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return int(self.process.stdout.readline())

    def arrivals(self):
        output, _ = self.process.communicate()
        return json.loads(output)

    def stop(self):
        self.process.kill()
        self.process.wait()


class Router:
    """A running router whose resources are read from /proc."""

    forwards = True

    def usage(self):
        """CPU seconds, also of processes it started and that have ended; the most memory it had, in MB."""
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        peak = next(line for line in status.splitlines() if line.startswith("VmHWM"))
        return {"cpu": sum(int(each) for each in fields[11:15]) / os.sysconf("SC_CLK_TCK"),
                "rssMB": int(peak.split()[1]) / 1024}

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
        (folder / "routes").mkdir()
        if route:
            (folder / "routes" / "all.yaml").write_text(route)
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
            [binary, "serve", "--config", str(config)], stdout=subprocess.DEVNULL,
            stderr=open(folder / "escrow.log", "wb"))
        wait_for(lambda: self.ask("/health/ready").status == 200)

    def ask(self, path, body=None):
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.http}{path}", data=body and json.dumps(body).encode(),
            headers={"Content-Type": "application/json"})
        return urllib.request.urlopen(request)

    def status(self):
        return json.load(self.ask("/api/v1/status"))

    def drain(self, name):
        """Nothing is sent there any more."""
        self.ask(f"/api/v1/destinations/{name}/drain", {"reason": "benchmark"})

    def resume(self, name):
        self.ask(f"/api/v1/destinations/{name}/resume", {"reason": "benchmark"})


def destination(ae_title, port):
    """The YAML of a peer on this machine."""
    return f"{{ aeTitle: {ae_title}, host: 127.0.0.1, port: {port} }}"


def escrow(folder, sink, binary, forwards=True):
    """Escrow that relays everything to a sink, or nothing."""
    route = "match: otherwise\nsend:\n  - { to: sink, proof: response }\npurge: { after: 1h }\n"
    return Escrow(folder, binary, {"sink": destination("SINK", sink)}, route if forwards else None)


class Orthanc(Router):
    """With auto-routing as its book shows it, one line of Lua."""

    called = "ORTHANC"

    def __init__(self, folder, sink, binary, forwards=True):
        self.dicom, self.http = free_port(), free_port()
        lua = folder / "route.lua"
        lua.write_text("function OnStoredInstance(id) SendToModality(id, 'sink') end\n" if forwards else "")
        config = folder / "orthanc.json"
        config.write_text(json.dumps({
            "DicomAet": "ORTHANC", "DicomPort": self.dicom, "HttpPort": self.http, "RemoteAccessAllowed": False,
            "AuthenticationEnabled": False, "StorageDirectory": str(folder / "orthanc"), "LuaScripts": [str(lua)],
            "Plugins": [], "DicomModalities": {"sink": ["SINK", "127.0.0.1", sink]}, "DicomAlwaysAllowStore": True,
        }))
        self.process = subprocess.Popen(
            [shutil.which("Orthanc", path="/usr/sbin:/usr/bin"), str(config)],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_for(lambda: urllib.request.urlopen(f"http://127.0.0.1:{self.http}/system").status == 200)


class DCMTK(Router):
    """storescp that starts a storescu for each instance."""

    called = "DCMTK"

    def __init__(self, folder, sink, binary, forwards=True):
        self.dicom = free_port()
        command = ["storescp", "--fork", "-aet", "DCMTK", "-od", str(folder), "--unique-filenames"]
        if forwards:
            command += ["--exec-on-reception", f"storescu -aec SINK 127.0.0.1 {sink} #p/#f"]
        self.process = subprocess.Popen(
            command + [str(self.dicom)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
        wait_for(lambda: listens(self.dicom))

    def stop(self):
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
