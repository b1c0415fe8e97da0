"""Who takes part: sinks that take instances, and routers between them and the senders."""

import atexit
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


STARTED = []


def start(command, **options):
    """A process that ends with this one at the latest, however that ends."""
    process = subprocess.Popen(command, **options)
    STARTED.append((process, options.get("start_new_session", False)))
    return process


@atexit.register
def end_started():
    for process, leads in STARTED:
        if process.poll() is None:
            (os.killpg if leads else os.kill)(process.pid, signal.SIGKILL)
            process.wait()


def ends_on_signals():
    """Ctrl-C and a polite kill end this process as an error does, also where a shell had them ignored."""
    def end(number, _):
        for each in (signal.SIGINT, signal.SIGTERM):
            signal.signal(each, signal.SIG_IGN)
        sys.exit(128 + number)

    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, end)


GIVEN = set()


def free_port():
    """One that was not given before: two servers may be about to start."""
    while True:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        if port not in GIVEN:
            GIVEN.add(port)
            return port


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
        time.sleep(0.01)


def listens(port):
    with socket.create_connection(("127.0.0.1", port)):
        return True


class Sink:
    """A stock storescp that throws away what it gets and logs each instance."""

    def __init__(self, folder):
        self.port = free_port()
        self.log = folder / "sink.log"
        self.process = start(
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

    def __init__(self, folder, environment=None, verbose=True):
        self.port = free_port()
        self.log = folder / "sink.log"
        self.process = start(
            ["storescp", *(["-v"] if verbose else []), "--fork", "--ignore", "-aet", "SINK", str(self.port)],
            env=environment,
            stdout=open(self.log, "ab"), stderr=subprocess.STDOUT, start_new_session=True)
        wait_for(lambda: listens(self.port))

    def stop(self):
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


class ProbeSink:
    """Notes when each instance arrives."""

    def __init__(self, folder):
        self.port = free_port()
        self.process = start(
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

    def holds(self):
        """What it has at this moment: memory that is resident, of that what is no file's, descriptors, threads."""
        folder = pathlib.Path(f"/proc/{self.process.pid}")
        status = dict(line.split(":", 1) for line in (folder / "status").read_text().splitlines())
        return {"rssMB": int(status["VmRSS"].split()[0]) / 1024, "ownMB": int(status["RssAnon"].split()[0]) / 1024,
                "descriptors": len(os.listdir(folder / "fd")), "threads": int(status["Threads"])}

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class Escrow(Router):
    """Escrow with one route, if any, or several by their names, and these peers: the YAML of each by its name."""

    called = "ESCROW"

    def __init__(self, folder, binary, peers, route=None, associations=50):
        self.dicom, self.http = free_port(), free_port()
        (folder / "routes").mkdir()
        for name, text in (route if isinstance(route, dict) else {"all": route} if route else {}).items():
            (folder / "routes" / f"{name}.yaml").write_text(text)
        config = folder / "escrow.yaml"
        config.write_text(f"""
aeTitle: ESCROW
dicom:
  host: 127.0.0.1
  port: {self.dicom}
  limits: {{ associations: {max(200, 2 * associations)}, associationsPerAddress: {associations} }}
http: {{ host: 127.0.0.1, port: {self.http} }}
spool: {{ path: spool, stopWatermark: 64MB, lowWatermark: 65MB }}
ledger: {{ path: escrow.db }}
routes: {{ path: routes }}
unknownPeers: {{ allow: [echo, store] }}
peers:
{"".join(f"  {name}: {peer}{chr(10)}" for name, peer in peers.items())}log: {{ level: error }}
""")
        self.log = folder / "escrow.log"
        self.process = start(
            [binary, "serve", "--config", str(config)], stdout=subprocess.DEVNULL, stderr=open(self.log, "wb"))
        wait_for(lambda: self.ask("/health/ready").status == 200)

    def ask(self, path, body=None):
        """The answer of the API; an error if the router has ended."""
        if self.process.poll() is not None:
            raise RuntimeError(f"the router has ended with {self.process.returncode}: {self.log.read_text()}")
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


def destination(ae_title, port, terms=""):
    """The YAML of a peer on this machine that is sent to."""
    return f"{{ aeTitle: {ae_title}, host: 127.0.0.1, port: {port}{terms and ', '}{terms} }}"


def modality(ae_title):
    """The YAML of a peer on this machine that sends."""
    return f"{{ aeTitle: {ae_title}, addresses: [127.0.0.1], allow: [echo, store] }}"


def escrow(folder, sink, binary, forwards=True):
    """Escrow that relays everything to a sink, or nothing."""
    route = "match: otherwise\nsend:\n  - { to: sink, proof: response }\npurge: { after: 1h }\n"
    return Escrow(folder, binary, {"sink": destination("SINK", sink)}, route if forwards else None)


class OrthancServer(Router):
    """As it comes, without plugins, and what these settings say."""

    called = "ORTHANC"

    def __init__(self, folder, settings, port=None):
        self.dicom, self.http = port or free_port(), free_port()
        config = folder / "orthanc.json"
        config.write_text(json.dumps({
            "DicomAet": "ORTHANC", "DicomPort": self.dicom, "HttpPort": self.http, "RemoteAccessAllowed": False,
            "AuthenticationEnabled": False, "StorageDirectory": str(folder / "orthanc"), "Plugins": [],
        } | settings))
        self.process = start(
            [shutil.which("Orthanc", path="/usr/sbin:/usr/bin"), str(config)],
            stdout=subprocess.DEVNULL, stderr=open(folder / "orthanc.log", "wb"))
        wait_for(lambda: urllib.request.urlopen(f"http://127.0.0.1:{self.http}/system").status == 200)


class Orthanc(OrthancServer):
    """With auto-routing as its book shows it, one line of Lua."""

    def __init__(self, folder, sink, binary, forwards=True):
        lua = folder / "route.lua"
        lua.write_text("function OnStoredInstance(id) SendToModality(id, 'sink') end\n" if forwards else "")
        super().__init__(folder, {
            "LuaScripts": [str(lua)], "DicomModalities": {"sink": ["SINK", "127.0.0.1", sink]},
            "DicomAlwaysAllowStore": True})


class DCMTK(Router):
    """storescp that starts a storescu for each instance."""

    called = "DCMTK"

    def usage(self):
        """Not known: what works are processes of a process each, which nobody waits for."""
        return {}

    def __init__(self, folder, sink, binary, forwards=True):
        self.dicom = free_port()
        command = ["storescp", "--fork", "-aet", "DCMTK", "-od", str(folder), "--unique-filenames"]
        if forwards:
            command += ["--exec-on-reception", f"storescu -aec SINK 127.0.0.1 {sink} #p/#f"]
        self.process = start(
            command + [str(self.dicom)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
        wait_for(lambda: listens(self.dicom))

    def stop(self):
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
