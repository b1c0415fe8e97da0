"""What the peers share: commands as lines of JSON on stdin, one answer each on stdout, logs on stderr."""

import hashlib
import json
import logging
import sys

from pynetdicom import _config, build_context, build_role
from pynetdicom.sop_class import StorageCommitmentPushModel, StorageCommitmentPushModelInstance

# Files are sent as they are, never decoded and encoded again.
_config.STORE_SEND_CHUNKED_DATASET = True
# Any class that is no known other service is taken for storage.
_config.UNRESTRICTED_STORAGE_SERVICE = True

COMMITMENT = StorageCommitmentPushModel
COMMITMENT_INSTANCE = StorageCommitmentPushModelInstance
UNCOMPRESSED = ["1.2.840.10008.1.2.1", "1.2.840.10008.1.2"]

logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(name)s %(message)s")


def serve(commands):
    """Answers commands, {"do": NAME, ARGUMENT: ...}, until stdin ends."""
    print(json.dumps({"ready": True}), flush=True)
    for line in sys.stdin:
        command = json.loads(line)
        try:
            answer = commands[command.pop("do")](**command)
        except Exception as error:  # the caller is told, and the peer goes on
            logging.exception("command failed")
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps({} if answer is None else answer), flush=True)


def digest(data):
    return hashlib.sha256(data).hexdigest()


def associate_to_report(ae, host, port, called, source=None, roles=(0, 1)):
    """Opens an association that proposes storage commitment as its SCP (PS3.4 §J.3.3)."""
    return ae.associate(
        host,
        port,
        contexts=[build_context(COMMITMENT, UNCOMPRESSED)],
        ae_title=called,
        ext_neg=[] if roles is None else [build_role(COMMITMENT, scu_role=bool(roles[0]), scp_role=bool(roles[1]))],
        bind_address=None if source is None else (source, 0),
    )
