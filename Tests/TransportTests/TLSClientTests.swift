import Foundation
import NIOCore
import Testing

@testable import Transport

/// Our client against our server: what is proved, and what is refused.
@Suite struct TLSClientTests {
    private static let patience = Duration.seconds(20)
    private static let name = "mx.example.org"

    /// What a handshake came to, in a word or two.
    private func outcome(
        _ connector: Connector, _ endpoint: Endpoint, _ context: TLSClientContext,
        _ verification: PeerVerification, serverName: String? = name
    ) async throws -> String {
        try await connector.run(to: endpoint, timeout: Self.patience) { connection in
            do throws(ConnectionError) {
                try await connection.startTLS(
                    context, serverName: serverName, verification: verification,
                    timeout: Self.patience)
                // Until the server's first words, the session ticket among them.
                try await connection.write(ByteBuffer(string: "NOOP\r\n"))
                guard try await connection.read() != nil, let tls = connection.tls else { return "end" }
                return "\(tls.verifiedPeer)" + (tls.isResumed ? " resumed" : "")
            } catch .certificate(let problem) {
                return "\(problem.kind)"
            } catch {
                return error.reason
            }
        }
    }

    private func server(
        _ certificates: Certificates, chain: String, key: String
    ) throws -> TLSServerContext {
        try TLSServerContext(
            configuration: TLSConfiguration(certificates: [
                .init(chain: certificates.path("\(chain).pem"), key: certificates.path("\(key).key"))
            ]))
    }

    private func client(_ authority: Certificates) throws -> TLSClientContext {
        try TLSClientContext(
            configuration: TLSClientConfiguration(authorities: authority.path("ca.pem")))
    }

    @Test func namesAndChains() async throws {
        let certificates = try await Certificates()
        let stranger = try await Certificates()
        try await certificates.issue(
            "good", subject: "/CN=\(Self.name)",
            alternativeNames: "DNS:\(Self.name),DNS:*.mail.example.org,DNS:w*.example.org,IP:127.0.0.1")
        try await certificates.issue(
            "old", subject: "/CN=old", alternativeNames: "DNS:\(Self.name)", days: -1)
        try await certificates.issue(
            "common", subject: "/CN=\(Self.name)", alternativeNames: "email:a@example.org")
        let (own, foreign) = (try client(certificates), try client(stranger))
        let cases: [(String, TLSClientContext, PeerVerification, String)] = [
            ("good", own, .none, "none"),
            ("good", own, .names([Self.name]), "pkix(mx.example.org)"),
            ("good", own, .names(["MX.Example.ORG."]), "pkix(mx.example.org)"),
            ("good", own, .names(["other.example.org", Self.name]), "pkix(mx.example.org)"),
            ("good", own, .names(["a.mail.example.org"]), "pkix(*.mail.example.org)"),
            ("good", own, .names(["127.0.0.1"]), "pkix(127.0.0.1)"),
            ("good", own, .names(["a.b.mail.example.org"]), "hostMismatch"),
            ("good", own, .names(["www.example.org"]), "hostMismatch"),
            ("good", own, .names(["other.example.org"]), "hostMismatch"),
            ("good", own, .names([".example.org"]), "TLS: no name to verify"),
            ("good", own, .names([]), "TLS: no name to verify"),
            ("good", foreign, .names([Self.name]), "notTrusted"),
            ("good", foreign, .none, "none"),
            ("old", own, .names([Self.name]), "expired"),
            ("old", own, .none, "none"),
            ("common", own, .names([Self.name]), "hostMismatch"),
        ]
        for file in ["good", "old", "common"] {
            let context = try server(certificates, chain: file, key: file)
            try await withConnector(implicitTLS: context, serve: echo) { connector, endpoint in
                for (chain, client, verification, expected) in cases where chain == file {
                    let result = try await outcome(connector, endpoint, client, verification)
                    #expect(result == expected, "\(chain) \(verification)")
                }
            }
        }
    }

    @Test func records() async throws {
        let certificates = try await Certificates()
        try await certificates.issue(
            "mail", subject: "/CN=mail", alternativeNames: "DNS:\(Self.name)")
        try await certificates.issue(
            "old", subject: "/CN=old", alternativeNames: "DNS:gone.example.org", days: -1)
        try await certificates.issue(
            "common", subject: "/CN=\(Self.name)", alternativeNames: "email:a@example.org")
        for file in ["mail", "old", "common"] {
            try certificates.bundle(file, "ca", as: "\(file)-chain")
        }
        let stranger = try await Certificates()
        // Records alone count: no authority is trusted.
        let client = try client(stranger)
        let other = try await stranger.record("ca", usage: 3, selector: 1, matchingType: 1)
        let root = try await certificates.record("ca", usage: 2, selector: 0, matchingType: 1)
        let names = [Self.name]
        func key(_ file: String) async throws -> TLSARecordData {
            try await certificates.record(file, usage: 3, selector: 1, matchingType: 1)
        }
        let full = try await certificates.record("mail", usage: 3, selector: 0, matchingType: 0)
        let long = try await certificates.record("mail", usage: 3, selector: 0, matchingType: 2)
        let cases: [(String, [TLSARecordData], [String], String)] = [
            ("mail", [try await key("mail")], names, "dane(3)"),
            ("mail", [other, try await key("mail")], names, "dane(3)"),
            ("mail", [full], names, "dane(3)"), ("mail", [long], names, "dane(3)"),
            ("mail", [other], names, "noMatchingRecord"),
            // Neither names nor dates count for usage 3.
            ("mail", [try await key("mail")], ["else.example.org"], "dane(3)"),
            ("old", [try await key("old")], names, "dane(3)"),
            ("mail", [root], names, "dane(2)"),
            ("mail", [root], ["else.example.org"], "hostMismatch"),
            ("mail", [root], ["else.example.org"] + names, "dane(2)"),
            ("common", [root], names, "dane(2)"),
            ("old", [root], ["gone.example.org"], "expired"),
            ("mail", [], names, "TLS: no usable TLSA record"),
        ]
        for file in ["mail", "old", "common"] {
            let context = try server(certificates, chain: "\(file)-chain", key: file)
            try await withConnector(implicitTLS: context, serve: echo) { connector, endpoint in
                for (chain, records, names, expected) in cases where chain == file {
                    let result = try await outcome(
                        connector, endpoint, client, .dane(records: records, names: names))
                    #expect(result == expected, "\(chain) \(records) \(names)")
                }
            }
        }
    }

    @Test func unusableRecordsAreSortedOut() async throws {
        let certificates = try await Certificates()
        let client = try client(certificates)
        let good = try await certificates.record("ca", usage: 2, selector: 1, matchingType: 2)
        func changed(
            usage: UInt8 = 2, selector: UInt8 = 1, matchingType: UInt8 = 2, _ data: [UInt8]? = nil
        ) -> TLSARecordData {
            TLSARecordData(
                usage: usage, selector: selector, matchingType: matchingType, data: data ?? good.data)
        }
        let bad = [
            changed(usage: 0), changed(usage: 1), changed(usage: 4), changed(usage: 255),
            changed(selector: 2), changed(matchingType: 3), changed(matchingType: 1),
            changed([]), changed(matchingType: 0, [1, 2, 3]),
        ]
        #expect(client.usableRecords(bad) == [])
        #expect(client.usableRecords(bad + [good] + bad) == [good])
    }

    /// A session stands for what was verified when it began, and for nothing else.
    @Test func sessionsAreResumedOnlyForTheSameDemand() async throws {
        let certificates = try await Certificates()
        try await certificates.issue(
            "mail", subject: "/CN=mail", alternativeNames: "DNS:\(Self.name),DNS:b.example.org")
        let client = try client(certificates)
        let key = try await certificates.record("mail", usage: 3, selector: 1, matchingType: 1)
        let other = TLSARecordData(
            usage: 3, selector: 1, matchingType: 1, data: [UInt8](repeating: 0, count: 32))
        let context = try server(certificates, chain: "mail", key: "mail")
        try await withConnector(implicitTLS: context, serve: echo) { connector, endpoint in
            let demands: [(PeerVerification, String)] = [
                (.none, "none"), (.names([Self.name]), "pkix(mx.example.org)"),
                (.names(["b.example.org"]), "pkix(b.example.org)"),
                (.dane(records: [key], names: [Self.name]), "dane(3)"),
            ]
            for (demand, expected) in demands {
                #expect(try await outcome(connector, endpoint, client, demand) == expected)
            }
            for (demand, expected) in demands + demands {
                let result = try await outcome(connector, endpoint, client, demand)
                #expect(result == expected + " resumed")
            }
            let refused: [(PeerVerification, String)] = [
                (.names(["c.example.org"]), "hostMismatch"),
                (.dane(records: [other], names: [Self.name]), "noMatchingRecord"),
            ]
            for (demand, expected) in refused + refused {
                #expect(try await outcome(connector, endpoint, client, demand) == expected)
            }
            let unnamed = try await outcome(connector, endpoint, client, .none, serverName: nil)
            #expect(unnamed == "none")
        }
    }

    @Test func bothSidesTellTheSame() async throws {
        let certificates = try await Certificates()
        try await certificates.issue(
            "mail", subject: "/O=Example/CN=mail", alternativeNames: "DNS:\(Self.name)")
        try await certificates.issue(
            "relay", subject: "/CN=relay", alternativeNames: "email:relay@example.org")
        let files = TLSConfiguration.CertificateFiles(
            chain: certificates.path("mail.pem"), key: certificates.path("mail.key"))
        let context = try TLSServerContext(
            configuration: TLSConfiguration(
                certificates: [files],
                clientCertificates: .optional(caFile: certificates.path("ca.pem"))))
        let client = try TLSClientContext(
            configuration: TLSClientConfiguration(
                authorities: certificates.path("ca.pem"),
                certificate: .init(
                    chain: certificates.path("relay.pem"), key: certificates.path("relay.key"))))
        let serve: @Sendable (Connection) async -> Void = { connection in
            guard let tls = connection.tls else { return }
            let text = Self.description(of: tls) + " \(tls.clientCertificate?.subject ?? "none")"
            try? await connection.write(ByteBuffer(string: text + " " + (tls.serverName ?? "none")))
        }
        try await withConnector(implicitTLS: context, serve: serve) { connector, endpoint in
            for serverName in [Self.name + ".", "127.0.0.1", nil] {
                let (told, known) = try await connector.run(to: endpoint, timeout: Self.patience) {
                    connection in
                    do {
                        try await connection.startTLS(
                            client, serverName: serverName, verification: .names([Self.name]),
                            timeout: Self.patience)
                        let told = try await connection.read().map { String(buffer: $0) }
                        let tls = try #require(connection.tls)
                        #expect(tls.version == .v13 && tls.clientCertificate == nil)
                        #expect(tls.serverCertificate?.subject == "CN=mail,O=Example")
                        #expect(tls.serverCertificate?.issuer == "CN=Test CA")
                        return (told ?? "", Self.description(of: tls))
                    } catch {
                        return ("\(error)", "")
                    }
                }
                let name = serverName == Self.name + "." ? Self.name : "none"
                #expect(told == known + " CN=relay \(name)")
            }
        }
    }

    /// New connections have what the files hold now; nothing is resumed that was proved by others.
    @Test func filesAreReadAgain() async throws {
        let (first, second) = (try await Certificates(), try await Certificates())
        try await second.issue("mail", subject: "/CN=mail", alternativeNames: "DNS:\(Self.name)")
        let authorities = first.path("trusted.pem")
        try first.bundle("ca", as: "trusted")
        let client = try TLSClientContext(configuration: TLSClientConfiguration(authorities: authorities))
        let context = try server(second, chain: "mail", key: "mail")
        try await withConnector(implicitTLS: context, serve: echo) { connector, endpoint in
            #expect(try await outcome(connector, endpoint, client, .names([Self.name])) == "notTrusted")
            #expect(try !client.reload())
            try second.bundle("ca", as: "trusted")
            rename(second.path("trusted.pem"), authorities)
            #expect(try client.reload())
            for _ in 0..<2 {
                #expect(try await outcome(connector, endpoint, client, .names([Self.name])).hasPrefix("pkix"))
            }
            try "nothing".write(toFile: authorities, atomically: true, encoding: .utf8)
            #expect(throws: TLSConfigurationError.self) { try client.reload() }
            #expect(try await outcome(connector, endpoint, client, .names([Self.name])).hasPrefix("pkix"))
            try first.bundle("ca", as: "trusted")
            #expect(try client.reload())
            #expect(try await outcome(connector, endpoint, client, .names([Self.name])) == "notTrusted")
        }
    }

    private static func description(of tls: TLSSession) -> String {
        let bindings = [ChannelBindingType.exporter, .serverEndPoint, .unique].map {
            tls.channelBinding($0).map { "\($0)" } ?? "none"
        }
        return "\(tls.version) \(tls.cipher) \(bindings)"
    }

    @Test func filesThatCannotBeUsedAreNamed() async throws {
        let certificates = try await Certificates()
        let missing = certificates.path("missing.pem")
        #expect(throws: TLSConfigurationError(file: missing, problem: "No such file or directory")) {
            try TLSClientContext(configuration: TLSClientConfiguration(authorities: missing))
        }
        #expect(throws: TLSConfigurationError.self) {
            try TLSClientContext(
                configuration: TLSClientConfiguration(authorities: certificates.path("ca.key")))
        }
        #expect(throws: TLSConfigurationError.self) {
            try TLSClientContext(
                configuration: TLSClientConfiguration(
                    certificate: .init(chain: certificates.path("ca.pem"), key: missing)))
        }
    }

    /// A folder as c_rehash makes it.
    @Test func authoritiesMayBeAFolder() async throws {
        let certificates = try await Certificates()
        try await certificates.issue(
            "mail", subject: "/CN=mail", alternativeNames: "DNS:\(Self.name)")
        let folder = certificates.path("trusted")
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
        try FileManager.default.copyItem(
            atPath: certificates.path("ca.pem"), toPath: folder + "/ca.pem")
        _ = try await run("openssl", ["rehash", folder])
        let client = try TLSClientContext(
            configuration: TLSClientConfiguration(authorities: folder))
        let context = try server(certificates, chain: "mail", key: "mail")
        try await withConnector(implicitTLS: context, serve: echo) { connector, endpoint in
            let result = try await outcome(connector, endpoint, client, .names([Self.name]))
            #expect(result == "pkix(mx.example.org)")
        }
    }
}
