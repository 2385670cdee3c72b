package import Directory
internal import Foundation
internal import Logging
internal import MailModel
internal import Transport

/// `martlet check`: everything that can be found out without starting the server.
package struct ServerCheck: Sendable {
    private let configuration: ServerConfiguration

    package init(configuration: ServerConfiguration) { self.configuration = configuration }

    package func run() async -> [Finding] {
        var findings = [Finding(.ok, configuration.file, "is well-formed")]
        findings += certificates()
        findings += exceptions()
        findings += stateDirectory()
        findings += await directory()
        return findings
    }

    private func certificates() -> [Finding] {
        do {
            let context = try TLSServerContext(configuration: configuration.tlsConfiguration)
            let warnings = context.warnings.map {
                Finding(.warning, "tls", $0, whatToDo: "renew it; SIGHUP makes the server read it")
            }
            return warnings + [
                Finding(.ok, "tls", "usable certificates: \(configuration.tls.certificates.count)")
            ]
        } catch {
            return [
                Finding(
                    .error, "tls", "\(error)",
                    whatToDo: "mend the file or its name under tls.certificates")
            ]
        }
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
                        whatToDo: "remove the key, or let the listener's address be a loopback one"))
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
            let parent = (path as NSString).deletingLastPathComponent
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
        let findings = await directory.inspect()
        await directory.shutDown()
        return findings
    }
}
