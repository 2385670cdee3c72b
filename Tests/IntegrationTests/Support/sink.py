"""An SMTP or LMTP server that takes mail and writes what happens to a file, a JSON object a line.

    {"session": 1, "command": "MAIL FROM:<a@b>"}
    {"session": 1, "tls": "TLSv1.3", "name": "the SNI"}
    {"session": 1, "helo": .., "secure": true, "login": .., "mail": .., "recipients": [..],
     "chunks": 0, "content": base64}
    {"session": 1, "stray": "550 a reply that nobody has asked for"}

Replies to commands can be changed by rules `STAGE PATTERN COUNT REPLY`: STAGE is greeting, ehlo,
starttls, auth, mail, rcpt, data, end or quit; PATTERN stands anywhere in the command, * in any; COUNT
says how often, * always, + until the file OUT.relented is there. REPLY is a line, or `hang`, `drop`
(close without a word), `garbage`, `endless` (550 whose text never ends), or for STARTTLS `broken`,
which is 220 and then no TLS, and `silent`, which is 220 and then nothing. `\\n` in a line begins the next one.

Two more stages have no reply of their own: content, when the first octets of a message have come
after DATA, whose end is not answered then; and after, behind the reply to a message.
"""

import argparse
import base64
import json
import os
import socket
import ssl
import threading
import time

parser = argparse.ArgumentParser()
parser.add_argument("--address", default="127.0.0.1")
parser.add_argument("--port", type=int, default=0)
parser.add_argument("--out", required=True)
parser.add_argument("--ready", required=True)
parser.add_argument("--keywords", default="PIPELINING,SIZE 50000000,8BITMIME,ENHANCEDSTATUSCODES")
parser.add_argument("--certificate")
parser.add_argument("--key")
parser.add_argument("--client-authority", help="whose certificates clients must show")
parser.add_argument("--tls10", action="store_true", help="TLS 1.0 and nothing else")
parser.add_argument("--lmtp", action="store_true")
parser.add_argument("--login", help="USER:PASSWORD, demanded before MAIL")
parser.add_argument("--rule", action="append", default=[])
parser.add_argument("--messages", type=int, help="of a session; then 421")
options = parser.parse_args()

lock = threading.Lock()
out = open(options.out, "a", buffering=1)
rules = [(s, p, [n if n in "*+" else int(n)], r)
         for s, p, n, r in (rule.split(" ", 3) for rule in options.rule)]


def tell(**event):
    with lock:
        out.write(json.dumps(event) + "\n")


class Closed(Exception):
    pass


class Session:
    def __init__(self, number, connection):
        self.number, self.connection, self.buffer = number, connection, b""
        self.secure, self.helo, self.login, self.count = False, None, None, 0
        self.forget()

    def forget(self):
        self.sender, self.recipients, self.chunks, self.content = None, [], 0, b""

    def receive(self):
        more = self.connection.recv(1 << 16)
        if not more:
            raise Closed
        self.buffer += more

    def line(self):
        while b"\r\n" not in self.buffer:
            self.receive()
        line, self.buffer = self.buffer.split(b"\r\n", 1)
        return line

    def reply(self, text):
        self.connection.sendall(text.replace("\\n", "\r\n").encode() + b"\r\n")

    def rule(self, stage, text):
        with lock:
            for name, pattern, count, reply in rules:
                if name != stage or count[0] == 0 or pattern != "*" and pattern not in text:
                    continue
                if count[0] == "+" and os.path.exists(options.out + ".relented"):
                    continue
                if isinstance(count[0], int):
                    count[0] -= 1
                return reply
        return None

    def answer(self, stage, text, usual):
        """Whether the usual reply was given."""
        reply = self.rule(stage, text) or usual
        if reply == "hang":
            while True:
                self.receive()
        if reply == "drop":
            raise Closed
        if reply == "endless":
            while True:
                self.reply("550-5.1.1 " + "No. " * 200)
        if reply == "silent":
            self.reply("220 2.0.0 Go")
            while True:
                self.receive()
        if reply == "broken":
            self.reply("220 2.0.0 Go")
            self.receive()
        if reply in ("broken", "garbage"):
            self.connection.sendall(b"\x15\x03\x01\x00\x02\x02 what is this?\r\n" * 3)
            raise Closed
        self.reply(reply)
        if reply.startswith("421"):
            raise Closed
        return reply[:1] in "23"

    def run(self):
        if not self.answer("greeting", "", "220 sink.test ESMTP"):
            raise Closed
        while True:
            line = self.line().decode("utf-8", "backslashreplace")
            verb = line.split(" ")[0].split(":")[0].upper()
            if verb != "BDAT":
                tell(session=self.number, command=line)
            getattr(self, "do_" + verb.lower(), self.do_other)(line)

    def do_other(self, line):
        self.reply("500 5.5.1 What?")

    def do_ehlo(self, line):
        words = [w for w in options.keywords.split(",") if w]
        if options.certificate and not self.secure:
            words.append("STARTTLS")
        if options.login:
            words.append("AUTH PLAIN")
        lines = ["sink.test"] + words
        usual = "\r\n".join("250%s%s" % (" " if n == len(lines) - 1 else "-", w)
                            for n, w in enumerate(lines))
        if self.answer("ehlo", line, usual):
            self.helo = line
        self.forget()

    do_lhlo = do_ehlo

    def do_helo(self, line):
        self.reply("250 sink.test")
        self.helo = line

    def do_starttls(self, line):
        if not self.answer("starttls", line, "220 2.0.0 Go"):
            return
        if self.buffer:
            raise Closed
        names = []
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(options.certificate, options.key)
        if options.client_authority:
            context.verify_mode = ssl.CERT_REQUIRED
            context.load_verify_locations(options.client_authority)
        if options.tls10:
            context.set_ciphers("ALL:@SECLEVEL=0")
            context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1
        context.sni_callback = lambda _, name, __: names.append(name)
        self.connection = context.wrap_socket(self.connection, server_side=True)
        self.secure, self.helo = True, None
        tell(session=self.number, tls=self.connection.version(), name=(names or [None])[0])

    def do_auth(self, line):
        given = base64.b64decode(line.split(" ")[2]).decode().split("\0")
        right = "%s:%s" % tuple(given[1:]) == options.login
        if self.answer("auth", line, "235 2.7.0 Welcome" if right else "535 5.7.8 No") and right:
            self.login = given[1]

    def do_mail(self, line):
        if options.messages is not None and self.count >= options.messages:
            self.reply("421 4.7.0 Too many messages in this session")
            raise Closed
        if options.login and not self.login:
            return self.reply("530 5.7.0 Log in first")
        if self.sender:
            return self.reply("503 5.5.1 Nested MAIL")
        if self.answer("mail", line, "250 2.1.0 OK"):
            self.sender = line

    def do_rcpt(self, line):
        if not self.sender:
            return self.reply("503 5.5.1 MAIL first")
        if self.answer("rcpt", line, "250 2.1.5 OK"):
            self.recipients.append(line)

    def do_rset(self, line):
        self.forget()
        self.reply("250 2.0.0 OK")

    def do_noop(self, line):
        self.reply("250 2.0.0 OK")

    def do_quit(self, line):
        self.answer("quit", line, "221 2.0.0 Bye")
        raise Closed

    def do_data(self, line):
        if not self.recipients:
            return self.reply("554 5.5.1 No valid recipients")
        if not self.answer("data", line, "354 Go"):
            return
        early = self.rule("content", "")
        if early:
            self.receive()
            self.reply(early)
            # Some of the message is still with the client now.
            time.sleep(3)
            while True:
                self.receive()
        while not self.buffer.startswith(b".\r\n") and b"\r\n.\r\n" not in self.buffer:
            self.receive()
        # The very end that a server sees, whatever the message holds.
        if self.buffer.startswith(b".\r\n"):
            text, self.buffer = b"", self.buffer[3:]
        else:
            text, self.buffer = self.buffer.split(b"\r\n.\r\n", 1)
            text += b"\r\n"
        self.content = b"\r\n".join(
            line[1:] if line.startswith(b".") else line for line in text.split(b"\r\n"))
        self.finish()

    def do_bdat(self, line):
        words = line.split(" ")
        while len(self.buffer) < int(words[1]):
            self.receive()
        self.content += self.buffer[:int(words[1])]
        self.buffer = self.buffer[int(words[1]):]
        self.chunks += 1
        if not self.recipients:
            return self.reply("554 5.5.1 No valid recipients")
        if words[-1].upper() == "LAST":
            return self.finish()
        self.reply("250 2.0.0 OK")

    def finish(self):
        self.count += 1
        tell(session=self.number, helo=self.helo, secure=self.secure, login=self.login,
             mail=self.sender, recipients=self.recipients, chunks=self.chunks,
             content=base64.b64encode(self.content).decode())
        for recipient in self.recipients if options.lmtp else [" ".join(self.recipients)]:
            self.answer("end", recipient, "250 2.0.0 Taken by the sink")
        stray = self.rule("after", "")
        if stray:
            time.sleep(0.05)
            try:
                self.reply(stray)
            finally:
                tell(session=self.number, stray=stray)
        self.forget()


def serve(number, connection):
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    session = Session(number, connection)
    try:
        session.run()
    except (Closed, OSError):
        pass
    session.connection.close()


family = socket.AF_INET6 if ":" in options.address else socket.AF_INET
listener = socket.create_server((options.address, options.port), family=family, backlog=200)
if any(stage == "content" for stage, _, _, _ in rules):
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
with open(options.ready, "w") as ready:
    ready.write("%d\n" % listener.getsockname()[1])
number = 0
while True:
    connection, _ = listener.accept()
    number += 1
    threading.Thread(target=serve, args=(number, connection), daemon=True).start()
