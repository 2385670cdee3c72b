import Logging
import MailModel
import Storage
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
        let entry = QueueEntry(
            message: MessageReference(id: QueueID(rawValue: id), size: 10),
            envelope: Envelope(reversePath: .null), arrival: clock.now,
            recipients: recipients.enumerated().map { number, recipient in
                let address = EmailAddress(localPart: "r\(number)", domain: "a.example")
                return QueueRecipient(
                    number: number,
                    routed: RoutedRecipient(
                        address: address, route: .remote(.foreign),
                        envelopeRecipient: EnvelopeRecipient(address: address)),
                    state: recipient.0, nextAttempt: clock.now + recipient.1)
            })
        queue.put(entry)
        spool.add(entry)
        return entry.id
    }

    @Test func leasesWhatIsDue() async throws {
        let id = put(
            1,
            [(.active, .zero), (.deferred, .seconds(60)), (.hold, .zero), (.failed, .seconds(60))])
        let lease = try #require(await spool.leaseIfDue())
        #expect(lease.due.map(\.number) == [0, 3], "a report that is owed does not wait")
        #expect(await spool.leaseIfDue() == nil)
        _ = try await spool.record(id, [.complete(number: 0), .complete(number: 3)])
        await spool.end(lease)
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
        #expect(await waits.next() == clock.now + .seconds(60))
        clock.advance(by: .seconds(60))
        #expect(await second.value == 1)
        let third = Task { await spool.nextLease()?.id.rawValue }
        third.cancel()
        #expect(await third.value == nil)
    }
}
