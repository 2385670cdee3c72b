/// How fast a message comes: one octet now and then holds a session for no longer than this.
struct DataPace {
    /// Before it, any pace will do.
    private static let grace = Duration.seconds(60)

    let started: ContinuousClock.Instant
    /// Octets a second.
    let minimumRate: Int
    var octets = 0

    init(started: ContinuousClock.Instant, minimumRate: Int) {
        self.started = started
        self.minimumRate = minimumRate
    }

    func isTooSlow(at now: ContinuousClock.Instant) -> Bool {
        let elapsed = now - started
        return elapsed > Self.grace
            && Int64(octets) < elapsed.components.seconds * Int64(minimumRate)
    }
}
