internal import Synchronization

/// Destinations' mail for one who has come to fetch it (ATRN, RFC 2645): all that waits, due or
/// not, in the order of acceptance, outside the limits of other leases. Held mail stays.
///
/// Until it ends, nobody else gets leases of these destinations; those that are out already end
/// as usual. A destination that another session has is not part of this one.
package final class DestinationSession: Sendable {
    private let spool: Spool
    private let number: Int

    fileprivate init(_ spool: Spool, _ number: Int) {
        self.spool = spool
        self.number = number
    }

    deinit { end() }

    /// The next lease, to be ended as any other; several may be out at once. Nil when nothing
    /// waits any more: what was deferred in this session is not handed out in it again.
    package func next() async -> Lease? {
        while let taken = spool.withState({ $0.take { $0.take(session: number) } }) {
            if let lease = await spool.lease(taken) { return lease }
        }
        return nil
    }

    /// Gives the destinations back.
    package func end() {
        spool.change { $0.schedule.closeSession(number) }
    }
}

extension Spool {
    package func session(for destinations: Set<Destination>) -> DestinationSession {
        DestinationSession(self, withState { $0.schedule.openSession(for: destinations) })
    }
}
