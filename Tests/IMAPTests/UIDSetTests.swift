import MailModel
import Testing

@testable import IMAP

@Suite struct UIDSetTests {
    @Test func rangesAreJoined() {
        #expect(UIDSet([5...7, 1...2, 3...3, 6...9]).ranges == [1...3, 5...9])
        #expect(UIDSet([0...0]).isEmpty)
        #expect(UIDSet([0...2, 4_294_967_290...4_294_967_295, 4_294_967_295...4_294_967_295]).ranges == [1...2, 4_294_967_290...4_294_967_295])
        #expect(UIDSet(ascending: [1, 2, 3, 5, 5, 7]).ranges == [1...3, 5...5, 7...7])
        #expect(UIDSet([1...4_294_967_295]).count == 4_294_967_295)
    }

    @Test func contains() {
        let set = UIDSet([2...3, 7...9, 4_294_967_295...4_294_967_295])
        for number: UInt32 in 0...12 { #expect(set.contains(number) == [2, 3, 7, 8, 9].contains(number)) }
        #expect(set.contains(.max) && !set.contains(.max - 1))
        #expect(Array(set.numbers) == [2, 3, 7, 8, 9, .max])
        #expect(set.first == 2 && set.last == .max && set.count == 6)
    }

    @Test func resolvesSets() {
        let set = SequenceSet.of((4, 2), (nil, 9), (nil, nil))
        #expect(set.resolved(largest: 7).ranges == [2...4, 7...9])
        #expect(set.resolved(largest: 0).ranges == [2...4])
    }
}
