#!/usr/bin/env python3
"""kill -9 in a loop under a mix of IMAP commands, then a comparison with what was answered.

Usage: imap_crash.py [--kills N] [--sessions N] [--ports BASE] [--state DIR] [--seed N]

Several sessions of each user append, flag, move, copy and expunge messages of their own in mailboxes
that they share. The server is killed at random moments. Whatever was answered OK must be there with
its UID and its flags; what was not answered has happened wholly or not at all: a message that was
being moved is in one of the two mailboxes. No UID is used twice, no UIDVALIDITY changes."""

import argparse
import asyncio
import collections
import logging
import random
import re
import shutil
import sys
import time

from crash import kill_after
from stack import PASSWORD, Population, Stack, default_binary

BOXES = ["INBOX", "Drafts", "Trash"]
KEYWORDS = ["\\Seen", "\\Flagged", "\\Answered", "work", "$Label1"]


class Message:
    """Where a message certainly is, or else the states that are possible."""

    def __init__(self, name):
        self.name = name
        self.places = {}            # (box, uid) → set of flags
        self.alternatives = None    # list of {(box, uid or None): flags}; None: `places` is certain

    def doubt(self, *alternatives):
        self.alternatives = list(alternatives)


class Ledger:
    def __init__(self):
        self.messages = collections.defaultdict(list)   # address → messages
        self.answered = collections.Counter()
        self.refused = collections.Counter()
        self.faults = []
        self.validity = {}
        self.uids = collections.defaultdict(dict)       # (address, box) → uid → name
        self.next = 0

    def note_uid(self, address, box, uid, name):
        other = self.uids[address, box].setdefault(uid, name)
        if other != name:
            self.faults.append(f"{address} {box}: UID {uid} was {other}, is {name}")


class Session:
    def __init__(self, reader, writer):
        self.reader, self.writer, self.tag = reader, writer, 0

    @classmethod
    async def open(cls, stack, address):
        reader, writer = await asyncio.open_connection("127.0.0.1", stack.imap, limit=1 << 24)
        session = cls(reader, writer)
        await session.line()
        await session.say(f"LOGIN {address} {PASSWORD}")
        return session

    async def line(self):
        line = await asyncio.wait_for(self.reader.readline(), 60)
        if not line.endswith(b"\n"):
            raise EOFError
        return line.rstrip(b"\r\n").decode()

    async def say(self, text, literal=None):
        """The untagged lines and the tagged one's text. Raises ValueError when it is not OK."""
        self.tag += 1
        octets = f"a{self.tag} {text}".encode()
        if literal is not None:
            octets += b" {%d+}\r\n" % len(literal) + literal
        self.writer.write(octets + b"\r\n")
        await self.writer.drain()
        untagged = []
        while True:
            line = await self.line()
            if line.startswith(f"a{self.tag} "):
                if not line.split(" ", 2)[1] == "OK":
                    raise ValueError(line.split(" ", 1)[1])
                return untagged, line.split(" ", 2)[2]
            untagged.append(line)


def compose(name, rnd):
    size = rnd.choice([10, 100, 1000]) if rnd.random() > 0.02 else 400_000
    return (f"From: <x@example.org>\r\nMessage-ID: <{name}@soak>\r\nSubject: {name}\r\n\r\n".encode()
            + b"x" * size + b"\r\n")


async def work(stack, ledger, rnd, address, stopped):
    mine = []
    while not stopped.is_set():
        session = message = None
        try:
            session = await Session.open(stack, address)
            box = rnd.choice(BOXES)
            untagged, _ = await session.say(f"SELECT {box}")
            note_validity(ledger, address, box, untagged)
            for _ in range(rnd.randint(1, 60)):
                if stopped.is_set():
                    break
                message = None
                here = [m for m in mine if m.alternatives is None and any(p[0] == box for p in m.places)]
                kind = rnd.random()
                if kind < 0.4 or not here:
                    message = await append(session, ledger, rnd, address, mine)
                else:
                    message = rnd.choice(here)
                    await act(session, ledger, rnd, address, box, message, kind)
                message = None
            await session.say("LOGOUT")
        except (OSError, EOFError, asyncio.TimeoutError):
            await asyncio.sleep(0.02 + rnd.random() * 0.1)
        except ValueError as refusal:
            ledger.refused[str(refusal)[:100]] += 1
            await asyncio.sleep(0.05)
        finally:
            if session:
                session.writer.close()


def note_validity(ledger, address, box, untagged):
    found = re.search(r"\[UIDVALIDITY (\d+)\]", "\n".join(untagged))
    if found and ledger.validity.setdefault((address, box), found[1]) != found[1]:
        ledger.faults.append(f"{address} {box}: UIDVALIDITY {ledger.validity[address, box]}, then {found[1]}")


async def append(session, ledger, rnd, address, mine):
    ledger.next += 1
    message = Message(f"m{ledger.next}")
    ledger.messages[address].append(message)
    mine.append(message)
    target = rnd.choice(BOXES)
    flags = set(rnd.sample(KEYWORDS, rnd.randint(0, 2)))
    message.doubt({}, {(target, None): flags})
    _, text = await session.say(
        f"APPEND {target} ({' '.join(flags)})", compose(message.name, rnd))
    uid = int(re.search(r"\[APPENDUID \d+ (\d+)\]", text)[1])
    ledger.note_uid(address, target, uid, message.name)
    message.alternatives = None
    message.places = {(target, uid): flags}
    ledger.answered["APPEND"] += 1


async def act(session, ledger, rnd, address, box, message, kind):
    uid = rnd.choice([u for b, u in message.places if b == box])
    before = {place: set(flags) for place, flags in message.places.items()}
    after = {place: set(flags) for place, flags in message.places.items()}
    if kind < 0.65:
        flags = set(rnd.sample(KEYWORDS, rnd.randint(1, 3)))
        sign = rnd.choice(["+", "-", ""])
        old = after[box, uid]
        after[box, uid] = old | flags if sign == "+" else old - flags if sign == "-" else flags
        message.doubt(before, after)
        await session.say(f"UID STORE {uid} {sign}FLAGS.SILENT ({' '.join(flags)})")
        ledger.answered["STORE"] += 1
    elif kind < 0.9:
        target = rnd.choice([b for b in BOXES if b != box])
        verb = "MOVE" if kind < 0.8 else "COPY"
        if len(after) > 4 and verb == "COPY":
            return
        flags = set(after[box, uid])
        if verb == "MOVE":
            del after[box, uid]
        unknown = dict(after)
        unknown[target, None] = flags
        message.doubt(before, unknown)
        untagged, text = await session.say(f"UID {verb} {uid} {target}")
        found = re.search(r"\[COPYUID \d+ (\d+) (\d+)\]", "\n".join(untagged + [text]))
        if not found or int(found[1]) != uid:
            ledger.faults.append(f"{address} {message.name}: {verb} {uid} answered {text}")
            return
        ledger.note_uid(address, target, int(found[2]), message.name)
        after[target, int(found[2])] = flags
        ledger.answered[verb] += 1
    else:
        marked = {place: set(flags) for place, flags in before.items()}
        marked[box, uid] = marked[box, uid] | {"\\Deleted"}
        del after[box, uid]
        message.doubt(before, marked, after)
        await session.say(f"UID STORE {uid} +FLAGS.SILENT (\\Deleted)")
        await session.say(f"UID EXPUNGE {uid}")
        ledger.answered["EXPUNGE"] += 1
    message.alternatives = None
    message.places = after


async def run(options, stack, ledger):
    rnd = random.Random(options.seed)
    stopped = asyncio.Event()
    users = stack.population.users[:options.users]
    tasks = [asyncio.create_task(work(stack, ledger, random.Random(rnd.random()), users[i % len(users)], stopped))
             for i in range(options.sessions)]
    for kill in range(options.kills):
        await kill_after(stack, rnd.uniform(0.2, options.longest))
        stack.start(wait=False)
        if kill % 5 == 4:
            print(f"kill {kill + 1}: {sum(ledger.answered.values())} answered", flush=True)
    await asyncio.sleep(3)
    stopped.set()
    await asyncio.wait(tasks, timeout=70)
    for address in users:
        await verify(stack, ledger, address)


async def read(stack, ledger, address):
    """What is there: name → {(box, uid): flags}."""
    found = collections.defaultdict(dict)
    session = await Session.open(stack, address)
    for box in BOXES:
        untagged, _ = await session.say(f"SELECT {box}")
        note_validity(ledger, address, box, untagged)
        untagged, _ = await session.say("UID FETCH 1:* (UID FLAGS ENVELOPE)")
        for line in untagged:
            fields = re.match(r"\* \d+ FETCH \(UID (\d+) FLAGS \(([^)]*)\) ENVELOPE .*<(m\d+)@soak>", line)
            if not fields:
                ledger.faults.append(f"{address} {box}: not understood: {line[:120]}")
                continue
            flags = {flag for flag in fields[2].split() if flag != "\\Recent"}
            found[fields[3]][box, int(fields[1])] = flags
            ledger.note_uid(address, box, int(fields[1]), fields[3])
    await session.say("LOGOUT")
    session.writer.close()
    return found


def agrees(places, wanted):
    """A place without a UID stands for one that is not named otherwise."""
    rest = dict(places)
    for (box, uid), flags in wanted.items():
        if uid is not None:
            if rest.pop((box, uid), None) != flags:
                return False
    for (box, uid), flags in wanted.items():
        if uid is None:
            place = next((p for p, f in rest.items() if p[0] == box and f == flags), None)
            if place is None:
                return False
            del rest[place]
    return not rest


async def verify(stack, ledger, address):
    found = await read(stack, ledger, address)
    for message in ledger.messages[address]:
        places = found.pop(message.name, {})
        wanted = [message.places] if message.alternatives is None else message.alternatives
        if not any(agrees(places, alternative) for alternative in wanted):
            ledger.faults.append(f"{address} {message.name}: is {places}, should be {wanted}")
    for name, places in found.items():
        ledger.faults.append(f"{address} {name}: nobody's, at {places}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--kills", type=int, default=30)
    parser.add_argument("--longest", type=float, default=3.0, help="seconds between two kills")
    parser.add_argument("--sessions", type=int, default=32)
    parser.add_argument("--users", type=int, default=8)
    parser.add_argument("--ports", type=int, default=25100)
    parser.add_argument("--state", default="/tmp/martlet-soak-imap")
    parser.add_argument("--seed", type=int, default=int(time.time()))
    options = parser.parse_args()
    logging.getLogger("asyncio").setLevel(logging.ERROR)    # writes to a connection that was cut
    shutil.rmtree(options.state, ignore_errors=True)
    print(f"seed {options.seed}")
    stack = Stack(options.state, options.ports, default_binary(), Population())
    ledger = Ledger()
    try:
        stack.start_slapd()
        stack.start()
        asyncio.run(run(options, stack, ledger))
    finally:
        code = stack.stop()
    print("answered", dict(ledger.answered), "in doubt",
          sum(m.alternatives is not None for ms in ledger.messages.values() for m in ms))
    print("replies that were not expected:", dict(ledger.refused.most_common(12)))
    for fault in ledger.faults[:40]:
        print("FAULT", fault)
    print(f"{len(ledger.faults)} faults; exit status on SIGTERM {code}")
    sys.exit(1 if ledger.faults else 0)


if __name__ == "__main__":
    main()
