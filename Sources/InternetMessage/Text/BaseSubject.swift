/// What remains of a subject without "Re:", "Fwd:" and list names (RFC 5256 section 2.1).
package struct BaseSubject: Sendable, Equatable {
    /// Octets of the decoded subject that are looked at: the rules are applied again and again.
    private static let maximumOctets = 1000

    /// UTF-8.
    package let text: [UInt8]
    /// Something said that it is a reply or was forwarded.
    package let isReply: Bool

    /// - Parameter value: of the Subject field, raw.
    package init(_ value: ArraySlice<UInt8>) {
        var subject = Subject(HeaderText.decodedValue(value), limit: Self.maximumOctets)
        subject.reduce()
        text = Array(subject.text)
        isReply = subject.isReply
    }
}

/// ```
/// subject      = *subj-leader [subj-middle] *subj-trailer
/// subj-refwd   = ("re" / ("fw" ["d"])) *WSP [subj-blob] ":"
/// subj-blob    = "[" *BLOBCHAR "]" *WSP
/// subj-fwd     = subj-fwd-hdr subject subj-fwd-trl        ; "[fwd:" subject "]"
/// subj-leader  = (*subj-blob subj-refwd) / WSP
/// subj-trailer = "(fwd)" / WSP
/// ```
private struct Subject {
    var text: ArraySlice<UInt8>
    var isReply = false

    /// Step 1: space of any kind and length becomes one space.
    init(_ decoded: String, limit: Int) {
        var octets: [UInt8] = []
        for octet in decoded.utf8.prefix(limit) {
            if octet == Octet.space || octet == Octet.tab || octet == Octet.cr || octet == Octet.lf {
                if octets.last != Octet.space { octets.append(Octet.space) }
            } else {
                octets.append(octet)
            }
        }
        text = octets[...]
    }

    mutating func reduce() {
        repeat {
            removeTrailers()
            while removeLeader() || removeBlob() {}
        } while removeForward()
    }

    /// Step 2.
    private mutating func removeTrailers() {
        while true {
            if text.last == Octet.space {
                text.removeLast()
            } else if text.count >= 5, Self.matches(text.suffix(5), "(fwd)") {
                text.removeLast(5)
                isReply = true
            } else {
                return
            }
        }
    }

    /// Step 3.
    private mutating func removeLeader() -> Bool {
        if text.first == Octet.space {
            text.removeFirst()
            return true
        }
        var rest = text
        while let behind = Self.behindBlob(rest) { rest = behind }
        if Self.matches(rest.prefix(2), "re") {
            rest = rest.dropFirst(2)
        } else if Self.matches(rest.prefix(2), "fw") {
            rest = rest.dropFirst(2)
            if let next = rest.first, Octet.lowercased(next) == UInt8(ascii: "d") { rest = rest.dropFirst() }
        } else {
            return false
        }
        rest = rest.drop { $0 == Octet.space }
        if let behind = Self.behindBlob(rest) { rest = behind }
        guard rest.first == Octet.colon else { return false }
        text = rest.dropFirst()
        isReply = true
        return true
    }

    /// Step 4: unless nothing would be left.
    private mutating func removeBlob() -> Bool {
        guard let behind = Self.behindBlob(text), behind.contains(where: { $0 != Octet.space }) else {
            return false
        }
        text = behind
        return true
    }

    /// Step 6.
    private mutating func removeForward() -> Bool {
        guard Self.matches(text.prefix(5), "[fwd:"), text.last == UInt8(ascii: "]") else { return false }
        text = text.dropFirst(5).dropLast()
        isReply = true
        return true
    }

    private static func behindBlob(_ text: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
        guard text.first == UInt8(ascii: "["),
            let end = text.dropFirst().firstIndex(where: {
                $0 == UInt8(ascii: "[") || $0 == UInt8(ascii: "]")
            }), text[end] == UInt8(ascii: "]")
        else { return nil }
        return text[(end + 1)...].drop { $0 == Octet.space }
    }

    private static func matches(_ text: ArraySlice<UInt8>, _ word: StaticString) -> Bool {
        text.count == word.utf8CodeUnitCount && text.withUnsafeBytes { $0.isASCIIEqual(word) }
    }
}
