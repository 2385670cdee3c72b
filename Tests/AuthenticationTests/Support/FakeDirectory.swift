import Authentication
import Directory
import MailModel
import Synchronization

/// A directory in memory that counts what it is asked.
final class FakeDirectory: AuthenticationDirectory {
    struct User {
        var account: Account
        var password: String
        var secrets: [String] = []
    }

    struct State {
        var users: [User] = []
        var grants: Set<[String]> = []
        var certificates: [String: String] = [:]
        /// Answers every bind when set.
        var bindOutcome: BindOutcome?
        var isUnavailable = false
        var binds: [[UInt8]] = []
        var lookups = 0
        /// Binds wait for it when set.
        var gate: Gate?
    }

    static let fault = DirectoryFault(.timeout, "ldap://127.0.0.1: no answer in 5 s")

    let state = Mutex(State())

    init(_ users: [User]) {
        state.withLock { $0.users = users }
    }

    var binds: Int { state.withLock { $0.binds.count } }
    var lookups: Int { state.withLock { $0.lookups } }

    func change(_ body: (inout State) -> Void) {
        state.withLock { body(&$0) }
    }

    func account(login: String) async -> Lookup<Account> {
        state.withLock { state in
            state.lookups += 1
            if state.isUnavailable { return .unavailable(Self.fault) }
            let name = login.lowercased()
            let user = state.users.first { user in
                user.account.login == name
                    || user.account.addresses.contains { $0.description == name }
            }
            return user.map { .found($0.account) } ?? .notFound
        }
    }

    func account(certificate subject: String, emails: [String]) async -> Lookup<Account> {
        guard let login = state.withLock({ $0.certificates[subject] }) else { return .notFound }
        return await account(login: login)
    }

    func authenticate(_ account: Account, password: [UInt8]) async -> BindOutcome {
        let (outcome, gate) = state.withLock { state -> (BindOutcome, Gate?) in
            state.binds.append(password)
            if let outcome = state.bindOutcome { return (outcome, state.gate) }
            let user = state.users.first { $0.account.id == account.id }
            let isRight = user.map { Array($0.password.utf8) == password } ?? false
            return (isRight ? .success(warnings: []) : .invalidCredentials, state.gate)
        }
        await gate?.pass()
        return outcome
    }

    func scramSecrets(for account: Account) async -> Lookup<[String]> {
        state.withLock { state in
            if state.isUnavailable { return .unavailable(Self.fault) }
            guard let user = state.users.first(where: { $0.account.id == account.id }),
                !user.secrets.isEmpty
            else { return .notFound }
            return .found(user.secrets)
        }
    }

    func mayAct(as target: Account, by actor: Account) async -> Lookup<Bool> {
        state.withLock { .found($0.grants.contains([actor.login, target.login])) }
    }
}

/// Holds tasks back until it is opened.
final class Gate: Sendable {
    private struct State {
        var isOpen = false
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Mutex(State())

    func pass() async {
        await withCheckedContinuation { continuation in
            let isOpen = state.withLock { state in
                if !state.isOpen { state.waiting.append(continuation) }
                return state.isOpen
            }
            if isOpen { continuation.resume() }
        }
    }

    func open() {
        let waiting = state.withLock { state in
            state.isOpen = true
            defer { state.waiting = [] }
            return state.waiting
        }
        for continuation in waiting { continuation.resume() }
    }
}
