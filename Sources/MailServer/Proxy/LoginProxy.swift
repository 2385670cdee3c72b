internal import Authentication
internal import Delivery
internal import Directory
internal import Logging
internal import MailModel
internal import NIOCore
internal import Transport

/// Lets users in at their home servers: connects there with TLS and logs in for them, once this
/// server has found out who they are.
///
/// A password leaves only over TLS, with a server that has proved its name unless the configuration
/// says that anyone will do, and never for this server itself.
package final class LoginProxy: Sendable {
    enum Service { case imap, pop3(isUTF8: Bool) }

    /// Addresses of one home server that are tried.
    private static let maximumAddresses = 4

    let configuration: LoginProxyConfiguration
    private let connector: Connector
    private let tls: TLSClientContext
    private let finder: HostFinder
    private let logger: Logger

    init(
        configuration: LoginProxyConfiguration, connector: Connector, tls: TLSClientContext,
        finder: HostFinder, logger: Logger
    ) {
        self.configuration = configuration
        self.connector = connector
        self.tls = tls
        self.finder = finder
        self.logger = logger
    }

    /// The message of PLAIN (RFC 4616) that lets the account in at its home server.
    ///
    /// - Parameters:
    ///   - login: the name that has proved itself here, and its password if that is known.
    /// - Returns: nil when there is neither a password that PLAIN takes, which is UTF-8, nor credentials of
    ///   our own.
    func message(
        for account: Account, login: String, password: [UInt8]?
    ) -> [UInt8]? {
        if let (user, password) = configuration.credentials {
            return Array("\(account.login)\0\(user)\0\(password)".utf8)
        }
        guard let password, !password.isEmpty, !password.contains(0),
            String(validating: password, as: UTF8.self) != nil
        else { return nil }
        let authorization = account.isNamed(login) ? "" : account.login
        return Array("\(authorization)\0\(login)\0".utf8) + password
    }

    /// - Parameters:
    ///   - host: the account's home server, of which only the name counts: its port is for mail.
    ///   - message: of PLAIN.
    ///   - client: the connection that works with the new one.
    func connect(
        _ account: Account, to host: String, _ service: Service, message: [UInt8],
        near client: Connection
    ) async -> Result<HomeConnection, HomeFailure> {
        let result = await find(host, service, message, client)
        if case .failure(let failure) = result {
            logger.warning(
                "login at the home server failed",
                metadata: [
                    "account": "\(account.id)", "home": "\(host)",
                    "remote": "\(client.remoteAddress)", "cause": "\(failure.cause)",
                ])
        }
        return result
    }

    private func find(
        _ host: String, _ service: Service, _ message: [UInt8], _ client: Connection
    ) async -> Result<HomeConnection, HomeFailure> {
        let place = place(of: service)
        let addresses: [HostAddress]
        switch await finder.addresses(of: NextHop(host: host, port: place.port)) {
        case .failure(let error): return .failure(HomeFailure(.unavailable, "\(error)"))
        case .success(let found): addresses = found
        }
        var last = HomeFailure(.unavailable, "it has no address")
        for address in addresses.prefix(Self.maximumAddresses) {
            switch await logIn(host, address, service, message, client) {
            case .success(let home): return .success(home)
            case .failure(let failure):
                last = failure
                guard failure.kind == .unavailable else { return .failure(failure) }
            }
        }
        return .failure(last)
    }

    private func logIn(
        _ host: String, _ address: HostAddress, _ service: Service, _ message: [UInt8],
        _ client: Connection
    ) async -> Result<HomeConnection, HomeFailure> {
        let place = place(of: service)
        let verification = configuration.verifies ? PeerVerification.names([host]) : .none
        let connection: Connection
        do throws(ConnectionError) {
            connection = try await connector.connect(
                to: .address(address.address, port: address.port),
                timeout: configuration.connectTimeout, near: client)
            if !place.startsTLS {
                try await connection.startTLS(
                    tls, serverName: host, verification: verification,
                    timeout: configuration.connectTimeout)
            }
        } catch {
            return .failure(HomeFailure(.unavailable, "\(address): \(error.reason)"))
        }
        let startTLS = place.startsTLS ? (tls, verification) : nil
        let result: Result<HomeConnection, HomeFailure>
        switch service {
        case .imap:
            var login = HomeLogin(
                IMAPHomeDialogue(startsTLS: place.startsTLS, message: message), over: connection,
                to: host, timeout: configuration.connectTimeout, startTLS: startTLS)
            result = await login.run()
        case .pop3(let isUTF8):
            var login = HomeLogin(
                POP3HomeDialogue(
                    startsTLS: place.startsTLS, isUTF8: isUTF8, message: message),
                over: connection, to: host, timeout: configuration.connectTimeout,
                startTLS: startTLS)
            result = await login.run()
        }
        if case .failure = result { connection.abort() }
        return result
    }

    private func place(of service: Service) -> LoginProxyConfiguration.Place {
        switch service {
        case .imap: configuration.imap
        case .pop3: configuration.pop3
        }
    }
}
