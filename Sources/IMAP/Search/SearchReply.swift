package import NIOCore

/// What a SEARCH or SORT has found, and how it is told (RFC 4731, RFC 5182, RFC 5267, RFC 9394).
package struct SearchReply {
    package var tag: String
    package var isUID: Bool
    /// Empty means ALL.
    package var returns: [SearchReturn]
    /// UIDs or sequence numbers: ascending, or in the order of a SORT.
    package var numbers: [UInt32]
    /// When the search was about mod-sequences: that of each of `numbers`.
    package var modSequences: [UInt64]?
    /// RFC 6203: of each of `numbers`, 1 to 100.
    package var relevancies: [UInt8]?
    package var mailbox: SearchedMailbox?

    package init(tag: String, isUID: Bool, returns: [SearchReturn], numbers: [UInt32]) {
        self.tag = tag
        self.isUID = isUID
        self.returns = returns
        self.numbers = numbers
    }

    /// Whether anything is to be told: RETURN (SAVE) alone wants nothing (RFC 5182 section 2.1).
    /// UPDATE alone wants to hear that the search is kept (RFC 5267 section 4.3).
    package var isWanted: Bool {
        returns.isEmpty || returns.contains { $0 != .save && $0 != .context }
    }

    // MARK: What each option selects, as positions in `numbers`

    /// The results that PARTIAL selects: counted from the end when negative.
    package static func selection(_ range: PartialRange, of count: Int) -> Range<Int> {
        let low = min(abs(range.first), abs(range.last))
        let high = max(abs(range.first), abs(range.last))
        let start = Int(min(low - 1, Int64(count)))
        let end = Int(min(high, Int64(count)))
        guard start < end else { return 0..<0 }
        return range.first > 0 ? start..<end : count - end..<count - start
    }

    /// What SAVE keeps (RFC 5182 section 2.4, RFC 9394 section 3.2): with MIN or MAX and without ALL,
    /// COUNT or PARTIAL just these; with PARTIAL the part; else everything.
    package var saved: [UInt32] {
        positionsTold.map { numbers[$0] }
    }

    /// The highest mod-sequence of the messages that the options tell of (RFC 7162 section 3.1.10).
    private var highestModSequence: UInt64? {
        guard let modSequences else { return nil }
        return positionsTold.map { modSequences[$0] }.max()
    }

    private var positionsTold: [Int] {
        let all = Array(numbers.indices)
        if returns.contains(.all) || returns.contains(.count) { return all }
        var told: Set<Int> = []
        var isPart = false
        for option in returns {
            switch option {
            case .min:
                isPart = true
                if let first = all.first { told.insert(first) }
            case .max:
                isPart = true
                if let last = all.last { told.insert(last) }
            case .partial(let range):
                isPart = true
                told.formUnion(Self.selection(range, of: all.count))
            default: break
            }
        }
        return isPart ? told.sorted() : all
    }

    // MARK: Wire

    /// ```
    /// search-response = "ESEARCH" [search-correlator] [SP "UID"] *(SP search-return-data)
    /// ```
    package func writeExtended(to buffer: inout ByteBuffer) {
        buffer.writeSearchCorrelator(tag: tag, mailbox: mailbox)
        if isUID { buffer.writeStaticString(" UID") }
        let wantsAll =
            !returns.contains {
                switch $0 {
                case .min, .max, .count, .save, .partial, .update, .context: true
                case .all, .relevancy: false
                }
            }
        if let first = numbers.first, let last = numbers.last {
            if returns.contains(.min) { buffer.writeItem("MIN", UInt64(first)) }
            if returns.contains(.max) { buffer.writeItem("MAX", UInt64(last)) }
            if wantsAll || returns.contains(.all) {
                buffer.writeStaticString(" ALL ")
                buffer.writeNumberRuns(numbers)
            }
        }
        if returns.contains(.count) { buffer.writeItem("COUNT", UInt64(numbers.count)) }
        for case .partial(let range) in returns {
            // 4:2 is the same as 2:4 (RFC 9394 section 3.1), and told as that.
            let (first, last) = abs(range.first) <= abs(range.last)
                ? (range.first, range.last) : (range.last, range.first)
            buffer.writeString(" PARTIAL (\(first):\(last) ")
            let part = numbers[Self.selection(range, of: numbers.count)]
            if part.isEmpty { buffer.writeStaticString("NIL") } else { buffer.writeNumberRuns(part) }
            buffer.writeStaticString(")")
        }
        if let modSequence = highestModSequence { buffer.writeItem("MODSEQ", modSequence) }
        if returns.contains(.relevancy), let relevancies { write(relevancies, to: &buffer) }
        buffer.writeStaticString("\r\n")
    }

    private func write(_ relevancies: [UInt8], to buffer: inout ByteBuffer) {
        var told = relevancies[...]
        for case .partial(let range) in returns {
            told = relevancies[Self.selection(range, of: numbers.count)]
        }
        guard !told.isEmpty else { return }
        buffer.writeStaticString(" RELEVANCY (")
        for (index, relevancy) in told.enumerated() {
            if index > 0 { buffer.writeInteger(UInt8(ascii: " ")) }
            buffer.writeIMAPNumber(UInt64(relevancy))
        }
        buffer.writeStaticString(")")
    }

    /// The old forms: SEARCH, SORT. The whole result in one line.
    package func writePlain(_ name: StaticString, to buffer: inout ByteBuffer) {
        buffer.writeStaticString("* ")
        buffer.writeStaticString(name)
        for number in numbers {
            buffer.writeInteger(UInt8(ascii: " "))
            buffer.writeIMAPNumber(UInt64(number))
        }
        if let highest = modSequences?.max() {
            buffer.writeStaticString(" (MODSEQ ")
            buffer.writeIMAPNumber(highest)
            buffer.writeStaticString(")")
        }
        buffer.writeStaticString("\r\n")
    }
}

extension ByteBuffer {
    fileprivate mutating func writeItem(_ name: StaticString, _ value: UInt64) {
        writeStaticString(" ")
        writeStaticString(name)
        writeStaticString(" ")
        writeIMAPNumber(value)
    }

    /// search-correlator = SP "(" "TAG" SP tag-string … ")"
    package mutating func writeSearchCorrelator(tag: String, mailbox: SearchedMailbox? = nil) {
        writeStaticString("* ESEARCH (TAG ")
        writeIMAPQuoted(tag)
        if let mailbox {
            writeStaticString(" MAILBOX ")
            writeIMAPMailbox(mailbox.name, utf8: mailbox.isUTF8)
            writeStaticString(" UIDVALIDITY ")
            writeIMAPNumber(mailbox.uidValidity)
        }
        writeStaticString(")")
    }
}

/// Where MULTISEARCH has found something (RFC 7377 section 2.1).
package struct SearchedMailbox: Sendable {
    package var name: String
    package var uidValidity: UInt32
    /// The client takes names in UTF-8.
    package var isUTF8: Bool

    package init(name: String, uidValidity: UInt32, isUTF8: Bool) {
        self.name = name
        self.uidValidity = uidValidity
        self.isUTF8 = isUTF8
    }
}
