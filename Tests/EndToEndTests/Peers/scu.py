"""A modality: sends files as they are, asks for commitment, and can send without end.

Commands: send, echo, commit, reports, stream, stop. `scu.py --ae CT1 [--port N]`; with a port it hears reports.
"""

import argparse
import itertools
import threading
import time

import pydicom
from pydicom.uid import generate_uid
from pynetdicom import AE, build_context, evt
from pynetdicom.sop_class import Verification

import peer
import report


# Seconds after which an answer will not come: pynetdicom waits on when the association ends just before it waits.
UNHEARD = 60


def batches(files, contexts=120):
    """Files with the distinct (class, transfer syntax) pairs they need, at most `contexts` pairs an association."""
    pairs, batch = {}, []
    for path in files:
        meta = pydicom.dcmread(path, stop_before_pixels=True, specific_tags=["SOPClassUID"]).file_meta
        pair = (str(meta.MediaStorageSOPClassUID), str(meta.TransferSyntaxUID))
        if pair not in pairs and len(pairs) == contexts:
            yield pairs, batch
            pairs, batch = {}, []
        pairs[pair] = True
        batch.append((path, str(meta.MediaStorageSOPInstanceUID)))
    if batch:
        yield pairs, batch


class Modality:
    def __init__(self, title, port, maximum_length):
        self.ae = AE(ae_title=title)
        self.ae.maximum_pdu_size = maximum_length
        self.ae.network_timeout = self.ae.dimse_timeout = 600
        self.source = None
        self.heard, self.acknowledged = [], []
        self.stopping = threading.Event()
        self.streams = []
        if port is not None:
            self.ae.add_supported_context(peer.COMMITMENT, peer.UNCOMPRESSED, scu_role=False, scp_role=True)
            self.ae.start_server(("127.0.0.1", port), block=False, evt_handlers=[(evt.EVT_N_EVENT_REPORT, self.hear)])

    def open(self, host, port, called, contexts):
        bind = None if self.source is None else (self.source, 0)
        return self.ae.associate(host, port, contexts=contexts, ae_title=called, bind_address=bind)

    def echo(self, host, port, called, source=None):
        self.source = source
        association = self.open(host, port, called, [build_context(Verification)])
        if not association.is_established:
            return {"outcome": "rejected" if association.is_rejected else "aborted"}
        status = association.send_c_echo().get("Status")
        association.release()
        return {"outcome": "answered", "status": status}

    def send(self, host, port, called, files, separately=False, source=None):
        """Sends the files and answers {"path", "uid", "status"} for each; status null: no answer or no context."""
        self.source = source
        groups = ([path] for path in files) if separately else [files]
        results = []
        for group in groups:
            for pairs, batch in batches(group):
                results += self.send_batch(host, port, called, pairs, batch)
        return {"results": results}

    def send_batch(self, host, port, called, pairs, batch):
        association = self.open(host, port, called, [build_context(a, [syntax]) for a, syntax in pairs])
        results = []
        for number, (path, uid) in enumerate(batch):
            status = self.send_one(association, path, number) if association.is_established else None
            results.append({"path": str(path), "uid": uid, "status": status})
        if association.is_established:
            association.release()
        return results

    @staticmethod
    def send_one(association, path, number=0):
        try:
            return association.send_c_store(path, msg_id=number % 65535 + 1).get("Status")
        except (ValueError, AttributeError, RuntimeError):
            return None

    # Without end

    def stream(self, host, port, called, template, limit=None):
        """Sends copies of a file with ever new SOP Instance UIDs, each until it is acknowledged."""
        thread = threading.Thread(target=self.run_stream, args=(host, port, called, template, limit), daemon=True)
        self.streams.append(thread)
        thread.start()

    def run_stream(self, host, port, called, template, limit):
        dataset = pydicom.dcmread(template)
        context = build_context(dataset.SOPClassUID, [dataset.file_meta.TransferSyntaxUID])
        association = None
        for number in itertools.count() if limit is None else range(limit):
            dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = generate_uid()
            dataset.InstanceNumber = number + 1
            while not self.stopping.is_set():
                if association is None or not association.is_established:
                    association = self.open(host, port, called, [context])
                    association.dimse_timeout = UNHEARD
                if association.is_established and self.stored(association, dataset):
                    self.acknowledged.append(str(dataset.SOPInstanceUID))
                    break
                time.sleep(0.05)
            if self.stopping.is_set():
                break
        if association is not None and association.is_established:
            association.release()

    @staticmethod
    def stored(association, dataset):
        try:
            return association.send_c_store(dataset).get("Status") == 0x0000
        except (ValueError, RuntimeError):
            return False

    def progress(self):
        return {"acknowledged": len(self.acknowledged)}

    def stop(self):
        """Ends the streams and answers what was acknowledged."""
        self.stopping.set()
        for thread in self.streams:
            thread.join()
        return {"acknowledged": self.acknowledged}

    # Commitment

    def commit(self, host, port, called, references, transactionUID=None, wait=0):
        """Asks for commitment of (class, UID) pairs; keeps the association for `wait` seconds after the answer."""
        transaction = transactionUID or str(generate_uid(prefix=None))
        context = build_context(peer.COMMITMENT, peer.UNCOMPRESSED)
        association = self.ae.associate(
            host, port, contexts=[context], ae_title=called, evt_handlers=[(evt.EVT_N_EVENT_REPORT, self.hear)]
        )
        if not association.is_established:
            return {"outcome": "rejected" if association.is_rejected else "aborted"}
        try:
            answer, _ = association.send_n_action(
                report.request(transaction, references), 1, peer.COMMITMENT, peer.COMMITMENT_INSTANCE
            )
        except ValueError:
            association.release()
            return {"outcome": "refused"}
        time.sleep(wait)
        if association.is_established:
            association.release()
        return {"outcome": "answered", "status": answer.get("Status"), "transactionUID": transaction}

    def hear(self, event):
        self.heard.append({**report.results(event.event_information), "from": event.assoc.requestor.ae_title})
        return 0x0000, None

    def reports(self):
        return {"reports": self.heard}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--ae", required=True)
    parser.add_argument("--port", type=int)
    parser.add_argument("--maximum-length", type=int, default=16384)
    options = parser.parse_args()
    modality = Modality(options.ae, options.port, options.maximum_length)
    peer.serve(
        {
            "echo": modality.echo, "send": modality.send, "commit": modality.commit, "reports": modality.reports,
            "stream": modality.stream, "progress": modality.progress, "stop": modality.stop,
        }
    )
    modality.ae.shutdown()


if __name__ == "__main__":
    main()
