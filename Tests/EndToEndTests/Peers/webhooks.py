"""Receives webhooks and verifies them after Standard Webhooks 1.0.0, independently of who signs.

    webhooks.py --port N --secret whsec_...

Commands: set (status, statuses, delay, headers, hold), down, up, received.
"""

import argparse
import base64
import hashlib
import hmac
import http.server
import json
import threading
import time

import peer


class Receiver:
    def __init__(self, port, secrets):
        self.port = port
        self.keys = [base64.b64decode(secret.removeprefix("whsec_")) for secret in secrets]
        self.status, self.statuses, self.delay, self.headers = 200, [], 0, {}
        self.hold = False  # requests are recorded and not answered as long as it holds
        self.lock, self.requests, self.server = threading.Lock(), [], None
        self.up()

    def set(self, **changes):
        with self.lock:
            for name, value in changes.items():
                if name not in ("status", "statuses", "delay", "headers", "hold"):
                    raise KeyError(name)
                setattr(self, name, value)

    def up(self):
        if self.server is None:
            self.server = http.server.ThreadingHTTPServer(("127.0.0.1", self.port), handler(self))
            threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def down(self):
        if self.server is not None:
            self.server.shutdown()
            self.server.server_close()
            self.server = None

    def received(self, since=0):
        with self.lock:
            return {"requests": self.requests[since:]}

    def verified(self, headers, body):
        """Whether one of the signatures is right and the time is within five minutes."""
        identifier, stamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
        if not stamp.isdigit() or abs(time.time() - int(stamp)) > 300:
            return False
        message = f"{identifier}.{stamp}.".encode() + body
        expected = [base64.b64encode(hmac.new(key, message, hashlib.sha256).digest()).decode() for key in self.keys]
        given = [each.removeprefix("v1,") for each in headers.get("webhook-signature", "").split()]
        return any(hmac.compare_digest(one, other) for one in expected for other in given)

    def take(self, path, headers, body):
        """Records a request and answers with what status."""
        time.sleep(self.delay)
        with self.lock:
            status = self.statuses.pop(0) if self.statuses else self.status
            self.requests.append(
                {
                    "path": path, "status": status, "id": headers.get("webhook-id"),
                    "contentType": headers.get("content-type"), "verified": self.verified(headers, body),
                    "body": json.loads(body),
                }
            )
        while self.hold:
            time.sleep(0.02)
        return status


def handler(receiver):
    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):
            body = self.rfile.read(int(self.headers["content-length"]))
            status = receiver.take(self.path, self.headers, body)
            self.send_response(status)
            for name, value in receiver.headers.items():
                self.send_header(name, value)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, format, *arguments):
            pass

    return Handler


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--secret", nargs="+", required=True)
    options = parser.parse_args()
    receiver = Receiver(options.port, options.secret)
    peer.serve({"set": receiver.set, "up": receiver.up, "down": receiver.down, "received": receiver.received})
    receiver.down()


if __name__ == "__main__":
    main()
