import Logging
import MailModel
import Storage
import Synchronization
import Testing

@testable import Spool

@Suite struct SpoolTests {
    private let clock = ManualClock()
    private let queue = MemoryQueue()
    private let spool: Spool

    init() {
        spool = Spool(
            storage: queue, clock: clock,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }

    private func put(_ id: UInt64, _ recipients: [(QueueState, Duration)]) -> QueueID {
        put(
            id,
            recipients.map { state, wait in (.remote(.foreign), "a.example", state, wait) })
    }

    private func put(
        _ id: UInt64, _ recipients: [(Route, domain: String, QueueState, Duration)]
    ) -> QueueID {
        let entry = QueueEntry(
            message: MessageReference(id: QueueID(rawValue: id), size: 10),
            envelope: Envelope(reversePath: .null), arrival: clock.now,
            recipients: recipients.enumerated().map { number, recipient in
                let address = EmailAddress(localPart: "r\(number)", domain: recipient.domain)
                return QueueRecipient(
                    number: number,
                    routed: RoutedRecipient(
                        address: address, route: recipient.0,
                        envelopeRecipient: EnvelopeRecipient(address: address)),
                    state: recipient.2, nextAttempt: clock.now + recipient.3)
            })
        queue.put(entry)
        spool.add(entry)
        return entry.id
    }

    /// A new message for one address at each of the domains.
    private func put(_ id: UInt64, to domains: String...) -> QueueID {
        put(id, domains.map { (.remote(.foreign), $0, .active, .zero) })
    }

    private func complete(_ lease: Lease) async throws {
        _ = try await spool.record(lease.id, lease.due.map { .complete(number: $0.number) })
        await spool.end(lease)
    }

    private func postpone(_ lease: Lease, by delay: Duration) async throws {
        let error = MailError(451, .init(4, 4, 1), "No answer")
        let updates = lease.due.map {
            RecipientUpdate.postpone(
                number: $0.number, until: clock.now + delay, error, delayReported: false)
        }
        _ = try await spool.record(lease.id, updates)
        await spool.end(lease)
    }

    private var reads: Int { queue.state.withLock { $0.reads } }

    @Test func leasesWhatIsDue() async throws {
        let id = put(
            1,
            [(.active, .zero), (.deferred, .seconds(60)), (.hold, .zero), (.failed, .seconds(60))])
        let lease = try #require(await spool.leaseIfDue())
        #expect(lease.destination == .domain("a.example"))
        #expect(lease.due.map(\.number) == [0])
        #expect(await spool.leaseIfDue() == nil)
        _ = try await spool.record(id, [.complete(number: 0)])
        await spool.end(lease)
        let report = try #require(await spool.leaseIfDue())
        #expect(report.destination == .reports)
        #expect(report.due.map(\.number) == [3], "a report that is owed does not wait")
        _ = try await spool.record(id, [.complete(number: 3)])
        await spool.end(report)
        #expect(await spool.leaseIfDue() == nil)
        clock.advance(by: .seconds(60))
        let second = try #require(await spool.leaseIfDue())
        #expect(second.due.map(\.number) == [1])
        _ = try await spool.record(id, [.complete(number: 1)])
        await spool.end(second)
        #expect(spool.counts == (0, 0), "what is left waits for an operator")
    }

    @Test func aLeaseThatEndsWithTroubleRests() async throws {
        _ = put(1, [(.active, .zero)])
        let lease = try #require(await spool.leaseIfDue())
        await spool.end(lease, notBefore: clock.now + .seconds(10))
        #expect(await spool.leaseIfDue() == nil)
        clock.advance(by: .seconds(10))
        #expect(await spool.leaseIfDue() != nil)
    }

    @Test func holdAndRelease() async throws {
        let id = put(1, [(.active, .zero), (.deferred, .seconds(600))])
        #expect(try await spool.hold(id) == .done)
        #expect(await spool.leaseIfDue() == nil)
        #expect(try await spool.release(id) == .done)
        #expect(await spool.leaseIfDue()?.due.count == 2, "released mail is tried now")
        #expect(try await spool.hold(QueueID(rawValue: 99)) == .notFound)
    }

    @Test func retriesBeforeTheTime() async throws {
        let id = put(1, [(.deferred, .seconds(600)), (.hold, .zero)])
        #expect(await spool.leaseIfDue() == nil)
        #expect(try await spool.retryNow(id) == .done)
        let lease = try #require(await spool.leaseIfDue())
        #expect(lease.due.map(\.number) == [0])
        await spool.end(lease)
        #expect(await spool.leaseIfDue() == nil)
        #expect(spool.retryAllNow() == 1)
        #expect(await spool.leaseIfDue() != nil)
    }

    @Test func deletesSilentlyOrAsAFailure() async throws {
        let silent = put(1, [(.deferred, .seconds(600)), (.hold, .zero)])
        let loud = put(2, [(.deferred, .seconds(600)), (.hold, .zero)])
        #expect(try await spool.delete(silent, bounce: false) == .done)
        #expect(try await spool.show(silent) == nil)
        #expect(try await spool.delete(loud, bounce: true) == .done)
        let lease = try #require(await spool.leaseIfDue())
        #expect(lease.id == loud)
        #expect(
            lease.due.allSatisfy { $0.state == .failed && $0.lastError?.status.statusClass == 5 })
        #expect(try await spool.list(after: nil, limit: 5).map(\.id) == [loud])
        #expect(try await spool.list(after: loud, limit: 5).isEmpty)
    }

    @Test func whatIsInWorkIsChangedWhenItsAttemptEnds() async throws {
        let id = put(1, [(.active, .zero)])
        let lease = try #require(await spool.leaseIfDue())
        #expect(try await spool.hold(id) == .afterAttempt)
        #expect(queue.stored(id)?.recipients.first?.state == .active)
        let error = MailError(451, .init(4, 4, 1), "No answer")
        _ = try await spool.record(
            id, [.postpone(number: 0, until: clock.now, error, delayReported: false)])
        await spool.end(lease)
        #expect(queue.stored(id)?.recipients.first?.state == .hold)
        #expect(await spool.leaseIfDue() == nil)
    }

    @Test func wakesForNewWorkAndAtTheEarliestTime() async throws {
        let spool = spool
        _ = put(1, [(.deferred, .seconds(60))])
        let first = Task { await spool.nextLease()?.id.rawValue }
        var waits = clock.waits.makeAsyncIterator()
        #expect(await waits.next() == clock.now + .seconds(60))
        _ = put(2, [(.active, .zero)])
        #expect(await first.value == 2)
        let second = Task { await spool.nextLease()?.id.rawValue }
        _ = put(3, [(.deferred, .seconds(30))])
        #expect(await waits.next() == clock.now + .seconds(30))
        clock.advance(by: .seconds(30))
        #expect(await second.value == 3)
        let next = Task { await spool.nextLease()?.id.rawValue }
        #expect(await waits.next() == clock.now + .seconds(30))
        clock.advance(by: .seconds(30))
        #expect(await next.value == 1)
        let third = Task { await spool.nextLease()?.id.rawValue }
        third.cancel()
        #expect(await third.value == nil)
    }

    // MARK: Shares

    @Test func destinationsOfAMessageAreWorkedOnAtOnce() async throws {
        let hop = NextHop(host: "relay.example")
        let id = put(
            1,
            [
                (.remote(.foreign), "a.example", .active, .zero),
                (.remote(.foreign), "b.example", .active, .zero),
                (.remote(.host(hop)), "c.example", .active, .zero),
                (.unresolved, "d.example", .active, .zero),
                (.remote(.domain), "a.example", .active, .zero),
            ])
        var leases: [Destination: Lease] = [:]
        while let lease = await spool.leaseIfDue() { leases[lease.destination] = lease }
        #expect(leases.mapValues { $0.due.map(\.number) } == [
            .domain("a.example"): [0, 4], .domain("b.example"): [1], .host(hop): [2], .local: [3],
        ])
        try await complete(#require(leases[.domain("b.example")]))
        try await postpone(#require(leases[.domain("a.example")]), by: .seconds(60))
        #expect(await spool.leaseIfDue() == nil)
        #expect(spool.counts == (3, 2))
        try await complete(#require(leases[.host(hop)]))
        try await complete(#require(leases[.local]))
        clock.advance(by: .seconds(60))
        let last = try #require(await spool.leaseIfDue())
        #expect(last.due.map(\.number) == [0, 4])
        #expect(last.due.map(\.attempts) == [1, 1])
        try await complete(last)
        #expect(spool.counts == (0, 0))
        #expect(queue.stored(id) == nil)
        #expect(reads == 1, "new mail is known whole, what was deferred is read")
    }

    @Test func oneReportTellsOfWhatHasFailedMeanwhile() async throws {
        let id = put(1, to: "a.example", "b.example", "c.example")
        var leases: [Lease] = []
        while let lease = await spool.leaseIfDue() { leases.append(lease) }
        leases.sort { $0.due[0].number < $1.due[0].number }
        let refused = MailError(550, .init(5, 1, 1), "User unknown")
        for lease in leases.prefix(2) {
            #expect(await spool.leaseIfDue() == nil)
            _ = try await spool.record(id, [.fail(number: lease.due[0].number, refused)])
            await spool.end(lease)
        }
        #expect(await spool.leaseIfDue() == nil)
        try await postpone(leases[2], by: .seconds(60))
        let report = try #require(await spool.leaseIfDue())
        #expect(report.destination == .reports)
        #expect(report.due.map(\.number) == [0, 1])
        try await complete(report)
        #expect(spool.counts == (1, 0))
    }

    @Test func whatIsRoutedAnewGoesItsOwnWay() async throws {
        let id = put(1, [(.unresolved, "a.example", .active, .zero)])
        let lease = try #require(await spool.leaseIfDue())
        let address = EmailAddress(localPart: "x", domain: "b.example")
        let moved = RoutedRecipient(
            address: address, route: .remote(.foreign),
            envelopeRecipient: lease.due[0].routed.envelopeRecipient)
        _ = try await spool.record(id, [.replace(number: 0, with: [moved])])
        await spool.end(lease)
        let next = try #require(await spool.leaseIfDue())
        #expect(next.destination == .domain("b.example"))
        #expect(next.due.map(\.number) == [1])
    }

    @Test func newMailIsKeptInMemoryWithinBounds() async throws {
        let ids = (1...1100).map { put($0, to: "a.example") }
        while let lease = await spool.leaseIfDue() { try await complete(lease) }
        #expect(reads == 1100 - spool.configuration.maximumKeptEntries)
        #expect(ids.allSatisfy { queue.stored($0) == nil })
    }

    // MARK: Ways out of turn

    @Test func aReleasedDestinationLeavesAtOnceInOrder() async throws {
        for id in 1...50 as ClosedRange<UInt64> {
            _ = put(id, [(.remote(.foreign), "a.example", .deferred, .seconds(1000 - Int(id)))])
        }
        let held = put(51, [(.hold, .zero)])
        #expect(await spool.leaseIfDue() == nil)
        #expect(spool.release(.domain("other.example")) == 0)
        #expect(spool.release(.domain("a.example")) == 50)
        var order: [UInt64] = []
        while let lease = await spool.leaseIfDue() {
            order.append(lease.id.rawValue)
            try await complete(lease)
        }
        #expect(order == Array(1...50))
        #expect(queue.stored(held) != nil)
    }

    @Test func aSessionFetchesItsDestinations() async throws {
        let a = Destination.domain("a.example")
        _ = put(1, to: "a.example")
        let before = try #require(await spool.leaseIfDue())
        _ = put(2, [(.deferred, .seconds(600))])
        _ = put(3, to: "b.example", "a.example")
        _ = put(4, [(.hold, .zero)])
        let session = spool.session(for: [a, .domain("c.example")])
        let second = spool.session(for: [a])
        #expect(await second.next() == nil, "it is another's")
        second.end()

        let other = try #require(await spool.leaseIfDue())
        #expect(other.destination == .domain("b.example"))
        #expect(await spool.leaseIfDue() == nil, "only the session gets what is for a.example")
        let first = try #require(await session.next())
        #expect(first.id.rawValue == 2)
        let next = try #require(await session.next())
        #expect(next.id.rawValue == 3 && next.due.map(\.number) == [1])
        #expect(await session.next() == nil)
        try await postpone(first, by: .seconds(60))
        try await complete(next)
        #expect(await session.next() == nil, "not twice in one session")

        _ = put(5, to: "c.example")
        try await postpone(before, by: .seconds(60))
        #expect(await session.next()?.id.rawValue == 5)
        #expect(await session.next()?.id.rawValue == 1)
        #expect(await session.next() == nil)
        session.end()
        clock.advance(by: .seconds(60))
        #expect(await spool.leaseIfDue()?.id.rawValue == 2)
    }

    @Test func aForgottenSessionEnds() async {
        _ = spool.session(for: [.domain("a.example")])
        _ = put(1, to: "a.example")
        #expect(await spool.leaseIfDue() != nil)
    }

    @Test func operatorsMayMeanOneDestination() async throws {
        let first = put(1, to: "a.example", "b.example")
        _ = put(2, [(.deferred, .seconds(600))])
        _ = put(3, to: "b.example")
        #expect(try await spool.perform(.hold, on: .domain("a.example")) == 2)
        #expect(queue.stored(first)?.recipients.map(\.state) == [.hold, .active])
        #expect(spool.destinations().map(\.destination) == [.domain("b.example")])
        #expect(try await spool.perform(.release, on: .domain("a.example")) == 2)
        var leases: [Lease] = []
        while let lease = await spool.leaseIfDue() { leases.append(lease) }
        #expect(leases.count == 4)
        #expect(try await spool.perform(.delete(bounce: false), on: .domain("b.example")) == 2)
        for lease in leases { try await postpone(lease, by: .seconds(60)) }
        #expect(queue.stored(first)?.recipients.map(\.number) == [0])
        #expect(queue.stored(QueueID(rawValue: 3)) == nil)
        #expect(spool.counts == (2, 0))
    }

    @Test func operatorsMayMeanSomeRecipients() async throws {
        let id = put(
            1,
            [
                (.remote(.foreign), "a.example", .active, .zero),
                (.remote(.foreign), "a.example", .active, .zero),
                (.remote(.foreign), "b.example", .active, .zero),
            ])
        let all = try #require(queue.stored(id)?.recipients)
        #expect(try await spool.perform(.hold, on: id, recipients: [all[0], all[2]]) == .done)
        #expect(queue.stored(id)?.recipients.map(\.state) == [.hold, .active, .hold])
        let lease = try #require(await spool.leaseIfDue())
        #expect(lease.due.map(\.number) == [1])
        #expect(await spool.leaseIfDue() == nil)

        // In work: each wish is kept until the lease ends.
        #expect(
            try await spool.perform(.release, on: id, recipients: [all[0]]) == .afterAttempt)
        #expect(
            try await spool.perform(.delete(bounce: false), on: id, recipients: [all[1]])
                == .afterAttempt)
        #expect(queue.stored(id)?.recipients.count == 3)
        try await postpone(lease, by: .seconds(60))
        #expect(queue.stored(id)?.recipients.map(\.number) == [0, 2])
        #expect(queue.stored(id)?.recipients.map(\.state) == [.active, .hold])
        #expect(await spool.leaseIfDue()?.due.map(\.number) == [0])

        // The last recipient takes the message with it.
        let rest = try #require(queue.stored(id)?.recipients)
        _ = try await spool.perform(.delete(bounce: false), on: id, recipients: [rest[1]])
        #expect(try await spool.perform(.hold, on: id, recipients: []) == .notFound)
    }

    /// An operator's change of a message whose announcement is still on its way.
    @Test func whatAnOperatorDidBeforeItWasAnnouncedCounts() async throws {
        let address = EmailAddress(localPart: "x", domain: "a.example")
        let entry = QueueEntry(
            message: MessageReference(id: QueueID(rawValue: 1), size: 10),
            envelope: Envelope(reversePath: .null), arrival: clock.now,
            recipients: [
                QueueRecipient(
                    number: 0,
                    routed: RoutedRecipient(
                        address: address, route: .remote(.foreign),
                        envelopeRecipient: EnvelopeRecipient(address: address)),
                    nextAttempt: clock.now)
            ])
        queue.put(entry)
        #expect(try await spool.hold(entry.id) == .done)
        spool.add(entry)
        #expect(await spool.leaseIfDue() == nil)
        #expect(spool.counts == (0, 0))
    }

    /// What is recorded for a part of a message while another lease of it is being read in.
    @Test func aStaleEntryIsNotKept() async throws {
        var entries = KnownEntries(limits: SpoolConfiguration())
        let id = put(1, to: "a.example", "b.example")
        let entry = try #require(queue.stored(id))
        let first = entries.begin(id)
        #expect(first.entry == nil)
        entries.willUpdate(id)
        let during = entries.entry(id).1
        entries.store(entry, first.1)
        entries.store(entry, during)
        #expect(entries.entry(id).entry == nil)
        entries.didUpdate(id, [.complete(number: 0)], [.recorded])
        entries.store(entry, during)
        #expect(entries.entry(id).entry == nil)
        entries.store(entry, entries.entry(id).1)
        #expect(entries.entry(id).entry != nil)
        entries.willUpdate(id)
        entries.didUpdate(id, [.complete(number: 1)], [.recorded])
        #expect(entries.entry(id).entry?.recipients.map(\.number) == [0])
        #expect(entries.takeRearranged(id) == false)
        entries.willUpdate(id)
        entries.didUpdate(id, [.hold(number: 0)], nil)
        #expect(entries.entry(id).entry == nil)
        #expect(entries.takeRearranged(id) == true)
    }
}
