#!/usr/bin/env python3
"""An example of a decision hook: who decides, instead of Escrow, whether a peer's instances are committed.

    alternate.py --port 9100 --secret-file decision.secret

It answers every second reference as committed and the others as not available, which shows the two answers there are;
replace `decide` by what decides for you. In escrow.yaml:

    peers:
      ct1:
        { aeTitle: CT1, host: 10.0.0.7, port: 104, allow: [echo, store, commit],
          decide: { url: "http://127.0.0.1:9100/decide", secretFile: decision.secret, timeout: 10s,
                    allowAddresses: [127.0.0.0/8] } }

The secret is `whsec_` and base64 of 24 to 64 bytes: `echo whsec_$(openssl rand -base64 32) > decision.secret`.
Python's own library is enough.
"""

import argparse
import base64
import hashlib
import hmac
import itertools
import json
import pathlib
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

TOLERANCE = 300  # seconds by which the sender's clock may differ


def is_signed(key, headers, body):
    """Whether the request comes from who has the secret, and is not an old one (Standard Webhooks 1.0.0)."""
    moment = headers.get("webhook-timestamp", "")
    if not moment.isdigit() or abs(time.time() - int(moment)) > TOLERANCE:
        return False
    content = f"{headers.get('webhook-id', '')}.{moment}.".encode() + body
    expected = "v1," + base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()
    return any(hmac.compare_digest(expected, given) for given in headers.get("webhook-signature", "").split())


def decide(question, turn=itertools.count()):
    """One result per reference: `known` says whether Escrow has the instance, `proved` whether its destinations do."""
    results = []
    for reference in question["references"]:
        committed = next(turn) % 2 == 0
        result = {"sopInstanceUID": reference["sopInstanceUID"], "outcome": "committed" if committed else "failed"}
        if not committed:
            result["reason"] = "0112H"
        results.append(result)
    return {"results": results}


class Handler(BaseHTTPRequestHandler):
    key = b""

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        if not is_signed(self.key, self.headers, body):
            return self.send_error(401, "the signature is not right")
        answer = json.dumps(decide(json.loads(body))).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--port", type=int, default=9100)
    parser.add_argument("--secret-file", type=pathlib.Path, required=True)
    options = parser.parse_args()
    Handler.key = base64.b64decode(options.secret_file.read_text().strip().removeprefix("whsec_"))
    ThreadingHTTPServer(("127.0.0.1", options.port), Handler).serve_forever()


if __name__ == "__main__":
    main()
