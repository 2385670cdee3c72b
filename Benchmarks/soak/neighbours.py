#!/usr/bin/env python3
"""Whether bad destinations and busy senders keep the mail of others waiting.

Usage: neighbours.py [SCENARIO…] [--seconds S] [--hanging N] [--messages N] [--interval S] [--ports BASE] [--state DIR]

While a scenario goes on, a message of another virtual host for another destination is sent again and
again, and must leave within a second: from its final dot until the remote host has read its own.

  quiet     nothing else
  hang      a destination that accepts connections and never says a word, with 1,000 messages
  hangs     many such destinations, with 20 messages each
  stalls    10 destinations that greet and fall silent at RCPT, with 20 messages each
  verdicts  60 destinations that fall silent behind the final dot, with 10 messages each
  drips     10 destinations that answer MAIL octet by octet, with 10 messages each
  defer     a destination that defers everything, with 5,000 messages
  refuse    500 destinations whose host refuses connections, with 20 messages each
  bulk      a virtual host that submits 50,000 messages for one destination, until the last has left
  all       all of them at once

Each begins with an empty server. Prints JSON; exits with 1 when a message was late or did not come."""

import argparse
import asyncio
import json
import logging
import os
import shutil
import statistics
import subprocess
import sys
import time

from sinks import DeferringSink, DrippingSink, HangingSink, Sink, StallingSink
from stack import ROOT, Stack, default_binary

BOUND = 1.0             # seconds
PROBED = 5              # domains of the messages that must not wait


class Scene:
    """The servers of one scenario, and what floods them."""

    def __init__(self, options, stack, sinks):
        self.options, self.stack, self.running = options, stack, []
        self.probe, self.hanging, self.deferring, self.stalling, self.silent, self.dripping = sinks
        self.bulk_port = options.ports + 23

    async def flood(self, sender, recipients, count, domains=1):
        """By the load generator: in no other way is it quick enough, and beside this process."""
        p = await asyncio.create_subprocess_exec(
            self.options.generator, "smtp", "-P", str(self.stack.mx), "-c", "16", "-k", "500",
            "-n", str(count), "-s", "1024", "--pipeline", "--from", sender, "--rcpt", recipients,
            "--domains", str(domains), "--timeout", "300", stdout=asyncio.subprocess.PIPE)
        out = json.loads((await p.communicate())[0])
        if out["ok"] != count:
            raise RuntimeError(f"{out['ok']} of {count} messages accepted")
        return out

    async def hang(self):
        await self.flood("a@slow.test", "u%s@h01.hang.test", 1000)
        await asyncio.sleep(self.options.seconds)
        return {"connections": self.hanging.open}

    async def hangs(self):
        await self.flood("a@slow.test", "u%s@h%d.hang.test", 20 * self.options.hanging, self.options.hanging)
        await asyncio.sleep(self.options.seconds)
        return {"connections": self.hanging.open}

    async def stalls(self):
        await self.flood("a@slow.test", "u%s@s%d.stall.test", 200, 10)
        await asyncio.sleep(self.options.seconds)
        return {"connections": self.stalling.open}

    async def verdicts(self):
        await self.flood("a@slow.test", "u%s@v%d.verdict.test", 600, 60)
        await asyncio.sleep(self.options.seconds)
        return {"connections": self.silent.open}

    async def drips(self):
        await self.flood("a@slow.test", "u%s@d%d.drip.test", 100, 10)
        await asyncio.sleep(self.options.seconds)
        return {"connections": self.dripping.open}

    async def defer(self):
        await self.flood("a@late.test", "u%s@defer.test", 5000)
        await asyncio.sleep(self.options.seconds)
        return {"connections": self.deferring.connections}

    async def refuse(self):
        await self.flood("a@dead.test", "u%s@r%d.refuse.test", 10000, 500)
        await asyncio.sleep(self.options.seconds)
        return {}

    async def bulk(self):
        count = self.options.messages
        sink = await asyncio.create_subprocess_exec(
            self.options.generator, "sink", "--sink-port", str(self.bulk_port), "-n", str(count),
            "-d", "300", "--timeout", "300", stdout=asyncio.subprocess.PIPE)
        start = time.monotonic()
        sent = await self.flood("a@busy.test", "u%s@bulk.test", count)
        accepted = time.monotonic()
        came = json.loads((await sink.communicate())[0])
        return {"accepted_per_s": round(count / sent["elapsed"]), "came": came["ok"],
                "left_per_s": round(came["ok"] / (came["last"] - start)),
                "s_accepting": round(accepted - start, 1), "s_leaving": round(came["last"] - start, 1)}

    async def quiet(self):
        await asyncio.sleep(self.options.seconds)
        return {}

    async def all(self):
        parts = await asyncio.gather(self.hang(), self.hangs(), self.stalls(), self.verdicts(), self.drips(), self.defer(), self.refuse(), self.bulk())
        return {k: v for part in parts for k, v in part.items()}


class Prober:
    """Sends a message now and then, and knows when its final dot went out."""

    def __init__(self, stack, sink, interval):
        self.stack, self.sink, self.interval = stack, sink, interval
        self.sent, self.answers, self.refused = {}, [], []

    async def run(self, over):
        number = 0
        while not over.is_set():
            number += 1
            asyncio.get_running_loop().create_task(self.one(f"p{number}", number % PROBED))
            try:
                await asyncio.wait_for(over.wait(), self.interval)
            except asyncio.TimeoutError:
                pass

    async def one(self, name, domain):
        reader, writer = await asyncio.open_connection("127.0.0.1", self.stack.mx)
        try:
            for line in (None, b"EHLO quiet.test", b"MAIL FROM:<someone@quiet.test>",
                         b"RCPT TO:<u@p%d.probe.test>" % domain, b"DATA"):
                if line:
                    writer.write(line + b"\r\n")
                await self.reply(reader)
            writer.write(b"From: <someone@quiet.test>\r\nMessage-ID: <%s@soak>\r\n\r\n%s.\r\n"
                         % (name.encode(), b"Good morning.\r\n" * 50))
            self.sent[name] = time.monotonic()
            await self.reply(reader)
            self.answers.append(time.monotonic() - self.sent[name])
            writer.write(b"QUIT\r\n")
            await self.reply(reader)
        except (OSError, EOFError, ValueError) as fault:
            self.refused.append(f"{name}: {fault}")
        finally:
            writer.close()

    async def reply(self, reader):
        while True:
            line = await reader.readline()
            if line[3:4] != b"-":
                break
        if line[:1] not in (b"2", b"3"):
            raise ValueError(line)

    def figures(self):
        came = {name: at for name, _, at in self.sink.taken}
        times = [came[n] - at for n, at in self.sent.items() if n in came]
        return times, [n for n in self.sent if n not in came]


def quantiles(times):
    ms = sorted(t * 1000 for t in times)
    at = lambda q: round(ms[min(int(q * len(ms)), len(ms) - 1)], 1)    # noqa: E731
    return {"p50": round(statistics.median(ms), 1), "p99": at(0.99), "max": round(ms[-1], 1)}


async def scenario(name, options):
    sinks = [Sink(options.ports + 20), HangingSink(options.ports + 21), DeferringSink(options.ports + 22),
             StallingSink(options.ports + 25, "RCPT"), StallingSink(options.ports + 26, "dot"),
             DrippingSink(options.ports + 27)]
    for sink in sinks:
        await sink.start()
    stack = make_stack(name, options)
    try:
        stack.start_slapd()
        stack.start()
        prober, over = Prober(stack, sinks[0], options.interval), asyncio.Event()
        probing = asyncio.create_task(prober.run(over))
        figures = await getattr(Scene(options, stack, sinks), name)()
        over.set()
        await probing
        end = time.monotonic() + 60
        while prober.figures()[1] and time.monotonic() < end:
            await asyncio.sleep(0.1)
        times, missing = prober.figures()
        figures = {"messages": len(times), "ms_until_there": quantiles(times),
                   "ms_until_250": quantiles(prober.answers), "late": sum(t > BOUND for t in times),
                   "missing": len(missing), "refused": prober.refused[:5], **figures,
                   "pss_mb": round(stack.pss() / 1024, 1)}
    finally:
        for sink in sinks:
            sink.server.close()
        await asyncio.to_thread(stack.stop)
    return figures


def make_stack(name, options):
    state = os.path.join(options.state, name)
    port = options.ports + 20
    routes = {f"p{i}.probe.test": port for i in range(PROBED)}
    routes.update({f"h{i:02}.hang.test": port + 1 for i in range(1, options.hanging + 1)})
    routes.update({"defer.test": port + 2, "bulk.test": port + 3})
    routes.update({f"r{i:02}.refuse.test": port + 4 for i in range(1, 501)})
    routes.update({f"s{i:02}.stall.test": port + 5 for i in range(1, 11)})
    routes.update({f"v{i:02}.verdict.test": port + 6 for i in range(1, 61)})
    routes.update({f"d{i:02}.drip.test": port + 7 for i in range(1, 11)})
    lines = "".join(f'    {d}: "127.0.0.1:{p}"\n' for d, p in routes.items())
    return Stack(
        state, options.ports, default_binary(), mx=", relay_networks: [127.0.0.0/8]",
        extra=f'outbound:\n  relay_hosts: ["127.0.0.1:{port + 4}"]\n  routes:\n{lines}')


def main():
    names = ["quiet", "hang", "hangs", "stalls", "verdicts", "drips", "defer", "refuse", "bulk", "all"]
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("scenarios", nargs="*", metavar="SCENARIO", default=[])
    parser.add_argument("--seconds", type=float, default=20, help="of a scenario without an end of its own")
    parser.add_argument("--hanging", type=int, default=100, help="destinations of `hangs`")
    parser.add_argument("--messages", type=int, default=50_000, help="of `bulk`")
    parser.add_argument("--interval", type=float, default=0.25, help="seconds between two messages")
    parser.add_argument("--ports", type=int, default=25200)
    parser.add_argument("--state", default="/tmp/martlet-soak-neighbours")
    options = parser.parse_args()
    if unknown := set(options.scenarios) - set(names):
        parser.error(f"no scenario {', '.join(unknown)}; there are {', '.join(names)}")
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)
    shutil.rmtree(options.state, ignore_errors=True)
    os.makedirs(options.state)
    options.generator = os.path.join(options.state, "mailload")
    subprocess.run(["make", "-s", "-C", f"{ROOT}/Benchmarks/loadgen", "OUT=" + options.generator], check=True)
    results = {}
    for name in options.scenarios or names:
        results[name] = asyncio.run(scenario(name, options))
        print(f"{name}: {json.dumps(results[name])}", file=sys.stderr, flush=True)
    faults = sum(r["late"] + r["missing"] + len(r["refused"]) for r in results.values())
    print(json.dumps({"scenarios": results, "faults": faults}, indent=1))
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
