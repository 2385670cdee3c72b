import MailModel
import Testing

@testable import Spool

/// A host that asks for its mail more than once.
@Suite struct DequeueTests {
    private static let name = ScheduleFixture.destination("b.example")

    @Test func whatIsUnderWayIsNotBegunAgain() {
        var fixture = ScheduleFixture()
        fixture.add(1...7, due: .max)
        fixture.add(8, to: "c.example", due: .max)
        #expect(fixture.schedule.forceOnce(Self.name, now: .init(milliseconds: fixture.now)) == 7)
        #expect(fixture.status()?.isDequeuing == true && fixture.status("c.example")?.isDequeuing == false)
        #expect(fixture.takeAll() == [1, 2, 3, 4, 5])
        // Deferred anew, and not to be tried again before the others have been.
        for id in 1...5 as ClosedRange<UInt64> { fixture.finish(id, again: .max) }
        #expect(fixture.schedule.forceOnce(Self.name, now: .init(milliseconds: fixture.now)) == nil)
        #expect(fixture.takeAll() == [6, 7])
        fixture.finish(6)
        #expect(fixture.schedule.forceOnce(Self.name, now: .init(milliseconds: fixture.now)) == nil)
        fixture.finish(7, again: .max)
        #expect(fixture.status()?.isDequeuing == false)
        #expect(fixture.schedule.forceOnce(Self.name, now: .init(milliseconds: fixture.now)) == 6)
        #expect(fixture.schedule.forceOnce(ScheduleFixture.destination("d.example"), now: .init(milliseconds: 0)) == 0)
    }

    /// What is tried anyway is no reason to let the rest wait.
    @Test func otherWorkDoesNotStandInTheWay() {
        var fixture = ScheduleFixture()
        fixture.add(1)
        fixture.add(2...3, due: .max)
        #expect(fixture.takeAll() == [1])
        #expect(fixture.schedule.forceOnce(Self.name, now: .init(milliseconds: fixture.now)) == 2)
        fixture.finish(1)
        #expect(fixture.takeAll() == [2, 3])
        fixture.finish(2)
        fixture.finish(3)
        #expect(fixture.status() == nil)
    }
}
