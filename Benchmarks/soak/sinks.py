"""SMTP servers that stand for other hosts: one that takes all mail, one with every fault but a 5xx."""

import asyncio
import re
import time

ID = re.compile(rb"^Message-ID: <([a-z0-9-]+)@soak>\r$", re.I | re.M)


class Dropped(Exception):
    """The sink ends the connection without a word."""


class Sink:
    """Takes every message and notes it: in `taken`, for each recipient, (id, address, CLOCK_MONOTONIC
    before its 250 is written). `check` may look at the octets, and returns what is wrong with them."""

    def __init__(self, port, extensions=("PIPELINING", "8BITMIME"), check=None):
        self.port, self.extensions, self.check = port, extensions, check
        self.taken, self.wrong, self.connections, self.open = [], [], 0, 0

    async def start(self):
        self.server = await asyncio.start_server(
            self.serve, "127.0.0.1", self.port, limit=1 << 21, backlog=512)

    async def fault(self, step, writer):
        """Nil, or a reply instead of the good one; or it raises Dropped."""

    async def serve(self, reader, writer):
        self.connections += 1
        self.open += 1
        try:
            await self.dialogue(reader, writer)
            writer.close()
        except Dropped:
            writer.transport.abort()
        except (OSError, EOFError, asyncio.CancelledError):
            writer.close()
        finally:
            self.open -= 1

    async def dialogue(self, reader, writer):
        def say(line):
            writer.write(line + b"\r\n")

        say(await self.fault("greeting", writer) or b"220 sink.test ESMTP")
        sender, recipients, chunks = None, [], []
        while True:
            line = await reader.readuntil(b"\r\n")
            verb = line[:4].upper()
            if verb in (b"EHLO", b"HELO"):
                bad = await self.fault("EHLO", writer)
                lines = ["sink.test", *self.extensions]
                say(bad or "\r\n".join(
                    "250%s%s" % ("-" if i + 1 < len(lines) else " ", text)
                    for i, text in enumerate(lines)).encode())
            elif verb == b"MAIL":
                bad = await self.fault("MAIL", writer)
                sender, recipients, chunks = None if bad else line, [], []
                say(bad or b"250 2.1.0 ok")
            elif verb == b"RCPT":
                bad = await self.fault("RCPT", writer) if sender else b"451 4.5.1 no MAIL"
                if not bad:
                    recipients.append(line[line.index(b"<") + 1:line.index(b">")].decode())
                say(bad or b"250 2.1.5 ok")
            elif verb == b"DATA":
                bad = await self.fault("DATA", writer) if recipients else b"451 4.5.1 no recipients"
                say(bad or b"354 go on")
                if bad:
                    sender = None
                    continue
                await writer.drain()
                octets = await self.content(reader, writer)
                await self.end(octets, recipients, writer)
                sender, recipients = None, []
            elif verb == b"BDAT":
                words = line.split()
                chunks.append(await reader.readexactly(int(words[1])))
                bad = await self.fault("BDAT", writer) if recipients else b"451 4.5.1 no recipients"
                if bad:
                    sender, recipients = None, []
                    say(bad)
                elif words[-1].upper() == b"LAST":
                    await self.end(b"".join(chunks), recipients, writer)
                    sender, recipients, chunks = None, [], []
                else:
                    say(b"250 2.0.0 chunk")
            elif verb == b"QUIT":
                say(b"221 2.0.0 bye")
                await writer.drain()
                return
            elif verb in (b"RSET", b"NOOP"):
                sender, recipients, chunks = None, [], []
                say(b"250 2.0.0 ok")
            else:
                say(b"502 5.5.1 what?")
                self.wrong.append("command %r" % line)
            await writer.drain()

    async def content(self, reader, writer):
        """Without its dots. Read in two parts where a fault may come between."""
        lines = []
        while True:
            line = await reader.readuntil(b"\n")
            if line == b".\r\n":
                return b"".join(lines)
            if not line.endswith(b"\r\n"):
                self.wrong.append("a line end without CR: %r" % line)
            lines.append(line[1:] if line.startswith(b".") else line)
            if len(lines) == 5:
                await self.fault("content", writer)

    async def end(self, octets, recipients, writer):
        bad = await self.fault("dot", writer)
        if bad:
            writer.write(bad + b"\r\n")
            return
        found = ID.search(octets)
        name = found.group(1).decode() if found else None
        if name is None:
            self.wrong.append("a message that nobody sent: %r" % octets[:400])
        elif self.check and (wrong := self.check(name, octets)):
            self.wrong.append("%s: %s" % (name, wrong))
        now = time.monotonic()
        self.taken += [(name, address, now) for address in recipients]
        writer.write(b"250 2.0.0 taken\r\n")


class FlakySink(Sink):
    """At any step it may drop the connection, answer 4xx, or hang for some seconds and then drop.

    A connection on which a 250 for a message was written is not dropped before the client's next
    command has come: the client has then read the 250, so that what comes twice is not the sink's work."""

    def __init__(self, port, rnd, rates=(0.015, 0.03, 0.001), hang=8.0, **more):
        super().__init__(port, **more)
        self.rnd, self.rates, self.hang = rnd, rates, hang
        self.faults = {"drop": 0, "4xx": 0, "hang": 0}

    async def fault(self, step, writer):
        drop, refuse, hang = self.rates
        x = self.rnd.random()
        if x < hang:
            self.faults["hang"] += 1
            await writer.drain()
            await asyncio.sleep(self.rnd.uniform(0.5, self.hang))
            raise Dropped
        x -= hang
        if x < drop:
            self.faults["drop"] += 1
            raise Dropped
        x -= drop
        if x < refuse and step != "content":
            self.faults["4xx"] += 1
            return self.rnd.choice(
                [b"451 4.3.0 try again", b"450 4.2.0 greylisted", b"452 4.3.1 no room"]
                if step != "greeting" else [b"421 4.3.2 busy"])


class HangingSink(Sink):
    """Accepts connections and never says a word."""

    async def dialogue(self, reader, writer):
        await reader.read()


class StallingSink(Sink):
    """Greets like others, and falls silent at the step."""

    def __init__(self, port, step):
        super().__init__(port)
        self.step = step

    async def fault(self, step, writer):
        if step == self.step:
            await writer.drain()
            await asyncio.sleep(3600)


class DrippingSink(Sink):
    """Answers MAIL octet by octet, for ever."""

    async def fault(self, step, writer):
        while step == "MAIL":
            writer.write(b"2")
            await writer.drain()
            await asyncio.sleep(0.3)


class DeferringSink(Sink):
    """Has no time for anybody."""

    async def fault(self, step, writer):
        if step == "RCPT":
            return b"451 4.7.1 greylisted"
