import Directory
import Logging
import MailModel
import Storage
import Synchronization

@testable import Delivery
@testable import Spool

/// A queue manager over a queue in memory, a directory of a few lines and a clock that stands
/// still. `settle` does everything that is due.
struct Harness {
    let clock: ManualClock
    let queue: MemoryQueue
    let directory = FakeDirectory()
    let reports = ReportCollector()
    let spool: Spool
    let manager: QueueManager

    /// - Parameter queue: of an earlier harness, to start over with what it has left.
    init(
        queue: MemoryQueue = MemoryQueue(), clock: ManualClock = ManualClock(),
        remote: (any DeliveryAgent)? = nil, hosts: (any HostAsking)? = nil,
        limits: SpoolConfiguration = SpoolConfiguration(),
        configure: (inout QueueManagerConfiguration) -> Void = { _ in }
    ) {
        var configuration = QueueManagerConfiguration(
            reports: ReportConfiguration(hostName: "mx.example.org"))
        configuration.variation = { 0 }
        configure(&configuration)
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        self.clock = clock
        self.queue = queue
        spool = Spool(storage: queue, configuration: limits, clock: clock, logger: logger)
        manager = QueueManager(
            spool: spool, resolver: directory, remote: remote, hosts: hosts,
            configuration: configuration,
            submission: reports, logger: logger)
        for entry in queue.all { spool.add(entry) }
    }

    static let alice = EmailAddress(localPart: "alice", domain: "example.org")
    static let sender = EmailAddress(localPart: "sender", domain: "elsewhere.example")
    static let account = AccountID(high: 1, low: 1)
    static let content = "Subject: Lunch\r\nMessage-ID: <1@elsewhere.example>\r\n\r\nToday?\r\n"

    /// - Parameter isRunning: the manager takes in what is announced. Were it entered here as well, it
    ///   could be tried once more when it is done.
    @discardableResult func put(
        _ recipients: [RoutedRecipient], id: UInt64 = 1,
        from reversePath: ReversePath = .address(sender), content: String = content,
        isRunning: Bool = false, edit: (inout QueueEntry) -> Void = { _ in }
    ) -> QueueID {
        var entry = QueueEntry(
            message: MessageReference(id: QueueID(rawValue: id), size: content.utf8.count),
            envelope: Envelope(reversePath: reversePath), arrival: clock.now,
            recipients: recipients.enumerated().map {
                QueueRecipient(number: $0, routed: $1, nextAttempt: clock.now)
            })
        edit(&entry)
        queue.put(entry, content: Array(content.utf8))
        if !isRunning { spool.add(entry) }
        return entry.id
    }

    func settle() async {
        while let lease = await spool.leaseIfDue() { await manager.work(on: lease) }
    }

    func advance(_ duration: Duration) async {
        clock.advance(by: duration)
        await settle()
    }
}

extension RoutedRecipient {
    static func to(
        _ route: Route, at address: EmailAddress = Harness.alice, notify: DeliveryNotify? = nil,
        original: OriginalRecipient? = nil, for envelope: EmailAddress? = nil
    ) -> RoutedRecipient {
        RoutedRecipient(
            address: address, route: route,
            envelopeRecipient: EnvelopeRecipient(
                address: envelope ?? address, notify: notify, originalRecipient: original))
    }
}

final class FakeDirectory: RecipientResolving {
    private struct State {
        var answers: [EmailAddress: Resolution] = [:]
        var accounts: [AccountID: Lookup<EmailAddress>] = [:]
        var domains: [String: MailDomain] = [:]
        var questions = 0
        var domainQuestions: [String] = []
    }

    private let state = Mutex(State())

    var questions: Int { state.withLock { $0.questions } }
    var domainQuestions: [String] { state.withLock { $0.domainQuestions } }

    func answer(_ domain: MailDomain) {
        state.withLock { $0.domains[domain.name] = domain }
    }

    func answer(_ address: EmailAddress, _ resolution: Resolution?) {
        state.withLock { $0.answers[address] = resolution }
    }

    func answer(_ account: AccountID, _ address: Lookup<EmailAddress>) {
        state.withLock { $0.accounts[account] = address }
    }

    func resolve(_ address: EmailAddress) async -> Resolution {
        state.withLock {
            $0.questions += 1
            return $0.answers[address] ?? .notLocal
        }
    }

    func domain(named name: String) async -> Lookup<MailDomain> {
        state.withLock { state in
            state.domainQuestions.append(name)
            return state.domains[name].map { .found($0) } ?? .notFound
        }
    }

    func primaryAddress(of account: AccountID) async -> Lookup<EmailAddress> {
        state.withLock { $0.accounts[account] ?? .notFound }
    }
}

final class ReportCollector: ReportSubmission {
    struct Submitted {
        var bytes: [UInt8]
        var envelope: Envelope
        var recipients: [RoutedRecipient]
    }

    private struct State {
        var submitted: [Submitted] = []
        var failure: MailError?
    }

    private let state = Mutex(State())

    var submitted: [Submitted] { state.withLock { $0.submitted } }

    func fail(with error: MailError?) { state.withLock { $0.failure = error } }

    func submit(
        _ report: [UInt8], envelope: Envelope, recipients: [RoutedRecipient]
    ) async throws(MailError) -> QueueID {
        let (failure, count) = state.withLock { state in
            if state.failure == nil {
                state.submitted.append(
                    Submitted(bytes: report, envelope: envelope, recipients: recipients))
            }
            return (state.failure, state.submitted.count)
        }
        if let failure { throw failure }
        return QueueID(rawValue: 1_000_000 + UInt64(count))
    }
}
