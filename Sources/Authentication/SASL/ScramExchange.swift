import MailModel
import Directory

/// What one SCRAM exchange (RFC 5802, RFC 7677) needs beside libsasl2: whose secrets it is about,
/// and the channel binding that was agreed.
struct ScramExchange {
    let login: String
    let secret: ScramSecret
    /// Why the secret is one that no password fits; nil for an account's own.
    let decoyReason: String?
    let binding: (ChannelBinding, [UInt8])?
    let attempt: LoginAttempt
    private let found: Account?
    private let gs2Header: [UInt8]

    /// Reads the client's first message and fetches the secret it needs.
    static func begin(
        _ mechanism: SASLMechanism, _ hash: ScramHash, _ message: [UInt8],
        _ context: ClientContext, _ service: SASLService
    ) async -> Result<ScramExchange, AuthenticationFailure> {
        guard let first = ScramClientFirst(message) else {
            return .failure(service.policy.malformed("not a client-first message", context))
        }
        let start = service.policy.now()
        let login = LoginName.prepared(first.login)
        let attempt = service.policy.attempt(login: login ?? first.login, context, start: start)
        let binding: (ChannelBinding, [UInt8])?
        switch Self.binding(first.flag, mechanism, hash, context, service) {
        case .success(let agreed): binding = agreed
        case .failure(.malformed(let cause)):
            return .failure(service.policy.malformed(cause, context))
        case .failure(.refused(let cause)):
            return .failure(service.policy.refuse(attempt, .invalidCredentials, cause))
        }
        guard let login else {
            return .failure(
                service.policy.refuse(attempt, .invalidCredentials, LoginName.refusal))
        }
        guard service.policy.throttle.begin(attempt.network, login: attempt.login) else {
            return .failure(service.policy.tooMany(attempt))
        }
        defer { service.policy.throttle.end(attempt.network) }
        return await fetch(hash, login, service).map { account, secret, reason in
            ScramExchange(
                login: login, secret: secret, decoyReason: reason, binding: binding,
                attempt: attempt, found: account, gs2Header: first.gs2Header)
        }
    }

    /// The account that proved itself, or why it may not log in all the same.
    func account(
        _ service: SASLService, _ context: ClientContext
    ) -> Result<Account, AuthenticationFailure> {
        guard let found, decoyReason == nil else {
            return .failure(
                service.policy.refuse(attempt, .invalidCredentials, decoyReason ?? "no such login"))
        }
        guard found.mayLogIn else {
            return .failure(
                service.policy.refuse(
                    attempt, .disabled, "\(found.dn) has the status \(found.status)"))
        }
        guard found.allows(service: context.service) else {
            return .failure(
                service.policy.refuse(
                    attempt, .notAuthorized, "\(found.login) may not use \(context.service)",
                    counts: false))
        }
        return .success(found)
    }

    /// The first challenge comes no sooner than its floor, whatever was looked up for it.
    func pace(_ service: SASLService) async {
        await service.sleep(attempt.start + service.configuration.scramChallengeFloor)
    }

    // MARK: Secrets

    private typealias Fetched = (Account?, ScramSecret, String?)

    private static func fetch(
        _ hash: ScramHash, _ login: String, _ service: SASLService
    ) async -> Result<Fetched, AuthenticationFailure> {
        switch await service.directory.account(login: login) {
        case .unavailable(let fault):
            return .failure(AuthenticationFailure(.unavailable, cause: fault.cause))
        case .notFound:
            return .success((nil, service.decoy.secret(hash, login: login), "no such login"))
        case .found(let account):
            let values: [String]
            switch await service.directory.scramSecrets(for: account) {
            case .unavailable(let fault):
                return .failure(AuthenticationFailure(.unavailable, cause: fault.cause))
            case .notFound: values = []
            case .found(let found): values = found
            }
            let secrets = values.lazy.compactMap(ScramSecret.init(authPassword:))
            if let secret = secrets.first(where: { $0.hash == hash }) {
                return .success((account, secret, nil))
            }
            let reason = "\(account.dn) has no usable \(hash.rawValue) secret"
            return .success((account, service.decoy.secret(hash, login: login), reason))
        }
    }

    // MARK: Channel binding

    private enum BindingError: Error {
        case malformed(String)
        case refused(String)
    }

    /// RFC 5802 section 6: `p` goes with -PLUS only and -PLUS with `p` only; `y` while -PLUS was
    /// on offer means that someone took it out of our list.
    private static func binding(
        _ flag: ScramClientFirst.BindingFlag, _ mechanism: SASLMechanism, _ hash: ScramHash,
        _ context: ClientContext, _ service: SASLService
    ) -> Result<(ChannelBinding, [UInt8])?, BindingError> {
        switch (flag, mechanism.bindsChannel) {
        case (.used(let name), true):
            guard let kind = ChannelBinding(rawValue: name),
                let bytes = context.usableBinding(kind)
            else { return .failure(.refused("channel binding \(name.printable) is not on offer")) }
            return .success((kind, bytes))
        case (.used, false):
            return .failure(.malformed("channel binding without a -PLUS mechanism"))
        case (_, true):
            return .failure(.malformed("-PLUS mechanism without channel binding"))
        case (.notOffered, false) where service.isOffered(hash.plus, context):
            return .failure(.refused("downgrade: the client was not shown the -PLUS mechanisms"))
        case (.notOffered, false), (.unsupported, false):
            return .success(nil)
        }
    }

    /// libsasl2 calls a binding of another connection a syntax error; it is a refused login.
    ///
    ///     client-final-message = channel-binding "," nonce ["," extensions] "," proof
    ///     channel-binding      = "c=" base64
    func checkBinding(
        _ message: [UInt8], _ service: SASLService, _ context: ClientContext
    ) -> AuthenticationFailure? {
        guard message.starts(with: "c=".utf8) else { return nil }
        let given = message.dropFirst(2).prefix { $0 != UInt8(ascii: ",") }
        let expected = Base64.encode(gs2Header + (binding?.1 ?? []))
        guard given.elementsEqual(expected.utf8) else {
            return service.policy.refuse(
                attempt, .invalidCredentials, "channel binding does not match this connection")
        }
        return nil
    }
}
