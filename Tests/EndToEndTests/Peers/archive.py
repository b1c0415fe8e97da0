"""An archive that commits and is queried: C-STORE, storage commitment and C-FIND SCP whose every answer can be scripted.

    archive.py --ae ARCHIVE --host 127.0.0.1 --port 11113 --directory DIR

Commands: set (see Script), down, up, report, events, stored. Each event is also a line of DIR/events.jsonl.
"""

import argparse
import json
import pathlib
import threading
import time

from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.uid import AllTransferSyntaxes
from pynetdicom import AE, AllStoragePresentationContexts, evt
from pynetdicom.dimse_primitives import N_EVENT_REPORT
from pynetdicom.sop_class import StudyRootQueryRetrieveInformationModelFind, Verification

import peer
import report


class Script:
    """What the archive does; command "set" changes any of it."""

    def __init__(self):
        self.storeStatuses = []  # answers of the next C-STOREs, one each
        self.storeStatus = 0  # the answer of all others
        self.statusOf = {}  # SOP Instance UID -> status, before both
        self.comment = None  # Error Comment of all answers of a C-STORE that are not 0000
        self.offending = []  # tags that these answers name as offending elements
        self.endings = []  # what the next C-STOREs meet instead of an answer: "abort", "close", or "answer" for none
        self.storeDelay = 0  # seconds before each answer of a C-STORE
        self.lose = 0  # so many of the next stored instances are lost: answered 0000, reported 0112 once
        self.loseUIDs = []  # these are lost as well, once each
        self.commitment = True  # whether the commitment context is accepted
        self.storageSyntaxes = None  # transfer syntaxes in which storage is accepted; None: all
        self.find = True  # whether the query context is accepted
        self.findSyntaxes = None  # transfer syntaxes in which it is; None: both uncompressed
        self.findRelational = False  # whether relational queries are agreed to
        self.findStatus = 0  # the last answer of a query; what was found comes before it
        self.findFirst = False  # of a list, only the first match is told
        self.findIgnoresList = False  # a query is answered with all that is in the series
        self.findNot = []  # SOP Instance UIDs that are never found
        self.findAdd = []  # (class, UID) pairs that are found although nobody asked
        self.storageClasses = None  # SOP classes that storage is accepted of; None: all
        self.contexts = None  # so many of the proposed contexts are answered; None: all
        self.rejects = None  # [result, source, reason] that every association is rejected with; None: it is accepted
        self.actionStatus = 0  # the answer of N-ACTION
        self.answerAction = True  # False: the association is aborted instead of an N-ACTION-RSP
        self.when = "after"  # the report is sent "after" the N-ACTION-RSP, "before" it, or "never" by itself
        self.on = "new"  # the report travels on a "new" association or on the "same" one
        self.delay = 0  # seconds between N-ACTION-RSP and report
        self.reportTo = {}  # calling AE -> [host, port]; "*" for all others
        self.reportAs = None  # calling AE of the report; None: the AE title that was asked
        self.reportFrom = None  # source address of the report
        self.roles = [0, 1]  # role selection of the report's association; None: none is proposed
        self.reasonOf = {}  # SOP Instance UID -> failure reason, whatever is stored
        self.reasons = []  # failure reasons for everything asked, one request each
        self.leaveOut = []  # SOP Instance UIDs that reports do not mention
        self.add = []  # (class, UID) pairs that reports call committed although nobody asked
        self.repeat = 1  # so many times each report is sent
        self.twice = False  # each committed instance is listed twice


class Archive:
    def __init__(self, title, host, port, directory, maximum_length):
        self.title, self.address, self.directory = title, (host, port), pathlib.Path(directory)
        self.directory.mkdir(parents=True, exist_ok=True)
        self.maximum_length = maximum_length
        self.script, self.lock = Script(), threading.Lock()
        self.kept, self.lost, self.reported_lost = {}, set(), set()
        self.events, self.requests, self.relational = [], {}, set()
        self.server = None
        self.up()

    # Commands

    def set(self, **changes):
        with self.lock:
            for name, value in changes.items():
                if not hasattr(self.script, name):
                    raise KeyError(name)
                setattr(self.script, name, value)
        rebuilding = {"commitment", "find", "findSyntaxes", "storageSyntaxes", "storageClasses"}
        if changes.keys() & rebuilding and self.server is not None:
            self.down()
            self.up()

    def up(self):
        if self.server is not None:
            return
        self.ae = AE(ae_title=self.title)
        self.ae.maximum_pdu_size = self.maximum_length
        self.ae.maximum_associations = 100
        self.ae.network_timeout = 600
        self.ae.dimse_timeout = 120
        # What takes any class takes any transfer syntax.
        classes, syntaxes = self.script.storageClasses, self.script.storageSyntaxes
        peer._config.UNRESTRICTED_STORAGE_SERVICE = classes is None and syntaxes is None
        for name in classes or [context.abstract_syntax for context in AllStoragePresentationContexts]:
            self.ae.add_supported_context(name, syntaxes or AllTransferSyntaxes)
        self.ae.add_supported_context(Verification)
        if self.script.commitment:
            self.ae.add_supported_context(peer.COMMITMENT, peer.UNCOMPRESSED)
        if self.script.find:
            syntaxes = self.script.findSyntaxes or peer.UNCOMPRESSED
            self.ae.add_supported_context(StudyRootQueryRetrieveInformationModelFind, syntaxes)
        handlers = [
            (evt.EVT_REQUESTED, self.requested),
            (evt.EVT_ACCEPTED, self.accepted),
            (evt.EVT_C_ECHO, lambda event: 0),
            (evt.EVT_C_STORE, self.store),
            (evt.EVT_SOP_EXTENDED, self.negotiate),
            (evt.EVT_C_FIND, self.query),
            (evt.EVT_N_ACTION, self.action),
            (evt.EVT_DIMSE_SENT, self.sent),
        ]
        self.server = self.ae.start_server(self.address, block=False, evt_handlers=handlers)

    def down(self):
        """Closes the listener and aborts every association."""
        if self.server is not None:
            self.ae.shutdown()
            self.server = None

    def report(self, transactionUID=None):
        """Reports now, for one transaction or for all that wait, and answers the statuses of the responses."""
        with self.lock:
            waiting = [uid for uid, request in self.requests.items() if not request["reported"]]
        chosen = waiting if transactionUID is None else [transactionUID]
        return {"statuses": [self.deliver(uid) for uid in chosen]}

    def past(self, since=0, kind=None):
        with self.lock:
            return {"events": [each for each in self.events[since:] if kind is None or each["event"] == kind]}

    def stored(self):
        """Digest and transfer syntax of every instance that is kept."""
        with self.lock:
            return {"instances": dict(self.kept)}

    # Storage

    def log(self, kind, **facts):
        with self.lock:
            self.events.append({"event": kind, "at": time.time(), **facts})
            with open(self.directory / "events.jsonl", "a", encoding="utf-8") as file:
                file.write(json.dumps(self.events[-1]) + "\n")

    def requested(self, event):
        """Before the association is negotiated."""
        proposal = event.assoc.requestor.primitive
        contexts = proposal.presentation_context_definition_list
        if self.script.contexts is not None:
            proposal.presentation_context_definition_list = contexts[: self.script.contexts]
        if self.script.rejects is not None:
            event.assoc.acse.send_reject(*self.script.rejects)
            self.log("reject", callingAE=event.assoc.requestor.ae_title)
            event.assoc.kill()

    def accepted(self, event):
        requestor = event.assoc.requestor
        self.log("association", callingAE=requestor.ae_title, address=requestor.address)

    def store(self, event):
        command, context = event.request, event.context
        uid, data = str(command.AffectedSOPInstanceUID), command.DataSet.getvalue()
        time.sleep(self.script.storeDelay)
        with self.lock:
            ending = self.script.endings.pop(0) if self.script.endings else "answer"
        if ending != "answer":
            self.log("end", uid=uid, how=ending)
            return self.end(event.assoc, ending)
        with self.lock:
            status = self.store_status(uid)
            lost = status == 0 and self.loses(uid)
            if lost:
                self.lost.add(uid)
            elif status == 0 or 0xB000 <= status <= 0xBFFF:
                self.lost.discard(uid)
                self.kept[uid] = {
                    "class": str(command.AffectedSOPClassUID),
                    "transferSyntax": str(context.transfer_syntax),
                    "sha256": peer.digest(data),
                    "length": len(data),
                }
                (self.directory / f"{uid}.raw").write_bytes(data)
                (self.directory / f"{uid}.dcm").write_bytes(event.encoded_dataset())
        self.log(
            "store", uid=uid, status=status, lost=lost, sha256=peer.digest(data),
            callingAE=event.assoc.requestor.ae_title, address=event.assoc.requestor.address,
        )
        return self.answer(status)

    def end(self, association, how):
        """Ends the association instead of an answer."""
        if how == "close":
            association.dul.socket.close()
        else:
            association.abort()
        return 0x0110

    def answer(self, status):
        if status == 0 or not (self.script.comment or self.script.offending):
            return status
        answer = Dataset()
        answer.Status = status
        if self.script.comment:
            answer.ErrorComment = self.script.comment
        if self.script.offending:
            answer.OffendingElement = self.script.offending
        return answer

    def store_status(self, uid):
        if uid in self.script.statusOf:
            return self.script.statusOf[uid]
        return self.script.storeStatuses.pop(0) if self.script.storeStatuses else self.script.storeStatus

    def loses(self, uid):
        if uid in self.lost or uid in self.reported_lost:
            return False
        if uid in self.script.loseUIDs:
            return True
        if self.script.lose > 0:
            self.script.lose -= 1
            return True
        return False

    # Queries

    def negotiate(self, event):
        """Agrees to relational queries (PS3.4 C.5.1.1), or to nothing."""
        asked = event.app_info.get(StudyRootQueryRetrieveInformationModelFind)
        if not self.script.findRelational or asked is None or asked[:1] != b"\x01":
            return {}
        self.relational.add(id(event.assoc))
        return {StudyRootQueryRetrieveInformationModelFind: b"\x01"}

    def query(self, event):
        identifier, script = event.identifier, self.script
        asked = identifier.get("SOPInstanceUID") or []
        uids = [str(asked)] if isinstance(asked, str) else [str(uid) for uid in asked]
        above = {key: str(identifier.get(key) or "") for key in ("StudyInstanceUID", "SeriesInstanceUID")}
        relational = id(event.assoc) in self.relational
        self.log(
            "find", uids=uids, relational=relational, hierarchical=all(above.values()),
            transferSyntax=str(event.context.transfer_syntax), callingAE=event.assoc.requestor.ae_title,
        )
        if identifier.get("QueryRetrieveLevel") != "IMAGE" or not (relational or all(above.values())):
            yield 0xA900, None
            return
        matches = [uid for uid in self.known(above) if script.findIgnoresList or uid in uids]
        for uid in matches[: 1 if script.findFirst and len(uids) > 1 else None]:
            yield 0xFF00, answer(self.kept[uid]["class"], uid, above)
        for sop_class, uid in script.findAdd:
            yield 0xFF00, answer(sop_class, uid, above)
        if script.findStatus != 0:
            yield script.findStatus, None

    def known(self, above):
        """The SOP Instance UIDs of what is kept and may be found, within the study and series if they are given."""
        with self.lock:
            kept = [uid for uid in self.kept if uid not in self.script.findNot]
        keys = [key for key, value in above.items() if value]
        files = {uid: dcmread(self.directory / f"{uid}.dcm", specific_tags=keys) for uid in kept} if keys else {}
        return [uid for uid in kept if all(str(files[uid].get(key)) == above[key] for key in keys)]

    # Commitment

    def action(self, event):
        uid = str(event.action_information.TransactionUID)
        requestor, acceptor = event.assoc.requestor, event.assoc.acceptor
        asked = report.references(event.action_information)
        taken = self.script.answerAction and self.script.actionStatus == 0
        if taken:
            with self.lock:
                self.requests[uid] = {
                    "asked": asked, "asker": requestor.ae_title, "called": acceptor.primitive.called_ae_title,
                    "association": event.assoc, "context": event.context.context_id, "reported": False,
                    "reason": self.script.reasons.pop(0) if self.script.reasons else None,
                }
        # Told only now: whoever sees the event may ask for the report.
        self.log(
            "action", transactionUID=uid, uids=[each for _, each in asked], callingAE=requestor.ae_title,
            status=self.script.actionStatus,
        )
        if not self.script.answerAction:
            event.assoc.abort()
            return 0x0110, None
        if not taken:
            return self.script.actionStatus, None
        if self.script.when == "before":
            self.deliver(uid, handling=True)
        return 0x0000, None

    def sent(self, event):
        """After an N-ACTION-RSP has left, its report is due."""
        if type(event.message).__name__ != "N_ACTION_RSP" or self.script.when != "after":
            return
        with self.lock:
            due = [
                uid for uid, request in self.requests.items()
                if request["association"] is event.assoc and not request["reported"]
            ]
        for uid in due:
            threading.Thread(target=self.deliver, args=(uid,), kwargs={"delay": self.script.delay}, daemon=True).start()

    def judge(self, request):
        """The committed pairs and the failed triples of a request, as of now."""
        committed, failed = [], []
        for sop_class, uid in request["asked"]:
            if uid in self.script.leaveOut:
                continue
            reason = self.script.reasonOf.get(uid, request["reason"])
            if reason is None and uid not in self.kept:
                reason = report.NO_SUCH_INSTANCE
                if uid in self.lost:
                    self.lost.discard(uid)
                    self.reported_lost.add(uid)
            if reason is None and self.kept[uid]["class"] != sop_class:
                reason = report.CLASS_CONFLICT
            if reason is None:
                committed += [(sop_class, uid)] * (2 if self.script.twice else 1)
            else:
                failed.append((sop_class, uid, reason))
        return committed + [tuple(pair) for pair in self.script.add], failed

    def deliver(self, transaction, delay=0, handling=False):
        """Sends the report of a transaction and logs how it was answered."""
        time.sleep(delay)
        with self.lock:
            request = self.requests[transaction]
            request["reported"] = True
            committed, failed = self.judge(request)
        kind, information = report.report(transaction, committed, failed)
        status = None
        for _ in range(self.script.repeat):
            if self.script.on == "same":
                status = self.send_on_same(request, kind, information, handling)
            else:
                status = self.send_on_new(request, kind, information)
            self.log(
                "report", transactionUID=transaction, status=status, committed=[uid for _, uid in committed],
                failed={uid: reason for _, uid, reason in failed},
            )
        return status

    def send_on_new(self, request, kind, information):
        script = self.script
        host, port = script.reportTo.get(request["asker"]) or script.reportTo["*"]
        ae = AE(ae_title=script.reportAs or request["called"])
        association = peer.associate_to_report(ae, host, port, request["asker"], script.reportFrom, script.roles)
        if not association.is_established:
            return None
        try:
            answer, _ = association.send_n_event_report(information, kind, peer.COMMITMENT, peer.COMMITMENT_INSTANCE)
            return answer.get("Status")
        except ValueError:  # the context was refused
            return None
        finally:
            association.release()

    def send_on_same(self, request, kind, information, handling):
        association = request["association"]
        if not association.is_established:
            return None
        if not handling:
            answer, _ = association.send_n_event_report(information, kind, peer.COMMITMENT, peer.COMMITMENT_INSTANCE)
            return answer.get("Status")
        # Inside the handler the association's own thread must send, hence DIMSE itself.
        message = N_EVENT_REPORT()
        message.MessageID = 1
        message.AffectedSOPClassUID = peer.COMMITMENT
        message.AffectedSOPInstanceUID = peer.COMMITMENT_INSTANCE
        message.EventTypeID = kind
        message.EventInformation = encoded(information, association, request["context"])
        association.dimse.send_msg(message, request["context"])
        _, answer = association.dimse.get_msg(block=True)
        return None if answer is None else answer.Status


def answer(sop_class, uid, above):
    """The identifier of a match."""
    match = Dataset()
    match.QueryRetrieveLevel = "IMAGE"
    match.SOPClassUID, match.SOPInstanceUID = sop_class, uid
    for key, value in above.items():
        if value:
            setattr(match, key, value)
    return match


def encoded(information, association, context):
    """The data set in the transfer syntax of an accepted context."""
    from io import BytesIO

    from pynetdicom.dsutils import encode

    syntax = association._accepted_cx[context].transfer_syntax[0]
    return BytesIO(encode(information, syntax.is_implicit_VR, syntax.is_little_endian))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--ae", required=True)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--directory", required=True)
    parser.add_argument("--maximum-length", type=int, default=16384)
    parser.add_argument("--down", action="store_true", help="start without a listener")
    options = parser.parse_args()
    archive = Archive(options.ae, options.host, options.port, options.directory, options.maximum_length)
    if options.down:
        archive.down()
    peer.serve(
        {
            "set": archive.set, "up": archive.up, "down": archive.down, "report": archive.report,
            "events": archive.past, "stored": archive.stored,
        }
    )
    archive.down()


if __name__ == "__main__":
    main()
