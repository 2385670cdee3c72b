internal import Delivery
internal import Directory
internal import MailModel
internal import Spool
internal import Transport

/// Gives hosts that come and go the mail that waits for them, when they ask.
struct QueueRetrieval: MailRetrieval {
    let spool: Spool
    let queue: QueueManager
    let remote: RemoteDelivery

    /// While what it asked for is under way, a host may ask as often as it likes: that costs a look
    /// into a table.
    func start(_ domain: String, includingSubdomains: Bool) async -> WaitingMail {
        let found =
            includingSubdomains
            ? statuses(of: [domain], true)
            : [spool.status(of: .domain(domain))].compactMap(\.self)
        let idle = found.filter { !$0.isDequeuing && $0.waiting > 0 }
        guard !idle.isEmpty else {
            return found.contains { $0.inWork + $0.ready > 0 } ? .underWay : .none
        }
        // The host is there, whatever was known of it.
        remote.forgetFailures()
        let released = idle.reduce(0) { $0 + (spool.dequeue($1.destination) ?? 0) }
        return released > 0 ? .messages(released) : .underWay
    }

    func waiting(for domains: [String]) async -> WaitingMail {
        let found = statuses(of: domains, false)
        // What a connection is fetching already, such as one that has just broken, no other gets.
        let waiting = found.filter { !$0.isInSession }.reduce(0) { $0 + $1.waiting + $1.ready }
        if waiting > 0 { return .messages(waiting) }
        return found.contains { $0.inWork + $0.waiting + $0.ready > 0 } ? .underWay : .none
    }

    func deliver(over connection: Connection, domains: [String], account: Account) async {
        await remote.serve(connection, domains: domains, queue: queue)
    }

    private func statuses(of domains: [String], _ includingSubdomains: Bool) -> [DestinationStatus] {
        spool.destinations().filter { status in
            guard case .domain(let name) = status.destination else { return false }
            return domains.contains {
                name == $0 || includingSubdomains && name.hasSuffix(".\($0)")
            }
        }
    }
}
