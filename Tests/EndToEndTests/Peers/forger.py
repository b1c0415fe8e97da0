"""Sends storage commitment reports that nobody ordered.

Command: report, with the association's titles and addresses and what to claim.
"""

from pydicom.uid import UID
from pynetdicom import AE

import peer
import report


def forge(
    host, port, calling, called, transactionUID, committed=(), failed=(), source=None, roles=(0, 1), eventType=None,
    instance=peer.COMMITMENT_INSTANCE,
):
    association = peer.associate_to_report(AE(ae_title=calling), host, port, called, source, roles)
    if not association.is_established:
        return {"outcome": "rejected" if association.is_rejected else "refused"}
    kind, information = report.report(transactionUID, committed, failed)
    try:
        answer, _ = association.send_n_event_report(
            information, kind if eventType is None else eventType, peer.COMMITMENT, UID(instance)
        )
    except ValueError as error:
        association.release()
        return {"outcome": "refused", "reason": str(error)}
    if "Status" not in answer:
        return {"outcome": "aborted"}
    association.release()
    return {"outcome": "answered", "status": int(answer.Status)}


if __name__ == "__main__":
    peer.serve({"report": forge})
