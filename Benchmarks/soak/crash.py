#!/usr/bin/env python3
"""kill -9 in a loop under load, then a count of every message.

Usage: crash.py [--kills N] [--sessions N] [--ports BASE] [--state DIR] [--seed N]

Sessions send messages with unique identifiers over the MX listener: to users, to aliases, to several
recipients, to groups, small ones and ones over 256 KiB. POP3 sessions delete at the same time. The
server is killed at random moments. At the end all mailboxes are read: a message that was answered
with 250 must be in the mailbox of each of its recipients exactly once or have been deleted by QUIT
with +OK; one without an answer at most once; and nothing deleted may be there again."""

import argparse
import asyncio
import collections
import logging
import random
import re
import shutil
import sys
import time

from stack import PASSWORD, Population, Stack, default_binary

ID = re.compile(rb"^Message-ID: <(m[0-9-]+)@soak>", re.I)


class Ledger:
    def __init__(self):
        self.accepted, self.unanswered, self.refused = {}, {}, collections.Counter()
        self.deleted = collections.Counter()    # (address, id) → +OK at QUIT
        self.maybe_deleted = set()               # QUIT without an answer
        self.doubled = []
        self.next = 0


async def expect(reader, ledger, *codes):
    """Reads one reply. Raises EOFError at the end of the connection."""
    while True:
        line = await asyncio.wait_for(reader.readline(), 60)
        if not line.endswith(b"\n"):
            raise EOFError
        if line[3:4] != b"-":
            break
    if not line.startswith(codes):
        ledger.refused[line.decode("latin-1").strip()[:100]] += 1
        raise ValueError(line)
    return line


def compose(people, rnd, name):
    """Recipients and octets of a random message."""
    kind = rnd.random()
    if kind < 0.5:
        recipients = [rnd.choice(people.users)]
    elif kind < 0.65:
        recipients = [f"a{rnd.randrange(len(people.users))}@example.org"]
    elif kind < 0.85:
        recipients = rnd.sample(people.users, rnd.randint(2, 6))
    else:
        recipients = [rnd.choice(list(people.groups)), rnd.choice(people.users)]
    size = rnd.choice([100, 2000, 4000, 8000, 30000])
    if rnd.random() < 0.03:
        size = rnd.randint(262144, 1_500_000)
    octets = (b"From: <sender@remote.test>\r\nMessage-ID: <%s@soak>\r\nX-Size: %d\r\n\r\n"
              % (name.encode(), size // 72)) + (b"x" * 70 + b"\r\n") * (size // 72)
    return recipients, octets


async def transactions(stack, ledger, rnd, reader, writer, count, pending):
    """Sends `count` messages: one by DATA, several as one burst by BDAT, answers read afterwards."""
    burst = []
    for _ in range(count):
        ledger.next += 1
        name = f"m{ledger.next}"
        recipients, octets = compose(stack.population, rnd, name)
        burst.append((name, recipients))
        writer.write(b"".join(
            [b"MAIL FROM:<sender@remote.test>\r\n"]
            + [b"RCPT TO:<%s>\r\n" % r.encode() for r in recipients]))
        ledger.unanswered[name] = set().union(*(stack.population.targets[r] for r in recipients))
        pending.append(name)
        if count > 1:
            writer.write(b"BDAT %d LAST\r\n" % len(octets) + octets)
        else:
            writer.write(b"DATA\r\n")
    for name, recipients in burst:
        for _ in range(1 + len(recipients)):
            await expect(reader, ledger, b"250")
        if count == 1:
            await expect(reader, ledger, b"354")
            for start in range(0, len(octets), 65536):
                writer.write(octets[start:start + 65536])
                await writer.drain()
            writer.write(b".\r\n")
        await expect(reader, ledger, b"250")
        ledger.accepted[name] = ledger.unanswered.pop(name)
        pending.remove(name)


async def sender(stack, ledger, rnd, stopped):
    while not stopped.is_set():
        pending = []
        writer = None
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", stack.mx)
            await expect(reader, ledger, b"220")
            writer.write(b"EHLO soak.test\r\n")
            await expect(reader, ledger, b"250")
            for _ in range(rnd.randint(1, 10)):
                if stopped.is_set():
                    break
                await transactions(
                    stack, ledger, rnd, reader, writer, rnd.choice([1, 1, 1, 5, 20]), pending)
            writer.write(b"QUIT\r\n")
            await expect(reader, ledger, b"221")
        except (OSError, EOFError, asyncio.TimeoutError):
            await asyncio.sleep(0.02 + rnd.random() * 0.1)
        except ValueError:
            # Counted in `refused`; what is pending stays among the unanswered.
            await asyncio.sleep(0.05)
        finally:
            if writer:
                writer.close()


async def deleter(stack, ledger, rnd, stopped, users):
    """Fetches some messages of its users and deletes part of them. One deleter a user: no lock clashes."""
    while not stopped.is_set():
        address = rnd.choice(users)
        writer = None
        marked = []
        asked = False
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", stack.pop3, limit=1 << 22)

            async def say(text):
                writer.write(text.encode() + b"\r\n")
                line = await asyncio.wait_for(reader.readline(), 60)
                if not line.endswith(b"\n"):
                    raise EOFError
                if not line.startswith(b"+OK"):
                    raise ValueError(line)
                return line

            await reader.readline()
            await say("USER " + address)
            await say("PASS " + PASSWORD)
            count = int((await say("STAT")).split()[1])
            seen = set()
            for n in rnd.sample(range(1, count + 1), min(count, 30)):
                await say(f"TOP {n} 0")
                name = None
                while True:
                    line = await asyncio.wait_for(reader.readline(), 60)
                    if not line.endswith(b"\n"):
                        raise EOFError
                    if line == b".\r\n":
                        break
                    found = ID.match(line)
                    if found:
                        name = found.group(1).decode()
                if name in seen:
                    ledger.doubled.append((address, name))
                seen.add(name)
                if (address, name) in ledger.deleted:
                    ledger.doubled.append((address, name, "came back"))
                if rnd.random() < 0.5:
                    await say(f"DELE {n}")
                    marked.append(name)
            if rnd.random() < 0.2:      # leaves without QUIT: nothing may vanish
                continue
            asked = True
            await say("QUIT")
            for name in marked:
                ledger.deleted[address, name] += 1
            asked = False
        except (OSError, EOFError, asyncio.TimeoutError):
            await asyncio.sleep(0.05)
        except ValueError as refusal:
            ledger.refused["POP3 " + str(refusal)[:100]] += 1
            await asyncio.sleep(0.05)
        finally:
            if asked:
                ledger.maybe_deleted.update((address, name) for name in marked)
            if writer:
                writer.close()


async def kill_after(stack, seconds):
    """From a process of its own, so that the moment does not depend on what this one does."""
    killer = await asyncio.create_subprocess_exec(
        "sh", "-c", f"sleep {seconds:.4f}; kill -9 {stack.server.pid}")
    await killer.wait()
    stack.server.wait()


async def run(options, stack, ledger):
    rnd = random.Random(options.seed)
    stopped = asyncio.Event()
    tasks = [asyncio.create_task(sender(stack, ledger, random.Random(rnd.random()), stopped))
             for _ in range(options.sessions)]
    readers = stack.population.users[:16]
    tasks += [asyncio.create_task(deleter(stack, ledger, random.Random(rnd.random()), stopped, readers[i::4]))
              for i in range(4)]
    for kill in range(options.kills):
        await kill_after(stack, rnd.uniform(0.2, options.longest))
        if rnd.random() < 0.3:      # again while it recovers
            stack.start(wait=False)
            await kill_after(stack, rnd.uniform(0, 0.3))
        stack.start(wait=False)
        if kill % 5 == 4:
            await asyncio.sleep(0.5)
            print(f"kill {kill + 1}: {len(ledger.accepted)} accepted, {len(ledger.unanswered)} unanswered, "
                  f"{len(ledger.deleted)} deleted", flush=True)
    await asyncio.sleep(2)
    stopped.set()
    await asyncio.wait(tasks, timeout=70)


def verify(stack, ledger):
    faults = [f"double or revived while running: {d}" for d in ledger.doubled]
    total = 0
    found = collections.Counter()
    for address, messages in stack.fetch_all():
        total += len(messages)
        for lines in messages:
            name = next((m.group(1).decode() for m in map(ID.match, lines) if m), None)
            if name is None:
                faults.append(f"{address}: a message that nobody sent: {lines[:8]}")
                continue
            found[address, name] += 1
            body = lines[lines.index(b"") + 1:]
            size = next(int(l.split()[1]) for l in lines if l.startswith(b"X-Size"))
            if len(body) != size or any(l != b"x" * 70 for l in body):
                faults.append(f"{address} {name}: damaged, {len(body)} lines of {size}")
    for name, targets in ledger.accepted.items():
        for address in targets:
            count, key = found.pop((address, name), 0), (address, name)
            if key in ledger.deleted:
                if count:
                    faults.append(f"{key}: deleted, but there {count} times")
            elif key in ledger.maybe_deleted:
                if count > 1:
                    faults.append(f"{key}: there {count} times")
            elif count != 1:
                faults.append(f"{key}: accepted, there {count} times")
    for name, targets in ledger.unanswered.items():
        for address in targets:
            count, key = found.pop((address, name), 0), (address, name)
            if count > (0 if key in ledger.deleted else 1):
                faults.append(f"{key}: unanswered, there {count} times")
    faults += [f"{key}: not addressed to this mailbox" for key in found]
    print(f"{len(ledger.accepted)} accepted, {sum(map(len, ledger.accepted.values()))} deliveries, "
          f"{len(ledger.unanswered)} unanswered, {len(ledger.deleted)} deleted, "
          f"{len(ledger.maybe_deleted)} perhaps deleted, {total} in mailboxes")
    print("replies that were not expected:", dict(ledger.refused.most_common(12)))
    return faults


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--kills", type=int, default=30)
    parser.add_argument("--longest", type=float, default=5.0, help="seconds between two kills")
    parser.add_argument("--sessions", type=int, default=64)
    parser.add_argument("--ports", type=int, default=25000)
    parser.add_argument("--state", default="/tmp/martlet-soak")
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
        time.sleep(15 if ledger.refused else 3)
        faults = verify(stack, ledger)
    finally:
        code = stack.stop()
    for fault in faults[:40]:
        print("FAULT", fault)
    print(f"{len(faults)} faults; exit status on SIGTERM {code}")
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
