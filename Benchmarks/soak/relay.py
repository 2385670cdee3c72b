#!/usr/bin/env python3
"""kill -9 in a loop while mail leaves for other hosts that fail in every way but one.

Usage: relay.py [--messages N] [--kills N] [--longest S] [--limit S] [--ports BASE] [--state DIR] [--seed N]

Sessions send messages with unique identifiers for users of 20 domains, whose four hosts drop
connections at any step, answer 4xx, or hang and drop, and never answer 5xx. The server is killed at
random moments and started again. At the end each message that was answered with 250 must have arrived
whole at each of its recipients' hosts, in a transaction that the host answered with 250. What arrived
twice must have a kill between both arrivals, soon after the first one, and there may be no more of that
than sessions at the moments of the kills. No report may have been sent: nothing has failed for good."""

import argparse
import asyncio
import bisect
import collections
import json
import logging
import random
import shutil
import subprocess
import sys
import time

from sinks import FlakySink, Sink
from stack import Stack, default_binary

DOMAINS = [f"d{i}.far.test" for i in range(20)]
SESSIONS = 30           # outbound, of the configuration
SOON = 5.0              # seconds from a 250 to the kill that kept it from being recorded


class Ledger:
    def __init__(self):
        self.accepted, self.unanswered = {}, {}      # id → recipients
        self.sizes, self.refused = {}, collections.Counter()
        self.next = 0


def compose(rnd, name, size):
    body = b"".join((b".dot %d\r\n" if rnd.random() < 0.05 else b"line %d " + b"x" * 60 + b"\r\n") % i
                    for i in range(size))
    return (b"From: <sender@here.test>\r\nMessage-ID: <%s@soak>\r\nX-Size: %d\r\n\r\n"
            % (name.encode(), len(body))) + body


def check(name, octets):
    """What is wrong with a message that arrived."""
    head, _, body = octets.partition(b"\r\n\r\n")
    size = next((int(l.split()[1]) for l in head.split(b"\r\n") if l.startswith(b"X-Size:")), None)
    if size != len(body):
        return f"{len(body)} octets of {size}"
    for i, line in enumerate(body.split(b"\r\n")[:-1]):
        if line != b".dot %d" % i and line != b"line %d " % i + b"x" * 60:
            return f"line {i} is {line!r}"


async def expect(reader, ledger, code):
    while True:
        line = await asyncio.wait_for(reader.readline(), 60)
        if not line.endswith(b"\n"):
            raise EOFError
        if line[3:4] != b"-":
            break
    if not line.startswith(code):
        ledger.refused[line.decode("latin-1").strip()[:100]] += 1
        raise ValueError(line)


async def sender(options, stack, ledger, rnd, done, pace):
    """One connection after the other, until enough messages are accepted."""
    while len(ledger.accepted) < options.messages and not done.is_set():
        writer = None
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", stack.mx)
            await expect(reader, ledger, b"220")
            writer.write(b"EHLO here.test\r\n")
            await expect(reader, ledger, b"250")
            for _ in range(rnd.randint(1, 30)):
                if len(ledger.accepted) >= options.messages:
                    break
                await pace()
                ledger.next += 1
                name = f"m{ledger.next}"
                recipients = {f"u{rnd.randrange(100)}@{rnd.choice(DOMAINS)}"
                              for _ in range(rnd.choice([1, 1, 1, 1, 1, 2, 2, 4]))}
                octets = compose(rnd, name, rnd.choice([1, 20, 50, 100, 400]))
                ledger.unanswered[name] = recipients
                writer.write(
                    b"MAIL FROM:<sender@h%d.here.test>\r\n" % rnd.randrange(5)
                    + b"".join(b"RCPT TO:<%s>\r\n" % r.encode() for r in recipients)
                    + b"BDAT %d LAST\r\n" % len(octets) + octets)
                for _ in range(2 + len(recipients)):
                    await expect(reader, ledger, b"250")
                ledger.accepted[name] = ledger.unanswered.pop(name)
            writer.write(b"QUIT\r\n")
            await expect(reader, ledger, b"221")
        except (OSError, EOFError, asyncio.TimeoutError, ValueError):
            await asyncio.sleep(0.05 + rnd.random() * 0.1)
        finally:
            if writer:
                writer.close()


async def kill_after(stack, seconds):
    """From a process of its own, so that the moment does not depend on what this one does."""
    killer = await asyncio.create_subprocess_exec(
        "sh", "-c", f"sleep {seconds:.4f}; kill -9 {stack.server.pid}")
    await killer.wait()
    stack.server.wait()
    return time.monotonic()


def waiting(stack):
    """Lines of `martlet queue list`."""
    out = subprocess.run([stack.binary, "queue", "list", "--json", "--limit", "100000",
                          "--config", stack.config], capture_output=True, text=True)
    return out.stdout.splitlines()


async def run(options, stack, ledger, sinks):
    rnd = random.Random(options.seed)
    for sink in sinks:
        await sink.start()
    done = asyncio.Event()
    interval = options.kills * options.longest / 2 / options.messages
    turn = time.monotonic()

    async def pace():
        nonlocal turn
        turn = max(turn + interval, time.monotonic() - 5)
        await asyncio.sleep(turn - time.monotonic())

    tasks = [asyncio.create_task(sender(options, stack, ledger, random.Random(rnd.random()), done, pace))
             for _ in range(16)]
    kills = []
    for kill in range(options.kills):
        kills.append(await kill_after(stack, rnd.uniform(0.2, options.longest)))
        if rnd.random() < 0.3:      # again while it recovers
            stack.start(wait=False)
            kills.append(await kill_after(stack, rnd.uniform(0, 0.5)))
        stack.start(wait=False)
        if kill % 5 == 4:
            print(f"kill {kill + 1}: {len(ledger.accepted)} accepted, "
                  f"{sum(len(s.taken) for s in sinks)} arrivals", file=sys.stderr, flush=True)
    end = time.monotonic() + options.limit
    await asyncio.wait(tasks, timeout=options.limit)
    done.set()
    last = time.monotonic()
    # First what has arrived, which costs nothing; then what still waits, if anything.
    wanted = {(n, a) for n, addresses in ledger.accepted.items() for a in addresses}
    while time.monotonic() < end:
        if wanted <= {(n, a) for s in sinks for n, a, _ in s.taken}:
            if not await asyncio.to_thread(waiting, stack):
                break
        await asyncio.sleep(0.5)
    return kills, time.monotonic() - last


def verify(options, stack, ledger, sinks, reports, kills):
    faults = []
    arrivals = collections.defaultdict(list)
    for sink in sinks:
        faults += [f"port {sink.port}: {w}" for w in sink.wrong]
        for name, address, at in sink.taken:
            arrivals[name, address].append(at)
    known = {**ledger.accepted, **ledger.unanswered}
    for name, address in arrivals:
        if address not in known.get(name, ()):
            faults.append(f"{name} for {address}: nobody sent it there")
    lost = [(n, a) for n, addresses in ledger.accepted.items() for a in addresses
            if (n, a) not in arrivals]
    left = waiting(stack)
    faults += [f"lost: {n} for {a} ({'the queue has ' + str(len(left)) if left else 'the queue is empty'})"
               for n, a in lost]
    duplicates, lags = set(), []
    for (name, address), times in arrivals.items():
        for first, second in zip(sorted(times), sorted(times)[1:]):
            duplicates.add((name, address.split("@")[1], second))
            i = bisect.bisect_left(kills, first)
            if i == len(kills) or kills[i] > second:
                faults.append(f"{name} for {address}: twice, {second - first:.3f} s apart, without a kill between")
            else:
                lags.append(kills[i] - first)
                if lags[-1] > SOON:
                    faults.append(f"{name} for {address}: twice, the kill came {lags[-1]:.3f} s after its 250")
    if len(duplicates) > len(kills) * SESSIONS:
        faults.append(f"{len(duplicates)} came twice, more than {SESSIONS} sessions at {len(kills)} kills")
    faults += [f"a report was sent: {r}" for r in reports.taken + reports.wrong]
    summary = {
        "seed": options.seed, "kills": len(kills), "accepted": len(ledger.accepted),
        "recipients": sum(map(len, ledger.accepted.values())), "unanswered": len(ledger.unanswered),
        "arrivals": sum(map(len, arrivals.values())), "lost": len(lost), "still_queued": len(left),
        "duplicates": len(duplicates), "duplicates_allowed": len(kills) * SESSIONS,
        "seconds_from_250_to_kill": round(max(lags, default=0), 3),
        "sinks": {s.port: {"connections": s.connections, **s.faults} for s in sinks},
        "refused": dict(ledger.refused.most_common(8))}
    return faults, summary


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--messages", type=int, default=10_000)
    parser.add_argument("--kills", type=int, default=30)
    parser.add_argument("--longest", type=float, default=4.0, help="seconds between two kills")
    parser.add_argument("--limit", type=float, default=400, help="seconds after the last kill")
    parser.add_argument("--ports", type=int, default=25100)
    parser.add_argument("--state", default="/tmp/martlet-soak-relay")
    parser.add_argument("--seed", type=int, default=int(time.time()))
    options = parser.parse_args()
    logging.getLogger("asyncio").setLevel(logging.ERROR)    # writes to a connection that was cut
    shutil.rmtree(options.state, ignore_errors=True)
    rnd = random.Random(options.seed + 1)
    ports = range(options.ports + 20, options.ports + 24)
    extensions = [("PIPELINING", "8BITMIME", "ENHANCEDSTATUSCODES"), ("PIPELINING", "CHUNKING", "SIZE"),
                  ("8BITMIME",), ("PIPELINING", "CHUNKING", "8BITMIME")]
    sinks = [FlakySink(p, random.Random(rnd.random()), extensions=e, check=check)
             for p, e in zip(ports, extensions)]
    reports = Sink(options.ports + 24)
    routes = ", ".join(f'{d}: "127.0.0.1:{ports[i % 4]}"' for i, d in enumerate(DOMAINS))
    stack = Stack(
        options.state, options.ports, default_binary(), mx=", relay_networks: [127.0.0.0/8]", extra=f"""
queue: {{first_remote_delay: 1s, maximum_delay: 10s}}
outbound:
  sessions: {SESSIONS}
  messages_per_session: 20
  failure_memory: 1s
  relay_hosts: ["127.0.0.1:{reports.port}"]
  routes: {{{routes}}}
""")
    ledger = Ledger()
    try:
        stack.start_slapd()
        stack.start()
        kills, settled = asyncio.run(run(options, stack, ledger, sinks + [reports]))
        faults, summary = verify(options, stack, ledger, sinks, reports, kills)
    finally:
        code = stack.stop()
    for fault in faults[:40]:
        print("FAULT", fault, file=sys.stderr)
    print(json.dumps({**summary, "seconds_until_all_arrived": round(settled, 1),
                      "exit_status": code, "faults": len(faults)}, indent=1))
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
