"""An IMAP client for the attack scripts: octets as they are, replies read whole, literals and all."""

import base64
import re
import threading
import time

from probe import CONTEXT, Client
from stack import PASSWORD

LITERAL = re.compile(rb"\{(\d+)\}\r\n$")
# One line is enough for what the server may say; more is a fault in itself.
LONGEST = 64 << 20


class Imap(Client):
    """Greeted; with `user`, logged in; with `mailbox`, selected."""

    def __init__(self, stack, user=None, mailbox=None, **options):
        super().__init__(stack.imap, **options)
        self.tags = 0
        self.greeting = self.read()
        self.user = user
        if user:
            self.must(f"LOGIN {user} {PASSWORD}")
        if mailbox:
            self.must(f"SELECT {mailbox}")

    def read(self):
        """One response with its literals; empty at the end of the connection."""
        parts = []
        while True:
            line = self.file.readline(LONGEST)
            parts.append(line)
            literal = LITERAL.search(line)
            if not literal:
                return b"".join(parts)
            parts.append(self.file.read(int(literal.group(1))))

    def until(self, tag):
        """What comes up to the tagged reply, and that; `* BYE` or the end where the connection ends."""
        untagged = []
        while True:
            line = self.read()
            if not line or line.startswith(tag + b" "):
                return (line[len(tag) + 1:].rstrip() or b"END"), untagged
            untagged.append(line)

    def command(self, text):
        self.tags += 1
        tag = b"t%d" % self.tags
        self.send(tag + b" " + (text if isinstance(text, bytes) else text.encode()) + b"\r\n")
        return self.until(tag)

    def must(self, text):
        answer, untagged = self.command(text)
        if not answer.startswith(b"OK"):
            raise RuntimeError(f"{text[:60]!r}: {answer!r}")
        return untagged

    def is_alive(self):
        try:
            return self.command("NOOP")[0].startswith(b"OK")
        except OSError:
            return False

    def starttls(self):
        self.must("STARTTLS")
        self.socket = CONTEXT.wrap_socket(self.socket, server_hostname="mail.example.org")
        self.file = self.socket.makefile("rb")

    def append(self, octets, mailbox="INBOX", size=None):
        """All at once, as a non-synchronizing literal."""
        size = len(octets) if size is None else size
        self.tags += 1
        tag = b"t%d" % self.tags
        self.send(tag + b" APPEND %b {%d+}\r\n" % (mailbox.encode(), size))
        self.send(octets)
        self.send(b"\r\n")
        return self.until(tag)[0]


class Drain(threading.Thread):
    """Reads what a server has to say, counting, so that neither side blocks."""

    def __init__(self, client):
        super().__init__(daemon=True)
        self.client, self.count, self.octets, self.last = client, 0, 0, b""
        self.start()

    def run(self):
        try:
            while line := self.client.file.readline():
                self.count += 1
                self.octets += len(line)
                self.last = line
        except (OSError, ValueError):
            pass


class Witness:
    """Other users' sessions that ask for little meanwhile: the longest that one has waited, in seconds."""

    def __init__(self, stack, count=4):
        self.clients = [Imap(stack, f"u{30 + n}@example.org", "INBOX") for n in range(count)]
        self.longest, self.stopped = 0.0, threading.Event()
        self.threads = [threading.Thread(target=self.run, args=(c,), daemon=True) for c in self.clients]

    def run(self, client):
        while not self.stopped.is_set():
            begun = time.time()
            if not client.is_alive():
                self.longest = float("inf")
                return
            self.longest = max(self.longest, time.time() - begun)
            time.sleep(0.01)

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.stopped.set()
        for thread in self.threads:
            thread.join()
        for client in self.clients:
            client.close()

    def __str__(self):
        return f"others waited {self.longest * 1000:.0f} ms at most"


def plain(user, password=PASSWORD, acting=""):
    return base64.b64encode(f"{acting}\0{user}\0{password}".encode())
