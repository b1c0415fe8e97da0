#!/usr/bin/env python3
"""A sender and a sink that do nothing but note the time: what a stock peer does not tell.

They speak just enough of PS3.8 and PS3.7 for C-STORE, over plain sockets, and keep up with any router. Times are those
of the system's monotonic clock, which all processes of a machine share.
"""

import argparse
import json
import pathlib
import socket
import struct
import sys
import threading
import time

CONTEXT = b"1.2.840.10008.3.1.1.1"
ROLE_SCU = 0x0001


def item(kind, body):
    return struct.pack(">BBH", kind, 0, len(body)) + body


def pdu(kind, body):
    return struct.pack(">BBI", kind, 0, len(body)) + body


def user_information(maximum):
    return item(0x50, item(0x51, struct.pack(">I", maximum)) + item(0x52, b"1.2.826.0.1.3680043.10.996"))


def titles(called, calling):
    return called.encode().ljust(16) + calling.encode().ljust(16) + bytes(32)


def element(tag, value):
    """An element of a command set: implicit VR little endian, group 0000H."""
    return struct.pack("<HHI", 0, tag, len(value)) + value


def command(fields):
    body = b"".join(element(tag, value) for tag, value in sorted(fields.items()))
    return element(0x0000, struct.pack("<I", len(body))) + body


def uid(text):
    value = text.encode()
    return value + b"\0" * (len(value) % 2)


def parse_command(data):
    fields, at = {}, 0
    while at + 8 <= len(data):
        _, tag, length = struct.unpack_from("<HHI", data, at)
        fields[tag] = bytes(data[at + 8:at + 8 + length])
        at += 8 + length
    return fields


def text(value):
    return value.rstrip(b"\0 ").decode()


class Connection:
    """A socket from which whole PDUs are read."""

    def __init__(self, connection, room=1 << 20):
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket = connection
        self.buffer = bytearray(room)

    def exactly(self, count):
        """A view of the next `count` bytes, good until the next call."""
        if count > len(self.buffer):
            self.buffer = bytearray(count)
        view = memoryview(self.buffer)[:count]
        done = 0
        while done < count:
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
            read = self.socket.recv_into(view[done:])
            if read == 0:
                raise EOFError
            done += read
        return view

    def pdu(self):
        kind, _, length = struct.unpack(">BBI", self.exactly(6))
        return kind, self.exactly(length)

    def message(self):
        """The next command set and when its last byte came, its data set read past; None at a release."""
        fields, collected = None, bytearray()
        while True:
            kind, body = self.pdu()
            if kind == 5:
                self.socket.sendall(pdu(6, bytes(4)))
                return None
            if kind != 4:
                raise RuntimeError(f"PDU of type {kind:02X}H")
            at = 0
            while at < len(body):
                length, context, control = struct.unpack_from(">IBB", body, at)
                if control & 1:
                    collected += body[at + 6:at + 4 + length]
                at += 4 + length
                if control == 3:
                    fields = parse_command(collected)
                    if struct.unpack("<H", fields[0x0800])[0] == 0x0101:
                        return context, fields, time.monotonic()
                elif control == 2:
                    return context, fields, time.monotonic()


class Sink:
    """Accepts everything and notes when each instance had come."""

    def __init__(self, port):
        self.arrivals = {}
        self.listener = socket.create_server(("127.0.0.1", port), backlog=64)

    def serve(self):
        while True:
            accepted, _ = self.listener.accept()
            threading.Thread(target=self.associate, args=[Connection(accepted)], daemon=True).start()

    def associate(self, connection):
        try:
            kind, body = connection.pdu()
            connection.socket.sendall(self.accept(bytes(body)))
            while (message := connection.message()) is not None:
                context, fields, moment = message
                self.arrivals[text(fields[0x1000])] = moment
                answer = command({
                    0x0002: fields[0x0002], 0x0100: struct.pack("<H", 0x8001), 0x0120: fields[0x0110],
                    0x0800: struct.pack("<H", 0x0101), 0x0900: struct.pack("<H", 0), 0x1000: fields[0x1000]})
                connection.socket.sendall(pdu(4, struct.pack(">IBB", len(answer) + 2, context, 3) + answer))
        except (EOFError, ConnectionError):
            pass
        finally:
            connection.socket.close()

    @staticmethod
    def accept(request):
        """A-ASSOCIATE-AC: each context with the first transfer syntax that was proposed for it."""
        items, at = item(0x10, CONTEXT), 68
        while at < len(request):
            kind, _, length = struct.unpack_from(">BBH", request, at)
            if kind == 0x20:
                inner, end = at + 8, at + 4 + length
                while inner < end:
                    sub, _, sub_length = struct.unpack_from(">BBH", request, inner)
                    if sub == 0x40:
                        syntax = request[inner + 4:inner + 4 + sub_length]
                        items += item(0x21, bytes([request[at + 4], 0, 0, 0]) + item(0x40, syntax))
                        break
                    inner += 4 + sub_length
            at += 4 + length
        return pdu(2, struct.pack(">HH", 1, 0) + request[4:68] + items + user_information(1 << 17))


def data_set_offset(head):
    """Where the data set of a Part 10 file begins: the group length is in bytes 140 to 143, and counts from there."""
    return 144 + struct.unpack_from("<I", head, 140)[0]


class Instance:
    """A Part 10 file as it goes over the wire."""

    def __init__(self, path):
        import pydicom

        meta = pydicom.filereader.read_file_meta_info(path)
        self.sop_class, self.uid = str(meta.MediaStorageSOPClassUID), str(meta.MediaStorageSOPInstanceUID)
        self.syntax = str(meta.TransferSyntaxUID)
        self.path = path
        with open(path, "rb") as file:
            self.offset = data_set_offset(file.read(144))

    def data(self):
        return memoryview(self.path.read_bytes())[self.offset:]


class Sender:
    """Sends instances over one association, and notes when each was sent and answered."""

    def __init__(self, port, called, calling, instances):
        self.instances = instances
        kinds = sorted({(each.sop_class, each.syntax) for each in instances})
        self.contexts = {kind: 2 * number + 1 for number, kind in enumerate(kinds)}
        # What is answered is short.
        self.connection = Connection(socket.create_connection(("127.0.0.1", port)), room=1 << 12)
        items = item(0x10, CONTEXT)
        for (sop_class, syntax), number in self.contexts.items():
            items += item(
                0x20, bytes([number, 0, 0, 0]) + item(0x30, sop_class.encode()) + item(0x40, syntax.encode()))
        items += user_information(1 << 17)
        self.connection.socket.sendall(pdu(1, struct.pack(">HH", 1, 0) + titles(called, calling) + items))
        kind, body = self.connection.pdu()
        if kind != 2:
            raise RuntimeError(f"{called} rejects the association of {calling}")
        self.maximum = min(self.announced(bytes(body)) or 1 << 17, 1 << 17)

    @staticmethod
    def announced(accept):
        at = 68
        while at < len(accept):
            kind, _, length = struct.unpack_from(">BBH", accept, at)
            if kind == 0x50:
                inner = at + 4
                while inner < at + 4 + length:
                    sub, _, sub_length = struct.unpack_from(">BBH", accept, inner)
                    if sub == 0x51:
                        return struct.unpack_from(">I", accept, inner + 4)[0]
                    inner += 4 + sub_length
            at += 4 + length
        return 0

    def run(self):
        times = []
        for number, instance in enumerate(self.instances):
            times.append((instance.uid, *self.store(instance, instance.data(), number % 65535)))
        self.release()
        return times

    def store(self, instance, data, message):
        """When it was sent and answered."""
        sent = time.monotonic()
        self.send(instance, data, message)
        answer = self.connection.message()
        if answer is None:
            raise RuntimeError(f"{instance.uid} was answered by a release")
        _, fields, answered = answer
        status = struct.unpack("<H", fields[0x0900])[0]
        if status != 0:
            raise RuntimeError(f"{instance.uid} was answered with {status:04X}H")
        return sent, answered

    def release(self):
        self.connection.socket.sendall(pdu(5, bytes(4)))
        self.connection.pdu()
        self.connection.socket.close()

    def cut(self, instance, data, message):
        """Breaks the connection off in the middle of an instance."""
        self.send(instance, data, message, share=0.5)
        self.connection.socket.close()

    def send(self, instance, data, message, share=1):
        context = self.contexts[instance.sop_class, instance.syntax]
        request = command({
            0x0002: uid(instance.sop_class), 0x0100: struct.pack("<H", 1), 0x0110: struct.pack("<H", message),
            0x0700: struct.pack("<H", 0), 0x0800: struct.pack("<H", 0), 0x1000: uid(instance.uid)})
        parts = [pdu(4, struct.pack(">IBB", len(request) + 2, context, 3) + request)]
        step, end = self.maximum - 6, int(len(data) * share)
        for at in range(0, end, step):
            piece = data[at:min(at + step, end)]
            last = 2 if at + len(piece) == len(data) else 0
            parts += [struct.pack(">BBIIBB", 4, 0, len(piece) + 6, len(piece) + 2, context, last), piece]
            if len(parts) > 16:
                self.write(parts)
                parts = []
        self.write(parts)

    def write(self, parts):
        views = [memoryview(part) for part in parts]
        while views:
            done = self.connection.socket.sendmsg(views)
            while views and done >= len(views[0]):
                done -= len(views.pop(0))
            if done:
                views[0] = views[0][done:]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    commands = parser.add_subparsers(dest="command", required=True)
    sink = commands.add_parser("sink", help="print the arrivals as JSON when the standard input ends")
    sink.add_argument("--port", type=int, required=True)
    sender = commands.add_parser("send", help="print [UID, sent, answered] of each instance as JSON")
    sender.add_argument("--port", type=int, required=True)
    sender.add_argument("--called", required=True)
    sender.add_argument("--calling", default="PROBE")
    sender.add_argument("folder", type=pathlib.Path)
    options = parser.parse_args()
    if options.command == "send":
        instances = [Instance(path) for path in sorted(options.folder.rglob("*.dcm"))]
        json.dump(Sender(options.port, options.called, options.calling, instances).run(), sys.stdout)
        return
    receiver = Sink(options.port)
    threading.Thread(target=receiver.serve, daemon=True).start()
    print("ready", flush=True)
    for line in sys.stdin:
        print(len(receiver.arrivals), flush=True)
    json.dump(receiver.arrivals, sys.stdout)


if __name__ == "__main__":
    main()
