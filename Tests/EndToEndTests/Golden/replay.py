"""Asks another server what was recorded, and tells where it answers otherwise.

    .venv/bin/python Tests/EndToEndTests/Golden/replay.py --escrow PATH [--show NAME]

Escrow takes the place of MAIN; ARCHIVE is an Orthanc, as it was when the exchanges were recorded. Each exchange is made
again by the steps of record.py and compared with its recording, without what differs from run to run. Where Escrow
answers otherwise on purpose, deviations.json says why, by the names of the exchanges. Prints one JSON object; ends with
1 if an answer differs that must not, or if a deviation is listed that does not exist any more.
"""

import argparse
import contextlib
import fnmatch
import json
import pathlib
import re
import socket
import subprocess
import sys
import tempfile

import record

HERE = pathlib.Path(__file__).parent
VOLATILE = {
    "FileSize", "FileUuid", "LastUpdate", "IsStable", "CreationTime", "CompletionTime", "Timestamp", "EffectiveRuntime",
    "StorageCommitmentTransactionUID", "EstimatedTimeOfArrival", "Details", "ErrorDetails", "TransactionUid", "RemoteIp",
    "DicomPort", "HttpPort", "Port", "Name", "Version", "TotalDiskSize", "TotalUncompressedSize", "LocalAet", "DicomAet",
    "CalledAet", "PluginsEnabled", "DiskSize", "UncompressedSize",
}
# What Escrow tells of an inquiry besides what the reference tells.
MORE = {"DecidedInstancesCount", "FailedInstancesCount", "InstancesCount"}


class Escrow(record.Orthanc):
    """A running Escrow that knows the same modalities."""

    def __init__(self, program, directory, port, modalities):
        self.http = record.free_port()
        (directory / "routes").mkdir(parents=True)
        peers = "".join(
            f"  {name}: {{ aeTitle: {each['AET']}, host: 127.0.0.1, port: {each['Port']}, addresses: [{address}], "
            f"allow: [echo, store, report, commit], retry: {{ first: 1s, max: 2s }}, "
            f"timeouts: {{ {patience(name)} }}{local} }}\n"
            for name, each, address, local in modalities
        )
        (directory / "escrow.yaml").write_text(
            f"aeTitle: MAIN\ndicom: {{ host: 127.0.0.1, port: {port} }}\nhttp: {{ host: 127.0.0.1, port: {self.http} }}\n"
            "spool: { path: spool, lowWatermark: 512MB, stopWatermark: 256MB }\nledger: { path: escrow.db }\n"
            f"routes: {{ path: routes }}\npeers:\n{peers}"
        )
        log = (directory / "log").open("w")
        command = [program, "serve", "--config", str(directory / "escrow.yaml")]
        self.process = subprocess.Popen(command, stdout=log, stderr=log)
        self.until("/system", lambda system: True)


    def job(self, identifier, *states):
        """What the reference gives up, Escrow tries again."""
        more = {"Failure": {"Retry", "Paused"}, "Running": {"Retry"}}
        return super().job(identifier, *states, *(each for state in states for each in more.get(state, ())))


def patience(name):
    """Who never answers is waited for shortly; the others may be slow on a busy machine."""
    seconds = 3 if name == "stuck" else 60
    return ", ".join(f"{each}: {seconds}s" for each in ("connect", "association", "store", "action", "echo"))


def plain(value):
    """An answer without what differs from run to run; lists of names in order."""
    if isinstance(value, dict):
        skipped = VOLATILE | ({"ID", "Path"} if "HttpStatus" in value else set())  # what goes on in spite of the error
        skipped |= MORE if "TransactionUid" in value else set()
        return {key: plain(item) for key, item in value.items() if key not in skipped}
    if isinstance(value, list):
        return sorted(map(plain, value), key=lambda item: json.dumps(item, sort_keys=True))
    if isinstance(value, str):
        return re.sub(r"2\.25\.\d+|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f-]{22}", "#", value)
    return value


class Again(record.Recorder):
    """Asks Escrow, and brings it where the reference was after what it does not do, or does not do unasked."""

    def __call__(self, name, request, body=None, shown=None, **headers):
        if name == "upload-changed-again":  # a second version, which Escrow keeps, would be shown from now on
            return {}
        method, path = request.split(" ", 1)
        if method == "DELETE" and path.split("/")[1] in record.LEVELS:
            request += "?force=true"  # nothing has proved that these are safe elsewhere
        answer = super().__call__(name, request, body, shown, **headers)
        if name in MEMBERS:
            for file in MEMBERS[name]:
                self.orthanc.ask("POST", "/instances", file)
        if isinstance(answer, dict) and "HttpStatus" in answer:
            answer.pop("ID", None)  # it goes on in spite of the error, which the steps do not know
        return answer

    def settle(self):
        """Ends what goes on being tried, which keeps instances."""
        for job in json.loads(self.orthanc.ask("GET", "/jobs")[1]):
            self.orthanc.ask("POST", f"/jobs/{job}/cancel")


# What is in archives and forms, which Escrow does not take apart.
MEMBERS = {
    "upload-multipart": [record.A1[1]], "upload-multipart-two": record.A1[2:], "upload-zip": [record.A2, record.B1],
    "upload-no-preamble": [record.instance("N", "1", "1", 1)],
}


def differences(recorded, found):
    """What is not the same in two exchanges, in words."""
    told = []
    if recorded["status"] != found["status"]:
        told.append(f"status {recorded['status']} → {found['status']}")
    if recorded["headers"].get("Allow") != found["headers"].get("Allow"):
        told.append(f"Allow {recorded['headers'].get('Allow')} → {found['headers'].get('Allow')}")
    before, after = plain(recorded["body"]), plain(found["body"])
    if isinstance(before, dict) and isinstance(after, dict):
        keys = sorted(key for key in before.keys() | after.keys() if before.get(key) != after.get(key))
        told += [f"{key}: {short(before.get(key))} → {short(after.get(key))}" for key in keys]
    elif before != after:
        told.append(f"body {short(before)} → {short(after)}")
    return told


def short(value):
    return json.dumps(value, ensure_ascii=False)[:200]


def replay(program, directory):
    """Makes all exchanges again, as far as the steps can be done; returns them, and the steps that could not, with why."""
    broken = {}
    with contextlib.ExitStack() as stack, socket.socket() as stuck:
        stuck.bind(("127.0.0.1", 0))
        stuck.listen()
        ports = {"MAIN": record.free_port(), "ARCHIVE": record.free_port(), "DEAD": record.free_port()}
        peers = {name.lower(): {"AET": name, "Host": "127.0.0.1", "Port": port} for name, port in ports.items()}
        peers["stuck"] = {"AET": "STUCK", "Host": "127.0.0.1", "Port": stuck.getsockname()[1]}
        nobody = peers["main"] | {"LocalAet": "NOBODY"}
        unreachable = {"AET": "NOBODY", "Host": "127.0.0.1", "Port": ports["DEAD"]}
        known = {"main": peers["main"], "dead": peers["dead"], "stuck": peers["stuck"], "nobody": nobody}
        archive = record.Orthanc(
            directory / "archive", "ARCHIVE", ports["ARCHIVE"], known | {"unreachable": unreachable}, ConcurrentJobs=1)
        stack.callback(archive.stop)
        main = Escrow(program, directory / "main", ports["MAIN"], [
            ("archive", peers["archive"], "127.0.0.1", ""), ("dead", peers["dead"], "127.0.0.1", ""),
            ("stuck", peers["stuck"], "127.0.0.1", ""),
            ("nobody", peers["archive"], "127.0.0.2", ", localAE: NOBODY"),
            ("unreachable", unreachable, "127.0.0.1", ""),
        ])
        stack.callback(main.stop)
        again = Again(main)
        for step in (record.record_empty, record.record_upload, record.record_levels, record.record_instance,
                     record.record_lookup, record.record_commitment, record.record_modalities, record.record_store,
                     lambda it: record.record_jobs(it, archive), record.record_generic, record.record_identifiers,
                     Again.settle, record.record_deletes):
            try:
                step(again)
            except Exception as error:  # the other steps are worth a try
                broken[getattr(step, "__name__", "?")] = f"{type(error).__name__}: {error}"
    if broken:
        print((directory / "main" / "log").read_text()[-3000:], file=sys.stderr)
    return again.exchanges, broken


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--escrow", required=True)
    parser.add_argument("--show")
    options = parser.parse_args()
    known = json.loads((HERE / "deviations.json").read_text())
    recorded = {}
    for file in HERE.glob("*.json"):
        recorded |= json.loads(file.read_text()) if file.stem != "deviations" else {}
    with tempfile.TemporaryDirectory() as name:
        found, broken = replay(options.escrow, pathlib.Path(name))
    same, differing, used = 0, {}, set()
    for name in sorted(recorded.keys() & found.keys()):
        told = differences(recorded[name], found[name])
        reasons = [pattern for pattern in known if fnmatch.fnmatchcase(name, pattern)]
        used.update(reasons if told else ())
        if told and not reasons:
            differing[name] = told
        same += not told
        if options.show and fnmatch.fnmatchcase(name, options.show):
            print(json.dumps({name: {"recorded": recorded[name], "found": found[name]}}, indent=1), file=sys.stderr)
    answer = {"compared": len(recorded.keys() & found.keys()), "same": same, "differing": differing, "broken": broken,
              "notMade": sorted(recorded.keys() - found.keys()), "unused": sorted(known.keys() - used)}
    print(json.dumps(answer, indent=1, ensure_ascii=False))
    sys.exit(bool(differing or broken))


if __name__ == "__main__":
    main()
