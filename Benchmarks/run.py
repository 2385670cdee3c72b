#!/usr/bin/env python3
"""Martlet beside Postfix + Dovecot on one machine: see README.md."""

import argparse
import fnmatch
import json
import os
import shutil
import signal
import subprocess
import sys
import traceback

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from lib import catalogue, directory, loads, measuring, peers, report, util  # noqa: E402

BASE_PACKAGES = ["slapd", "ldap-utils", "postfix", "adduser", "gcc", "libc6-dev", "make",
                 "libssl-dev", "openssl"]


def install(names):
    """Debian packages, with daemons kept from starting by themselves."""
    policy = "/usr/sbin/policy-rc.d"
    if not os.path.exists(policy):
        util.write(policy, "#!/bin/sh\nexit 101\n", 0o755)
    want = list(BASE_PACKAGES)
    for n in names:
        want += peers.PEERS[n].packages
    env = dict(os.environ, DEBIAN_FRONTEND="noninteractive")
    have = subprocess.run(["dpkg-query", "-W", "-f", "${Package} ${db:Status-Status}\n"],
                          stdout=subprocess.PIPE, text=True).stdout.splitlines()
    have = {x.split()[0] for x in have if x.endswith(" installed")}
    missing = sorted(set(want) - have)
    if missing:
        util.say("installing", *missing)
        util.run(["apt-get", "-o", "DPkg::Lock::Timeout=300", "update"], env=env)
        util.run(["apt-get", "-o", "DPkg::Lock::Timeout=300", "install", "-y",
                  "--no-install-recommends"] + missing, env=env)
    peers.add_users()


def build_martlet():
    """The release binary; MARTLET names another one."""
    if "MARTLET" not in os.environ:
        util.say("building Martlet for release")
        script = os.path.join(os.path.dirname(util.HERE), "scripts", "build")
        os.environ["MARTLET"] = subprocess.check_output([script], text=True).strip()


def build(root):
    gen = os.path.join(root, "mailload")
    util.run(["make", "-s", "-C", os.path.join(util.HERE, "loadgen"), "OUT=" + gen])
    return gen


def main():
    ap = argparse.ArgumentParser(description=__doc__)
    ap.add_argument("what", choices=["all", "install", "up", "run", "report", "list"],
                    help="all: install and run; up: start the first peer and wait for "
                         "Enter; report: print the tables of a results file")
    ap.add_argument("--peers", default=",".join(peers.PEERS),
                    help="comma-separated; empty for none (default: %(default)s)")
    ap.add_argument("--loads", default="*", help="comma-separated patterns of load names")
    ap.add_argument("--reps", type=int, default=3)
    ap.add_argument("--secs", type=float, default=8, help="length of a timed load")
    ap.add_argument("--domains", type=int, default=20)
    ap.add_argument("--users", type=int, default=500, help="users in each domain")
    ap.add_argument("--idle-reps", type=int, default=1,
                    help="repetitions of the idle loads, whose figures differ by 1 %% only "
                         "(default: %(default)s)")
    ap.add_argument("--results", action="append", metavar="FILE",
                    help="file for the results (default BENCH_DIR/results.json); report "
                         "takes several, as one run")
    ap.add_argument("--imaptest", default=os.environ.get("IMAPTEST") or
                    shutil.which("imaptest"), help="path of Dovecot's imaptest, if there is one")
    ap.add_argument("--settle", type=float, default=3, help="seconds before idle is measured")
    ap.add_argument("--keep", action="store_true", help="keep the servers' files")
    args = ap.parse_args()

    if args.what == "list":
        print("\n".join(catalogue.LOADS))
        return 0
    if args.what == "report":
        results, info, reps = [], {}, 0
        for name in args.results or ap.error("report needs --results"):
            with open(name) as f:
                d = json.load(f)
            for r in d["results"]:
                r["rep"] += reps
            reps = max((r["rep"] for r in d["results"]), default=reps)
            results += d["results"]
            fsyncs = info.get("fsync_per_s", []) + d["info"]["fsync_per_s"]
            info = dict(d["info"], fsync_per_s=fsyncs)
        print(report.render(results, info))
        return 0

    names = [n for n in args.peers.split(",") if n]
    for n in names:
        if n not in peers.PEERS:
            ap.error("no peer %s; there are %s" % (n, ", ".join(peers.PEERS)))
    if args.what in ("all", "install"):
        install(names)
        if args.what == "install":
            return 0
    root = util.bench_dir()
    util.say("BENCH_DIR=" + root)
    util.raise_limits()
    gen = build(root)
    if "martlet" in names:
        build_martlet()
    slapd = directory.Slapd(root, args.domains, args.users)
    servers = [peers.PEERS[n](root) for n in names]
    patterns = args.loads.split(",")
    chosen = [l for l in catalogue.LOADS if any(fnmatch.fnmatch(l, p) for p in patterns)]
    out = args.results[0] if args.results else os.path.join(root, "results.json")
    results = []
    info = {"cpus": os.cpu_count(), "argv": sys.argv[1:], "kernel": os.uname().release,
            "secs": args.secs, "domains": args.domains, "users": args.users,
            "cpu": util.cpu_model(), "fsync_per_s": [util.fsync_rate(root)]}

    def note(peer, variant, load, rep, r):
        results.append(dict(r, peer=peer.name + variant, load=load, rep=rep))
        util.dump(out, {"info": info, "results": results})
        util.say("  %-40s %10s %-8s cpu/1000 %s" % (
            load, report.num(r["rate"]), r["unit"], report.num(r.get("cpu_per_k"))))

    def measure(ctx, wanted, rep, variant=""):
        for load in wanted:
            try:
                r = catalogue.LOADS[load](ctx)
            except measuring.Skip as e:
                util.say("  %s: skipped, %s" % (load, e))
                continue
            except Exception as e:		# one bad load does not end the run
                util.say("  %s: FAILED: %s" % (load, e))
                traceback.print_exc()
                continue
            note(ctx.peer, variant, load, rep, r)

    def one_round(server, rep):
        ctx = measuring.Ctx(server, slapd, gen, args.secs, args.imaptest)
        fresh = [l for l in chosen if l.startswith(catalogue.FRESH)]
        rest = [l for l in chosen if l not in fresh]
        if rest:
            server.start()
            loads.preload(ctx, any(" 10k" in l or "store" in l for l in rest))
            measure(ctx, rest, rep)
            ctx.close()
            server.stop()
        # Memory is measured on a server that has done nothing else.
        if rep > args.idle_reps:
            return
        for name, options in {"": {}, **server.idle_variants}.items():
            # Processes that hibernation frees are gone after some seconds.
            ctx.settle = args.settle + (8 if name else 0)
            ctx.idle_cost.clear()
            for load in fresh:
                if name and not (load.startswith("idle") and "imap" in load):
                    continue
                server.start(**options)
                measure(ctx, [load], rep, name and "+" + name)
                server.stop()

    signal.signal(signal.SIGTERM, lambda *a: sys.exit(1))
    slapd.start()
    try:
        with util.Sysctl("fs.inotify.max_user_instances", 16384):
            if args.what == "up":
                servers[0].start()
                util.say(servers[0].name, "is up; Enter ends it")
                sys.stdin.readline()
                servers[0].stop()
                return 0
            for rep in range(1, args.reps + 1):
                for server in servers:
                    util.say("== %s, repetition %d" % (server.name, rep))
                    try:
                        one_round(server, rep)
                    except Exception as e:
                        util.say("%s: FAILED: %s" % (server.name, e))
                        traceback.print_exc()
                    finally:
                        server.stop()
    finally:
        slapd.stop()
        if not args.keep and args.what != "up":
            for s in servers:
                if s.name in peers.PEERS:
                    shutil.rmtree(s.root, ignore_errors=True)
    info["fsync_per_s"].append(util.fsync_rate(root))
    util.dump(out, {"info": info, "results": results})
    print(report.render(results, info))
    util.say("results in", out)
    return 0


if __name__ == "__main__":
    sys.exit(main())
