internal import MailModel
internal import Spool
internal import Synchronization

/// Tells the spool of a lease that waits for a host, and whoever asks how far it is.
final class LeaseProgress: DeliveryProgress {
    private let spool: Spool
    let lease: Lease
    private let began = ContinuousClock.now
    private let place = Mutex<(name: String, address: String)?>(nil)
    private let stage = Atomic(DeliveryStage.lookUp.rawValue)

    init(_ spool: Spool, _ lease: Lease) {
        self.spool = spool
        self.lease = lease
    }

    func isWaiting(for what: AwaitedAnswer) -> Bool {
        spool.markSlow(lease, closing: what == .greeting, mustStay: what == .verdict)
    }

    func goesOn() { spool.unmarkSlow(lease) }

    func turned(to host: String, at address: String) {
        place.withLock { $0 = (host, address) }
    }

    func reached(_ stage: DeliveryStage) {
        self.stage.store(stage.rawValue, ordering: .relaxed)
    }

    var status: DeliveryUnderWay {
        let place = place.withLock { $0 }
        return DeliveryUnderWay(
            destination: lease.destination, host: place?.name, address: place?.address,
            stage: DeliveryStage(rawValue: stage.load(ordering: .relaxed)) ?? .lookUp,
            age: began.duration(to: .now))
    }
}

/// The leases that are with an agent for other hosts.
final class LeasesUnderWay: Sendable {
    private let leases = Mutex<[ObjectIdentifier: LeaseProgress]>([:])

    func insert(_ progress: LeaseProgress) {
        leases.withLock { $0[ObjectIdentifier(progress)] = progress }
    }

    func remove(_ progress: LeaseProgress) {
        leases.withLock { _ = $0.removeValue(forKey: ObjectIdentifier(progress)) }
    }

    /// Those of a message.
    func statuses(of id: QueueID) -> [DeliveryUnderWay] {
        leases.withLock { $0.values.filter { $0.lease.id == id } }.map(\.status)
    }
}
