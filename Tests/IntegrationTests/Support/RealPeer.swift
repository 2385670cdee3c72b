import Glibc
import TestSupport

/// A real mail server as a host to send to, with its files in a temporary directory: it takes mail
/// for any domain into one mbox. Needs root, as those servers do. Ends with the value.
final class RealPeer: Sendable {
    enum Kind: String, Sendable, CaseIterable {
        case postfix, exim

        var program: String {
            switch self {
            case .postfix: "/usr/sbin/postfix"
            case .exim: "/usr/sbin/exim4"
            }
        }

        /// Debian's packages exclude each other, so that seldom both are there.
        var isThere: Bool { access(program, X_OK) == 0 && getuid() == 0 }
    }

    let port: Int
    private let kind: Kind
    private let files: TemporaryDirectory
    /// Of Exim; Postfix has a process of its own for that.
    private let pid: pid_t

    init(_ kind: Kind, _ pair: Certificates.Pair) throws {
        self.kind = kind
        port = Int(try Loopback.freePort())
        files = try TemporaryDirectory()
        // Its processes run as another user.
        chmod(files.path, 0o755)
        for name in ["conf", "queue", "data", "mail"] {
            mkdir("\(files.path)/\(name)", 0o755)
        }
        try TextFile.write(try TextFile.read(pair.certificate), to: files.path + "/conf/cert.pem")
        try TextFile.write(try TextFile.read(pair.key), to: files.path + "/conf/key.pem")
        switch kind {
        case .postfix: pid = try Self.startPostfix(files.path, port)
        case .exim: pid = try Self.startExim(files.path, port)
        }
        let port = UInt16(port)
        guard try eventually({ try Loopback.accepts(port: port) }) else {
            end()
            throw TestFailure("\(kind) does not listen: \(log)")
        }
    }

    deinit { end() }

    private func end() {
        switch kind {
        case .postfix: _ = try? Tool.run([kind.program, "-c", files.path + "/conf", "stop"])
        case .exim: ChildProcess.end(pid)
        }
    }

    var log: String { (try? TextFile.read(files.path + "/data/log")) ?? "" }

    /// All messages so far, each behind a line that begins with `From `.
    var mbox: String { (try? TextFile.read(files.path + "/mail/mbox")) ?? "" }

    private static func owner(_ path: String, _ user: String) throws {
        try ChildProcess.run(["/usr/bin/chown", user, path], in: "/tmp")
    }

    private static func startPostfix(_ path: String, _ port: Int) throws -> pid_t {
        try owner("\(path)/data", "postfix")
        try owner("\(path)/mail", "nobody")
        try TextFile.write(
            """
            compatibility_level = 3.6
            queue_directory = \(path)/queue
            data_directory = \(path)/data
            maillog_file = \(path)/data/log
            maillog_file_prefixes = \(path)
            multi_instance_name = postfix-martlet-test
            myhostname = postfix.test
            mydestination =
            mynetworks = 127.0.0.0/8
            inet_interfaces = 127.0.0.1
            smtputf8_enable = yes
            virtual_mailbox_domains = static:all
            virtual_mailbox_maps = static:mbox
            virtual_mailbox_base = \(path)/mail
            virtual_uid_maps = static:65534
            virtual_gid_maps = static:65534
            smtpd_tls_cert_file = \(path)/conf/cert.pem
            smtpd_tls_key_file = \(path)/conf/key.pem
            smtpd_tls_security_level = may
            smtpd_tls_received_header = yes
            alias_maps =
            alias_database =

            """, to: "\(path)/conf/main.cf")
        let services = ["cleanup", "qmgr", "rewrite trivial-rewrite", "bounce", "defer bounce", "trace bounce",
            "verify", "proxymap", "anvil", "error", "retry error", "virtual", "tlsmgr", "local"]
        let lines = services.map { line in
            let words = line.split(separator: " ")
            let isPublic = ["cleanup", "qmgr"].contains(words[0])
            return "\(words[0]) unix \(isPublic ? "n" : "-") - n - - \(words.last ?? "")"
        }
        try TextFile.write(
            "127.0.0.1:\(port) inet n - n - - smtpd\npostlog unix-dgram n - n - 1 postlogd\n"
                + lines.joined(separator: "\n") + "\n", to: "\(path)/conf/master.cf")
        try TextFile.write(try TextFile.read("/etc/postfix/postfix-files"), to: "\(path)/conf/postfix-files")
        let started = try Tool.run([Kind.postfix.program, "-c", "\(path)/conf", "start"])
        guard started.status == 0 else { throw TestFailure("\(started)") }
        return 0
    }

    private static func startExim(_ path: String, _ port: Int) throws -> pid_t {
        for name in ["queue", "data", "mail"] { try owner("\(path)/\(name)", "Debian-exim") }
        try TextFile.write(
            """
            primary_hostname = exim.test
            daemon_smtp_ports = \(port)
            local_interfaces = 127.0.0.1
            spool_directory = \(path)/queue
            log_file_path = \(path)/data/%slog
            tls_advertise_hosts = *
            tls_certificate = \(path)/conf/cert.pem
            tls_privatekey = \(path)/conf/key.pem
            chunking_advertise_hosts = *
            pipelining_advertise_hosts = *
            dsn_advertise_hosts = *
            smtputf8_advertise_hosts = *
            acl_smtp_rcpt = take
            acl_smtp_data = take
            begin acl
            take:
              accept
            begin routers
            all:
              driver = accept
              transport = mbox
            begin transports
            mbox:
              driver = appendfile
              file = \(path)/mail/mbox
              user = Debian-exim

            """, to: "\(path)/conf/exim.conf")
        return try ChildProcess.start(
            [Kind.exim.program, "-C", "\(path)/conf/exim.conf", "-bdf", "-oP", "\(path)/data/pid"],
            output: "\(path)/data/log")
    }
}
