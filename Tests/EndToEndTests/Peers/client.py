"""A user of the REST API: uploads, looks around, has an archive keep its instances, and lets them go when it commits.

    client.py --url http://127.0.0.1:8042 --archive NAME FILE...

NAME is the server's modality that stores and commits; it must not have the files yet. It runs unchanged against any
server with this API. Prints one JSON object of what it saw, step by step, without what differs from run to run, so that
the output of two servers can be compared. It ends with 1 if a step did not go as it has to; "unexpected" says which.
"""

import argparse
import json
import sys
import time

import requests

LEVELS = ("patients", "studies", "series", "instances")
# What differs from server to server and from run to run.
VOLATILE = {"FileUuid", "LastUpdate", "IsStable", "CreationTime", "CompletionTime", "Timestamp", "EffectiveRuntime",
            "StorageCommitmentTransactionUID", "LocalAet"}  # and the ID of a job
PATIENCE = 60  # seconds


def plain(answer):
    """An answer without what is volatile. Lists of ids, whose order means nothing, are sorted."""
    if isinstance(answer, dict):
        volatile = VOLATILE | ({"ID"} if "CreationTime" in answer else set())
        return {key: plain(value) for key, value in answer.items() if key not in volatile}
    if isinstance(answer, list):
        return sorted(map(plain, answer), key=json.dumps)
    return answer


class Client:
    """What is asked, and what was seen."""

    def __init__(self, url, archive):
        self.url, self.archive = url.rstrip("/"), archive
        self.seen, self.unexpected = {}, []
        self.session = requests.Session()

    def ask(self, method, path, **more):
        response = self.session.request(method, self.url + path, timeout=PATIENCE, **more)
        try:
            return response.status_code, response.json()
        except requests.JSONDecodeError:
            return response.status_code, response.text

    def note(self, step, status, body):
        self.seen.setdefault(step, []).append({"status": status, "body": plain(body)})

    def expect(self, step, condition, found):
        if not condition:
            self.unexpected.append(f"{step}: {found}")

    def ask_and_note(self, step, method, path, **more):
        """Asks what has to answer with 200."""
        status, body = self.ask(method, path, **more)
        self.note(step, status, body)
        self.expect(step, status == 200, (status, body))
        return body if status == 200 else {}

    def poll(self, step, path, running):
        """Asks until the state is none of those that pass."""
        end = time.monotonic() + PATIENCE
        while True:
            status, body = self.ask("GET", path)
            if status != 200 or body.get("Status", body.get("State")) not in running or time.monotonic() > end:
                self.note(step, status, body)
                return body if status == 200 else {}
            time.sleep(0.05)

    def upload(self, files):
        """Uploads each twice. The answers to the first, in order."""
        answers = []
        for file in files:
            with open(file, "rb") as opened:
                data = opened.read()
            for step, result in (("upload", "Success"), ("upload again", "AlreadyStored")):
                answer = self.ask_and_note(step, "POST", "/instances", data=data)
                self.expect(step, answer.get("Status") == result, answer)
            answers.append(answer)
        return answers

    def look_around(self, answers):
        """Lists at four levels, and looks up what is there. The instances as commitment names them."""
        ids = {level: sorted({answer[key] for answer in answers})
               for level, key in zip(LEVELS, ("ParentPatient", "ParentStudy", "ParentSeries", "ID"))}
        for level in LEVELS:
            listed = self.ask_and_note(f"list {level}", "GET", f"/{level}")
            self.expect(f"list {level}", set(ids[level]) <= set(listed), listed)
            self.ask_and_note(f"expand {level}", "GET", f"/{level}?expand")
            for each in ids[level]:
                self.ask_and_note(f"one of {level}", "GET", f"/{level}/{each}")
        named = []
        for each in ids["instances"]:
            tags = self.ask_and_note("tags", "GET", f"/instances/{each}/tags?simplify")
            named.append({key: tags[key] for key in ("SOPClassUID", "SOPInstanceUID")})
            uids = ("PatientID", "StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID")
            for level, key in zip(LEVELS, uids):
                found = self.ask_and_note(f"lookup {level}", "POST", "/tools/lookup", data=tags[key])
                known = {item["ID"] for item in found} & set(ids[level])
                self.expect(f"lookup {level}", known, found)
        unknown = self.ask_and_note("lookup unknown", "POST", "/tools/lookup", data="1.2.3")
        self.expect("lookup unknown", unknown == [], unknown)
        return ids["instances"], named

    def ask_for_commitment(self, when, ids, named, status, reason=None):
        """Asks in every notation; the report has to have this status, and this reason for each instance."""
        pairs = [[each["SOPClassUID"], each["SOPInstanceUID"]] for each in named]
        for notation, body in (("Resources", {"Resources": ids}), ("pairs", {"DicomInstances": pairs}),
                               ("objects", {"DicomInstances": named})):
            step = f"commitment {when}, {notation}"
            code, answer = self.ask("POST", f"/modalities/{self.archive}/storage-commitment", json=body)
            self.note(step, code, sorted(answer))
            if code != 200:
                self.expect(step, False, (code, answer))
                continue
            self.expect(step, answer["Path"] == f"/storage-commitment/{answer['ID']}", answer)
            self.check_report(step, answer["ID"], named, status, reason)

    def check_report(self, step, transaction, named, status, reason=None):
        report = self.poll(f"{step}, report", f"/storage-commitment/{transaction}", {"Pending"})
        key = "Success" if status == "Success" else "Failures"
        found = report.get(key, [])
        complete = {each["SOPInstanceUID"] for each in found} == {each["SOPInstanceUID"] for each in named}
        right = report.get("Status") == status and all(each.get("FailureReason") == reason for each in found)
        self.expect(f"{step}, report", complete and right, report)

    def store(self, ids, named):
        """Stores in a job, then at once and with commitment. The transaction of the second."""
        store = f"/modalities/{self.archive}/store"
        code, job = self.ask("POST", store, json={"Resources": ids, "Asynchronous": True})
        self.note("store asynchronously", code, sorted(job))
        done = self.poll("job", f"/jobs/{job['ID']}", {"Pending", "Running", "Retry", "Paused"})
        self.expect("job", done.get("State") == "Success", done)
        self.expect("job", done.get("ID") == job["ID"] and done.get("Progress") == 100, done)
        answer = self.ask_and_note("store", "POST", store, json={"Resources": ids, "StorageCommitment": True})
        transaction = answer.get("StorageCommitmentTransactionUID", "")
        self.check_report("store", transaction, named, "Success")
        return transaction

    def remove(self, transaction, ids):
        self.ask_and_note("remove", "POST", f"/storage-commitment/{transaction}/remove", data="")
        for each in ids:
            status, body = self.ask("GET", f"/instances/{each}")
            self.note("removed", status, body)
            self.expect("removed", status == 404, (each, status))

    def run(self, files):
        ids, named = self.look_around(self.upload(files))
        self.ask_for_commitment("before", ids, named, "Failure", 274)
        transaction = self.store(ids, named)
        self.ask_for_commitment("after", ids, named, "Success")
        self.remove(transaction, ids)
        self.check_report("after removing", transaction, named, "Success")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--url", default="http://127.0.0.1:8042")
    parser.add_argument("--archive", required=True)
    parser.add_argument("files", nargs="+")
    options = parser.parse_args()
    client = Client(options.url, options.archive)
    try:
        client.run(options.files)
    except (requests.RequestException, KeyError, TypeError, AttributeError) as error:
        client.unexpected.append(f"{type(error).__name__}: {error}")
    print(json.dumps({**client.seen, "unexpected": client.unexpected}, indent=1, sort_keys=True))
    sys.exit(1 if client.unexpected else 0)


if __name__ == "__main__":
    main()
