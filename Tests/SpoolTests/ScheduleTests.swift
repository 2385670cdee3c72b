import MailModel
import Testing

@testable import Spool

/// The schedule as tables: what is entered, at which time it is asked, what comes out.
@Suite struct ScheduleTests {
    private func plan(
        _ due: Int64, _ domain: String = "a.example", _ lane: VirtualHosts.Lane = .fresh
    ) -> Schedule.Plan {
        Schedule.Plan(due: Timestamp(milliseconds: due), domain: domain, lane: lane)
    }

    private func at(_ milliseconds: Int64) -> Timestamp { Timestamp(milliseconds: milliseconds) }

    private func take(_ schedule: inout Schedule, _ now: Int64 = 1_000_000) -> UInt64? {
        schedule.take(now: at(now))?.id.rawValue
    }

    private func claim(_ schedule: inout Schedule, _ id: UInt64) -> Bool {
        schedule.claim(QueueID(rawValue: id))
    }

    private func id(_ value: UInt64) -> QueueID { QueueID(rawValue: value) }

    @Test func handsOutAtItsTimeAndOnlyOnce() {
        var schedule = Schedule(limits: SpoolConfiguration())
        schedule.add(id(1), plan(300))
        schedule.add(id(2), plan(100))
        #expect(schedule.nextDue() == at(100))
        #expect(take(&schedule, 99) == nil)
        #expect(take(&schedule, 100) == 2)
        #expect(take(&schedule, 100) == nil)
        #expect(schedule.nextDue() == at(300))
        schedule.add(id(2), plan(0))
        #expect(take(&schedule, 299) == nil, "2 is in work and not handed out again")
        #expect(take(&schedule, 300) == 1)
        #expect(schedule.nextDue() == nil)
        #expect(schedule.inWork == 2)
    }

    @Test func comesBackWithItsPlanOrLeaves() {
        var schedule = Schedule(limits: SpoolConfiguration())
        schedule.add(id(1), plan(0))
        #expect(take(&schedule, 0) == 1)
        schedule.finish(id(1), plan(50))
        #expect(take(&schedule, 49) == nil)
        #expect(take(&schedule, 50) == 1)
        schedule.finish(id(1), nil)
        #expect(take(&schedule, .max) == nil)
        #expect(schedule.count == 0)
        #expect(schedule.inWork == 0)
    }

    @Test func virtualHostsTakeTurns() {
        var schedule = Schedule(limits: SpoolConfiguration())
        for number in 1...6 { schedule.add(id(UInt64(number)), plan(0, "big.example")) }
        schedule.add(id(7), plan(0, "b.example"))
        schedule.add(id(8), plan(0, "c.example"))
        schedule.add(id(9), plan(0, "b.example"))
        let order = (1...9).map { _ in take(&schedule) }
        #expect(order == [1, 7, 8, 2, 9, 3, 4, 5, 6])
    }

    @Test func freshMailGoesBeforeRetriedButDoesNotStarveIt() {
        var limits = SpoolConfiguration()
        limits.maximumLeasesPerDomain = 100
        var schedule = Schedule(limits: limits)
        for number in 1...2 { schedule.add(id(UInt64(number)), plan(0, "a.example", .retried)) }
        for number in 11...30 { schedule.add(id(UInt64(number)), plan(0)) }
        let order = (1...22).map { _ in take(&schedule) ?? 0 }
        #expect(order.firstIndex(of: 1) == 7)
        #expect(order.firstIndex(of: 2) == 15)
        #expect(order.prefix(7).elementsEqual(11...17))
        #expect(order.last == 30)
    }

    @Test func limitsHoldAndEndWithTheLease() {
        var limits = SpoolConfiguration()
        limits.maximumLeases = 4
        limits.maximumRetriedLeases = 2
        limits.maximumLeasesPerDomain = 3
        var schedule = Schedule(limits: limits)
        for number in 1...4 { schedule.add(id(UInt64(number)), plan(0, "a.example", .retried)) }
        #expect([take(&schedule), take(&schedule), take(&schedule)] == [1, 2, nil])
        for number in 5...8 { schedule.add(id(UInt64(number)), plan(0)) }
        #expect([take(&schedule), take(&schedule)] == [5, nil], "3 of one host")
        for number in 11...12 { schedule.add(id(UInt64(number)), plan(0, "b.example")) }
        #expect([take(&schedule), take(&schedule)] == [11, nil], "4 in all")
        schedule.finish(id(1), nil)
        #expect([take(&schedule), take(&schedule)] == [6, nil])
        schedule.finish(id(11), nil)
        #expect([take(&schedule), take(&schedule)] == [12, nil])
    }

    @Test func anOperatorClaimsOutOfTurn() {
        var schedule = Schedule(limits: SpoolConfiguration())
        schedule.add(id(1), plan(0))
        #expect(claim(&schedule, 1))
        #expect(!claim(&schedule, 1))
        #expect(take(&schedule) == nil)
        schedule.finish(id(1), plan(0))
        #expect(take(&schedule) == 1)
        #expect(!claim(&schedule, 1))
        #expect(claim(&schedule, 2), "a held message is not in the schedule")
        schedule.finish(id(2), nil)
        schedule.finish(id(1), nil)
        #expect(schedule.count == 0)
    }

    @Test func aReadyMessageThatIsClaimedDoesNotComeTwice() {
        var schedule = Schedule(limits: SpoolConfiguration())
        schedule.add(id(1), plan(0))
        schedule.add(id(2), plan(0))
        #expect(take(&schedule) == 1, "2 stands in its lane now")
        #expect(claim(&schedule, 2))
        schedule.finish(id(2), plan(0))
        #expect(take(&schedule) == 2)
        #expect(take(&schedule) == nil)
    }

    @Test func forcesAllThatWait() {
        var schedule = Schedule(limits: SpoolConfiguration())
        for number in 1...3 { schedule.add(id(UInt64(number)), plan(900)) }
        schedule.add(id(4), plan(0))
        #expect(take(&schedule, 10) == 4)
        #expect(schedule.forceAll(now: at(10)) == 3)
        #expect(schedule.take(now: at(10)) == Schedule.Taken(id: id(1), isForced: true))
        #expect(schedule.take(now: at(10))?.isForced == true)
        #expect(schedule.take(now: at(10))?.isForced == true)
        #expect(schedule.take(now: at(10)) == nil)
    }

    /// Against a simple model: everything comes once, not early, and nothing is left behind.
    @Test(arguments: 1...5) func agreesWithAModel(seed: UInt64) {
        var random = SeededGenerator(state: seed)
        var limits = SpoolConfiguration()
        limits.maximumLeases = 20
        limits.maximumLeasesPerDomain = 8
        var schedule = Schedule(limits: limits)
        var waiting: [UInt64: Int64] = [:]
        var working: Set<UInt64> = []
        var now: Int64 = 0
        var last: UInt64 = 0
        for _ in 0..<5000 {
            switch Int.random(in: 0..<10, using: &random) {
            case 0..<4:
                last += 1
                let due = now + .random(in: -5...500, using: &random)
                let domain = "\(Int.random(in: 0..<6, using: &random)).example"
                schedule.add(
                    id(last), plan(due, domain, Bool.random(using: &random) ? .fresh : .retried))
                waiting[last] = due
            case 4..<7:
                now += .random(in: 0...60, using: &random)
                guard let taken = schedule.take(now: at(now))?.id.rawValue else { continue }
                #expect(waiting.removeValue(forKey: taken).map { $0 <= now } == true)
                #expect(working.insert(taken).inserted)
            default:
                guard let ended = working.randomElement(using: &random) else { continue }
                working.remove(ended)
                let comesBack = Bool.random(using: &random)
                if comesBack { waiting[ended] = now + 100 }
                schedule.finish(id(ended), comesBack ? plan(now + 100, "x.example", .retried) : nil)
            }
            #expect(schedule.count == waiting.count + working.count)
            #expect(schedule.inWork == working.count && working.count <= 20)
        }
        for ended in working { schedule.finish(id(ended), nil) }
        while let taken = schedule.take(now: at(.max))?.id.rawValue {
            #expect(waiting.removeValue(forKey: taken) != nil)
            schedule.finish(id(taken), nil)
        }
        #expect(waiting.isEmpty && schedule.count == 0)
    }

    @Test func aLongQueueIsTakenInTheOrderOfItsTimes() {
        var schedule = Schedule(limits: SpoolConfiguration())
        for number in 0..<20_000 as Range<UInt64> {
            schedule.add(id(number), plan(Int64((number &* 7919) % 20_000)))
        }
        var last: Int64 = -1
        while let due = schedule.nextDue() {
            #expect(due.milliseconds > last)
            last = due.milliseconds
            guard let taken = schedule.take(now: due) else {
                Issue.record("nothing at \(due)")
                return
            }
            schedule.finish(taken.id, nil)
        }
        #expect(schedule.count == 0)
    }
}

/// SplitMix64.
struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }
}
