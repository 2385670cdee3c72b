"""What all loads share: who is addressed, a load's surroundings, what it took."""

import json
import random
import subprocess
import time

from . import util

ACTIVE = (0, 500)		# first user and number of users: local recipients
POP3 = (500, 200)		# mailboxes with 20 messages
BIG = (1000, 4)			# mailboxes with 10,000 messages
HUGE = (1050, 1)		# a mailbox with 100,000
APPEND = (1100, 16)
LATENCY = 1200
COLD = (2000, 4000)		# each logs in once in a server's life
COLD_TLS = (6000, 4000)
IDLE = (2000, 5000)


class Ctx:
    def __init__(self, peer, slapd, gen, secs=8.0, imaptest=None):
        self.peer, self.slapd, self.gen, self.secs = peer, slapd, gen, secs
        self.imaptest = imaptest
        self.settle = 3
        self.counter = None
        self.idle_cost = {}

    def count_mailboxes(self):
        """The counting connections, opened once for a server's run."""
        if not self.counter:
            self.counter = Counter(self, ACTIVE)
        self.counter.base = self.counter.count()
        return self.counter

    def close(self):
        if self.counter:
            self.counter.close()
            self.counter = None

    def port(self, what):
        p = self.peer.ports.get(what)
        if not p:
            raise Skip("%s has no %s" % (self.peer.name, what))
        return p

    def mailload(self, mode, port, *args):
        """Runs the generator and returns its JSON."""
        cmd = [self.gen, mode, "-H", self.peer.host, "-P", str(port), "--domains",
               str(self.slapd.domains), "--seed", str(random.randrange(1, 1 << 30))]
        cmd += [str(a) for a in args]
        r = subprocess.run(cmd, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for line in r.stderr.splitlines():
            util.say("   ", line)
        if not r.stdout.strip():
            raise RuntimeError("%s: exit %d, %s" % (" ".join(cmd), r.returncode, r.stderr))
        return json.loads(r.stdout.splitlines()[-1])

    def meter(self):
        return util.Meter(self.peer.group, self.slapd.group)


class Skip(Exception):
    pass


def users(span):
    return "--first", span[0], "--count", span[1]


def result(meter, units, rate, unit, ldap=None, **more):
    """One line of the table: rate in unit per second, costs per 1000 units."""
    r = {"rate": rate, "unit": unit, "units": units}
    r.update(meter)
    k = max(units, 1) / 1000
    r["cpu_per_k"] = meter["server_cpu"] / k
    r["slapd_per_k"] = meter["slapd_cpu"] / k
    r["gen_per_k"] = meter["gen_cpu"] / k
    r["flushes_per_k"] = meter["flushes"] / k
    if ldap:
        r["binds_per_unit"] = ldap[0] / max(units, 1)
        r["searches_per_unit"] = ldap[1] / max(units, 1)
    r.update(more)
    return r


class Measured:
    """with Measured(ctx) as m: ...; then m.result(...)."""

    def __init__(self, ctx):
        self.ctx = ctx

    def __enter__(self):
        self.ops = self.ctx.slapd.operations()
        self.meter = self.ctx.meter()
        self.meter.start()
        self.gen = 0.0
        return self

    def __exit__(self, *exc):
        if exc[0] is None:
            self.m = self.meter.stop(self.gen)
            b, s = self.ctx.slapd.operations()
            self.ldap = (b - self.ops[0] - 1, s - self.ops[1] - 1)

    def result(self, units, rate, unit, **more):
        return result(self.m, units, rate, unit, ldap=self.ldap, **more)


class Counter:
    """Passes of POP3 logins over all the recipients' mailboxes tell what has
    arrived: what a user would see, for any server.  The cost of a pass is
    measured and taken off the account."""

    def __init__(self, ctx, span):
        self.ctx, self.span, self.passes = ctx, span, 0
        self.p = subprocess.Popen(
            [ctx.gen, "count", "-H", ctx.peer.host, "-P", str(ctx.port("pop3")),
             "--proto", "pop3", "-c", "16", "--first", str(span[0]), "--count", str(span[1]), "--domains",
             str(ctx.slapd.domains), "--limit", "16", "--timeout", "600"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        words = self.p.stdout.readline().split()
        if len(words) != 3 or words[2] != "0":
            self.close()
            raise RuntimeError("counting connections: %s" % words)
        self.base = self.count()

    def count(self):
        self.passes += 1
        self.p.stdin.write("count\n")
        self.p.stdin.flush()
        return int(self.p.stdout.readline().split()[1])

    def wait(self, expected, started, limit=180):
        """Until expected messages have arrived: first until the queue is empty,
        where it can be seen from outside, then by passes over the mailboxes.
        Returns the time of the first complete pass, and the messages."""
        peer = self.ctx.peer
        while (n := peer.queued()) is not None and n > 0:
            if time.monotonic() - started > limit:
                break
            time.sleep(0.05)
        last, last_t = 0, started
        while True:
            t0 = time.monotonic()
            have = self.count() - self.base
            t1 = time.monotonic()
            if have >= expected or t1 - started > limit:
                return t1, have
            speed = max(have - last, 1) / (t1 - last_t)
            rest = (expected - have) / speed
            last, last_t = have, t1
            most = max(0.2, 0.05 * (t1 - started))
            time.sleep(min(max(0.5 * rest, t1 - t0, 0.05), most))

    def pass_cost(self):
        """Server CPU seconds of one pass."""
        a = self.ctx.peer.group.cpu()
        for _ in range(3):
            self.count()
        return (self.ctx.peer.group.cpu() - a) / 3

    def close(self):
        self.p.stdin.close()
        self.p.wait()
        self.p.stdout.close()
