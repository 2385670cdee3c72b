/// The message IDs in Message-ID, In-Reply-To and References (RFC 5322 section 3.6.4), as RFC 5256
/// section 3 compares them: without angle brackets, comments, space and quotes.
package enum MessageIDList {
    /// More are not kept: the first, and those that were last.
    private static let maximumCount = 500
    private static let maximumOctets = 1000

    /// ```
    /// msg-id = [CFWS] "<" id-left "@" id-right ">" [CFWS]
    /// ```
    /// What is none is passed over.
    package static func parse(_ value: ArraySlice<UInt8>) -> [[UInt8]] {
        var ids: [[UInt8]] = []
        var id: [UInt8]?
        var isQuoted = false
        var index = value.startIndex
        while index < value.endIndex {
            let octet = value[index]
            index += 1
            guard id != nil else {
                if octet == UInt8(ascii: "<") { id = [] }
                continue
            }
            if octet == Octet.backslash, isQuoted, index < value.endIndex {
                id?.append(value[index])
                index += 1
            } else if octet == Octet.quote {
                isQuoted.toggle()
            } else if isQuoted {
                id?.append(octet)
            } else if octet == UInt8(ascii: ">") {
                if let id, id.count <= maximumOctets, id.contains(Octet.at) { ids.append(id) }
                id = nil
            } else if octet == UInt8(ascii: "<") {
                id = []
            } else if octet > Octet.space {
                id?.append(octet)
            }
        }
        if ids.count > maximumCount { ids.removeSubrange(1..<(1 + ids.count - maximumCount)) }
        return ids
    }
}
