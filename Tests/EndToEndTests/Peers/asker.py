"""A modality that asks for storage commitment in all the ways that modalities do, and hears the reports as scripted.

Commands: echo and send (of scu.py), ask, askMany, time, listen, unlisten, reports. `asker.py --ae CT1 [--port N]`; with
a port it hears reports there from the start, unless `--down` is given.
"""

import argparse
import concurrent.futures
import functools
import io
import random
import socket
import threading
import time

from pydicom.filereader import read_dataset
from pydicom.uid import UID, generate_uid
from pynetdicom import AE, build_context, evt
from pynetdicom.dimse_primitives import N_ACTION
from pynetdicom.dsutils import decode, encode
from pynetdicom.pdu_items import SCP_SCU_RoleSelectionSubItem
from pynetdicom.pdu_primitives import P_DATA, SCP_SCU_RoleSelectionNegotiation

import peer
import report
from scu import UNHEARD, Modality

# Nothing is stored here, and negotiation for unrestricted storage drops the role selection items of its answer.
peer._config.UNRESTRICTED_STORAGE_SERVICE = False
peer._config.LOG_HANDLER_LEVEL = "none"

CT = "1.2.840.10008.5.1.4.1.1.2"
SYNTAXES = {"explicit": "1.2.840.10008.1.2.1", "implicit": "1.2.840.10008.1.2", "big": "1.2.840.10008.1.2.2"}
TRANSACTION_UID = 0x00081195
# Rejections as result, source and diagnostic (PS3.8 Table 9-21).
REJECTIONS = {"permanent": (1, 1, 3), "transient": (2, 3, 2)}
PATIENCE = 600  # seconds


class Script:
    """What the listener does; command "listen" sets all of it."""

    def __init__(
        self, answer=0x0000, roles=True, refuseContext=False, rejectAssociation=False, delay=0, noAnswer=False
    ):
        self.answers = list(answer) if isinstance(answer, list) else [answer]  # one a report, the last for all others
        # Role selection in the answer: True as proposed, [scu, scp], "refused" (0, 0), or "none" at all.
        self.roles = {"refused": [0, 0]}.get(roles, roles) if isinstance(roles, str) else roles
        self.refuseContext = refuseContext  # the association is accepted, its contexts are not
        self.rejectAssociation = {False: None, True: "permanent"}.get(rejectAssociation, rejectAssociation)
        self.delay = delay  # seconds before each answer
        self.noAnswer = noAnswer  # the association is aborted instead


class Report:
    """A report as it came. It is decoded when it is looked into, so that this takes no time that is measured."""

    def __init__(self, event, at, status):
        requestor, request = event.assoc.requestor, event.request
        self.at, self.status = at, status
        self.data = request.EventInformation.getvalue() if request.EventInformation else b""
        self.syntax = UID(event.context.transfer_syntax)
        role = requestor.role_selection.get(peer.COMMITMENT)
        self.facts = {
            "eventType": int(request.EventTypeID), "callingAE": requestor.ae_title,
            "calledAE": requestor.primitive.called_ae_title, "sameAssociation": event.assoc.is_requestor,
            "roles": None if role is None else [int(bool(role.scu_role)), int(bool(role.scp_role))],
            "syntax": str(self.syntax), "sopClass": str(request.AffectedSOPClassUID),
            "sopInstance": str(request.AffectedSOPInstanceUID), "length": len(self.data),
        }

    @functools.cached_property
    def uid(self):
        """The transaction UID, read without what comes after it."""
        head = read_dataset(
            io.BytesIO(self.data), self.syntax.is_implicit_VR, self.syntax.is_little_endian,
            stop_when=lambda tag, vr, length: tag > TRANSACTION_UID)
        return str(head.get("TransactionUID", ""))

    def told(self, brief):
        information = decode(io.BytesIO(self.data), self.syntax.is_implicit_VR, self.syntax.is_little_endian)
        committed, failed = (information.get(name, []) for name in ("ReferencedSOPSequence", "FailedSOPSequence"))
        return {
            "uid": self.uid, **self.facts, "status": self.status, "at": self.at,
            "committed": len(committed) if brief else [uid for _, uid in report.references(information)],
            "failed": len(failed) if brief else [
                [str(each.ReferencedSOPClassUID), str(each.ReferencedSOPInstanceUID), int(each.FailureReason)]
                for each in failed
            ],
            "hasReferencedSequence": "ReferencedSOPSequence" in information,
            "hasFailedSequence": "FailedSOPSequence" in information,
            "retrieveAE": None if "RetrieveAETitle" not in information else str(information.RetrieveAETitle),
        }


class Asker(Modality):
    def __init__(self, title, maximum_length):
        super().__init__(title, None, maximum_length)
        self.script, self.listener, self.port = Script(), None, None
        self.changed = threading.Condition()  # guards heard, answered and the script's answers
        self.answered = {}  # association -> how many reports were answered on it

    # Hearing

    def listen(self, port=None, **script):
        """Hears reports as the arguments say, see Script; on the port of before if none is given."""
        self.script = Script(**script)
        port = port or self.port
        if self.listener is not None and port == self.port:
            return
        self.unlisten()
        self.port, self.listener = port, AE(ae_title=self.ae.ae_title)
        self.listener.maximum_pdu_size = self.ae.maximum_pdu_size
        self.listener.maximum_associations = 100
        self.listener.network_timeout = self.listener.dimse_timeout = PATIENCE
        self.listener.add_supported_context(peer.COMMITMENT, list(SYNTAXES.values()))
        self.listener.start_server(
            ("127.0.0.1", port), block=False, evt_handlers=[(evt.EVT_REQUESTED, self.negotiate)] + self.handlers())

    def unlisten(self):
        """Refuses connections and aborts what is open there."""
        if self.listener is not None:
            self.listener.shutdown()
            self.listener = None

    def handlers(self):
        return [
            (evt.EVT_ESTABLISHED, self.established), (evt.EVT_N_EVENT_REPORT, self.hear),
            (evt.EVT_DIMSE_SENT, self.sent),
        ]

    @staticmethod
    def established(event):
        """Sends without delay: else the data set waits for an acknowledgement of the command before it."""
        event.assoc.dul.socket.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def negotiate(self, event):
        association, script = event.assoc, self.script
        if script.rejectAssociation is not None:
            association.acse.send_reject(*REJECTIONS[script.rejectAssociation])
            association.kill()  # once it was sent
            return
        if script.refuseContext:
            association.acceptor.supported_contexts = []
            return
        proposed = association.requestor.role_selection.get(peer.COMMITMENT)
        if proposed is not None and script.roles != "none":
            as_proposed = [proposed.scu_role, proposed.scp_role]
            association.acceptor.add_negotiation_item(role(as_proposed if script.roles is True else script.roles))

    def hear(self, event):
        at, script = time.monotonic(), self.script
        with self.changed:
            answer = script.answers.pop(0) if len(script.answers) > 1 else script.answers[0]
            self.heard.append(Report(event, at, None if script.noAnswer else answer))
            self.changed.notify_all()
        time.sleep(script.delay)
        if script.noAnswer:
            event.assoc.abort()
        return answer, None

    def sent(self, event):
        if type(event.message).__name__ == "N_EVENT_REPORT_RSP":
            with self.changed:
                self.answered[event.assoc] = self.answered.get(event.assoc, 0) + 1
                self.changed.notify_all()

    def reports(self, since=0, uid=None, brief=False):
        with self.changed:
            heard = list(self.heard)
        chosen = [each for each in heard[since:] if uid is None or each.uid == uid]
        return {"reports": [each.told(brief) for each in chosen], "total": len(heard)}

    # Asking

    def ask(
        self, host, port, called, references=None, uid=None, count=None, syntax=None, action=1, sopClass=None,
        sopInstance=None, raw=None, omit=(), noDataSet=False, roles=None, keepOpen=0, abortAfter=False, patience=60,
    ):
        """Asks for commitment of (class, UID) pairs, or of `count` made-up ones, on an association of its own.

        It stays open until a report was answered on it, at most `keepOpen` seconds. `omit` leaves out parts:
        transactionUID, sequence, items (the sequence is empty), classUID, instanceUID. `raw` is sent as the data set.
        The outcome is answered, rejected, aborted, noContext, or unanswered for so many seconds.
        """
        uid = uid or str(generate_uid(prefix=None))
        generated = {} if count is None else {"references": made_up(count)}
        association = self.associate(host, port, called, syntax, roles)
        answer = {"uid": uid, "status": None, "comment": None, "seconds": None, "roles": None, **generated}
        if not association.is_established:
            return {**answer, "outcome": failure(association)}
        returned = association.acceptor.role_selection.get(peer.COMMITMENT)
        if returned is not None:
            answer["roles"] = [int(bool(returned.scu_role)), int(bool(returned.scp_role))]
        context = association.accepted_contexts[0]
        data = None if noDataSet else bytes.fromhex(raw) if raw is not None else encoded(
            context, uid, references or generated.get("references", []), omit)
        association.dimse_timeout = patience
        answer |= self.act(association, context, data, action, sopClass, sopInstance)
        self.close(association, keepOpen, abortAfter)
        return answer

    def associate(self, host, port, called, syntax=None, roles=None):
        syntaxes = peer.UNCOMPRESSED if syntax is None else [SYNTAXES[syntax]]
        return self.ae.associate(
            host, port, contexts=[build_context(peer.COMMITMENT, syntaxes)], ae_title=called,
            ext_neg=[] if roles is None else [role(roles)], evt_handlers=self.handlers())

    @staticmethod
    def act(association, context, data, action=1, sop_class=None, sop_instance=None, number=1):
        """Sends N-ACTION whatever the roles are, and answers what came back."""
        request = N_ACTION()
        request.MessageID = number
        request.RequestedSOPClassUID = UID(sop_class or peer.COMMITMENT)
        request.RequestedSOPInstanceUID = UID(sop_instance or peer.COMMITMENT_INSTANCE)
        request.ActionTypeID = action
        request.ActionInformation = None if data is None else io.BytesIO(data)
        # Else the association's own thread would take the answer.
        association._reactor_checkpoint.clear()
        while not association._is_paused and association.is_alive():
            time.sleep(0.0001)
        began = time.monotonic()
        if not association.is_established:
            return {"began": began, "outcome": "aborted"}
        association.dimse.send_msg(request, context.context_id)
        if data == b"":  # announced, so it must come
            empty = P_DATA()
            empty.presentation_data_value_list.append((context.context_id, b"\x02"))
            association.dul.send_pdu(empty)
        _, response = association.dimse.get_msg(block=True)
        seconds = time.monotonic() - began
        association._reactor_checkpoint.set()
        if response is None or response.Status is None:
            late = association.is_established and seconds >= association.dimse_timeout
            association.abort()
            return {"began": began, "outcome": "unanswered" if late else "aborted"}
        comment = getattr(response, "ErrorComment", None)
        return {
            "began": began, "outcome": "answered", "status": int(response.Status), "seconds": seconds,
            "comment": None if comment is None else str(comment),
        }

    def close(self, association, keep_open=0, aborting=False, reports=1):
        """Ends an association, for which it waits until so many reports were answered on it."""
        if aborting and association.is_established:
            association.abort()
        if keep_open > 0:
            end = time.monotonic() + keep_open
            with self.changed:
                while association.is_established and time.monotonic() < end:
                    if self.answered.get(association, 0) >= reports:
                        break
                    self.changed.wait(0.05)
            time.sleep(0.05)  # the answer goes first
        with self.changed:
            self.answered.pop(association, None)
        if association.is_established:
            association.release()

    def askMany(
        self, host, port, called, transactions, perTransaction=(1, 1), associations=1, seed=1, references=None,
        syntax=None, keepOpen=0,
    ):
        """Asks `transactions` times on so many associations at once, each time for some of the references, or for
        made-up ones. What was not answered is not asked again; an association that ended is opened again."""
        chooser = random.Random(seed)
        wishes = []
        for _ in range(transactions):
            size = chooser.randint(*perTransaction)
            pairs = made_up(size) if references is None else chooser.sample(references, min(size, len(references)))
            wishes.append((str(generate_uid(prefix=None)), pairs))

        def ask_some(part):
            association, results, asked = None, [], 0
            for uid, pairs in part:
                if association is None or not association.is_established:
                    association, asked = self.associate(host, port, called, syntax), 0
                    association.dimse_timeout = UNHEARD
                answer = {"uid": uid, "status": None, "references": pairs}
                if association.is_established:
                    context = association.accepted_contexts[0]
                    answer |= self.act(association, context, encoded(context, uid, pairs), number=asked % 65535 + 1)
                    asked += 1
                else:
                    answer["outcome"] = failure(association)
                results.append(answer)
            if association is not None and association.is_established:
                self.close(association, keepOpen, reports=asked)
            return results

        with concurrent.futures.ThreadPoolExecutor(associations) as pool:
            parts = list(pool.map(ask_some, [wishes[number::associations] for number in range(associations)]))
        return {"requests": [each for part in parts for each in part]}

    def time(self, host, port, called, count=None, references=None, syntax=None, keepOpen=0, patience=PATIENCE):
        """Asks and answers the seconds from the request to its response and to its report, null if none came."""
        with self.changed:
            since = len(self.heard)
        asked = self.ask(host, port, called, references, None, count, syntax, keepOpen=keepOpen, patience=patience)
        answer = {"uid": asked["uid"], "status": asked["status"], "outcome": asked["outcome"]}
        answer |= {"request": asked["seconds"], "report": None, "committed": None, "failed": None}
        if asked["status"] != 0:
            return answer

        def found():
            return next((each for each in self.heard[since:] if each.uid == asked["uid"]), None)

        with self.changed:
            heard = self.changed.wait_for(found, patience)
        if heard is not None:
            told = heard.told(brief=True)
            answer |= {"report": heard.at - asked["began"], "committed": told["committed"], "failed": told["failed"]}
        return answer


def role(roles):
    """A role selection item, also the (0, 0) that pynetdicom would not encode."""
    primitive, item = SCP_SCU_RoleSelectionNegotiation(), SCP_SCU_RoleSelectionSubItem()
    primitive.sop_class_uid = peer.COMMITMENT
    primitive.scu_role, primitive.scp_role = (bool(each) for each in roles)
    item.from_primitive(primitive)
    primitive.from_primitive = lambda: item
    return primitive


def failure(association):
    """Why an association was not established; pynetdicom itself aborts the one that has no context."""
    if association.is_rejected:
        return "rejected"
    return "noContext" if association.rejected_contexts else "aborted"


def made_up(count):
    prefix = f"1.2.826.0.1.3680043.10.997.{random.randrange(10**11, 10**12)}"
    return [(CT, f"{prefix}.{number + 1}") for number in range(count)]


def encoded(context, uid, references, omit=()):
    """The action information in the transfer syntax of a context, without what is to be left out."""
    information = report.request(uid, references)
    for item in information.ReferencedSOPSequence:
        if "classUID" in omit:
            del item.ReferencedSOPClassUID
        if "instanceUID" in omit:
            del item.ReferencedSOPInstanceUID
    if "items" in omit:
        information.ReferencedSOPSequence = []
    if "sequence" in omit:
        del information.ReferencedSOPSequence
    if "transactionUID" in omit:
        del information.TransactionUID
    syntax = context.transfer_syntax[0]
    return encode(information, syntax.is_implicit_VR, syntax.is_little_endian)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--ae", required=True)
    parser.add_argument("--port", type=int)
    parser.add_argument("--down", action="store_true", help="start without a listener")
    parser.add_argument("--maximum-length", type=int, default=131072)
    options = parser.parse_args()
    asker = Asker(options.ae, options.maximum_length)
    asker.port = options.port
    if options.port is not None and not options.down:
        asker.listen(options.port)
    peer.serve(
        {
            "echo": asker.echo, "send": asker.send, "ask": asker.ask, "askMany": asker.askMany, "time": asker.time,
            "listen": asker.listen, "unlisten": asker.unlisten, "reports": asker.reports,
        }
    )
    asker.unlisten()


if __name__ == "__main__":
    main()
