import Foundation
import Testing

@testable import Transport

@Suite struct TLSConfigurationTests {
    private func problem(chain: String, key: String, clients: String? = nil) -> TLSConfigurationError? {
        do {
            _ = try TLSServerContext(
                configuration: TLSConfiguration(
                    certificates: [.init(chain: chain, key: key)],
                    clientCertificates: clients.map { .optional(caFile: $0) } ?? .none))
            return nil
        } catch {
            return error
        }
    }

    @Test func errorsNameTheFileAndTheProblem() async throws {
        let certificates = try await Certificates()
        for name in ["one", "two"] {
            try await certificates.issue(
                name, subject: "/CN=\(name)", alternativeNames: "DNS:\(name).example.org")
        }
        let (chain, key) = (certificates.path("one.pem"), certificates.path("one.key"))
        #expect(problem(chain: chain, key: key) == nil)

        let missing = certificates.path("missing.pem")
        #expect(problem(chain: missing, key: key)?.file == missing)
        #expect(problem(chain: missing, key: key)?.problem == "No such file or directory")
        #expect(problem(chain: chain, key: missing)?.file == missing)

        let other = problem(chain: chain, key: certificates.path("two.key"))
        #expect(other?.file == certificates.path("two.key"))
        #expect(other?.problem == "does not belong to the certificate in \(chain)")

        #expect(problem(chain: key, key: key)?.problem == "holds no PEM certificate")
        #expect(problem(chain: chain, key: chain)?.problem.hasPrefix("holds no usable") == true)
        #expect(problem(chain: chain, key: key, clients: key)?.file == key)
        #expect(problem(chain: certificates.directory, key: key)?.problem == "Is a directory")
    }

    @Test func anEncryptedKeyIsRefusedWithoutAsking() async throws {
        let certificates = try await Certificates()
        try await certificates.issue("one", subject: "/CN=x", alternativeNames: "DNS:x.example.org")
        let locked = certificates.path("locked.key")
        _ = try await run(
            "openssl",
            [
                "pkcs8", "-topk8", "-in", certificates.path("one.key"), "-out", locked, "-passout",
                "pass:secret",
            ])
        #expect(problem(chain: certificates.path("one.pem"), key: locked)?.file == locked)
    }

    @Test func anExpiredCertificateIsAWarning() async throws {
        let certificates = try await Certificates()
        try await certificates.issue(
            "old", subject: "/CN=old", alternativeNames: "DNS:old.example.org", days: -1)
        let context = try TLSServerContext(
            configuration: TLSConfiguration(certificates: [
                .init(chain: certificates.path("old.pem"), key: certificates.path("old.key"))
            ]))
        #expect(
            context.warnings == ["\(certificates.path("old.pem")): the certificate has expired"])
    }

    @Test func aFailedReloadKeepsWhatThereWas() async throws {
        let certificates = try await Certificates()
        try await certificates.issue("one", subject: "/CN=x", alternativeNames: "DNS:x.example.org")
        let context = try TLSServerContext(
            configuration: TLSConfiguration(certificates: [
                .init(chain: certificates.path("one.pem"), key: certificates.path("one.key"))
            ]))
        let before = ObjectIdentifier(context.certificates)
        try "".write(toFile: certificates.path("one.pem"), atomically: true, encoding: .utf8)
        #expect(throws: TLSConfigurationError.self) { try context.reload() }
        #expect(ObjectIdentifier(context.certificates) == before)
    }
}
