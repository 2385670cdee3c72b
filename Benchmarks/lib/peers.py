"""The servers under test: how each is set up, started and stopped."""

import glob
import json
import os
import pwd
import shutil
import signal
import subprocess

from . import directory, util

VMAIL = "benchmail"


class Peer:
    name = "?"
    host = "127.0.0.1"
    #: Other settings with which the idle IMAP loads are measured: options of start.
    idle_variants = {}

    def __init__(self, root):
        self.root = os.path.join(root, self.name)
        self.shared = root
        self.group = None
        p = util.PORTS
        self.ports = {"smtp": p["SMTP_PORT"], "submission": p["SUBMISSION_PORT"],
                      "pop3": p["POP3_PORT"], "pop3s": p["POP3S_PORT"],
                      "imap": p["IMAP_PORT"], "imaps": p["IMAPS_PORT"]}

    def path(self, *parts):
        return os.path.join(self.root, *parts)

    def tls(self):
        """One key and certificate for all servers of a run."""
        d = os.path.join(self.shared, "tls")
        key, cert = os.path.join(d, "key.pem"), os.path.join(d, "cert.pem")
        if not os.path.exists(cert):
            os.makedirs(d, exist_ok=True)
            util.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                      "ec_paramgen_curve:P-256", "-nodes", "-days", "30", "-subj",
                      "/CN=mx.bench.test", "-addext", "subjectAltName=DNS:mx.bench.test",
                      "-keyout", key, "-out", cert])
            os.chmod(key, 0o644)		# a throw-away key
        return key, cert

    def variables(self, **more):
        key, cert = self.tls()
        v = dict(util.PORTS, BASE=directory.BASE, BIND_DN=directory.BIND_DN,
                 BIND_PW=directory.BIND_PW, TLS_KEY=key, TLS_CERT=cert, VMAIL=VMAIL,
                 ROOT=self.root, CONF=self.path("conf"), RUN=self.path("run"),
                 LOGS=self.path("logs"), MAIL=self.path("mail"), DATA=self.path("data"),
                 QUEUE=self.path("queue"), SHARED=self.shared)
        v.update(more)
        return v

    def check_ports(self):
        taken = [p for p in self.ports.values() if p and not util.port_free(p, self.host)]
        if taken:
            raise RuntimeError("%s: ports taken: %s" % (self.name, taken))

    def start(self, **options):
        raise NotImplementedError

    def stop(self):
        if self.group:
            self.group.kill()
            self.group.remove()
            self.group = None

    def restart(self):
        """Ends all processes and starts them again on the same files."""
        raise NotImplementedError

    def wait_ports(self):
        for p in self.ports.values():
            if p:
                util.wait_port(p, self.host)

    def queued(self):
        """Messages in the queue, or None where only the mailboxes tell."""
        return None

    def waiting(self):
        """Messages that were tried, and wait for another try or for their host."""
        raise NotImplementedError

    #: Whether deferred messages are to be copied rather than accepted one by one.
    copies_deferred = False

    def summary_command(self):
        """Prints domains and ages of the messages that wait, with a line TOTAL."""
        raise NotImplementedError


# ----------------------------------------------------------- shared by peers

class Postfix:
    def __init__(self, peer):
        self.peer = peer
        self.conf = peer.path("postfix")

    def start(self, backend, transport, sasl, **more):
        p = self.peer
        util.fresh_dir(self.conf)
        util.fresh_dir(p.path("queue"))
        util.fresh_dir(p.path("data"), owner="postfix")
        v = p.variables(CONF=self.conf, BACKEND=backend, TRANSPORT=transport,
                        SASL=sasl, LMTP_CONCURRENCY=more.get("lmtp_concurrency", 20))
        for name in ("main.cf", "master.cf", "ldap-domains.cf", "ldap-mailboxes.cf",
                     "ldap-aliases.cf"):
            util.write(os.path.join(self.conf, name), util.fill("postfix/" + name, v))
        util.write(os.path.join(self.conf, "dynamicmaps.cf"),
                   "ldap postfix-ldap.so dict_ldap_open\n")
        shutil.copy("/etc/postfix/postfix-files", self.conf)

    def launch(self):
        self.peer.group.run(["postfix", "-c", self.conf, "start"])

    def stop(self):
        subprocess.run(["postfix", "-c", self.conf, "stop"], stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL)

    def queued(self):
        return sum(len(os.listdir(self.peer.path("queue", q)))
                   for q in ("maildrop", "incoming", "active"))

    def deferred(self):
        return sum(len(files) for _, _, files in os.walk(self.peer.path("queue", "deferred")))

    def copy_deferred(self, times):
        """Makes of each deferred message so many, while Postfix is stopped.  A queue
        file's name is a time in microseconds and its inode, in hexadecimal."""
        top, owner = self.peer.path("queue", "deferred"), pwd.getpwnam("postfix")
        originals = [os.path.join(d, f) for d, _, files in os.walk(top) for f in files]
        for path in originals:
            with open(path, "rb") as f:
                octets = f.read()
            facts = os.stat(path)
            for i in range(times - 1):
                new = os.path.join(top, "new")
                with open(new, "wb") as f:
                    f.write(octets)
                name = "%05X%X" % (i * 40503 & 0xFFFFF, os.stat(new).st_ino)
                folder = os.path.join(top, name[0])
                os.makedirs(folder, mode=0o700, exist_ok=True)
                for x in (new, folder):
                    os.chown(x, owner.pw_uid, owner.pw_gid)
                os.chmod(new, 0o700)
                os.utime(new, (facts.st_atime, facts.st_mtime))
                os.rename(new, os.path.join(folder, name))


def unpack(debs, into):
    """Unpacks Debian packages that conflict with other packages of a machine,
    rather than installing them."""
    if os.path.exists(os.path.join(into, ".done")):
        return
    dl = into + ".deb"
    util.fresh_dir(dl)
    os.chmod(dl, 0o777)
    util.run(["apt-get", "download"] + debs, cwd=dl)
    os.makedirs(into, exist_ok=True)
    for f in glob.glob(dl + "/*.deb"):
        util.run(["dpkg-deb", "-x", f, into])
    shutil.rmtree(dl)
    util.write(os.path.join(into, ".done"), "")


class Dovecot:
    """dovecot-core and dovecot-ldap are installed; the protocols' packages, which
    conflict with other IMAP servers', are only unpacked."""

    packages = ["dovecot-core", "dovecot-ldap"]
    unpacked = ["dovecot-core", "dovecot-imapd", "dovecot-pop3d", "dovecot-lmtpd"]

    def __init__(self, peer):
        self.peer = peer
        self.conf = peer.path("dovecot")
        self.tree = os.path.join(peer.shared, "dovecot-tree")

    def start(self, hibernate="0", idle_kill="60s", location=None):
        p = self.peer
        version = util.run(["dpkg-query", "-W", "-f", "${Version}", "dovecot-core"])
        unpack(["%s=%s" % (x, version) for x in self.unpacked], self.tree)
        for d in (self.conf, p.path("run"), p.path("logs")):
            util.fresh_dir(d)
        util.fresh_dir(p.path("mail"), owner=VMAIL)
        v = p.variables(
            CONF=self.conf, INSTANCE="mailbench-" + p.name,
            MAIL_LOCATION=location or os.environ.get("DOVECOT_MAIL_LOCATION", "sdbox:~/sdbox"),
            HIBERNATE=hibernate, IDLE_KILL=idle_kill,
            LIBEXEC=os.path.join(self.tree, "usr/lib/dovecot"),
            LMTP_SOCKET=p.path("run", "lmtp"),
            AUTH_SOCKET=p.path("run", "auth-client"))
        for name in ("dovecot.conf", "dovecot-ldap-pass.conf", "dovecot-ldap-user.conf"):
            util.write(os.path.join(self.conf, name), util.fill("dovecot/" + name, v))

    def launch(self):
        self.process = self.peer.group.popen(
            ["/usr/sbin/dovecot", "-F", "-c", os.path.join(self.conf, "dovecot.conf")])

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


DOVECOT_SASL = """smtpd_sasl_type = dovecot
smtpd_sasl_path = %s
smtpd_sasl_local_domain =
broken_sasl_auth_clients = no"""


class PostfixDovecot(Peer):
    name = "postfix-dovecot"
    packages = ["postfix", "postfix-ldap"] + Dovecot.packages
    copies_deferred = True		# it would take ten minutes otherwise
    idle_variants = {"hibernate": {"hibernate": "2s", "idle_kill": "3s"}}

    def start(self, **options):
        self.check_ports()
        os.makedirs(self.root, exist_ok=True)
        self.postfix, self.dovecot = Postfix(self), Dovecot(self)
        self.dovecot.start(**options)
        self.postfix.start("Dovecot", "lmtp:unix:" + self.path("run", "lmtp"),
                           DOVECOT_SASL % self.path("run", "auth-client"))
        self.launch()

    def launch(self):
        self.group = util.Group(self.name)
        self.dovecot.launch()
        util.wait_port(self.ports["pop3"])
        self.postfix.launch()
        self.wait_ports()

    def restart(self):
        self.stop()
        self.launch()

    def stop(self):
        if self.group:
            self.postfix.stop()
            self.dovecot.stop()
        super().stop()

    def queued(self):
        return self.postfix.queued()

    def waiting(self):
        return self.postfix.deferred() if self.postfix.queued() == 0 else 0

    def copy_deferred(self, times):
        self.stop()
        self.postfix.copy_deferred(times)
        self.launch()

    def summary_command(self):
        return ["qshape", "-c", self.postfix.conf, "deferred"]


class Martlet(Peer):
    """This project's server, as built for release."""
    name = "martlet"
    packages = ["libldap2-dev", "libsasl2-dev", "libssl-dev", "libsqlite3-dev",
                "libsasl2-modules"]

    def __init__(self, root):
        super().__init__(root)
        self.ports["odmr"] = util.PORTS["ODMR_PORT"]

    def start(self, **options):
        self.check_ports()
        os.makedirs(self.root, exist_ok=True)
        for d in ("conf", "state", "logs"):
            util.fresh_dir(self.path(d))
        self.binary = os.environ["MARTLET"]
        util.write(self.path("conf", "martlet.yaml"), util.fill(
            "martlet/martlet.yaml", self.variables(STATE=self.path("state"))))
        self.launch()

    def command(self, *words):
        return [self.binary, *words, "--config", self.path("conf", "martlet.yaml")]

    def summary_command(self):
        return self.command("queue", "summary")

    def waiting(self):
        states = json.loads(util.run(self.command(
            "queue", "summary", "--json", "--state", "deferred")))
        return states["total"]["total"]

    def launch(self):
        log = open(self.path("logs", "server.log"), "ab")
        self.group = util.Group(self.name)
        self.process = self.group.popen(
            self.command("serve"), stdout=log, stderr=log)
        self.wait_ports()

    def restart(self):
        self.stop()
        self.launch()

    def stop(self):
        if self.group:
            self.process.terminate()
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        super().stop()


PEERS = {c.name: c for c in (PostfixDovecot, Martlet)}


def add_users():
    for name in (VMAIL,):
        try:
            pwd.getpwnam(name)
        except KeyError:
            util.run(["adduser", "--system", "--group", "--no-create-home", "--home",
                      "/nonexistent", "--force-badname", "--quiet", name])
