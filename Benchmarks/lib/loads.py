"""The loads.  Each takes a Ctx, drives the server that runs there, and gives
back one or more results: figures by name, with the number of units that the
CPU figures are divided by."""

import json
import os
import random
import re
import subprocess
import tempfile
import threading
import time

from . import directory, util

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


# -------------------------------------------------------------------- SMTP in

def smtp_source(ctx, sessions, size, secs, batch, to=None):
    """Postfix's smtp-source, one connection for each message, in so many
    processes of one session each: -N gives every message of a process its own
    recipient, and every process its own random domain.  Returns messages,
    start, end, CPU seconds."""
    port = ctx.port("smtp")
    sent, failed, cpu, lock = [0], [0], [0.0], threading.Lock()
    start = time.monotonic()
    ends = [start]

    def worker():
        while time.monotonic() < start + secs:
            d = random.randrange(1, ctx.slapd.domains + 1)
            rcpt = ["-N", "-t", ".user@" + directory.domain(d)] if not to else ["-t", to]
            argv = ["smtp-source", "-s", "1", "-m", str(batch), "-l", str(size), "-M",
                    "load.sender.example", "-f", "load@sender.example", *rcpt,
                    "inet:%s:%d" % (ctx.peer.host, port)]
            pid = os.posix_spawnp("smtp-source", argv, os.environ)
            _, status, ru = os.wait4(pid, 0)
            with lock:
                cpu[0] += ru.ru_utime + ru.ru_stime
                ends.append(time.monotonic())
                if status == 0:
                    sent[0] += batch
                else:
                    failed[0] += 1
                    if failed[0] > 20:
                        return

    threads = [threading.Thread(target=worker) for _ in range(sessions)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    if failed[0]:
        util.say("    smtp-source: %d processes failed" % failed[0])
    return sent[0], start, max(ends), cpu[0], failed[0]


def delivered(ctx, send, per_message=1, **more):
    """Runs send() -> (accepted, start, end, generator CPU, errors) and waits
    until all is in the mailboxes."""
    counter = ctx.count_mailboxes()
    with Measured(ctx) as m:
        accepted, start, end, gen, errors = send()
        expected = accepted * per_message
        before = counter.passes
        t, have = counter.wait(expected, start)
        passes = counter.passes - before
        m.gen = gen
    cost = counter.pass_cost()
    m.m["server_cpu"] = max(0.0, m.m["server_cpu"] - passes * cost)
    missing = expected - have
    if missing > 0:
        util.say("    %d of %d messages have not arrived" % (missing, expected))
    return m.result(expected, expected / (t - start), "msg/s", accepted=accepted,
                    accept_rate=accepted / (end - start), deliver_time=t - start,
                    missing=missing, errors=errors, **more)


def smtp_in(sessions, size, batch):
    def load(ctx):
        return delivered(ctx, lambda: smtp_source(ctx, sessions, size, ctx.secs, batch))
    return load


def smtp_gen(sessions, size, per_conn, *args, per_message=1, port="smtp"):
    def load(ctx):
        def send():
            start = time.monotonic()
            j = ctx.mailload("smtp", ctx.port(port), "-c", sessions, "-s", size, "-k",
                             per_conn, "-d", ctx.secs, "--pick", "random",
                             *users(ACTIVE), *args)
            send.j = j
            return j["ok"], start, start + j["elapsed"], j["gen_cpu"], j["err"]
        r = delivered(ctx, send, per_message)
        r["accept_p50_ms"] = send.j["a_ms"]["p50"]
        r["accept_p99_ms"] = send.j["a_ms"]["p99"]
        return r
    return load


def with_rcpts(make, addresses, **kw):
    """A load of smtp_gen with recipients from a list."""
    def load(ctx):
        with tempfile.NamedTemporaryFile("w", suffix=".rcpt") as f:
            f.write("\n".join(addresses(ctx)) + "\n")
            f.flush()
            return smtp_gen(*make, "--rcpt-file", f.name, **kw)(ctx)
    return load


def alias_addresses(ctx):
    n = ACTIVE[1] // ctx.slapd.domains
    return ["alias%d@%s" % (k, directory.domain(d)) for k in range(1, n + 1)
            for d in range(1, ctx.slapd.domains + 1)]


def group_addresses(ctx):
    return ["team@" + directory.domain(d) for d in range(1, ctx.slapd.domains + 1)]


# -------------------------------------------------------------------- latency

def latency(via, port):
    """From the final dot until a POP3 login shows the message, that login included, or until
    an IMAP session in IDLE is told of it."""
    def load(ctx):
        with Measured(ctx) as m:
            j = ctx.mailload("lat", ctx.port("smtp"), "--via", via, "-n", 200, "-d", 12,
                             "--first", LATENCY, "--gap-ms", 30, "--imap-port",
                             ctx.port(port))
            m.gen = j["gen_cpu"]
        a = j["a_ms"]
        return m.result(j["ok"], a["p50"], "ms p50", p50_ms=a["p50"], p90_ms=a["p90"],
                        p99_ms=a["p99"], accept_p50_ms=j["b_ms"]["p50"], errors=j["err"])
    return load


# ----------------------------------------------------------- POP3, IMAP, auth

def simple(mode, what, unit, *args, units="ok", secs=None):
    """A generator run whose units are j[units]."""
    def load(ctx):
        port = ctx.port(what)
        a = [x(ctx) if callable(x) else x for x in args]
        if "-d" not in a:
            a += ["-d", secs or ctx.secs]
        with Measured(ctx) as m:
            j = ctx.mailload(mode, port, *a)
            m.gen = j["gen_cpu"]
        n = j[units]
        r = m.result(n, n / max(j["elapsed"], 1e-6), unit, errors=j["err"],
                     mb_rate=j["mb_rate"], sessions_rate=j["rate"])
        if "a_ms" in j:
            r["p50_ms"], r["p99_ms"] = j["a_ms"]["p50"], j["a_ms"]["p99"]
        return r
    return load


def idle(n, what, tls, proto="pop3"):
    def load(ctx):
        if proto == "smtp" and ctx.peer.name != "martlet":
            raise Skip("a process for each connection")
        port = ctx.port(what)
        ctx.close()
        need = ctx.idle_cost.get(what, 0) * n
        if need > 0.5 * util.available_memory():
            raise Skip("it would take %.1f GB" % (need / 1e9))
        before, procs0 = ctx.peer.group.memory()
        cpu0 = ctx.peer.group.cpu()
        p = subprocess.Popen(
            [ctx.gen, "hold", "-H", ctx.peer.host, "-P", str(port), "-c", str(n), "--tls",
             tls, "--proto", proto, "--op", "idle", "--first", str(IDLE[0]), "--count", str(n), "--domains",
             str(ctx.slapd.domains), "--limit", "32", "--timeout", "300"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        try:
            t0 = time.monotonic()
            words = p.stdout.readline().split()
            took = time.monotonic() - t0
            if len(words) != 3:
                raise RuntimeError("idle connections: %s" % words)
            held = int(words[1])
            time.sleep(ctx.settle)
            cpu2 = ctx.peer.group.cpu()
            time.sleep(5)
            cpu3 = ctx.peer.group.cpu()
            after, procs1 = ctx.peer.group.memory()
        finally:
            p.stdin.close()
            p.wait()
            p.stdout.close()
        ctx.idle_cost[what] = (after - before) / max(held, 1)
        return {"rate": ctx.idle_cost[what] / 1024, "unit": "KiB/conn",
                "units": held, "failed": int(words[2]), "total_mb": after / 1e6,
                "base_mb": before / 1e6, "processes": procs1, "base_processes": procs0,
                "login_rate": held / took,
                "cpu_per_k": (cpu2 - cpu0) / max(held, 1) * 1000,
                "idle_cpu_per_k_conn_s": (cpu3 - cpu2) / 5 / max(held, 1) * 1000}
    return load


def imaptest(ctx):
    """Dovecot's imaptest with its default mix of commands, if it is there."""
    if not ctx.imaptest:
        raise Skip("no imaptest")
    with tempfile.TemporaryDirectory() as d:
        mbox = os.path.join(d, "mbox")
        rng = random.Random(7)
        with open(mbox, "w") as f:
            for i in range(200):
                f.write("From load@sender.example Mon Jan  1 00:00:00 2024\n"
                        "Date: Mon, 1 Jan 2024 00:00:00 +0000\nFrom: <load@sender.example>\n"
                        "To: <user@bench.test>\nSubject: message %d\n"
                        "Message-ID: <it%d@sender.example>\n\n" % (i, i))
                for _ in range(50):
                    f.write("".join(rng.choice("abcdefghij klmnopq") for _ in range(76)) + "\n")
                f.write("\n")
        with open(os.path.join(d, "users"), "w") as f:
            for n in range(70, 90):
                f.write("%s:%s\n" % (directory.user(n, 1), directory.password(n, 1)))
        env = dict(os.environ)
        # It is linked against the Debian package's libdovecot.
        env["LD_LIBRARY_PATH"] = ":".join(
            filter(None, [env.get("LD_LIBRARY_PATH"), "/usr/lib/dovecot"]))
        cpu0 = os.times()
        with Measured(ctx) as m:
            r = subprocess.run(
                [ctx.imaptest, "host=" + ctx.peer.host, "port=%d" % ctx.port("imap"),
                 "user=%d", "userfile=" + os.path.join(d, "users"), "mbox=" + mbox,
                 "clients=20",
                 "secs=%d" % max(10, int(ctx.secs)), "no_pipelining", "seed=7"],
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=d,
                timeout=120, env=env)
            cpu1 = os.times()
            m.gen = (cpu1.children_user + cpu1.children_system -
                     cpu0.children_user - cpu0.children_system)
        out = r.stdout
    totals = out.rpartition("Totals:")[2].splitlines()
    numbers = [re.findall(r"\d+", x) for x in totals if re.fullmatch(r"[\d ]+", x)]
    if not numbers:
        raise RuntimeError("imaptest: no totals in\n" + out[-2000:])
    n = sum(map(int, numbers[-1]))
    errors = [x for x in out.splitlines() if x.startswith("Error:")]
    for x in errors[:3]:
        util.say("    imaptest:", x)
    return m.result(n, n / m.m["wall"], "cmd/s", errors=len(errors))


class PeakMemory:
    """with PeakMemory(group) as p: ...; p.peak is the most PSS that was seen meanwhile."""

    def __init__(self, group):
        self.group = group

    def __enter__(self):
        self.base = self.peak = self.group.memory()[0]
        self.done = threading.Event()
        self.thread = threading.Thread(target=self.watch)
        self.thread.start()
        return self

    def watch(self):
        while not self.done.wait(0.01):
            self.peak = max(self.peak, self.group.memory()[0])

    def __exit__(self, *exc):
        self.done.set()
        self.thread.join()


def first_look(messages):
    """SELECT of a large mailbox and the flags of all its messages, in the first session of a
    server that has just been started, then in sessions one after the other. CPU and rate are of
    the later ones without a watch on the memory."""
    def load(ctx):
        port = ctx.port("imap")
        j = ctx.mailload("imap", port, "--op", "fill", "-c", 1, "-n", 2000, "--copies",
                         messages // 2000, "--pick", "fixed", *users(HUGE), "--timeout", 600)
        if j["ok"] != messages:
            raise RuntimeError("%d of %d messages" % (j["ok"], messages))
        ctx.peer.restart()
        look = ("imap", port, "--op", "flags", "-c", 1, *users(HUGE), "--timeout", 120)
        time.sleep(1)
        cpu = ctx.peer.group.cpu()
        with PeakMemory(ctx.peer.group) as memory:
            first = ctx.mailload(*look, "-n", 1)
        cpu = ctx.peer.group.cpu() - cpu
        with Measured(ctx) as m:
            j = ctx.mailload(*look, "-n", 10)
            m.gen = j["gen_cpu"]
        return m.result(j["msgs"], j["msgs"] / max(j["elapsed"], 1e-6), "msg/s",
                        errors=j["err"], first_ms=first["b_ms"]["p50"], first_cpu_ms=cpu * 1000,
                        again_ms=j["b_ms"]["p50"],
                        look_mb=(memory.peak - memory.base) / 1e6, base_mb=memory.base / 1e6)
    return load


# --------------------------------------------------------------------- set-up

def preload(ctx, wants_big):
    """Fills a freshly started server: every recipient's mailbox exists, 200
    mailboxes have 20 messages, four have 10,000."""
    t = time.monotonic()
    smtp = ctx.port("smtp")
    count = Counter(ctx, POP3)
    ctx.mailload("smtp", smtp, "-c", 16, "-k", 25, "-n", ACTIVE[1], "--pick", "seq",
                 *users(ACTIVE))
    ctx.mailload("smtp", smtp, "-c", 16, "-k", 25, "-n", POP3[1] * 20, "--pick", "seq",
                 *users(POP3))
    _, have = count.wait(POP3[1] * 20, t)
    count.close()
    big = 0
    if wants_big:
        big = ctx.mailload("imap", ctx.port("imap"), "--op", "fill", "-c", BIG[1], "-n", 500,
                           "--copies", 20, "--pick", "fixed", *users(BIG), "--timeout",
                           300)["ok"]
    ctx.mailload("smtp", smtp, "-n", 1, "--first", LATENCY, "--count", 1)
    util.say("%s: mailboxes filled in %.0f s (%d of %d; big %d)" % (
        ctx.peer.name, time.monotonic() - t, have, POP3[1] * 20, big))


K = 1024
TLS = ("--tls", "tls")
C = lambda n: ("-c", n)		# noqa: E731


LOADS = {
    "smtp-in 4K s=1": smtp_in(1, 4 * K, 25),
    "smtp-in 4K s=64": smtp_in(64, 4 * K, 10),
    "smtp-in 4K s=64 STARTTLS": smtp_gen(64, 4 * K, 1, "--tls", "starttls"),
    "smtp-in 4K s=64 10/conn pipelined": smtp_gen(64, 4 * K, 10, "--pipeline"),
    "smtp-in 64K s=16": smtp_in(16, 64 * K, 25),
    "smtp-in 1M s=16": smtp_in(16, K * K, 5),
    "smtp-in 4K s=16 to aliases": with_rcpts((16, 4 * K, 1), alias_addresses),
    "smtp-in 4K s=4 to groups of 10": with_rcpts((4, 4 * K, 1), group_addresses,
                                                 per_message=10),
    "pop3 s=64 20 msgs": simple("pop3", "pop3", "sess/s", *C(64), "--op", "retr",
                                *users(POP3)),
    "pop3 s=64 20 msgs TLS": simple("pop3", "pop3s", "sess/s", *C(64), *TLS, "--op", "retr",
                                    *users(POP3)),
    "auth pop3 warm": simple("pop3", "pop3", "login/s", *C(16), "--op", "auth",
                             *users(ACTIVE)),
    "imap login+select+flags of 10k": simple(
        "imap", "imap", "msg/s", *C(8), "--op", "flags", *users(BIG), units="msgs"),
    "imap login+select+bodies of 10k": simple(
        "imap", "imap", "msg/s", *C(4), "--op", "bodies", *users(BIG), units="msgs"),
    "imap append 4K s=16": simple("imap", "imap", "op/s", *C(16), "--op", "append",
                                  "--pick", "fixed", *users(APPEND)),
    "imap search headers 10k": simple("imap", "imap", "op/s", *C(4), "--op", "search",
                                      "--pick", "fixed", *users(BIG)),
    "imap search body 10k": simple("imap", "imap", "op/s", *C(2), "--op", "search-body",
                                   "--pick", "fixed", *users(BIG)),
    "imap store s=4": simple("imap", "imap", "op/s", *C(4), "--op", "store", "--pick",
                             "fixed", *users(BIG)),
    "imaptest default mix c=20": imaptest,
    "auth imap cold": simple("imap", "imap", "login/s", *C(16), "--op", "auth",
                             "-n", COLD[1], *users(COLD), secs=20),
    "auth imap cold TLS": simple("imap", "imaps", "login/s", *C(16), *TLS, "--op", "auth",
                                 "-n", COLD_TLS[1], *users(COLD_TLS), secs=20),
    "auth imap warm": simple("imap", "imap", "login/s", *C(16), "--op", "auth",
                             *users(ACTIVE)),
    "latency to mailbox": latency("pop3", "pop3"),
    "latency to IDLE push": latency("idle", "imap"),
    "huge imap first look at 100k": first_look(100_000),
    "idle 5000 pop3": idle(5000, "pop3", "none"),
    "idle 5000 pop3 TLS": idle(5000, "pop3s", "tls"),
    "idle 5000 smtp": idle(5000, "smtp", "none", "smtp"),
    "idle 5000 smtp TLS": idle(5000, "smtp", "starttls", "smtp"),
    "idle 1000 imap": idle(1000, "imap", "none", "imap"),
    "idle 1000 imap TLS": idle(1000, "imaps", "tls", "imap"),
    "idle 5000 imap": idle(5000, "imap", "none", "imap"),
    "idle 5000 imap TLS": idle(5000, "imaps", "tls", "imap"),
}

FRESH = ("idle", "huge")	# loads on a server that has done nothing else
