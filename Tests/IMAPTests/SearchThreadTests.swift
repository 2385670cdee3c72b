import IMAP
import NIOCore
import Testing

@Suite struct SearchThreadTests {
    private func row(
        _ number: UInt32, _ id: String, _ references: [String] = [], subject: String = "",
        isReply: Bool = false, date: Int64? = nil
    ) -> ThreadRow {
        ThreadRow(
            number: number, messageID: Array(id.utf8), references: references.map { Array($0.utf8) },
            subject: Array(subject.utf8), isReply: isReply, sentDate: date ?? Int64(number),
            internalDate: date ?? Int64(number))
    }

    private func text(_ forest: ThreadForest) -> String {
        var buffer = ByteBuffer()
        forest.write(to: &buffer)
        let line = String(buffer: buffer)
        #expect(line.hasPrefix("* THREAD") && line.hasSuffix("\r\n"))
        // CR and LF are one character.
        return String(line.dropFirst("* THREAD".count).dropLast())
    }

    @Test func references() {
        #expect(text(.references([])) == "")
        #expect(text(.references([row(1, "a"), row(2, "b", ["a"])])) == " (1 2)")
        // RFC 5256 section 4: (3 6 (4 23)(44 7 96)).
        let tree = [
            row(2, "m2"), row(3, "m3"), row(6, "m6", ["m3"], date: 4), row(4, "m4", ["m3", "m6"], date: 5),
            row(23, "m23", ["m4"]), row(44, "m44", ["m6"], date: 6), row(7, "m7", ["m44"]),
            row(96, "m96", ["m7"]),
        ]
        #expect(text(.references(tree)) == " (2)(3 6 (4 23)(44 7 96))")
        // Siblings whose parent is not there.
        #expect(text(.references([row(3, "a", ["x"]), row(5, "b", ["x"])])) == " ((3)(5))")
        // One alone needs no missing parent.
        #expect(text(.references([row(3, "a", ["x", "y"])])) == " (3)")
        // Circles.
        #expect(text(.references([row(1, "a", ["a"])])) == " (1)")
        #expect(text(.references([row(1, "a", ["b"]), row(2, "b", ["a"])])) == " (2 1)")
        // Two of one identifier.
        #expect(text(.references([row(1, "a"), row(2, "a"), row(3, "c", ["a"])])) == " (1 3)(2)")
    }

    @Test func subjects() {
        let reply = [
            row(1, "a", subject: "S"), row(2, "b", subject: "S", isReply: true),
            row(3, "c", subject: "T"),
        ]
        #expect(text(.references(reply)) == " (1 2)(3)")
        #expect(text(.refs(reply)) == " (1)(2)(3)")
        let same = [row(1, "a", subject: "S"), row(2, "b", subject: "S")]
        #expect(text(.references(same)) == " ((1)(2))")
        #expect(
            text(.orderedSubject(reply + [row(4, "d", subject: "S")])) == " (1 (2)(4))(3)")
        #expect(text(.orderedSubject(reply)) == " (1 2)(3)")
    }

    @Test func refsPutsTheNewestThreadLast() {
        let rows = [
            row(1, "a", date: 1), row(2, "b", date: 2), row(3, "c", ["a"], date: 3),
        ]
        #expect(text(.refs(rows)) == " (2)(1 3)")
    }

    /// Without circles, where the order of handling does not matter, every tree is the RFC's.
    @Test(arguments: 0..<150) func agreesWithTheRFC(seed: Int) {
        var dice = GrammarDice(seed: UInt64(seed))
        let identifiers = 25
        var rows: [ThreadRow] = []
        for number in 1...20 {
            let own = Int.random(in: 0..<identifiers, using: &dice)
            // An identifier always has the same ancestors: its divisors, so to speak.
            var chain: [String] = []
            var next = own
            while next > 0, dice.chance(90) {
                next = next * 7 / 11
                chain.insert("m\(next)", at: 0)
            }
            rows.append(
                row(
                    UInt32(number), dice.chance(90) ? "m\(own)" : "", chain,
                    subject: dice.chance(70) ? "S\(own % 4)" : "", isReply: dice.chance(50),
                    date: Int64.random(in: 0..<50, using: &dice)))
        }
        let expected = ThreadReference.threads(rows)
        #expect(text(.references(rows)) == " " + expected)
    }

    @Test(arguments: 0..<100) func everyMessageOnce(seed: Int) {
        var dice = GrammarDice(seed: UInt64(seed))
        let rows = (1...40).map { number in
            row(
                UInt32(number), "m\(Int.random(in: 0..<30, using: &dice))",
                (0..<Int.random(in: 0..<5, using: &dice)).map { _ in
                    "m\(Int.random(in: 0..<30, using: &dice))"
                }, subject: "S\(number % 5)", isReply: dice.chance(30),
                date: Int64.random(in: 0..<9, using: &dice))
        }
        for forest in [
            ThreadForest.references(rows), .refs(rows), .orderedSubject(rows),
        ] {
            let numbers = text(forest).split { !$0.isNumber }.compactMap { UInt32($0) }
            #expect(numbers.sorted() == Array(1...40))
        }
    }

    /// Would take hours, or the stack, if it were not linear and free of recursion.
    @Test func hostileChains() {
        let count = 50_000
        let forwards = (1...count).map { row(UInt32($0), "m\($0)", ["m\($0 - 1)"], subject: "S") }
        #expect(text(.references(forwards)).hasPrefix(" (1 2 3 "))
        let backwards = (1...count).map {
            row(UInt32($0), "m\($0)", ["m\($0 + 1)"], subject: "S")
        }
        #expect(text(.references(backwards)).hasSuffix(" 3 2 1)"))
        let circle = (1...count).map { row(UInt32($0), "m\($0)", ["m\($0 % count + 1)"]) }
        #expect(text(.refs(circle)).utf8.count > count)
        let missing = (1...200).map { number in
            row(UInt32(number), "m\(number)", (0..<500).map { "x\(number)-\($0)" })
        }
        #expect(text(.references(missing)).hasPrefix(" (1)(2)"))
    }
}
