import Logging
import MailModel
import Storage
import Synchronization
import Testing

@testable import Spool

/// Turns of virtual hosts that somebody else knows of.
@Suite struct WeightTests {
    @Test func aWeightCountsFromTheNextRoundOn() {
        var fixture = ScheduleFixture { $0.weights = ["c.example": 2] }
        fixture.add(1...8, from: "a.example")
        fixture.add(11...18, from: "b.example")
        #expect(fixture.schedule.hosts.toBeAsked.sorted() == ["a.example", "b.example"])
        #expect(fixture.schedule.hosts.takeUnweighted() == ["a.example", "b.example"])
        #expect(!fixture.schedule.hosts.hasUnweighted)
        fixture.schedule.hosts.setWeight(.turns(3), of: "b.example")
        fixture.schedule.hosts.setWeight(.unknown, of: "b.example")
        fixture.schedule.hosts.setWeight(.usual, of: "a.example")
        #expect(fixture.schedule.hosts.toBeAsked == ["b.example"])
        let order = fixture.drain()
        let soon: [[UInt64]] = [[1, 11, 2, 12, 13, 14, 3, 15], [1, 11, 12, 13, 2, 14, 15, 16]]
        #expect(soon.contains(Array(order.prefix(8))), "\(order)")
    }

    @Test func theConfigurationsWeightStays() {
        var fixture = ScheduleFixture { $0.weights = ["a.example": 3] }
        fixture.add(1...8, from: "a.example")
        fixture.add(11...18, from: "b.example")
        fixture.schedule.hosts.setWeight(.turns(1), of: "a.example")
        fixture.schedule.hosts.setWeight(.turns(9), of: "nobody.example")
        #expect(Array(fixture.drain().prefix(8)) == [1, 2, 3, 11, 4, 5, 6, 12])
    }

    /// Hosts that come are asked for at once, and again as long as they have mail.
    @Test func hostsAreAskedFor() async {
        let clock = ManualClock()
        var configuration = SpoolConfiguration()
        configuration.weightLifetime = .milliseconds(1)
        let spool = Spool(
            storage: MemoryQueue(), configuration: configuration, clock: clock,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        let asked = Mutex<[String: Int]>([:])
        let keeper = Task {
            await spool.keepWeights { name in
                asked.withLock { $0[name, default: 0] += 1 }
                return name == "b.example" ? .turns(3) : .unknown
            }
        }
        for id in 1...8 as ClosedRange<UInt64> {
            spool.add(Self.entry(id, in: "a.example", clock.now + .seconds(60)))
            spool.add(Self.entry(10 + id, in: "b.example", clock.now + .seconds(60)))
        }
        while asked.withLock({ ($0["a.example"] ?? 0) < 2 || ($0["b.example"] ?? 0) < 2 }) {
            try? await Task.sleep(for: .milliseconds(1))
        }
        keeper.cancel()
        await keeper.value
        clock.advance(by: .seconds(60))
        var order: [UInt64] = []
        while order.count < 8,
            let taken = spool.withState({ $0.schedule.take(now: clock.now) })
        {
            order.append(taken.id.rawValue)
            spool.change { $0.schedule.finish(taken.id, taken.destination, nil, now: clock.now) }
        }
        #expect(order == [1, 11, 12, 13, 2, 14, 15, 16] || order == [11, 12, 13, 1, 14, 15, 16, 2], "\(order)")
    }

    private static func entry(_ id: UInt64, in domain: String, _ due: Timestamp) -> QueueEntry {
        let address = EmailAddress(localPart: "r", domain: domain)
        return QueueEntry(
            message: MessageReference(id: QueueID(rawValue: id), size: 10),
            envelope: Envelope(reversePath: .null), arrival: due,
            recipients: [
                QueueRecipient(
                    number: 0,
                    routed: RoutedRecipient(
                        address: address, route: .remote(.domain),
                        envelopeRecipient: EnvelopeRecipient(address: address)),
                    state: .deferred, nextAttempt: due)
            ])
    }
}
