"""Loads of mail that goes on to another host."""

import os
import re
import subprocess
import tempfile
import time

from . import util
from .loads import smtp_source
from .measuring import ACTIVE, LATENCY, Measured, users


class Sink:
    """Postfix's smtp-sink as the remote server."""

    def __init__(self):
        self.out = tempfile.TemporaryFile()
        self.p = subprocess.Popen(
            ["smtp-sink", "-c", "-u", "nobody", "127.0.0.1:%d" % util.PORTS["SINK_PORT"],
             "1000"], stdout=self.out, stderr=subprocess.STDOUT)
        util.wait_port(util.PORTS["SINK_PORT"])

    def count(self):
        size = os.fstat(self.out.fileno()).st_size
        tail = os.pread(self.out.fileno(), 4096, max(0, size - 4096)).decode("latin-1")
        seen = re.findall(r"mesg=(\d+)|mess=(\d+)|msgs?=(\d+)", tail)
        return int(next(x for x in seen[-1] if x)) if seen else 0

    def wait(self, expected, started, limit=120):
        while True:
            n, t = self.count(), time.monotonic()
            if n >= expected or t - started > limit:
                return t, n
            time.sleep(0.02)

    def close(self):
        """Ends it. Returns its CPU seconds."""
        self.p.terminate()
        _, _, ru = os.wait4(self.p.pid, 0)
        self.p.returncode = 0
        return ru.ru_utime + ru.ru_stime


def relayed(ctx, send):
    """Runs send() -> (accepted, start, end, generator CPU, errors) and waits
    until all is at the sink."""
    sink = Sink()
    closed = False
    try:
        with Measured(ctx) as m:
            accepted, start, end, gen, errors = send()
            t, have = sink.wait(accepted, start)
            closed = True
            m.gen = gen + sink.close()
    finally:
        if not closed:
            sink.close()
    if have != accepted:
        util.say("    %d of %d messages at the sink" % (have, accepted))
    return m.result(accepted, have / (t - start), "msg/s", accepted=accepted,
                    accept_rate=accepted / (end - start), deliver_time=t - start,
                    missing=accepted - have, errors=errors)


def relay_source(sessions):
    def load(ctx):
        return relayed(ctx, lambda: smtp_source(ctx, sessions, 4096, ctx.secs, 25,
                                                to="someone@remote.test"))
    return load


def relay_submission(sessions, per_conn):
    def load(ctx):
        def send():
            start = time.monotonic()
            j = ctx.mailload("smtp", ctx.port("submission"), "-c", sessions, "-k", per_conn,
                             "-d", ctx.secs, "--tls", "starttls", "--auth", "--rcpt",
                             "r%s@remote.test", "--pick", "random", *users(ACTIVE))
            return j["ok"], start, start + j["elapsed"], j["gen_cpu"], j["err"]
        return relayed(ctx, send)
    return load


def latency_to_remote(ctx):
    """From the final dot of a submission until the remote server has read its own."""
    with Measured(ctx) as m:
        j = ctx.mailload("lat", ctx.port("submission"), "--via", "sink", "-n", 200, "-d", 12,
                         "--first", LATENCY, "--gap-ms", 30, "--tls", "starttls", "--auth",
                         "--sink-port", util.PORTS["SINK_PORT"])
        m.gen = j["gen_cpu"]
    a = j["a_ms"]
    return m.result(j["ok"], a["p50"], "ms p50", p50_ms=a["p50"], p90_ms=a["p90"],
                    p99_ms=a["p99"], accept_p50_ms=j["b_ms"]["p50"], errors=j["err"])
