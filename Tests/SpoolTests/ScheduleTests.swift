import FuzzSupport
import MailModel
import Testing

@testable import Spool

/// What is entered, at which time it is asked, what comes out.
@Suite struct ScheduleTests {
    private func id(_ value: UInt64) -> QueueID { QueueID(rawValue: value) }

    @Test func handsOutAtItsTimeAndOnlyOnce() {
        var fixture = ScheduleFixture()
        fixture.now = 0
        fixture.add(1, due: 300)
        fixture.add(2, due: 100)
        #expect(fixture.schedule.nextDue?.milliseconds == 100)
        fixture.now = 99
        #expect(fixture.take() == nil)
        fixture.now = 100
        #expect(fixture.take() == 2)
        #expect(fixture.take() == nil)
        #expect(fixture.schedule.nextDue?.milliseconds == 300)
        fixture.add(2)
        fixture.now = 299
        #expect(fixture.take() == nil, "2 is in work and not handed out again")
        fixture.now = 300
        #expect(fixture.take() == 1)
        #expect(fixture.schedule.nextDue == nil)
        #expect(fixture.schedule.inWork == 2)
    }

    @Test func comesBackWithItsPlanOrLeaves() {
        var fixture = ScheduleFixture()
        fixture.now = 0
        fixture.add(1)
        #expect(fixture.take() == 1)
        fixture.finish(1, again: 50)
        fixture.now = 49
        #expect(fixture.take() == nil)
        fixture.now = 50
        #expect(fixture.take() == 1)
        fixture.finish(1)
        fixture.now = .max
        #expect(fixture.take() == nil)
        #expect(fixture.schedule.count == 0)
        #expect(fixture.schedule.inWork == 0)
        #expect(fixture.schedule.statuses.isEmpty)
    }

    @Test func whatWaitsCanBeMovedForwardOnly() {
        var fixture = ScheduleFixture()
        fixture.now = 0
        fixture.add(1, due: 100)
        fixture.add(1, due: 200)
        #expect(fixture.schedule.nextDue?.milliseconds == 100)
        fixture.add(1, due: 50)
        #expect(fixture.schedule.nextDue?.milliseconds == 50)
        #expect(fixture.schedule.count == 1)
    }

    @Test func aMessagesDestinationsAreIndependent() {
        var fixture = ScheduleFixture()
        fixture.add(1, to: "x.example")
        fixture.add(1, to: "y.example", due: 2_000_000)
        fixture.add(1, to: "local")
        #expect(fixture.takeAll() == [1, 1])
        fixture.finish(1, to: "x.example", again: 3_000_000)
        #expect(Set(fixture.schedule.inWork(of: id(1))) == [.local])
        fixture.now = 2_000_000
        #expect(fixture.take() == 1)
        #expect(Set(fixture.schedule.inWork(of: id(1))) == [.local, .domain("y.example")])
        fixture.finish(1, to: "local")
        fixture.finish(1, to: "y.example")
        #expect(fixture.schedule.nextDue?.milliseconds == 3_000_000)
        #expect(fixture.schedule.count == 1)
    }

    @Test func aReportGathersWhatIsInWork() {
        var fixture = ScheduleFixture()
        fixture.add(1, to: "x.example")
        fixture.add(1, to: "y.example")
        fixture.add(1, to: "z.example", due: 9_000_000)
        #expect(fixture.takeAll() == [1, 1])
        fixture.add(1, to: "reports")
        #expect(fixture.take() == nil)
        fixture.finish(1, to: "x.example")
        #expect(fixture.take() == nil)
        fixture.finish(1, to: "y.example")
        #expect(fixture.take() == 1, "but it does not wait for what is deferred")
        #expect(fixture.schedule.inWork(of: id(1)) == [.reports])

        // One whose turn had come when another share went to work.
        fixture.add(2, to: "reports")
        fixture.add(2, to: "local")
        #expect(fixture.schedule.claim(id(2), only: .local).claimed == [.local])
        #expect(fixture.take() == nil)
        fixture.finish(2, to: "local")
        #expect(fixture.take() == 2)
    }

    @Test func anOperatorClaimsOutOfTurn() {
        var fixture = ScheduleFixture()
        fixture.add(1)
        fixture.add(1, to: "c.example")
        #expect(fixture.take() == 1)
        let first = fixture.schedule.claim(id(1))
        #expect((first.claimed + first.inWork).count == 2)
        #expect(first.claimed.count == 1)
        #expect(fixture.schedule.claim(id(1)).claimed.isEmpty)
        #expect(fixture.take() == nil)
        for destination in first.claimed + first.inWork {
            fixture.finish(1, to: destination.description)
        }
        #expect(fixture.schedule.count == 0)
        #expect(fixture.schedule.claim(id(2)).claimed.isEmpty, "not in the schedule")
    }

    @Test func aReadyJobThatIsClaimedDoesNotComeTwice() {
        var fixture = ScheduleFixture { $0.initialDestinationLeases = 1 }
        fixture.add(1...3)
        #expect(fixture.take() == 1)
        #expect(fixture.schedule.claim(id(2)).claimed == [.domain("b.example")])
        fixture.finish(1)
        #expect(fixture.takeAll() == [3])
        fixture.finish(3)
        fixture.finish(2, again: 0)
        #expect(fixture.takeAll() == [2])
    }

    @Test func forcesAllThatWaitOrThoseForOneDestination() {
        var fixture = ScheduleFixture { $0.initialDestinationLeases = 20 }
        fixture.add(1...3, due: 9_000_000)
        fixture.add(4, to: "c.example", due: 8_000_000)
        fixture.add(5, to: "c.example", due: 7_000_000, .retried)
        fixture.add(6, to: "c.example")
        #expect(fixture.take() == 6)
        let now = Timestamp(milliseconds: fixture.now)
        #expect(fixture.schedule.force(.domain("nobody.example"), now: now) == 0)
        #expect(fixture.schedule.force(.domain("c.example"), now: now) == 2)
        #expect(fixture.takeAll() == [4, 5])
        #expect(fixture.schedule.force(nil, now: now) == 3)
        let taken = fixture.schedule.take(now: now)
        #expect(
            taken == Schedule.Taken(id: id(1), destination: .domain("b.example"), isForced: true))
        #expect(fixture.takeAll() == [2, 3])
        fixture.finish(1, again: 9_000_000)
        fixture.now = 9_000_000
        #expect(
            fixture.schedule.take(now: Timestamp(milliseconds: fixture.now))?.isForced == false)
    }

    @Test func whatIsReleasedGoesInTheOrderOfAcceptance() {
        var fixture = ScheduleFixture()
        for number in 0..<1000 as Range<UInt64> {
            let id = number &* 7919 % 1000
            fixture.add(id, due: 2_000_000 + Int64(number), .retried)
        }
        #expect(
            fixture.schedule.force(
                .domain("b.example"), now: Timestamp(milliseconds: fixture.now)) == 1000)
        #expect(fixture.drain() == Array(0..<1000))
    }

    @Test func aLongQueueIsTakenInTheOrderOfItsTimes() {
        var fixture = ScheduleFixture()
        fixture.now = -1
        for number in 0..<20_000 as Range<UInt64> {
            fixture.add(number, due: Int64((number &* 7919) % 20_000))
        }
        var last: Int64 = -1
        while let due = fixture.schedule.nextDue {
            #expect(due.milliseconds > last)
            last = due.milliseconds
            fixture.now = last
            guard let taken = fixture.take() else {
                Issue.record("nothing at \(due)")
                return
            }
            fixture.finish(taken)
        }
        #expect(fixture.schedule.count == 0)
    }

    /// More than one call makes ready.
    @Test func aQueueThatIsDueAllAtOnceIsHandedOutWhole() {
        var fixture = ScheduleFixture()
        fixture.now = 0
        fixture.add(1...5000, due: 10)
        fixture.now = 10
        #expect(fixture.drain() == Array(1...5000))
    }

    /// Against a simple model: everything comes once, not early, within the limits, and nothing is
    /// left behind.
    @Test(arguments: 1...6) func agreesWithAModel(seed: UInt64) {
        var random = Dice(seed: seed)
        var fixture = ScheduleFixture {
            $0.maximumRemoteLeases = 12
            $0.maximumLocalLeases = 8
            $0.maximumSlowLeases = 3
            $0.maximumDestinationLeases = 6
            $0.weights = ["2.example": 3]
        }
        struct Key: Hashable {
            var id: UInt64
            var destination: String
        }
        var waiting: [Key: Int64] = [:]
        var working: [Key: Bool] = [:]
        var last: UInt64 = 0
        fixture.now = 0
        for _ in 0..<6000 {
            switch Int.random(in: 0..<12, using: &random) {
            case 0..<5:
                last += 1
                let due = fixture.now + .random(in: -5...500, using: &random)
                let key = Key(
                    id: .random(in: max(last, 4) - 3...last + 1, using: &random),
                    destination: ["local", "p.example", "q.example", "r.example"]
                        .randomElement(using: &random)!)
                fixture.add(
                    key.id, to: key.destination,
                    from: "\(Int.random(in: 0..<4, using: &random)).example", due: due,
                    Bool.random(using: &random) ? .fresh : .retried,
                    priority: .random(in: -9...9, using: &random))
                if working[key] == nil { waiting[key] = min(due, waiting[key] ?? .max) }
            case 5..<9:
                fixture.now += .random(in: 0...40, using: &random)
                let now = Timestamp(milliseconds: fixture.now)
                guard let taken = fixture.schedule.take(now: now) else { continue }
                let key = Key(
                    id: taken.id.rawValue, destination: taken.destination.description)
                #expect(waiting.removeValue(forKey: key).map { $0 <= fixture.now } == true)
                #expect(working.updateValue(false, forKey: key) == nil)
            case 9:
                guard let key = working.keys.sorted(by: { $0.id < $1.id }).first else { continue }
                let destination = ScheduleFixture.destination(key.destination)
                if working[key] == true {
                    fixture.schedule.unmarkSlow(id(key.id), destination)
                    working[key] = false
                } else if fixture.schedule.markSlow(id(key.id), destination) {
                    working[key] = true
                }
                fixture.schedule.feedback(
                    Bool.random(using: &random) ? .success : .hostFailure, destination)
            default:
                guard let key = working.keys.randomElement(using: &random) else { continue }
                working[key] = nil
                let comesBack = Int.random(in: 0..<3, using: &random) == 0
                if comesBack { waiting[key] = fixture.now + 100 }
                fixture.finish(
                    key.id, to: key.destination, again: comesBack ? fixture.now + 100 : nil)
            }
            #expect(fixture.schedule.count == waiting.count + working.count)
            #expect(fixture.schedule.inWork == working.count)
        }
        for key in working.keys { fixture.finish(key.id, to: key.destination) }
        fixture.now = .max
        let left = fixture.drain()
        #expect(left.sorted() == waiting.keys.map(\.id).sorted())
        #expect(fixture.schedule.count == 0 && fixture.schedule.statuses.isEmpty)
    }
}
