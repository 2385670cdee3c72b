/// A password check that somebody waits for. Answered once, by whoever took it out of the queue.
struct BindRequest: Sendable {
    let dn: String
    let password: [UInt8]
    let deadline: ContinuousClock.Instant
    private let continuation: CheckedContinuation<BindOutcome, Never>

    init(
        dn: String, password: [UInt8], deadline: ContinuousClock.Instant,
        continuation: CheckedContinuation<BindOutcome, Never>
    ) {
        self.dn = dn
        self.password = password
        self.deadline = deadline
        self.continuation = continuation
    }

    func answer(_ outcome: BindOutcome) {
        continuation.resume(returning: outcome)
    }
}
