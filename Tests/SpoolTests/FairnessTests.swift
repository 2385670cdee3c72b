import MailModel
import Testing

@testable import Spool

/// Whose turn it is, and what holds a destination back.
@Suite struct FairnessTests {
    private let now = Timestamp(milliseconds: 1_000_000)

    @Test func virtualHostsTakeTurns() {
        var fixture = ScheduleFixture()
        fixture.add(1...6, to: "x.example", from: "big.example")
        fixture.add(7, to: "y.example", from: "b.example")
        fixture.add(8, to: "z.example", from: "c.example")
        fixture.add(9, to: "y.example", from: "b.example")
        #expect(fixture.drain() == [1, 7, 8, 2, 9, 3, 4, 5, 6])
    }

    @Test(arguments: [(1, [1, 11, 2, 12, 3, 13, 4, 14]), (3, [1, 2, 3, 11, 4, 5, 6, 12])])
    func aWeightIsTurnsInARound(weight: Int, order: [UInt64]) {
        for isNarrow in [false, true] {
            var fixture = ScheduleFixture {
                $0.weights = ["a.example": weight]
                $0.initialDestinationLeases = isNarrow ? 1 : 20
            }
            fixture.add(1...8, from: "a.example")
            fixture.add(11...18, from: "b.example")
            #expect(
                Array(fixture.drain().prefix(8)) == order,
                "also where they meet at a destination that is full")
        }
    }

    @Test func aHostsDestinationsTakeTurns() {
        var fixture = ScheduleFixture()
        fixture.add(1...3, to: "x.example")
        fixture.add(4...5, to: "y.example")
        fixture.add(6, to: "z.example")
        #expect(fixture.drain() == [1, 4, 6, 2, 5, 3])
    }

    @Test func aFloodFromOneHostKeepsNobodyWaiting() {
        var fixture = ScheduleFixture()
        for number in 1...50_000 as ClosedRange<UInt64> {
            fixture.add(number, to: "d\(number % 100).example", from: "flood.example")
        }
        #expect(fixture.takeAll().count == 30)
        fixture.add(100_001, to: "d1.example", from: "small.example")
        fixture.finish(1, to: "d1.example")
        fixture.finish(2, to: "d2.example")
        #expect(fixture.takeAll() == [31, 100_001])
    }

    @Test func freshMailGoesBeforeRetriedButDoesNotStarveIt() {
        var fixture = ScheduleFixture()
        fixture.add(1...2, .retried)
        fixture.add(11...30)
        let order = fixture.drain()
        #expect(order.firstIndex(of: 1) == 7)
        #expect(order.firstIndex(of: 2) == 15)
        #expect(order.prefix(7).elementsEqual(11...17))
        #expect(order.last == 30)
    }

    @Test func retriedMailLeavesRoomForFresh() {
        var fixture = ScheduleFixture { $0.maximumRemoteLeases = 8 }
        for number in 1...20 as ClosedRange<UInt64> {
            fixture.add(number, to: "\(number).example", .retried)
        }
        #expect(fixture.takeAll().count == 6)
        fixture.add(21...40, to: "new.example")
        #expect(fixture.takeAll() == [21, 22])
    }

    @Test func prioritiesGoBeforeAcceptance() {
        var fixture = ScheduleFixture()
        for (id, priority) in [(1, -9), (2, 0), (3, 9), (4, -3), (5, 4), (6, 0), (7, 5)] {
            fixture.add(UInt64(id), priority: Int8(priority))
        }
        #expect(fixture.drain() == [3, 7, 5, 2, 6, 4, 1])
    }

    @Test func waysOutHaveLimitsOfTheirOwn() {
        var fixture = ScheduleFixture {
            $0.maximumLocalLeases = 3
            $0.maximumRemoteLeases = 2
        }
        fixture.add(1...9, to: "local")
        fixture.add(11...19)
        let taken = fixture.takeAll()
        #expect(Set(taken) == [1, 2, 3, 11, 12])
        fixture.finish(2, to: "local")
        #expect(fixture.takeAll() == [4])
        fixture.finish(11)
        #expect(fixture.takeAll() == [13])
    }

    @Test func aDestinationGrowsWithSuccessAndShrinksWithFailure() {
        var fixture = ScheduleFixture()
        fixture.add(1...100)
        fixture.add(101, from: "other.example")
        #expect(fixture.takeAll() == [1, 101, 2, 3, 4])
        #expect(
            fixture.status()
                == DestinationStatus(
                    destination: .domain("b.example"), waiting: 0, ready: 96, inWork: 5, slow: 0,
                    limit: 5))
        for _ in 1...5 { fixture.schedule.feedback(.success, .domain("b.example")) }
        #expect(fixture.takeAll() == [5])
        for _ in 1...500 { fixture.schedule.feedback(.success, .domain("b.example")) }
        #expect(fixture.takeAll().count == 14)
        #expect(fixture.status()?.limit == 20)
        fixture.schedule.feedback(.hostFailure, .domain("b.example"))
        #expect(fixture.status()?.limit == 10)
        for id in 1...10 as ClosedRange<UInt64> { fixture.finish(id) }
        #expect(fixture.takeAll() == [], "10 are in work still")
        fixture.finish(11)
        #expect(fixture.takeAll() == [20])
    }

    /// It must not forget what it knows of a host while there is mail for it.
    @Test func aFailureCountsWhenTheOnlyMessageComesBack() {
        var fixture = ScheduleFixture()
        fixture.add(1)
        #expect(fixture.take() == 1)
        fixture.schedule.feedback(.hostFailure, .domain("b.example"))
        fixture.finish(1, again: 2_000_000)
        #expect(fixture.status()?.limit == 2)
        #expect(fixture.schedule.force(.domain("b.example"), now: now) == 1)
        #expect(fixture.status()?.limit == 5, "the host is back")
    }

    @Test func windows() {
        var window = ConcurrencyWindow(initial: 5, maximum: 7)
        var limits: [Int32] = []
        for _ in 1...20 {
            window.succeeded()
            limits.append(window.limit)
        }
        #expect(limits == [5, 5, 5, 5, 6, 6, 6, 6, 6, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7])
        limits = []
        for _ in 1...4 {
            window.failed()
            limits.append(window.limit)
        }
        #expect(limits == [3, 1, 1, 1])
        window.succeeded()
        #expect(window.limit == 2)
        #expect(ConcurrencyWindow(initial: 0, maximum: 0).limit == 1)
        #expect(ConcurrencyWindow(initial: 9, maximum: 4).limit == 4)
    }

    @Test func hangingDestinationsKeepNobodyWaiting() {
        var fixture = ScheduleFixture { $0.maximumRemoteLeases = 10 }
        for number in 0..<100 as Range<UInt64> {
            fixture.add(1 + number, to: "hang\(number % 4).example", from: "h\(number % 7).example")
        }
        #expect(fixture.takeAll().count == 10)
        fixture.add(1000...1002, to: "good.example", from: "new.example")
        #expect(fixture.take() == nil)
        for share in 1...10 as ClosedRange<UInt64> {
            let hanging = Destination.domain("hang\((share - 1) % 4).example")
            #expect(fixture.schedule.markSlow(QueueID(rawValue: share), hanging) == true)
        }
        #expect(fixture.takeAll() == [1000, 1001, 1002], "and none of those that hang")
        #expect(fixture.status("hang0.example")?.slow == 3)

        // Three answer, and go on beyond the limit of all.
        for share in [1, 5, 9] as [UInt64] {
            fixture.schedule.unmarkSlow(QueueID(rawValue: share), .domain("hang0.example"))
        }
        #expect(fixture.takeAll().count == 2, "hang0 has 3 of 5, all have 8 of 10 then")
        #expect(fixture.schedule.slow == 7)
    }

    /// A host that has greeted and falls silent costs no place, and its destination no more than its
    /// window.
    @Test func silentHostsKeepNobodyWaiting() {
        var fixture = ScheduleFixture { $0.maximumRemoteLeases = 10 }
        for number in 0..<40 as Range<UInt64> {
            fixture.add(1 + number, to: "silent\(number % 2).example")
        }
        #expect(fixture.takeAll().count == 10)
        fixture.add(1000...1002, to: "good.example", from: "new.example")
        for share in 1...10 as ClosedRange<UInt64> {
            let silent = Destination.domain("silent\((share - 1) % 2).example")
            #expect(
                fixture.schedule.markSlow(QueueID(rawValue: share), silent, closing: false) == true)
        }
        #expect(fixture.takeAll() == [1000, 1001, 1002], "both windows of 5 are used up")
        #expect(fixture.status("silent0.example")?.slow == 0)
        #expect(fixture.status("silent0.example")?.inWork == 5)

        // One ends, another answers: each makes room for one more only where it ended.
        fixture.finish(1, to: "silent0.example")
        fixture.schedule.unmarkSlow(QueueID(rawValue: 2), .domain("silent1.example"))
        #expect(fixture.takeAll().count == 1)
        #expect(fixture.schedule.slow == 8)
    }

    @Test func slowLeasesHaveALimit() {
        var fixture = ScheduleFixture {
            $0.maximumRemoteLeases = 2
            $0.maximumSlowLeases = 1
        }
        fixture.add(1, to: "x.example")
        fixture.add(2, to: "y.example")
        fixture.add(3, to: "z.example")
        #expect(fixture.takeAll() == [1, 2])
        #expect(
            fixture.schedule.markSlow(QueueID(rawValue: 1), .domain("x.example")) == true)
        #expect(
            fixture.schedule.markSlow(QueueID(rawValue: 2), .domain("y.example")) == false)
        #expect(fixture.takeAll() == [3])
        fixture.finish(1, to: "x.example")
        #expect(fixture.schedule.slow == 0)
        #expect(
            fixture.schedule.markSlow(QueueID(rawValue: 2), .domain("y.example")) == true)
    }

    /// A blocked destination is set aside: what it keeps waiting is not looked at on each take.
    @Test func aBlockedDestinationIsPassedOverOnce() {
        var fixture = ScheduleFixture { $0.initialDestinationLeases = 1 }
        for number in 1...5000 as ClosedRange<UInt64> {
            fixture.add(number, to: "full.example", from: "h\(number).example")
        }
        #expect(fixture.takeAll() == [1])
        for round in 1...5000 as ClosedRange<UInt64> {
            fixture.add(10_000 + round, to: "good.example")
            #expect(fixture.take() == 10_000 + round)
            fixture.finish(10_000 + round, to: "good.example")
        }
        fixture.finish(1, to: "full.example")
        #expect(fixture.drain() == Array(2...5000))
    }
}
