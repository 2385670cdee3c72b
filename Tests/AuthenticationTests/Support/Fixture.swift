import Directory
import Logging
import MailModel
import Synchronization

@testable import Authentication

/// A service over a directory with three users, and a clock that only the test moves.
final class Fixture: Sendable {
    static let password = "correct horse, battery=staple"

    let directory: FakeDirectory
    let service: SASLService
    private let box = ClockBox()

    init(_ configure: (inout AuthenticationConfiguration) -> Void = { _ in }) {
        directory = FakeDirectory([
            .init(account: Self.account(1, "alice"), password: Self.password, secrets: Self.secrets),
            // No SCRAM secrets.
            .init(account: Self.account(2, "bob"), password: "b0b"),
            .init(account: Self.account(3, "shared"), password: "sh4red", secrets: Self.secrets),
        ])
        var configuration = AuthenticationConfiguration()
        configure(&configuration)
        let box = box
        service = SASLService(
            directory: directory, configuration: configuration,
            logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }),
            now: { box.now }, sleep: { _ in })
    }

    final class ClockBox: Sendable {
        private let instant = Mutex(ContinuousClock().now)
        var now: ContinuousClock.Instant { instant.withLock { $0 } }
        func advance(_ duration: Duration) { instant.withLock { $0 += duration } }
    }

    func advance(_ duration: Duration) { box.advance(duration) }

    static func account(
        _ number: UInt64, _ login: String, status: EntryStatus = .active,
        services: Set<Service>? = nil
    ) -> Account {
        let address = EmailAddress(localPart: login, domain: "example.org")
        return Account(
            id: AccountID(high: 0, low: number), dn: "uid=\(login),dc=example,dc=org",
            login: login, primaryAddress: address,
            addresses: [address, EmailAddress(localPart: "\(login).alias", domain: "example.org")],
            status: status, services: services)
    }

    /// All three hashes of the password, with 4096 iterations and 16 octets of salt.
    static let secrets = ScramHash.allCases.map {
        ScramClient.authPassword($0, password: password, salt: Array(0..<16), iterations: 4096)
    }

    static let bindings: [ChannelBinding: [UInt8]] = [
        .exporter: Array(repeating: 1, count: 32),
        .serverEndPoint: Array(repeating: 2, count: 32),
        .unique: Array(repeating: 3, count: 12),
    ]

    static func encrypted(
        from address: String = "192.0.2.1", service: String = "smtp", tls13: Bool = false,
        certificate: (subject: String, emails: [String])? = nil, previousFailures: Int = 0
    ) -> ClientContext {
        ClientContext(
            service: service, remoteAddress: address, isEncrypted: true,
            channelBinding: { bindings[$0] }, tlsVersion13: tls13,
            clientCertificate: certificate, previousFailures: previousFailures)
    }

    static func clear(from address: String = "192.0.2.1", allowed: Bool = false) -> ClientContext {
        ClientContext(
            service: "smtp", remoteAddress: address, isEncrypted: false,
            allowsPlaintextWithoutTLS: allowed)
    }

    func login(
        _ login: String, _ password: String, from address: String = "192.0.2.1",
        service name: String = "pop", previousFailures: Int = 0
    ) async -> AuthenticationOutcome {
        await service.verifyPassword(
            login: login, password: Array(password.utf8),
            Self.encrypted(from: address, service: name, previousFailures: previousFailures))
    }

    /// An exchange whose client sends these, whatever the server answers.
    func exchange(
        _ mechanism: String, _ messages: [String?], _ context: ClientContext = encrypted()
    ) async -> SASLStep? {
        guard let exchange = service.begin(mechanism, context) else { return nil }
        var step: SASLStep?
        for message in messages { step = await exchange.step(message.map { Array($0.utf8) }) }
        return step
    }
}

extension AuthenticationOutcome {
    var login: String? {
        if case .success(let account, _) = self { account.login } else { nil }
    }

    var authenticatedBy: String? {
        if case .success(_, let login) = self { login } else { nil }
    }

    var failure: AuthenticationFailure? {
        if case .failure(let failure) = self { failure } else { nil }
    }
}

extension SASLStep {
    var challenge: String? {
        if case .challenge(let bytes) = self { String(decoding: bytes, as: UTF8.self) } else { nil }
    }

    var outcome: AuthenticationOutcome? {
        if case .done(let outcome, _) = self { outcome } else { nil }
    }
}
