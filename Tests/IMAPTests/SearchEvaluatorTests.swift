import IMAP
import MailModel
import Testing

@Suite struct SearchEvaluatorTests {
    /// What the evaluation must agree with: every message asked every question.
    private static func matches(_ query: SearchQuery, _ message: UInt32, _ position: Int) -> Bool {
        switch query {
        case .all: true
        case .none: false
        case .test(let test): ListSource.matches(test, message, position: position)
        case .and(let parts): parts.allSatisfy { matches($0, message, position) }
        case .or(let parts): parts.contains { matches($0, message, position) }
        case .not(let part): !matches(part, message, position)
        }
    }

    private static func query(_ depth: Int, _ dice: inout GrammarDice) -> SearchQuery {
        switch Int.random(in: 0..<(depth > 0 ? 10 : 6), using: &dice) {
        case 0: return .all
        case 1: return .test(.size(0..<UInt64.random(in: 1..<500, using: &dice)))
        case 2: return .test(.flags(MessageFlags(rawValue: .random(in: 0..<16, using: &dice))))
        case 3:
            let first = UInt32.random(in: 1..<100, using: &dice)
            return .test(.sequence(SequenceSet(ranges: [.init(first: first, last: nil)])))
        case 4: return .test(.internalDate(10..<Int64.random(in: 10..<50, using: &dice)))
        case 5:
            let digit = String(Int.random(in: 0..<10, using: &dice))
            return .test(.text(TextTest(field: .body, needle: digit)))
        case 6: return .not(query(depth - 1, &dice))
        case 7, 8:
            return .and((0..<Int.random(in: 0..<4, using: &dice)).map { _ in query(depth - 1, &dice) })
        default:
            return .or((0..<Int.random(in: 1..<4, using: &dice)).map { _ in query(depth - 1, &dice) })
        }
    }

    @Test(arguments: 0..<30) func agreesWithAskingEveryMessage(seed: Int) async throws {
        var dice = GrammarDice(seed: UInt64(seed))
        let messages = (0..<Int.random(in: 0..<200, using: &dice)).map { _ in
            UInt32.random(in: 0..<500, using: &dice)
        }
        let source = ListSource(messages: messages)
        for _ in 0..<50 {
            let query = Self.query(4, &dice)
            let found = try await query.evaluate(on: source, among: .all(source.size))
            let expected = messages.indices.filter { Self.matches(query, messages[$0], $0) }
            #expect(found.positions == expected, "\(query)")
        }
    }

    @Test func asksOnlyWhatCheapConditionsLeave() async throws {
        let source = ListSource(messages: [1, 2, 3], isBroken: true)
        let query = SearchQuery.and([
            .test(.text(TextTest(field: .body, needle: "x"))), .none,
        ])
        let found = try await query.evaluate(on: source, among: .all(3))
        #expect(found.isEmpty)
        await #expect(throws: ListSource.Unavailable.self) {
            _ = try await SearchQuery.not(.test(.size(0..<1))).evaluate(on: source, among: .all(3))
        }
    }

    @Test(arguments: [0, 1, 63, 64, 65, 130]) func positionSets(size: Int) {
        #expect(PositionSet.all(size).positions == Array(0..<size))
        #expect(PositionSet.all(size).count == size)
        var set = PositionSet(size: size, sequenceNumbers: UIDSet([1...200]))
        #expect(set == .all(size))
        set.subtract(PositionSet(size: size, stride(from: 0, to: size, by: 2)))
        #expect(set.positions == Array(stride(from: 1, to: size, by: 2)))
        #expect(PositionSet(size: size, sequenceNumbers: UIDSet([500...600])).isEmpty)
    }
}
