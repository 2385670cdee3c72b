"""What the attack scripts share: a client of line protocols, and the server's memory watched meanwhile."""

import socket
import ssl
import struct
import threading
import time

CONTEXT = ssl.create_default_context()
CONTEXT.check_hostname = False
CONTEXT.verify_mode = ssl.CERT_NONE
faults = []


def fault(text):
    faults.append(text)
    print("FAULT", text)


class Client:
    def __init__(self, port, source=None, timeout=60, tls=False):
        self.socket = socket.create_connection(
            ("127.0.0.1", port), timeout, (source, 0) if source else None)
        if tls:
            self.socket = CONTEXT.wrap_socket(self.socket, server_hostname="mail.example.org")
        self.file = self.socket.makefile("rb")

    def send(self, octets):
        self.socket.sendall(octets)

    def reply(self):
        while True:
            line = self.file.readline()
            if line[3:4] != b"-":
                return line.decode("latin-1").rstrip()

    def say(self, text):
        self.send(text.encode() + b"\r\n")
        return self.reply()

    def line(self):
        return self.file.readline().decode("latin-1").rstrip()

    def starttls(self):
        self.say("STARTTLS")
        self.socket = CONTEXT.wrap_socket(self.socket, server_hostname="mail.example.org")
        self.file = self.socket.makefile("rb")

    def close(self, reset=False):
        try:
            if reset:
                self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.file.close()
            self.socket.close()
        except OSError:
            pass


class Peak:
    """The highest proportional set size while it runs."""

    def __init__(self, stack):
        self.stack, self.peak, self.stopped = stack, 0, threading.Event()
        self.thread = threading.Thread(target=self.run, daemon=True)

    def run(self):
        while not self.stopped.is_set():
            try:
                self.peak = max(self.peak, self.stack.pss())
            except (OSError, TypeError):
                pass
            time.sleep(0.02)

    def __enter__(self):
        self.before = self.stack.pss()
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stopped.set()
        self.thread.join()

    def __str__(self):
        return f"PSS {self.before} → peak {self.peak} KiB (+{self.peak - self.before})"
