"""A private slapd and a Martlet on loopback ports for the soak and attack scripts.

Python 3 standard library only; needs Debian's slapd, ldap-utils and openssl. Processes are ended
by process id. Every instance takes ten ports from its base: 0 mx, 1 submission, 2 pop3, 3 pop3s,
4 ldap, 5 submissions, 6 imap."""

import os
import poplib
import signal
import socket
import subprocess
import time

ROOT = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", ".."))
BASE = "dc=example,dc=org"
ADMIN = "cn=admin," + BASE
PASSWORD = "soak-secret"


class Population:
    """Users u0…, each with an alias a0…, and groups g0… of some of them."""

    def __init__(self, users=40, groups=8, group_size=5):
        self.users = [f"u{i}@example.org" for i in range(users)]
        self.targets = {a: {a} for a in self.users}
        self.targets.update({f"a{i}@example.org": {a} for i, a in enumerate(self.users)})
        self.groups = {}
        for g in range(groups):
            members = [self.users[(g * 3 + k * 7) % users] for k in range(group_size)]
            self.groups[f"g{g}@example.org"] = members
            self.targets[f"g{g}@example.org"] = set(members)

    def ldif(self):
        out = [f"dn: {BASE}\nobjectClass: dcObject\nobjectClass: organization\no: Soak\ndc: example\n"]
        for unit in ("mail", "people", "groups"):
            out.append(f"dn: ou={unit},{BASE}\nobjectClass: organizationalUnit\nou: {unit}\n")
        out.append(
            f"dn: cn=martlet,{BASE}\nobjectClass: organizationalRole\n"
            f"objectClass: simpleSecurityObject\ncn: martlet\nuserPassword: {PASSWORD}\n")
        out.append(
            f"dn: ou=example.org,ou=mail,{BASE}\nobjectClass: organizationalUnit\n"
            f"objectClass: domainRelatedObject\nobjectClass: martletDomain\nou: example.org\n"
            f"associatedDomain: example.org\nmartletStatus: active\n")
        for i, address in enumerate(self.users):
            out.append(
                f"dn: uid=u{i},ou=people,{BASE}\nobjectClass: inetOrgPerson\n"
                f"objectClass: martletUser\nuid: u{i}\ncn: User {i}\nsn: {i}\nmail: {address}\n"
                f"entryUUID: 00000000-0000-4000-8000-{i:012x}\n"     # the same when loaded again
                f"mailLocalAddress: a{i}@example.org\nuserPassword: {PASSWORD}\n")
        for group, members in self.groups.items():
            name = group.split("@")[0]
            lines = "".join(f"member: uid={m.split('@')[0]},ou=people,{BASE}\n" for m in set(members))
            out.append(
                f"dn: cn={name},ou=groups,{BASE}\nobjectClass: groupOfNames\n"
                f"objectClass: martletGroup\ncn: {name}\nmail: {group}\n{lines}")
        return "\n".join(out)


class Stack:
    def __init__(self, state, ports, binary, population=None, extra="", smtp="", limits=None,
                 storage="", mail=None, authentication="", directory="", ldap_port=None, mx=""):
        self.state, self.binary = os.path.abspath(state), binary
        self.population = population or Population()
        self.mx, self.submission, self.pop3, self.pop3s, self.ldap, self.submissions, self.imap = (
            range(ports, ports + 7))
        os.makedirs(self.state, exist_ok=True)
        self.mail = mail or f"{self.state}/mail"
        os.makedirs(self.mail, exist_ok=True)
        self.server = self.slapd = None
        self.make_certificates()
        self.make_directory()
        limits = limits or "{sessions: 4000, sessions_per_address: 4000, shutdown_grace: 2s}"
        self.config = f"{self.state}/martlet.yaml"
        with open(self.config, "w") as f:
            f.write(f"""hostname: mail.example.org
state: {self.mail}
listeners:
  mx: {{address: 127.0.0.1, port: {self.mx}{mx}}}
  submission: {{address: 127.0.0.1, port: {self.submission}}}
  submissions: {{address: 127.0.0.1, port: {self.submissions}}}
  pop3: {{address: 127.0.0.1, port: {self.pop3}, login_without_tls: true}}
  pop3s: {{address: 127.0.0.1, port: {self.pop3s}}}
  imap: {{address: 127.0.0.1, port: {self.imap}, login_without_tls: true}}
tls:
  certificates: [{{chain: {self.state}/server.pem, key: {self.state}/server.key}}]
directory:
  uri: ldap://127.0.0.1:{ldap_port or self.ldap}
  base: "{BASE}"
  bind: {{dn: "cn=martlet,{BASE}", password: {PASSWORD}}}
  start_tls: none
  preset: martlet
{directory}
limits: {limits}
{smtp}
{storage}
{authentication}
{extra}
""")

    # Preparation

    def make_certificates(self):
        if os.path.exists(f"{self.state}/server.pem"):
            return
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
             "-nodes", "-days", "30", "-subj", "/CN=mail.example.org",
             "-addext", "subjectAltName=DNS:mail.example.org,IP:127.0.0.1",
             "-keyout", f"{self.state}/server.key", "-out", f"{self.state}/server.pem"],
            check=True, capture_output=True)

    def make_directory(self):
        includes = "".join(f"include /etc/ldap/schema/{s}.schema\n"
                           for s in ("core", "cosine", "inetorgperson", "misc"))
        with open(f"{self.state}/slapd.conf", "w") as f:
            f.write(f"""{includes}include {ROOT}/schema/martlet.schema
pidfile {self.state}/slapd.pid
modulepath /usr/lib/ldap
moduleload back_mdb
sizelimit unlimited
database mdb
suffix "{BASE}"
rootdn "{ADMIN}"
rootpw {PASSWORD}
directory {self.state}/ldap
dbnosync
maxsize 268435456
index objectClass,entryUUID eq
index uid,mail,mailLocalAddress,martletAddress,associatedDomain,member,uniqueMember,cn eq
access to attrs=userPassword by anonymous auth by * none
access to * by dn.exact="cn=martlet,{BASE}" read by anonymous auth by * none
""")
        with open(f"{self.state}/load.ldif", "w") as f:
            f.write(self.population.ldif())
        if not os.path.isdir(f"{self.state}/ldap"):
            os.makedirs(f"{self.state}/ldap")
            self.load_directory()

    def load_directory(self):
        subprocess.run(["/usr/sbin/slapadd", "-q", "-f", f"{self.state}/slapd.conf",
                        "-l", f"{self.state}/load.ldif"], check=True, capture_output=True)

    # Processes

    def start_slapd(self):
        log = open(f"{self.state}/slapd.log", "ab")
        self.slapd = subprocess.Popen(
            ["/usr/sbin/slapd", "-f", f"{self.state}/slapd.conf", "-h", f"ldap://127.0.0.1:{self.ldap}",
             "-d", "0"], stdout=log, stderr=log)
        wait_port(self.ldap, self.slapd)

    def stop_slapd(self):
        if self.slapd:
            self.slapd.send_signal(signal.SIGCONT)
            self.slapd.terminate()
            self.slapd.wait()
            self.slapd = None

    def start(self, wait=True):
        log = open(f"{self.state}/martlet.log", "ab")
        self.server = subprocess.Popen(
            [self.binary, "serve", "--config", self.config], stdout=log, stderr=log)
        if wait:
            wait_port(self.mx, self.server)
            wait_port(self.pop3, self.server)

    def kill(self):
        self.server.kill()
        self.server.wait()

    def stop(self):
        if self.server and self.server.poll() is None:
            self.server.terminate()
            try:
                self.server.wait(40)
            except subprocess.TimeoutExpired:
                self.server.kill()
                self.server.wait()
                print("the server did not stop on SIGTERM within 40 s")
        code = self.server.returncode if self.server else None
        self.stop_slapd()
        return code

    # Figures

    def pss(self):
        """Proportional set size in KiB."""
        with open(f"/proc/{self.server.pid}/smaps_rollup") as f:
            for line in f:
                if line.startswith("Pss:"):
                    return int(line.split()[1])

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.server.pid}/fd"))

    def threads(self):
        return len(os.listdir(f"/proc/{self.server.pid}/task"))

    def cpu(self):
        with open(f"/proc/{self.server.pid}/stat") as f:
            parts = f.read().rsplit(")", 1)[1].split()
        return (int(parts[11]) + int(parts[12])) / os.sysconf("SC_CLK_TCK")

    def fetch_all(self, delete=False):
        """One mailbox after the other, as there may be more than fits into memory: its address and
        its messages, each the list of its lines (bytes)."""
        for address in self.population.users:
            pop = poplib.POP3("127.0.0.1", self.pop3, timeout=60)
            pop.user(address)
            pop.pass_(PASSWORD)
            count = pop.stat()[0]
            messages = []
            for n in range(1, count + 1):
                messages.append(pop.retr(n)[1])
                if delete:
                    pop.dele(n)
            pop.quit()
            yield address, messages


def wait_port(port, process, seconds=30):
    end = time.time() + seconds
    while time.time() < end:
        if process.poll() is not None:
            raise RuntimeError(f"process for port {port} ended: {process.returncode}")
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.01)
    raise RuntimeError(f"nobody listens on {port}")


def default_binary():
    return os.environ.get("MARTLET", f"{ROOT}/.build/release/martlet")
