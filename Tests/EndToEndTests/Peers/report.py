"""Storage commitment requests and reports as data sets (PS3.4 Tables J.3-1 and J.3-2)."""

from pydicom.dataset import Dataset

NO_SUCH_INSTANCE = 0x0112
CLASS_CONFLICT = 0x0119


def item(sop_class, uid, reason=None):
    result = Dataset()
    result.ReferencedSOPClassUID = sop_class
    result.ReferencedSOPInstanceUID = uid
    if reason is not None:
        result.FailureReason = reason
    return result


def request(transaction, references):
    """The action information for (class, UID) pairs."""
    result = Dataset()
    result.TransactionUID = transaction
    result.ReferencedSOPSequence = [item(*reference) for reference in references]
    return result


def report(transaction, committed, failed):
    """The event type and event information for (class, UID) pairs and (class, UID, reason) triples."""
    result = Dataset()
    result.TransactionUID = transaction
    if committed:
        result.ReferencedSOPSequence = [item(*reference) for reference in committed]
    if failed:
        result.FailedSOPSequence = [item(*reference) for reference in failed]
    return (2 if failed else 1), result


def references(information):
    """The (class, UID) pairs of a request."""
    return [
        (str(entry.ReferencedSOPClassUID), str(entry.ReferencedSOPInstanceUID))
        for entry in information.get("ReferencedSOPSequence", [])
    ]


def results(information):
    """A received report as JSON."""
    return {
        "transactionUID": str(information.TransactionUID),
        "committed": [uid for _, uid in references(information)],
        "failed": {
            str(entry.ReferencedSOPInstanceUID): int(entry.FailureReason)
            for entry in information.get("FailedSOPSequence", [])
        },
    }
