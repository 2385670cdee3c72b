import Directory
import MailModel
import Synchronization

/// Verifies an account's password by a bind, or by memory. The same question asked by several
/// connections at once is put to the directory once.
final class PasswordVerifier: Sendable {
    private enum Flight {
        case landed(BindOutcome)
        case flying(Task<BindOutcome, Never>)
    }

    private let directory: any AuthenticationDirectory
    private let memory: PasswordMemory
    /// Accounts that got in with a password as it was typed, not as it was prepared, the last time that
    /// these differed.
    private let typists: Mutex<BoundedTable<AccountID, Bool>>
    private let flights = Mutex<[KeyedDigest.Value: Task<BindOutcome, Never>]>([:])

    init(directory: any AuthenticationDirectory, memory: PasswordMemory) {
        self.directory = directory
        self.memory = memory
        typists = Mutex(BoundedTable(capacity: Self.typistCapacity))
    }

    private static let typistCapacity = 10_000

    /// The bind is a task of its own: others wait for it too, so it outlives a connection that
    /// goes away. The directory's own deadline ends it.
    func verify(
        _ account: Account, password: PreparedPassword, key: KeyedDigest.Value
    ) async -> BindOutcome {
        let flight = flights.withLock { flights -> Flight in
            if let task = flights[key] { return .flying(task) }
            // The last flight may have landed since the caller looked.
            switch memory.recall(key, passwordChanged: account.passwordChanged) {
            case .right: return .landed(.success(warnings: []))
            case .wrong: return .landed(.invalidCredentials)
            case .rightOnce, nil: break
            }
            let task = Task(executorPreference: preferredTaskExecutor()) {
                let outcome = await self.ask(account, password)
                self.remember(outcome, key, account)
                self.flights.withLock { $0[key] = nil }
                return outcome
            }
            flights[key] = task
            return .flying(task)
        }
        switch flight {
        case .landed(let outcome): return outcome
        case .flying(let task): return await task.value
        }
    }

    /// A directory whose passwords were stored as they were typed, which many a tool for them does,
    /// knows only the other form of the few passwords that preparation changes. For those alone a
    /// wrong one is two failures there; a right one is none from the second login on, as the form that
    /// was right is tried first.
    private func ask(_ account: Account, _ password: PreparedPassword) async -> BindOutcome {
        guard password.isChanged else {
            return await directory.authenticate(account, password: password.prepared)
        }
        let isTypist = typists.withLock { $0[account.id] } ?? false
        let first = isTypist ? password.typed : password.prepared
        let outcome = await directory.authenticate(account, password: first)
        guard case .invalidCredentials = outcome else { return outcome }
        let second = isTypist ? password.prepared : password.typed
        let other = await directory.authenticate(account, password: second)
        if case .success = other { typists.withLock { $0[account.id] = !isTypist } }
        return other
    }

    /// Only what the directory says of the password itself is remembered: a lock may be lifted at
    /// any moment, and silence says nothing.
    private func remember(_ outcome: BindOutcome, _ key: KeyedDigest.Value, _ account: Account) {
        switch outcome {
        case .success: memory.rememberRight(key, passwordChanged: account.passwordChanged)
        case .invalidCredentials:
            memory.rememberWrong(key, passwordChanged: account.passwordChanged)
        case .noSuchEntry, .locked, .passwordExpired, .mustChange, .disabled: memory.forgetRight(key)
        case .refused, .unavailable: break
        }
    }
}
