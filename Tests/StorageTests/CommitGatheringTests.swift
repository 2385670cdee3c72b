import Testing

@testable import Storage

@Suite struct CommitGatheringTests {
    @Test(arguments: [(0, false), (3, false), (4, true), (4000, true)])
    func manyUnderWayAreWaitedFor(_ underWay: Int, _ waits: Bool) {
        var gathering = CommitGathering()
        #expect((gathering.pause(underWay: underWay) != nil) == waits)
    }

    @Test(arguments: [(0, true), (2, true), (3, false), (1000, false)])
    func closeOnesAreWaitedFor(_ milliseconds: Int, _ waits: Bool) {
        var gathering = CommitGathering()
        let now = SuspendingClock.now
        gathering.committed(at: now)
        let next = now + .milliseconds(milliseconds)
        #expect((gathering.pause(underWay: 0, now: next) != nil) == waits)
    }

    @Test func whoWaitsInVainLeavesItBe() {
        var gathering = CommitGathering()
        var waits = 0
        for _ in 0..<1000 where gathering.pause(underWay: 10) != nil {
            // One is enough for the rest of the round.
            if gathering.enough > 1 { waits += 1 }
            gathering.ended(joined: 0, of: 1)
        }
        // After 1, 2, 4 … 64 commits without, and 16 that found one enough.
        #expect(waits == 17)
    }

    @Test func companyEncourages() {
        var gathering = CommitGathering()
        for _ in 0..<10 where gathering.pause(underWay: 10) != nil {
            gathering.ended(joined: 0, of: 1)
        }
        while gathering.pause(underWay: 10) == nil {}
        gathering.ended(joined: 1, of: 2)
        for _ in 0..<5 {
            #expect(gathering.pause(underWay: 10) != nil)
            gathering.ended(joined: 3, of: 4)
        }
    }

    /// Where all sessions have come, nobody is waited for; now and then the whole time is waited, to see
    /// whether there are more by now.
    @Test func asManyAsCameTogetherAreEnough() {
        var gathering = CommitGathering()
        var enough: [Int: Int] = [:]
        for _ in 0..<160 {
            enough[gathering.enough, default: 0] += 1
            gathering.ended(joined: 15, of: 16)
        }
        #expect(enough == [.max: 10, 16: 150])
        while gathering.enough == .max { gathering.ended(joined: 1, of: 2) }
        gathering.ended(joined: 30, of: 31)
        #expect(gathering.enough == 31)
    }
}
