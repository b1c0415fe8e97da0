"""Another address of a server: what comes to one loopback port goes to another. `relay.py --port N --to M`"""

import argparse
import socket
import threading

import peer


def pipe(source, target):
    try:
        while data := source.recv(65536):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        target.close()


def serve(listener, to):
    while True:
        client, _ = listener.accept()
        try:
            server = socket.create_connection(("127.0.0.1", to))
        except OSError:
            client.close()
            continue
        for pair in ((client, server), (server, client)):
            threading.Thread(target=pipe, args=pair, daemon=True).start()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--to", type=int, required=True)
    options = parser.parse_args()
    listener = socket.create_server(("127.0.0.1", options.port))
    threading.Thread(target=serve, args=(listener, options.to), daemon=True).start()
    peer.serve({})


if __name__ == "__main__":
    main()
