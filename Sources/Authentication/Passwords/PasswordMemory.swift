import MailModel
import Synchronization

/// Which passwords were right and wrong a short while ago, as keyed digests. A right one saves
/// the directory a bind; a wrong one saves the user's failure counter there.
final class PasswordMemory: Sendable {
    enum Verdict: Sendable, Equatable {
        case right
        /// Right, but too long ago to be taken while the directory can be asked.
        case rightOnce
        case wrong
    }

    private struct Answer {
        var at: ContinuousClock.Instant
        /// When the account's password had been changed last.
        var passwordChanged: String?
    }

    private struct State {
        var right: BoundedTable<KeyedDigest.Value, Answer>
        var wrong: BoundedTable<KeyedDigest.Value, Answer>
    }

    private let configuration: AuthenticationConfiguration
    private let now: @Sendable () -> ContinuousClock.Instant
    private let digest = KeyedDigest()
    private let state: Mutex<State>

    init(
        _ configuration: AuthenticationConfiguration,
        now: @escaping @Sendable () -> ContinuousClock.Instant
    ) {
        self.configuration = configuration
        self.now = now
        state = Mutex(
            State(
                right: BoundedTable(capacity: configuration.rememberedPasswords),
                wrong: BoundedTable(capacity: configuration.rememberedPasswords)))
    }

    /// Of an account's key, which has a fixed length, and the password.
    func key(_ account: AccountID, _ password: [UInt8]) -> KeyedDigest.Value {
        var message: [UInt8] = []
        message.reserveCapacity(17 + password.count)
        message.append(0)
        withUnsafeBytes(of: (account.high, account.low)) { message.append(contentsOf: $0) }
        message.append(contentsOf: password)
        return digest.value(of: message)
    }

    /// Of a login, as an attempt knows it, and the password.
    func key(_ login: KeyedDigest.Value, _ password: [UInt8]) -> KeyedDigest.Value {
        var message: [UInt8] = [1]
        withUnsafeBytes(of: login.words) { message.append(contentsOf: $0) }
        return digest.value(of: message + password)
    }

    /// - Parameter passwordChanged: the account's, as the directory has it. What was wrong before such a
    ///   change may be the password now, and what was right need not be.
    func recall(_ key: KeyedDigest.Value, passwordChanged: String? = nil) -> Verdict? {
        let now = now()
        return state.withLock { state in
            if let proof = state.right[key], proof.passwordChanged == passwordChanged {
                if now - proof.at < configuration.successLifetime { return .right }
                if now - proof.at < configuration.successLifetimeInOutage { return .rightOnce }
            }
            guard let refusal = state.wrong[key], refusal.passwordChanged == passwordChanged,
                now - refusal.at < configuration.failureLifetime
            else { return nil }
            return .wrong
        }
    }

    func rememberRight(_ key: KeyedDigest.Value, passwordChanged: String?) {
        let now = now()
        state.withLock { state in
            state.wrong[key] = nil
            state.right[key] = Answer(at: now, passwordChanged: passwordChanged)
        }
    }

    func rememberWrong(_ key: KeyedDigest.Value, passwordChanged: String? = nil) {
        let now = now()
        state.withLock { state in
            state.right[key] = nil
            state.wrong[key] = Answer(at: now, passwordChanged: passwordChanged)
        }
    }

    /// A password policy or an administrator has taken the account's right away.
    func forgetRight(_ key: KeyedDigest.Value) {
        state.withLock { $0.right[key] = nil }
    }
}
