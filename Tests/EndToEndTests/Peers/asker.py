"""A modality that asks for storage commitment in all the ways that modalities do, and hears the answers.

Commands: send (as scu.py), ask, askMany, listen, unlisten, reports, time. `asker.py --ae CT1 --port N`: it hears reports
on that port from the start; `--down`: only after `listen`.
"""

import argparse
import concurrent.futures
import random
import threading
import time
from io import BytesIO

from pydicom.uid import generate_uid
from pynetdicom import AE, build_context, build_role, evt
from pynetdicom.dimse_primitives import N_ACTION
from pynetdicom.dsutils import decode, encode

import peer
import report
from scu import Modality

CT = "1.2.840.10008.5.1.4.1.1.2"
SYNTAXES = {"explicit": "1.2.840.10008.1.2.1", "implicit": "1.2.840.10008.1.2", "big": "1.2.840.10008.1.2.2"}


class Asker(Modality):
    def __init__(self, title, port, is_down):
        super().__init__(title, None, 16384)
        self.title, self.port, self.server = title, port, None
        self.statuses, self.roles, self.delay, self.silent = [], "returned", 0, False
        self.lock, self.arrived = threading.Lock(), threading.Condition()
        if not is_down:
            self.listen()

    # Hearing

    def listen(self, statuses=(), roles="returned", delay=0, silent=False):
        """Hears from now on. `statuses` are the answers, one after the other, then success. `roles`: returned, none or
        refused. `silent`: the association is aborted instead of an answer."""
        self.unlisten()
        self.statuses, self.roles, self.delay, self.silent = list(statuses), roles, delay, silent
        listener = AE(ae_title=self.title)
        listener.network_timeout = listener.dimse_timeout = 600
        listener.maximum_pdu_size = 131072
        role = {"returned": (False, True), "none": (None, None), "refused": (True, False)}[roles]
        listener.add_supported_context(peer.COMMITMENT, peer.UNCOMPRESSED, scu_role=role[0], scp_role=role[1])
        handlers = [(evt.EVT_N_EVENT_REPORT, self.hear, [False])]
        self.server = listener.start_server(("127.0.0.1", self.port), block=False, evt_handlers=handlers)

    def unlisten(self):
        if self.server is not None:
            self.server.shutdown()
            self.server = None

    def hear(self, event, same):
        request, requestor = event.request, event.assoc.requestor
        roles = requestor.role_selection.get(peer.COMMITMENT)
        with self.lock:
            status = self.statuses.pop(0) if self.statuses else 0x0000
        heard = {
            "at": time.monotonic(), "eventType": request.EventTypeID, "sameAssociation": same, "status": status,
            "callingAE": requestor.ae_title, "calledAE": requestor.primitive.called_ae_title,
            "roles": None if roles is None else [int(bool(roles.scu_role)), int(bool(roles.scp_role))],
            "syntax": str(event.context.transfer_syntax), "data": request.EventInformation.getvalue(),
        }
        with self.arrived:
            self.heard.append(heard)
            self.arrived.notify_all()
        time.sleep(self.delay)
        if self.silent:
            event.assoc.abort()
        return status, None

    def reports(self, since=0, uid=None, brief=False):
        told = [self.told(each, brief) for each in self.heard[since:]]
        return {"reports": [each for each in told if uid is None or each["uid"] == uid]}

    @staticmethod
    def told(heard, brief):
        syntax = heard["syntax"]
        information = decode(BytesIO(heard["data"]), syntax == SYNTAXES["implicit"], syntax != SYNTAXES["big"])
        committed = report.references(information)
        failed = [
            [str(entry.ReferencedSOPClassUID), str(entry.ReferencedSOPInstanceUID), int(entry.FailureReason)]
            for entry in information.get("FailedSOPSequence", [])
        ]
        facts = {key: value for key, value in heard.items() if key != "data"}
        return facts | {
            "uid": str(information.TransactionUID),
            "committed": len(committed) if brief else [uid for _, uid in committed],
            "failed": len(failed) if brief else failed,
            "hasReferencedSequence": "ReferencedSOPSequence" in information,
            "hasFailedSequence": "FailedSOPSequence" in information,
        }

    # Asking

    def associate(self, host, port, called, syntax="explicit", roles=None):
        return self.ae.associate(
            host, port, contexts=[build_context(peer.COMMITMENT, [SYNTAXES[syntax]])], ae_title=called,
            ext_neg=[] if roles is None else [build_role(peer.COMMITMENT, scu_role=bool(roles[0]), scp_role=bool(roles[1]))],
            evt_handlers=[(evt.EVT_N_EVENT_REPORT, self.hear, [True])],
        )

    def ask(self, host, port, called, references=None, count=None, uid=None, syntax="explicit", roles=None, action=1,
            sopClass=None, sopInstance=None, omit=(), keepOpen=0, abortAfter=False):
        """Asks on an association of its own, about the given (class, UID) pairs or `count` invented ones."""
        pairs = references if count is None else [(CT, f"1.2.826.0.1.3680043.9.3811.{n}") for n in range(count)]
        uid = uid or str(generate_uid(prefix=None))
        association = self.associate(host, port, called, syntax, roles)
        if not association.is_established:
            return {"outcome": "rejected" if association.is_rejected else "aborted", "uid": uid, "status": None}
        if not association.accepted_contexts:
            association.release()
            return {"outcome": "noContext", "uid": uid, "status": None}
        began = time.monotonic()
        answer = self.act(association, self.information(uid, pairs, omit), action, sopClass, sopInstance)
        seconds = time.monotonic() - began
        if abortAfter:
            association.abort()
        else:
            time.sleep(keepOpen)
            if association.is_established:
                association.release()
        outcome = "aborted" if answer is None else "answered"
        return {"outcome": outcome, "uid": uid, "seconds": seconds, "began": began, **(answer or {"status": None})}

    @staticmethod
    def information(uid, pairs, omit):
        if "dataSet" in omit:
            return None
        information = report.request(uid, pairs)
        for keyword in omit:
            if keyword in ("TransactionUID", "ReferencedSOPSequence"):
                delattr(information, keyword)
            elif keyword == "items":
                information.ReferencedSOPSequence = []
            else:
                for entry in information.ReferencedSOPSequence:
                    delattr(entry, keyword)
        return information

    @staticmethod
    def act(association, information, action=1, sop_class=None, sop_instance=None):
        """N-ACTION, right or wrong; None when there was no answer."""
        context = association.accepted_contexts[0]
        syntax = context.transfer_syntax[0]
        request = N_ACTION()
        request.MessageID = 7
        request.RequestedSOPClassUID = sop_class or peer.COMMITMENT
        request.RequestedSOPInstanceUID = sop_instance or peer.COMMITMENT_INSTANCE
        request.ActionTypeID = action
        if information is not None:
            request.ActionInformation = BytesIO(encode(information, syntax.is_implicit_VR, syntax.is_little_endian))
        association._reactor_checkpoint.clear()
        association.dimse.send_msg(request, context.context_id)
        _, response = association.dimse.get_msg(block=True)
        association._reactor_checkpoint.set()
        if response is None:
            return None
        return {"status": response.Status, "comment": getattr(response, "ErrorComment", None)}

    def askMany(self, host, port, called, requests, least=1, most=1, associations=1, seed=1, references=()):
        """Asks many times on several associations at once; each request names `least` to `most` of the references."""
        chooser = random.Random(seed)
        wishes = [chooser.sample(references, chooser.randint(least, most)) for _ in range(requests)]

        def some(part):
            association, done = None, []
            for pairs in part:
                uid = str(generate_uid(prefix=None))
                answer = None
                if association is None or not association.is_established:
                    association = self.associate(host, port, called)
                if association.is_established:
                    answer = self.act(association, report.request(uid, pairs))
                done.append({"uid": uid, "status": answer and answer["status"], "uids": [each for _, each in pairs]})
            if association is not None and association.is_established:
                association.release()
            return done

        with concurrent.futures.ThreadPoolExecutor(associations) as pool:
            parts = list(pool.map(some, [wishes[n::associations] for n in range(associations)]))
        return {"requests": [each for part in parts for each in part]}

    def time(self, host, port, called, count=None, references=None, patience=600):
        """Seconds from the request to its response and to the report."""
        known = len(self.heard)
        asked = self.ask(host, port, called, references=references, count=count)
        with self.arrived:
            self.arrived.wait_for(lambda: len(self.heard) > known, patience)
        if len(self.heard) == known:
            return {"request": asked["seconds"], "report": None, "status": asked["status"]}
        told = self.told(self.heard[known], brief=True)
        return {
            "request": asked["seconds"], "report": told["at"] - asked["began"], "status": asked["status"],
            "committed": told["committed"], "failed": told["failed"],
        }


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--ae", required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--down", action="store_true")
    options = parser.parse_args()
    asker = Asker(options.ae, options.port, options.down)
    names = ("echo", "send", "ask", "askMany", "listen", "unlisten", "reports", "time")
    peer.serve({name: getattr(asker, name) for name in names})
    asker.unlisten()


if __name__ == "__main__":
    main()
