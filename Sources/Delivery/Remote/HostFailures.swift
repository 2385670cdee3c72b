internal import MailModel
internal import Synchronization

/// Hosts that failed a short while ago, and why: they are left alone, so that a thousand messages
/// for one that hangs do not each wait for it.
///
/// When its time is over, one attempt tries the host anew; the others still get the old answer.
final class HostFailures: Sendable {
    private struct Failure {
        var error: MailError
        var until: ContinuousClock.Instant
    }

    /// Beyond it the oldest ones that are over are forgotten, then any.
    private static let maximumHosts = 10_000
    /// How long the one attempt has, before another may try.
    private static let probeTime = Duration.seconds(60)

    private let lifetime: Duration
    private let state = Mutex<[HostAddress: Failure]>([:])

    init(lifetime: Duration) { self.lifetime = lifetime }

    /// Why the host is not to be tried now; nil when it may be, and then it should be.
    func error(for host: HostAddress, now: ContinuousClock.Instant = .now) -> MailError? {
        state.withLock { hosts in
            guard let failure = hosts[host] else { return nil }
            guard now >= failure.until else { return failure.error }
            hosts[host]?.until = now + Self.probeTime
            return nil
        }
    }

    func failed(_ host: HostAddress, _ error: MailError, now: ContinuousClock.Instant = .now) {
        state.withLock { hosts in
            if hosts.count >= Self.maximumHosts, hosts[host] == nil {
                hosts = hosts.filter { $0.value.until > now }
                if hosts.count >= Self.maximumHosts { hosts.removeAll() }
            }
            hosts[host] = Failure(error: error, until: now + lifetime)
        }
    }

    /// - Returns: whether it had failed before.
    func answered(_ host: HostAddress) -> Bool {
        state.withLock { $0.removeValue(forKey: host) != nil }
    }

    /// An operator wants it to be tried now.
    func forget() { state.withLock { $0.removeAll() } }
}
