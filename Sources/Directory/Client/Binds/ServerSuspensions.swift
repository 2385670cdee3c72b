/// Which servers failed lately, and until when each is left out.
struct ServerSuspensions {
    private struct Suspension {
        var until: ContinuousClock.Instant
        var delay: Duration
        var fault: DirectoryFault
    }

    private var suspensions: [Suspension?]
    private let delay: ClosedRange<Duration>

    init(count: Int, delay: ClosedRange<Duration>) {
        suspensions = Array(repeating: nil, count: count)
        self.delay = delay
    }

    /// Leaves a server out; twice as long as the last time, if it hasn't answered since.
    mutating func failed(_ index: Int, _ fault: DirectoryFault, at now: ContinuousClock.Instant) {
        let longer = suspensions[index].map { min($0.delay * 2, delay.upperBound) }
        let length = longer ?? delay.lowerBound
        suspensions[index] = Suspension(until: now + length, delay: length, fault: fault)
    }

    mutating func answered(_ index: Int) {
        suspensions[index] = nil
    }

    func usable(preferring index: Int, at now: ContinuousClock.Instant) -> Int? {
        let order = [index] + suspensions.indices.filter { $0 != index }
        return order.first { suspensions[$0].map { $0.until <= now } ?? true }
    }

    /// Set while every server is left out.
    func outage(at now: ContinuousClock.Instant) -> DirectoryFault? {
        let current = suspensions.compactMap(\.self).filter { $0.until > now }
        return current.count == suspensions.count ? current.first?.fault : nil
    }
}
