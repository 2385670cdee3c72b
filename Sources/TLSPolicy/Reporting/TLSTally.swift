/// Sessions of a day that were held against one policy.
struct TLSTally: Sendable, Equatable {
    /// Different failures that are told apart; more are counted, but not described.
    static let failureLimit = 100

    var successful = 0
    var failed = 0
    private(set) var failures: [TLSFailure: Int] = [:]

    mutating func count(_ failure: TLSFailure, sessions: Int) {
        guard failures[failure] != nil || failures.count < Self.failureLimit else { return }
        failures[failure, default: 0] += sessions
    }

    mutating func add(_ other: TLSTally) {
        successful += other.successful
        failed += other.failed
        for (failure, sessions) in other.failures { count(failure, sessions: sessions) }
    }
}
