internal import DKIM
package import DNS
package import Directory
internal import Foundation
internal import Logging
internal import MailModel
internal import Transport

/// `martlet check`: everything that can be found out without starting the server.
package struct ServerCheck: Sendable {
    private let configuration: ServerConfiguration
    private let ports: PortCheck

    /// Tries the ports. The rest is to be looked at with the rights that the server will have.
    package init(configuration: ServerConfiguration) {
        self.configuration = configuration
        ports = PortCheck(configuration)
    }

    package func run() async -> [Finding] {
        var findings = [Finding(.ok, configuration.file, "is well-formed")]
        findings += files()
        findings += await names()
        findings += ports.findings(controlSocket: configuration.controlSocket)
        findings += exceptions()
        findings += stateDirectory()
        findings += await directory()
        return findings
    }

    /// Certificates and keys, read as the server reads them.
    private func files() -> [Finding] {
        do {
            let files = try ConfiguredFiles(configuration)
            let expired = files.tls.warnings.map {
                Finding(.warning, "tls", $0, whatToDo: "renew it; SIGHUP makes the server read it")
            }
            let weak = files.dkim.sorted { $0.key < $1.key }.compactMap { name, key in
                key.warning.map {
                    Finding(.warning, "dkim.keys.\(name)", $0, whatToDo: "make another: martlet dkim create")
                }
            }
            return expired + weak + [
                Finding(.ok, "tls", "usable certificates: \(configuration.tls.certificates.count)")
            ]
        } catch {
            return error.settings.map(\.finding)
        }
    }

    /// The resolver, made as the server makes it.
    private func names() async -> [Finding] {
        do {
            try await ConfiguredFiles.resolver(configuration, logger: .quiet).shutDown()
            return Self.anchors(configuration.dnsConfiguration)
        } catch {
            let findings = error.settings.map(\.finding)
            return findings.isEmpty
                ? [Finding(.error, "dns", "\(error)", whatToDo: "try again; see what the system lacks")]
                : findings
        }
    }

    /// DNSSEC needs keys to begin with.
    package static func anchors(_ configuration: DNSConfiguration) -> [Finding] {
        guard configuration.validates, configuration.anchorFile == nil else { return [] }
        return [
            Finding(
                .warning, "dns.dnssec",
                "no DNSSEC keys of the root zone: all answers count as insecure, and DANE protects no mail",
                whatToDo: "install dns-root-data, or name a file with the keys under dns.trust_anchor")
        ]
    }

    /// What the administrator has allowed against the rule.
    private func exceptions() -> [Finding] {
        var findings: [Finding] = []
        for listener in configuration.listeners {
            let key = "listeners.\(listener.name)"
            if !listener.relayNetworks.isEmpty {
                let networks = listener.relayNetworks.map(\.description).joined(separator: ", ")
                findings.append(
                    Finding(
                        .warning, "\(key).relay_networks",
                        "ANY HOST IN \(networks) MAY SEND MAIL TO ANYWHERE WITHOUT A LOGIN",
                        whatToDo: "let clients log in on a submission listener, or keep the networks small"))
            }
            if listener.loginWithoutTLS {
                findings.append(
                    Finding(
                        .warning, "\(key).login_without_tls",
                        "PASSWORDS MAY CROSS THE NETWORK IN CLEAR on port \(listener.port)",
                        whatToDo: "remove the key: clients can use STARTTLS, or a listener with TLS from the start"))
            }
            if listener.anySender {
                findings.append(
                    Finding(
                        .warning, "\(key).any_sender", "WHO HAS A LOGIN MAY SEND AS ANYBODY",
                        whatToDo: "remove the key, and give users their addresses in the directory"))
            }
        }
        if configuration.proxy?.verifies == false {
            findings.append(
                Finding(
                    .warning, "proxy.tls",
                    "passwords go to whoever answers for a home server",
                    whatToDo: "remove tls: encrypt, and name the servers' authority under authorities"))
        }
        if configuration.monitoring.port != nil, configuration.monitoring.isRemote {
            findings.append(
                Finding(
                    .warning, "monitoring.allow_remote",
                    "any host that reaches \(configuration.monitoring.address) can read metrics",
                    whatToDo: "use a loopback address, or let a firewall decide who may"))
        }
        if case .none = configuration.directory.connection.security,
            configuration.directory.connection.uris.contains(where: { uri in
                uri.hasPrefix("ldap://")
                    && !["ldap://127.", "ldap://localhost", "ldap://[::1]"]
                        .contains { uri.hasPrefix($0) }
            })
        {
            findings.append(
                Finding(
                    .warning, "directory.start_tls",
                    "passwords go to the directory server in clear",
                    whatToDo: "remove start_tls: none, or use ldaps://"))
        }
        return findings
    }

    private func stateDirectory() -> [Finding] {
        let path = configuration.stateDirectory
        var isDirectory: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) else {
            let folder = (path as NSString).deletingLastPathComponent
            // A relative path's: where the command is run.
            let parent = folder.isEmpty ? "." : folder
            return FileManager.default.isWritableFile(atPath: parent)
                ? [Finding(.ok, "state", "\(path) will be made")]
                : [
                    Finding(
                        .error, "state", "\(path) does not exist and can't be made",
                        whatToDo: "make it, owned by the user that the server runs as")
                ]
        }
        guard isDirectory.boolValue, FileManager.default.isWritableFile(atPath: path) else {
            return [
                Finding(
                    .error, "state", "\(path) is not a directory that can be written",
                    whatToDo: "give it to the user that the server runs as")
            ]
        }
        return [Finding(.ok, "state", "\(path) can be written")]
    }

    private func directory() async -> [Finding] {
        let directory = Directory(
            configuration: configuration.directoryConfiguration, logger: .quiet)
        let findings = await directory.inspect(dkimKeys: Set(configuration.dkim.keys.keys))
        await directory.shutDown()
        return findings
    }
}
