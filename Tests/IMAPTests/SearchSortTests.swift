import IMAP
import Testing

@Suite struct SearchSortTests {
    @Test(arguments: 0..<50) func agreesWithAStableSort(seed: Int) {
        var dice = GrammarDice(seed: UInt64(seed))
        let count = 60
        let numbers = (0..<count).map { _ in Int64.random(in: 0..<5, using: &dice) }
        let strings = (0..<count).map { _ in
            (0..<Int.random(in: 0..<12, using: &dice)).map { _ in
                UInt8.random(in: 65..<67, using: &dice)
            }
        }
        let reverses = (Bool.random(using: &dice), Bool.random(using: &dice))
        var sorter = MessageSorter()
        sorter.add(.numbers(numbers), isReverse: reverses.0)
        sorter.add(.strings(StringColumn(strings)), isReverse: reverses.1)

        func compare(_ a: Int, _ b: Int) -> Bool {
            if numbers[a] != numbers[b] { return (numbers[a] < numbers[b]) != reverses.0 }
            if strings[a] != strings[b] {
                return strings[a].lexicographicallyPrecedes(strings[b]) != reverses.1
            }
            return a < b
        }
        // One by one into place.
        var expected: [Int] = []
        for row in 0..<count {
            expected.insert(row, at: expected.firstIndex { compare(row, $0) } ?? expected.count)
        }
        #expect(sorter.sorted(Array(0..<count)) == expected)
    }

    @Test func withoutKeysNothingMoves() {
        #expect(MessageSorter().sorted([0, 1, 2]) == [0, 1, 2])
        var sorter = MessageSorter()
        sorter.add(.strings(StringColumn([[], [], []] as [[UInt8]])), isReverse: true)
        #expect(sorter.sorted([0, 1, 2]) == [0, 1, 2])
    }
}
