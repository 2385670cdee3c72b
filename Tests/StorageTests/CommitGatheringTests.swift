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
        var waits: [Bool] = []
        for _ in 0..<12 {
            let pause = gathering.pause(underWay: 10)
            waits.append(pause != nil)
            if pause != nil { gathering.ended(joined: 0) }
        }
        // Once, twice, four times as long.
        #expect(waits == [true, false, true, false, false, true, false, false, false, false, true, false])
    }

    @Test func companyEncourages() {
        var gathering = CommitGathering()
        for _ in 0..<10 where gathering.pause(underWay: 10) != nil { gathering.ended(joined: 0) }
        while gathering.pause(underWay: 10) == nil {}
        gathering.ended(joined: 1)
        for _ in 0..<5 {
            #expect(gathering.pause(underWay: 10) != nil)
            gathering.ended(joined: 3)
        }
    }
}
