import Synchronization

/// Counts the sessions of a service. Listeners of one service share one limiter.
package final class ConnectionLimiter: Sendable {
    package let limits: ConnectionLimits
    private let counts = Mutex(Counts())

    private struct Counts {
        var total = 0
        var perNetwork: [PeerAddress.Network: Int] = [:]
    }

    package init(_ limits: ConnectionLimits) {
        self.limits = limits
    }

    /// Sessions now.
    package var count: Int { counts.withLock { $0.total } }

    /// Takes a place, to be given back with `release`. False: a limit is met.
    func admit(_ address: PeerAddress) -> Bool {
        counts.withLock { counts in
            guard counts.total < limits.total else { return false }
            let sessions = counts.perNetwork[address.network, default: 0]
            guard sessions < limits.perAddress else { return false }
            counts.perNetwork[address.network] = sessions + 1
            counts.total += 1
            return true
        }
    }

    func release(_ address: PeerAddress) {
        counts.withLock { counts in
            counts.total -= 1
            let sessions = counts.perNetwork[address.network, default: 1]
            counts.perNetwork[address.network] = sessions == 1 ? nil : sessions - 1
        }
    }
}
