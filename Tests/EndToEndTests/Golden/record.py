"""Records what Orthanc answers, exchanges by their names in a JSON file per family, beside this script (the README there says what is in them).

    .venv/bin/python Tests/EndToEndTests/Golden/record.py [DIR]

Needs /usr/sbin/Orthanc and the packages of Peers/requirements.txt. It makes its own instances, the same for every run,
and starts two Orthancs on free loopback ports: MAIN, which is recorded, and ARCHIVE, where MAIN stores and whom it asks
for commitment. Both are ended by their process ids. The files of an earlier recording are replaced.
"""

import contextlib
import hashlib
import http.client
import io
import json
import pathlib
import socket
import subprocess
import sys
import tempfile
import time
import zipfile

from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, generate_uid

HEADERS = ("Allow", "Location", "Content-Disposition", "Set-Cookie")
TIMEOUT = 3  # seconds that Orthanc waits for a peer
NOBODY = "00000000-00000000-00000000-00000000-00000000"
NO_JOB = "00000000-0000-0000-0000-000000000000"


def uid_of(*names):
    return generate_uid(entropy_srcs=["/".join(["golden", *map(str, names)])])


def instance(patient, study, series, number, **changes):
    """A small CT image as the bytes of its Part 10 file; a change to None leaves the attribute out."""
    data = Dataset()
    data.SpecificCharacterSet = "ISO_IR 100"
    data.SOPClassUID, data.SOPInstanceUID = CTImageStorage, uid_of(patient, study, series, number)
    data.StudyInstanceUID, data.SeriesInstanceUID = uid_of(patient, study), uid_of(patient, study, series)
    data.PatientName, data.PatientID = "Müller^Jörg", patient
    data.PatientBirthDate, data.PatientSex = "19700102", "M"
    data.StudyDate, data.StudyTime, data.StudyID = "20240229", "235958.500", f"S{study}"
    data.StudyDescription, data.AccessionNumber = f"Study {study}", f"ACC{study}"
    data.ReferringPhysicianName, data.InstitutionName = "Who^Doctor", "General Hospital"
    data.SeriesNumber, data.SeriesDescription, data.Modality = series, f"Series {series}", "CT"
    data.SeriesDate, data.SeriesTime, data.BodyPartExamined = "20240301", "000102", "CHEST"
    data.Manufacturer, data.StationName, data.ProtocolName = "Generated", "CT1", "Thorax"
    data.InstanceNumber, data.AcquisitionNumber = number, 1
    data.ImagePositionPatient, data.ImageOrientationPatient = [0, 0, number * 2.5], [1, 0, 0, 0, 1, 0]
    data.private_block(0x0029, "ESCROW TEST", create=True).add_new(0x01, "LO", "private")
    step, code = Dataset(), Dataset()
    code.CodeValue, code.CodingSchemeDesignator, code.CodeMeaning = "C1", "99X", "Code"
    step.ScheduledProcedureStepID, step.ScheduledProtocolCodeSequence = "STEP1", [code]
    data.RequestAttributesSequence = [step]
    data.Rows = data.Columns = 2
    data.SamplesPerPixel, data.PhotometricInterpretation = 1, "MONOCHROME2"
    data.BitsAllocated = data.BitsStored = 8
    data.HighBit, data.PixelRepresentation = 7, 0
    data.PixelData = bytes(4 * int(changes.get("NumberOfFrames", 1)))
    data["PixelData"].VR = "OB"
    for keyword, value in changes.items():
        setattr(data, keyword, value)
        if value is None:
            delattr(data, keyword)
    data.file_meta = FileMetaDataset()
    data.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    data.file_meta.MediaStorageSOPClassUID = data.SOPClassUID
    data.file_meta.MediaStorageSOPInstanceUID = data.SOPInstanceUID
    result = io.BytesIO()
    data.save_as(result, enforce_file_format=True)
    return result.getvalue()


def id_of(*identifiers):
    """The id that Orthanc gives to a resource: of its Patient ID, and the UIDs down to it."""
    digest = hashlib.sha1("|".join(identifiers).encode()).hexdigest()
    return "-".join(digest[start : start + 8] for start in range(0, 40, 8))


def free_port():
    with socket.socket() as it:
        it.bind(("127.0.0.1", 0))
        return it.getsockname()[1]


class Orthanc:
    """A running Orthanc."""

    def __init__(self, directory, aet, port, modalities, **more):
        self.http = free_port()
        directory.mkdir()
        configuration = directory / "orthanc.json"
        configuration.write_text(json.dumps({
            "Name": aet, "DicomAet": aet, "DicomPort": port, "HttpPort": self.http, "DicomScuTimeout": TIMEOUT,
            "StorageDirectory": str(directory / "storage"), "IndexDirectory": str(directory / "storage"),
            "DicomModalities": modalities, "DicomAssociationCloseDelay": 1, "JobsHistorySize": 1000, **more,
        }))
        log = (directory / "log").open("w")
        self.process = subprocess.Popen(["/usr/sbin/Orthanc", str(configuration)], stdout=log, stderr=log)
        self.until("/system", lambda system: True)

    def ask(self, method, path, body=None, headers={}):
        """The response, and its body."""
        if isinstance(body, (dict, list)):
            body = json.dumps(body)
        connection = http.client.HTTPConnection("127.0.0.1", self.http, timeout=60)
        with contextlib.closing(connection):
            connection.request(method, path, body.encode() if isinstance(body, str) else body, headers)
            response = connection.getresponse()
            return response, response.read()

    def until(self, path, condition):
        """Waits until a GET of the path answers so."""
        for _ in range(600):
            with contextlib.suppress(ConnectionError):
                response, body = self.ask("GET", path)
                if response.status == 200 and condition(json.loads(body)):
                    return json.loads(body)
            time.sleep(0.05)
        raise TimeoutError(path)

    def job(self, identifier, *states):
        """Waits until the job is in one of the states."""
        return self.until(f"/jobs/{identifier}", lambda job: job["State"] in states)

    def stop(self):
        self.process.terminate()
        self.process.wait(timeout=60)


class Recorder:
    """Asks Orthanc, and keeps each exchange by its name."""

    def __init__(self, orthanc):
        self.orthanc, self.exchanges = orthanc, {}

    def __call__(self, name, request, body=None, shown=None, **headers):
        method, path = request.split(" ", 1)
        asked = {"method": method, "path": path}
        if body is not None:
            asked["body"] = shown or body
        if headers:
            asked["headers"] = headers = {key.replace("_", "-"): value for key, value in headers.items()}
        response, data = self.orthanc.ask(method, path, body, headers)
        kind = response.getheader("Content-Type")
        answer = self.read(data)
        exchange = {
            "request": asked, "status": response.status, "contentType": kind,
            "headers": {key: response.getheader(key) for key in HEADERS if response.getheader(key) is not None},
            "body": answer,
        }
        assert name not in self.exchanges, f"{name} is recorded twice"
        self.exchanges[name] = exchange
        return answer

    def write(self, directory):
        """One file per family, one line per exchange."""
        families = {}
        for name, exchange in sorted(self.exchanges.items()):
            line = f"{json.dumps(name)}: {json.dumps(exchange, ensure_ascii=False)}"
            families.setdefault(name.split("-")[0], []).append(line)
        for family, lines in families.items():
            (directory / f"{family}.json").write_text("{\n" + ",\n".join(lines) + "\n}\n")

    @staticmethod
    def read(data):
        if data[:1] in (b"{", b"["):  # errors are JSON without a Content-Type
            return json.loads(data)
        try:
            return data.decode()
        except UnicodeDecodeError:
            return {"length": len(data)}


A1 = [instance("A", "1", "1", number) for number in (1, 2, 3)] + [instance("A", "1", "2", 1, NumberOfFrames="2")]
A2, B1 = instance("A", "2", "1", 1), instance("B", "1", "1", 1, SpecificCharacterSet="ISO_IR 192", PatientName="山田^太郎")
PATIENT, STUDY = id_of("A"), id_of("A", uid_of("A", "1"))
SERIES = id_of("A", uid_of("A", "1"), uid_of("A", "1", "1"))
FIRST, SECOND, THIRD = (
    id_of("A", uid_of("A", "1"), uid_of("A", "1", "1"), uid_of("A", "1", "1", number)) for number in (1, 2, 3)
)
FRAMES = id_of("A", uid_of("A", "1"), uid_of("A", "1", "2"), uid_of("A", "1", "2", 1))
OTHER = id_of("B", uid_of("B", "1"), uid_of("B", "1", "1"), uid_of("B", "1", "1", 1))
LEVELS = {"patients": PATIENT, "studies": STUDY, "series": SERIES, "instances": FIRST}
PAIR = [CTImageStorage, uid_of("A", "1", "1", 1)]
NAMED = {"SOPClassUID": PAIR[0], "SOPInstanceUID": PAIR[1]}


def uid_pairs(*pairs):
    return {"DicomInstances": list(pairs)}


def multipart(*files):
    head = b'--X\r\nContent-Disposition: form-data; name="f"; filename="f"\r\nContent-Type: application/dicom\r\n\r\n'
    return b"".join(head + file + b"\r\n" for file in files) + b"--X--\r\n"


def zipped(*files):
    result = io.BytesIO()
    with zipfile.ZipFile(result, "w") as archive:
        for number, file in enumerate(files):
            archive.writestr(f"{number}.dcm", file)
    return result.getvalue()


def record_empty(record):
    record("system", "GET /system")
    record("statistics-empty", "GET /statistics")
    for level in LEVELS:
        record(f"{level}-list-empty", f"GET /{level}")
        record(f"{level}-list-empty-expand", f"GET /{level}?expand")


def record_upload(record):
    record("upload", "POST /instances", A1[0], "A/1/1/1")
    record("upload-again", "POST /instances", A1[0], "A/1/1/1")
    record("upload-changed-again", "POST /instances", instance("A", "1", "1", 1, StudyDescription="x"), "changed")
    record("upload-multipart", "POST /instances", multipart(A1[1]), "multipart of A/1/1/2",
           Content_Type="multipart/form-data; boundary=X")
    record("upload-multipart-two", "POST /instances", multipart(A1[2], A1[3]), "multipart of A/1/1/3, A/1/2/1",
           Content_Type="multipart/form-data; boundary=X")
    record("statistics-after-multipart", "GET /statistics")
    record("upload-after-multipart-two-first", "POST /instances", A1[2], "A/1/1/3")
    record("upload-after-multipart-two-second", "POST /instances", A1[3], "A/1/2/1")
    record("upload-zip", "POST /instances", zipped(A2, B1, A1[0]), "ZIP of A/2/1/1, B/1/1/1, A/1/1/1")
    record("upload-zip-one", "POST /instances", zipped(A2), "ZIP of A/2/1/1")
    record("upload-zip-mixed", "POST /instances", zipped(A2, b"garbage"), "ZIP of A/2/1/1 and garbage")
    record("upload-zip-garbage", "POST /instances", zipped(b"garbage"), "ZIP of garbage")
    record("upload-zip-empty", "POST /instances", zipped(), "ZIP of nothing")
    record("upload-garbage", "POST /instances", "garbage")
    record("upload-empty", "POST /instances", "")
    record("upload-json", "POST /instances", {"a": 1})
    record("upload-cut", "POST /instances", A1[0][:-20], "A/1/1/1 without its last 20 bytes")
    record("upload-cut-header", "POST /instances", A1[0][:200], "the first 200 bytes of A/1/1/1")
    record("upload-no-preamble", "POST /instances", instance("N", "1", "1", 1)[132:], "N/1/1/1 without preamble")
    record("upload-chunked", "POST /instances", iter([A1[0][:99], A1[0][99:]]), "A/1/1/1 in chunks")
    record("upload-put", "PUT /instances", A1[0], "A/1/1/1")
    record("upload-delete", "DELETE /instances")
    record("upload-form-type", "POST /instances", A1[0], "A/1/1/1", Content_Type="application/x-www-form-urlencoded")
    record("upload-expect", "POST /instances", A1[0], "A/1/1/1", Expect="100-continue")


def record_levels(record):
    record("statistics", "GET /statistics")
    for level, identifier in LEVELS.items():
        for name, query in {
            "": "", "-expand": "?expand", "-expand-empty": "?expand=", "-expand-false": "?expand=false",
            "-page": "?since=1&limit=2", "-page-expand": "?expand&since=0&limit=1",
            "-since": "?since=1", "-limit": "?limit=1", "-limit-zero": "?since=0&limit=0",
            "-since-past": "?since=100&limit=2", "-page-text": "?since=a&limit=1",
            "-page-negative": "?since=-1&limit=1",
            "-short": "?expand&short", "-unknown-argument": "?unknown=1",
        }.items():
            record(f"{level}-list{name}", f"GET /{level}{query}")
        record(f"{level}-one", f"GET /{level}/{identifier}")
        record(f"{level}-one-short", f"GET /{level}/{identifier}?short")
        record(f"{level}-one-full", f"GET /{level}/{identifier}?full")
        record(f"{level}-one-requested-tags", f"GET /{level}/{identifier}?requestedTags=StudyDate")
        record(f"{level}-one-upper", f"GET /{level}/{identifier.upper()}")
        record(f"{level}-one-slash", f"GET /{level}/{identifier}/")
        record(f"{level}-one-unknown", f"GET /{level}/{NOBODY}")
        record(f"{level}-one-malformed", f"GET /{level}/x")
        record(f"{level}-one-post", f"POST /{level}/{identifier}", "{}")
        record(f"{level}-one-put", f"PUT /{level}/{identifier}", "{}")
        for relation in ("patient", "study", "series", "studies", "instances", "statistics", "metadata", "x"):
            record(f"{level}-one-{relation}", f"GET /{level}/{identifier}/{relation}")
            record(f"{level}-one-unknown-{relation}", f"GET /{level}/{NOBODY}/{relation}")
        record(f"{level}-wrong-level", f"GET /{level}/{LEVELS['series' if level == 'studies' else 'studies']}")
    record("studies-one-instances-expand-false", f"GET /studies/{STUDY}/instances?expand=false")
    record("instances-frames", f"GET /instances/{FRAMES}")
    record("instances-other", f"GET /instances/{OTHER}")
    record("patients-other", f"GET /patients/{id_of('B')}")


def record_instance(record):
    for route in ("file", "tags", "tags?simplify", "tags?short", "simplified-tags", "content", "content/PatientName",
                  "header", "header?simplify", "metadata/RemoteAET", "metadata/ReceptionDate", "metadata/X"):
        name = route.replace("?", "-").replace("/", "-")
        record(f"instance-{name}", f"GET /instances/{FIRST}/{route}")
        record(f"instance-unknown-{name}", f"GET /instances/{NOBODY}/{route}")
    record("instance-frames-tags-simplify", f"GET /instances/{FRAMES}/tags?simplify")
    record("instance-other-tags-simplify", f"GET /instances/{OTHER}/tags?simplify")
    record("instance-metadata-expand", f"GET /instances/{FIRST}/metadata?expand")
    record("instance-file-post", f"POST /instances/{FIRST}/file", "")
    record("instance-tags-delete", f"DELETE /instances/{FIRST}/tags")


def record_lookup(record):
    for name, text in {
        "instance": uid_of("A", "1", "1", 1), "series": uid_of("A", "1", "1"), "study": uid_of("A", "1"),
        "patient": "A",
        "patient-lower": "a", "unknown": "1.2.3", "accession": "ACC1", "empty": "", "spaces": " A ", "newline": "A\n",
        "json": '"A"', "name": "Müller^Jörg",
    }.items():
        record(f"lookup-{name}", "POST /tools/lookup", text)
    record("lookup-get", "GET /tools/lookup")
    record("lookup-form-type", "POST /tools/lookup", "A", Content_Type="application/x-www-form-urlencoded")
    query = {"Level": "Study", "Query": {"PatientID": "A"}}
    for name, body in {
        "study": query, "expand": query | {"Expand": True}, "instance": query | {"Level": "Instance", "Limit": 1},
        "series": {"Level": "Series", "Query": {"SeriesInstanceUID": uid_of("A", "1", "1")}},
        "patient": query | {"Level": "Patient"},
        "wildcard": {"Level": "Study", "Query": {"PatientName": "m*"}},
        "range": {"Level": "Study", "Query": {"StudyDate": "20240101-20241231"}},
        "since": query | {"Level": "Instance", "Since": 1, "Limit": 2},
        "none": {"Level": "Study", "Query": {"PatientID": "Z"}},
        "no-level": {"Query": {}}, "no-query": {"Level": "Study"}, "level": query | {"Level": "X"}, "list": [],
        "malformed": "{", "empty": "", "query-text": query | {"Query": "x"},
        "keyword": query | {"Query": {"Nope": "x"}},
        "lower-level": query | {"Level": "study"},
    }.items():
        record(f"find-{name}", "POST /tools/find", body)


def record_modalities(record):
    record("modalities-list", "GET /modalities")
    record("modalities-expand", "GET /modalities?expand")
    record("modalities-post", "POST /modalities", "{}")
    record("modality-one", "GET /modalities/archive")
    record("modality-configuration", "GET /modalities/archive/configuration")
    for name in ("", "/configuration", "/echo", "/store", "/storage-commitment", "/query", "/x"):
        record(f"modality-unknown{name.replace('/', '-')}", f"GET /modalities/nope{name}")
    record("modality-get-echo", "GET /modalities/archive/echo")
    record("modality-get-store", "GET /modalities/archive/store")
    record("modality-get-storage-commitment", "GET /modalities/archive/storage-commitment")
    full = {
        "AET": "FULL", "Host": "localhost", "Port": 104, "Manufacturer": "GE", "AllowEcho": True, "AllowFind": False,
        "AllowFindWorklist": False, "AllowGet": False, "AllowMove": True, "AllowStore": True, "AllowNAction": False,
        "AllowEventReport": True, "AllowTranscoding": False, "UseDicomTls": False, "LocalAet": "LOCAL", "Timeout": 7,
    }
    short = {"AET": "SHORT", "Host": "localhost", "Port": 104}
    for name, body in {
        "list": ["LIST", "127.0.0.1", 104], "list-manufacturer": ["LIST", "127.0.0.1", 104, "Generic"],
        "list-string-port": ["LIST", "127.0.0.1", "104"], "list-short": ["LIST", "127.0.0.1"],
        "list-long": ["LIST", "127.0.0.1", 104, "Generic", 1],
        "list-manufacturer-wrong": ["LIST", "127.0.0.1", 104, "Nope"],
        "list-empty": [], "object": short, "object-full": full, "object-string-port": short | {"Port": "104"},
        "object-extra": short | {"Extra": 1}, "object-no-aet": {"Host": "h", "Port": 104},
        "object-no-host": {"AET": "A", "Port": 104}, "object-no-port": {"AET": "A", "Host": "h"},
        "object-aet-number": short | {"AET": 1}, "object-aet-empty": short | {"AET": ""},
        "object-aet-long": short | {"AET": "A" * 17}, "object-port-big": short | {"Port": 65536},
        "object-port-zero": short | {"Port": 0}, "object-port-text": short | {"Port": "x"},
        "object-commitment": short | {"AllowStorageCommitment": False}, "object-flag-text": short | {"AllowEcho": "x"},
        "object-timeout-negative": short | {"Timeout": -1}, "object-timeout-text": short | {"Timeout": "x"},
        "malformed": "{", "empty": "", "text": '"x"', "number": "1", "null": "null",
    }.items():
        record(f"modality-put-{name}", "PUT /modalities/new", body)
        if name in ("list", "list-manufacturer", "object", "object-full", "object-extra", "object-commitment",
                    "object-string-port", "object-aet-empty", "object-aet-long", "object-timeout-negative"):
            record(f"modality-put-{name}-configuration", "GET /modalities/new/configuration")
    record("modality-put-again", "PUT /modalities/new", full)
    record("modality-put-name", "PUT /modalities/with%20space", short)
    record("modality-put-name-dot", "PUT /modalities/a.b_c-d", short)
    record("modalities-after-put", "GET /modalities")
    record("modality-post", "POST /modalities/new", short)
    record("modality-delete", "DELETE /modalities/new")
    record("modality-delete-again", "DELETE /modalities/new")
    record("modality-delete-body", "DELETE /modalities/a.b_c-d", "x")
    record.orthanc.ask("DELETE", "/modalities/with%20space")
    for name, body in {"": "", "-object": {}, "-timeout": {"Timeout": 2}, "-malformed": "{", "-list": [], "-text": "x",
                       "-timeout-text": {"Timeout": "x"}, "-check-find": {"CheckFind": False},
                       "-find": {"CheckFind": True}}.items():
        record(f"echo{name}", "POST /modalities/archive/echo", body)
    record("echo-no-body", "POST /modalities/archive/echo")
    record("echo-dead", "POST /modalities/dead/echo", "{}")
    record("echo-silent", "POST /modalities/stuck/echo", {"Timeout": 1})
    record("echo-unknown", "POST /modalities/nope/echo", "{}")


def record_store(record):
    store = "POST /modalities/archive/store"
    for name, body in {
        "text": FIRST, "json-text": json.dumps(FIRST), "list": [FIRST, SECOND], "object": {"Resources": [STUDY]},
        "text-study": STUDY, "text-patient": PATIENT, "text-newline": FIRST + "\n",
        "list-levels": [PATIENT, STUDY, SERIES, FIRST], "list-twice": [FIRST, FIRST],
        "synchronous": {"Resources": [FIRST], "Synchronous": True},
        "permissive": {"Resources": [FIRST], "Permissive": True},
        "not-asynchronous": {"Resources": [FIRST], "Asynchronous": False},
        "priority": {"Resources": [FIRST], "Priority": 5}, "timeout": {"Resources": [FIRST], "Timeout": 7},
        "aet": {"Resources": [FIRST], "LocalAet": "LOCAL", "RemoteAet": "REMOTE", "CalledAet": "CALLED"},
        "originator": {"Resources": [FIRST], "MoveOriginatorAet": "MOVER", "MoveOriginatorID": 3},
        "host": {"Resources": [FIRST], "Host": "localhost"},
        "commitment": {"Resources": [FIRST], "StorageCommitment": True},
        "extra": {"Resources": [FIRST], "Extra": 1}, "resources-text": {"Resources": FIRST},
        "resources-empty": {"Resources": []}, "list-empty": [], "object-empty": {},
        "resource-unknown": {"Resources": [NOBODY]},
        "text-unknown": NOBODY, "list-unknown": [NOBODY], "list-mixed-unknown": [FIRST, NOBODY],
        "permissive-unknown": {"Resources": [FIRST, NOBODY], "Permissive": True}, "text-garbage": "garbage",
        "resources-number": {"Resources": [1]}, "list-number": [1], "resources-null": {"Resources": None},
        "uid": uid_of("A", "1", "1", 1), "upper": FIRST.upper(), "resources-malformed-id": {"Resources": ["x"]},
        "synchronous-text": {"Resources": [FIRST], "Synchronous": "x"},
        "priority-text": {"Resources": [FIRST], "Priority": "x"},
        "permissive-text": {"Resources": [FIRST], "Permissive": "x"},
        "timeout-text": {"Resources": [FIRST], "Timeout": "x"},
        "timeout-negative": {"Resources": [FIRST], "Timeout": -1},
        "commitment-text": {"Resources": [FIRST], "StorageCommitment": "x"},
        "malformed": "{", "empty": "", "number": "1", "null": "null", "spaces": "   ",
    }.items():
        record(f"store-{name}", store, body)
    dead = "POST /modalities/dead/store"
    record("store-dead", dead, {"Resources": [FIRST]})
    record("store-dead-text", dead, FIRST)
    record("store-dead-permissive", dead, {"Resources": [FIRST, SECOND], "Permissive": True})
    record("store-dead-commitment", dead, {"Resources": [FIRST], "StorageCommitment": True})
    record("store-unknown-modality", "POST /modalities/nope/store", FIRST)
    for name, body in {
        "": {"Resources": [FIRST, SECOND]}, "-priority": {"Resources": [FIRST], "Priority": -3},
        "-commitment": {"Resources": [FIRST], "StorageCommitment": True},
        "-permissive": {"Resources": [STUDY], "Permissive": True},
        "-unknown": {"Resources": [NOBODY]}, "-empty": {"Resources": []},
        "-details": {"Resources": [FIRST], "LocalAet": "LOCAL", "Timeout": 7, "MoveOriginatorAet": "MOVER",
                     "MoveOriginatorID": 3},
    }.items():
        job = record(f"store-asynchronous{name}", store, body | {"Asynchronous": True})
        if "ID" in job:
            record.orthanc.job(job["ID"], "Success", "Failure")
            record(f"job-store{name}", f"GET /jobs/{job['ID']}")
    record("store-not-synchronous", store, {"Resources": [FIRST], "Synchronous": False})
    for name, body in {
        "": {"Resources": [FIRST, SECOND]}, "-permissive": {"Resources": [FIRST, SECOND], "Permissive": True},
        "-commitment": {"Resources": [FIRST], "StorageCommitment": True},
    }.items():
        job = record(f"store-dead-asynchronous{name}", dead, body | {"Asynchronous": True})
        record.orthanc.job(job["ID"], "Success", "Failure")
        record(f"job-store-dead{name}", f"GET /jobs/{job['ID']}")


def record_commitment(record):
    """MAIN asks ARCHIVE, which has to have nothing yet but what is stored here."""
    ask = "POST /modalities/archive/storage-commitment"

    def asked(name, body, status="Success", modality="archive"):
        answer = record(f"commitment-{name}", f"POST /modalities/{modality}/storage-commitment", body)
        if "ID" in answer:
            if status != "Pending":
                record.orthanc.until(answer["Path"], lambda report: report["Status"] != "Pending")
            record(f"commitment-{name}-report", f"GET {answer['Path']}")
        return answer

    before = asked("before", {"Resources": [FIRST]})
    record("commitment-remove-failure", f"POST {before['Path']}/remove", "")
    asked("mixed", {"Resources": [FIRST, SECOND]})
    for resource in (FIRST, THIRD):
        record.orthanc.ask("POST", "/modalities/archive/store", resource)
    for name, body in {
        "resources": {"Resources": [FIRST]}, "resources-series": {"Resources": [SERIES]},
        "resources-twice": {"Resources": [FIRST, FIRST]},
        "resources-levels": {"Resources": [PATIENT, FIRST]},
        "partly": {"Resources": [FIRST, SECOND]}, "pairs": uid_pairs(PAIR), "objects": uid_pairs(NAMED),
        "both-notations": uid_pairs(PAIR, NAMED),
        "unknown-instance": uid_pairs(["1.2.3", "1.2.4"]),
        "wrong-class": uid_pairs(["1.2.840.10008.5.1.4.1.1.4", PAIR[1]]),
        "both": {"Resources": [THIRD]} | uid_pairs(PAIR), "both-same": {"Resources": [FIRST]} | uid_pairs(PAIR),
        "timeout": {"Resources": [FIRST], "Timeout": 5}, "extra": {"Resources": [FIRST], "Extra": 1},
        "resources-empty": {"Resources": []}, "pairs-empty": uid_pairs(), "neither": {}, "list": [FIRST], "text": FIRST,
        "json-text": json.dumps(FIRST), "empty": "", "malformed": "{", "null": "null",
        "unknown-resource": {"Resources": [NOBODY]}, "mixed-unknown-resource": {"Resources": [FIRST, NOBODY]},
        "resources-text": {"Resources": FIRST}, "resources-number": {"Resources": [1]},
        "pairs-short": uid_pairs([PAIR[0]]), "pairs-long": uid_pairs(PAIR + ["x"]), "pairs-number": uid_pairs([1, 2]),
        "pairs-text": {"DicomInstances": "x"}, "objects-no-class": uid_pairs({"SOPInstanceUID": "1.2"}),
        "objects-no-instance": uid_pairs({"SOPClassUID": "1.2"}), "objects-extra": uid_pairs(NAMED | {"Extra": 1}),
        "objects-number": uid_pairs({"SOPClassUID": 1, "SOPInstanceUID": 2}), "pairs-mixed": uid_pairs("x"),
        "pairs-no-uid": uid_pairs(["a", "b"]), "pairs-blank": uid_pairs(["", ""]),
        "timeout-text": {"Resources": [FIRST], "Timeout": "x"},
    }.items():
        asked(name, body)
    asked("dead", {"Resources": [FIRST]}, modality="dead")
    asked("silent", {"Resources": [FIRST], "Timeout": 1}, modality="stuck")
    record("commitment-unknown-modality", "POST /modalities/nope/storage-commitment", {"Resources": [FIRST]})
    record("commitment-put", "PUT /modalities/archive/storage-commitment", "{}")
    # ARCHIVE takes the question of "nobody", and cannot report to it.
    pending = asked("pending", {"Resources": [FIRST]}, "Pending", "nobody")
    record("commitment-remove-pending", f"POST {pending['Path']}/remove", "")
    record("commitment-report-unknown", "GET /storage-commitment/1.2.3")
    record("commitment-report-malformed", "GET /storage-commitment/x")
    record("commitment-report-post", f"POST {pending['Path']}", "{}")
    record("commitment-report-delete", f"DELETE {pending['Path']}")
    record("commitment-reports", "GET /storage-commitment")
    record("commitment-remove-unknown", "POST /storage-commitment/1.2.3/remove", "")
    record("commitment-remove-get", f"GET {pending['Path']}/remove")
    record("commitment-remove-delete", f"DELETE {pending['Path']}/remove")
    two = asked("removed", {"Resources": [THIRD]} | uid_pairs(PAIR))
    record("commitment-remove", f"POST {two['Path']}/remove", "")
    record("commitment-removed-instance", f"GET /instances/{FIRST}")
    record("commitment-removed-series", f"GET /series/{SERIES}")
    record("commitment-removed-report-after", f"GET {two['Path']}")
    record("commitment-remove-again", f"POST {two['Path']}/remove", "")
    asked("removed-resources", {"Resources": [FIRST]})
    for file in A1:
        record.orthanc.ask("POST", "/instances", file)
    record("commitment-remove-again-after-upload", f"POST {two['Path']}/remove", "")
    record("commitment-removed-again-instance", f"GET /instances/{FIRST}")

    for file in A1:
        record.orthanc.ask("POST", "/instances", file)
    record("commitment-remove-body", f"POST {two['Path']}/remove", "x")
    for file in A1:
        record.orthanc.ask("POST", "/instances", file)


def start_store(orthanc, modality, **more):
    body = {"Resources": [FIRST, SECOND, THIRD], "Asynchronous": True, **more}
    return json.loads(orthanc.ask("POST", f"/modalities/{modality}/store", body)[1])["ID"]


def record_jobs(record, archive):
    main = record.orthanc
    record("jobs-list", "GET /jobs")
    record("jobs-unknown-argument", "GET /jobs?internal")
    # ARCHIVE asks MAIN, so that MAIN has a job that answers. It cannot answer "nobody".
    for name, modality, body in (
        ("", "main", uid_pairs(PAIR)), ("-failed", "main", uid_pairs(["1.2", "1.3"], PAIR)),
        ("-unreported", "nobody", uid_pairs(PAIR)),
    ):
        known = set(main.until("/jobs", lambda jobs: True))
        archive.ask("POST", f"/modalities/{modality}/storage-commitment", body)
        (job,) = set(main.until("/jobs", lambda jobs: set(jobs) - known)) - known
        main.job(job, "Success", "Failure")
        record(f"job-commitment{name}", f"GET /jobs/{job}")
    record("jobs-expand-post", "POST /jobs", "{}")
    done = start_store(main, "archive")
    main.job(done, "Success")
    record("job-done", f"GET /jobs/{done}")
    record("job-done-again", f"GET /jobs/{done}")
    for action in ("pause", "resume", "cancel", "resubmit", "x"):
        record(f"job-{action}-done", f"POST /jobs/{done}/{action}", "")
        record(f"job-{action}-unknown", f"POST /jobs/{NO_JOB}/{action}", "")
        record(f"job-{action}-get", f"GET /jobs/{done}/{action}")
    record("job-output", f"GET /jobs/{done}/archive")
    record("job-output-unknown", f"GET /jobs/{NO_JOB}/archive")
    record("job-output-delete", f"DELETE /jobs/{done}/archive")
    record("job-unknown", f"GET /jobs/{NO_JOB}")
    record("job-malformed", "GET /jobs/x")
    record("job-post", f"POST /jobs/{done}", "{}")
    record("job-delete", f"DELETE /jobs/{done}")
    record("job-delete-unknown", f"DELETE /jobs/{NO_JOB}")
    failed = start_store(main, "dead")
    main.job(failed, "Failure")
    for action in ("pause", "resume", "cancel"):
        record(f"job-{action}-failed", f"POST /jobs/{failed}/{action}", "")
        record(f"job-{action}-failed-after", f"GET /jobs/{failed}")
    record("job-resubmit-failed", f"POST /jobs/{failed}/resubmit", "")
    main.job(failed, "Failure")
    record("job-resubmitted-failed", f"GET /jobs/{failed}")
    record_waiting_jobs(record)
    record("jobs-expand", "GET /jobs?expand")


def record_waiting_jobs(record):
    """A peer that never answers keeps the only worker busy, so that further jobs wait."""
    main = record.orthanc

    def act(job, action, state):
        record(f"job-{action}-{state}", f"POST /jobs/{job}/{action}", "")
        record(f"job-{action}-{state}-after", f"GET /jobs/{job}")

    # Permissive: the job goes on after each instance that the peer does not take, which is when it can pause.
    running, pending = start_store(main, "stuck", Permissive=True, Timeout=1), start_store(main, "archive")
    main.job(running, "Running")
    record("job-running", f"GET /jobs/{running}")
    record("job-pending", f"GET /jobs/{pending}")
    for action, state in (
        ("resume", "pending"), ("resubmit", "pending"), ("pause", "pending"), ("pause", "paused"),
        ("resubmit", "paused"), ("resume", "paused"), ("cancel", "pending"), ("cancel", "cancelled"),
        ("pause", "cancelled"), ("resume", "cancelled"), ("resubmit", "cancelled"), ("pause", "resubmitted"), ("cancel", "paused"),
    ):
        act(pending, action, state)
    for action in ("resubmit", "resume", "pause"):
        act(running, action, "running")
    main.job(running, "Paused")
    record("job-paused", f"GET /jobs/{running}")
    record("job-resume-half-done", f"POST /jobs/{running}/resume", "")
    main.job(running, "Running")
    act(running, "cancel", "running")
    main.job(running, "Failure")
    record("job-cancelled", f"GET /jobs/{running}")
    failing = start_store(main, "stuck", Timeout=1)
    main.job(failing, "Running")
    main.ask("POST", f"/jobs/{failing}/pause")
    main.job(failing, "Failure")
    record("job-failed-while-pausing", f"GET /jobs/{failing}")


def record_generic(record):
    paths = {
        "unknown": "/nope", "unknown-deep": "/instances/a/b/c", "system": "/system", "root": "/",
        "instances": "/instances", "lookup": "/tools/lookup",
    }
    for method in ("GET", "POST", "PUT", "DELETE", "HEAD", "PATCH", "OPTIONS"):
        for name, path in paths.items():
            body = "{}" if method in ("POST", "PUT", "PATCH") else None
            record(f"generic-{method.lower()}-{name}", f"{method} {path}", body)
    record("generic-slash-system", "GET /system/")
    record("generic-slash-instances", "GET /instances/")
    record("generic-slashes", "GET //instances")
    record("generic-case", "GET /Instances")
    record("generic-encoded", "GET /instances/%2e%2e")
    record("generic-dots", "GET /instances/../system")
    record("generic-accept", "GET /system", Accept="text/html")
    record("generic-accept-file", f"GET /instances/{FIRST}/file", Accept="application/json")
    record("generic-method-override", f"POST /instances/{NOBODY}", "", X_HTTP_Method_Override="DELETE")
    record("generic-method-query", f"GET /instances/{NOBODY}?_method=DELETE")
    record("generic-gzip", "GET /system", Accept_Encoding="gzip")
    record("tools-now", "GET /tools/now")
    record("tools-now-local", "GET /tools/now-local")
    record("tools-list", "GET /tools")
    record("changes", "GET /changes?limit=1")


def record_identifiers(record):
    """What becomes of identifiers and characters that are not plain."""
    for name, changes in {
        "no-patient-id": {"PatientID": None}, "empty-patient-id": {"PatientID": ""}, "spaces": {"PatientID": "  X Y  "},
        "backslash": {"PatientID": "X\\Y"}, "lower-case": {"PatientID": "xyz"}, "no-study": {"StudyInstanceUID": None},
        "no-series": {"SeriesInstanceUID": None}, "latin1-patient-id": {"PatientID": "Ü"},
        "name-groups": {"PatientName": "Yamada^Tarou=山田^太郎=やまだ^たろう", "SpecificCharacterSet": "ISO_IR 192"},
        "name-spaces": {"PatientName": "  A^B  "},
        "no-character-set": {"SpecificCharacterSet": None, "PatientName": "plain"},
    }.items():
        file = instance(f"I {name}", "1", "1", 1, **changes)
        answer = record(f"ids-{name}", "POST /instances", file, f"a file with {changes}")
        if "ID" in answer:
            record(f"ids-{name}-patient", f"GET /patients/{answer['ParentPatient']}")
            record(f"ids-{name}-tags", f"GET /instances/{answer['ID']}/tags?simplify")


def record_deletes(record):
    record("delete-unknown", f"DELETE /instances/{NOBODY}")
    record("delete-malformed", "DELETE /instances/x")
    record("delete-instance", f"DELETE /instances/{FIRST}")
    record("delete-instance-again", f"DELETE /instances/{FIRST}")
    record("delete-instance-last-of-series", f"DELETE /instances/{FRAMES}")
    record("delete-series", f"DELETE /series/{SERIES}")
    record("delete-series-unknown", f"DELETE /series/{NOBODY}")
    for file in A1:
        record.orthanc.ask("POST", "/instances", file)
    record("delete-study", f"DELETE /studies/{STUDY}")
    record("delete-study-unknown", f"DELETE /studies/{NOBODY}")
    record("delete-study-last", f"DELETE /studies/{id_of('A', uid_of('A', '2'))}")
    record("delete-patient", f"DELETE /patients/{id_of('B')}")
    record("delete-patient-unknown", f"DELETE /patients/{NOBODY}")
    record("delete-wrong-level", f"DELETE /patients/{STUDY}")
    record("delete-instance-body", f"DELETE /instances/{NOBODY}", "x")


def main():
    golden = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else __file__).absolute()
    golden = golden if golden.is_dir() else golden.parent
    for old in golden.glob("*.json"):
        if old.stem != "deviations":
            old.unlink()
    with tempfile.TemporaryDirectory() as directory, contextlib.ExitStack() as stack, socket.socket() as stuck:
        stuck.bind(("127.0.0.1", 0))
        stuck.listen()
        ports = {"MAIN": free_port(), "ARCHIVE": free_port(), "DEAD": free_port()}
        peers = {name.lower(): {"AET": name, "Host": "127.0.0.1", "Port": port} for name, port in ports.items()}
        peers["stuck"] = {"AET": "STUCK", "Host": "127.0.0.1", "Port": stuck.getsockname()[1]}
        nobody = {"AET": "NOBODY", "Host": "127.0.0.1", "Port": ports["DEAD"]}
        started = {}
        for name, other in (("MAIN", "ARCHIVE"), ("ARCHIVE", "MAIN")):
            # Under the name "nobody" each asks the other with an AE title to which no report can be sent.
            asked = peers[other.lower()] | {"LocalAet": "NOBODY"}
            modalities = {other.lower(): peers[other.lower()], "dead": peers["dead"], "stuck": peers["stuck"],
                          "nobody": asked, "unreachable": nobody}
            started[name] = Orthanc(pathlib.Path(directory) / name, name, ports[name], modalities, ConcurrentJobs=1)
            stack.callback(started[name].stop)
        record = Recorder(started["MAIN"])
        record_empty(record)
        record_upload(record)
        record_levels(record)
        record_instance(record)
        record_lookup(record)
        record_commitment(record)
        record_modalities(record)
        record_store(record)
        record_jobs(record, started["ARCHIVE"])
        record_generic(record)
        record_identifiers(record)
        record_deletes(record)
    record.write(golden)


if __name__ == "__main__":
    main()
