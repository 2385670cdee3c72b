import Directory
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
    private let flights = Mutex<[KeyedDigest.Value: Task<BindOutcome, Never>]>([:])

    init(directory: any AuthenticationDirectory, memory: PasswordMemory) {
        self.directory = directory
        self.memory = memory
    }

    /// The bind is a task of its own: others wait for it too, so it outlives a connection that
    /// goes away. The directory's own deadline ends it.
    func verify(
        _ account: Account, password: [UInt8], key: KeyedDigest.Value
    ) async -> BindOutcome {
        let flight = flights.withLock { flights -> Flight in
            if let task = flights[key] { return .flying(task) }
            // The last flight may have landed since the caller looked.
            switch memory.recall(key) {
            case .right: return .landed(.success(warnings: []))
            case .wrong: return .landed(.invalidCredentials)
            case .rightOnce, nil: break
            }
            let task = Task(executorPreference: preferredTaskExecutor()) {
                let outcome = await self.directory.authenticate(account, password: password)
                self.remember(outcome, key)
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

    /// Only what the directory says of the password itself is remembered: a lock may be lifted at
    /// any moment, and silence says nothing.
    private func remember(_ outcome: BindOutcome, _ key: KeyedDigest.Value) {
        switch outcome {
        case .success: memory.rememberRight(key)
        case .invalidCredentials: memory.rememberWrong(key)
        case .locked, .passwordExpired, .mustChange, .disabled: memory.forgetRight(key)
        case .refused, .unavailable: break
        }
    }
}
