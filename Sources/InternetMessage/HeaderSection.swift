/// One field of a header section, as ranges of the section's bytes.
package struct HeaderField: Sendable, Equatable {
    package let name: Range<Int>
    /// What follows the colon, without the line end that closes the field: raw, folds included.
    package let value: Range<Int>
    /// The name's first octet to the line end, included.
    package let whole: Range<Int>
}

/// The header section of a message (RFC 5322 section 2.2), divided into its fields.
///
/// Everything that can stand in mail is accepted: obsolete space before the colon, bare LFs, 8-bit
/// values, lines of any length. The section ends at the empty line, at the end of the bytes, or
/// before the first line that is no field, which other readers would take for the body too.
package struct HeaderSection: Sendable {
    package enum Ending: Sendable { case emptyLine, endOfBytes, notAField }

    package let bytes: [UInt8]
    package private(set) var fields: [HeaderField] = []
    /// Where the fields end; the empty line, if there is one, begins here.
    package private(set) var fieldsEnd = 0
    package private(set) var ending = Ending.endOfBytes

    /// - Parameter bytes: the section, with or without its empty line; what follows it is ignored.
    package init(_ bytes: [UInt8], limits: HeaderLimits = HeaderLimits()) throws(HeaderError) {
        self.bytes = bytes
        var fields: [HeaderField] = []
        fields.reserveCapacity(min(32, limits.fields))
        var position = 0
        var ending = Ending.endOfBytes
        bytes.withUnsafeBytes { bytes in
            while position < bytes.count {
                if Self.isEmptyLine(bytes, at: position) {
                    ending = .emptyLine
                    return
                }
                guard fields.count <= limits.fields, let field = Self.field(bytes, at: position) else {
                    ending = .notAField
                    return
                }
                fields.append(field)
                position = field.whole.upperBound
            }
        }
        guard position <= limits.octets else { throw .tooLong(limit: limits.octets) }
        guard fields.count <= limits.fields else { throw .tooManyFields(limit: limits.fields) }
        self.fields = fields
        self.ending = ending
        fieldsEnd = position
    }

    /// Whether the field has this name, given in lower case.
    package func isNamed(_ field: HeaderField, _ name: StaticString) -> Bool {
        guard field.name.count == name.utf8CodeUnitCount else { return false }
        return field.name.enumerated().allSatisfy { offset, index in
            Octet.lowercased(bytes[index]) == name.utf8Start[offset]
        }
    }

    /// All fields with this name, given in lower case, in their order.
    package func fields(named name: StaticString) -> [HeaderField] {
        fields.filter { isNamed($0, name) }
    }

    package func count(of name: StaticString) -> Int {
        fields.reduce(0) { $0 + (isNamed($1, name) ? 1 : 0) }
    }

    /// How many hosts the message has passed (loop detection, RFC 5321 section 6.3).
    package var receivedCount: Int { count(of: "received") }

    /// The raw value: folds and surrounding space are still there.
    package func rawValue(_ field: HeaderField) -> ArraySlice<UInt8> { bytes[field.value] }

    /// The value in one line (RFC 5322 section 2.2.3), without the space around it.
    package func unfoldedValue(_ field: HeaderField) -> [UInt8] {
        var value = bytes[field.value].filter { $0 != Octet.cr && $0 != Octet.lf }[...]
        while let first = value.first, Octet.isWhitespace(first) { value.removeFirst() }
        while let last = value.last, Octet.isWhitespace(last) { value.removeLast() }
        return Array(value)
    }

    /// The lines of the raw value, without their ends.
    package func lines(_ field: HeaderField) -> [ArraySlice<UInt8>] {
        bytes[field.value].split(separator: Octet.lf, omittingEmptySubsequences: false).map {
            $0.last == Octet.cr ? $0.dropLast() : $0
        }
    }

    private static func isEmptyLine(_ bytes: UnsafeRawBufferPointer, at start: Int) -> Bool {
        bytes[start] == Octet.lf
            || bytes[start] == Octet.cr && start + 1 < bytes.count && bytes[start + 1] == Octet.lf
    }

    /// ```
    /// field      = field-name *WSP ":" unstructured CRLF      ; section 4.5.8 has the *WSP
    /// field-name = 1*(%d33-57 / %d59-126)
    /// ```
    private static func field(_ bytes: UnsafeRawBufferPointer, at start: Int) -> HeaderField? {
        var position = start
        while position < bytes.count, bytes[position] > 0x20, bytes[position] < 0x7f,
            bytes[position] != Octet.colon
        {
            position += 1
        }
        let nameEnd = position
        while position < bytes.count, Octet.isWhitespace(bytes[position]) { position += 1 }
        guard nameEnd > start, position < bytes.count, bytes[position] == Octet.colon else {
            return nil
        }
        let valueStart = position + 1
        var end = valueStart
        while let lineEnd = bytes.index(of: Octet.lf, from: end) {
            end = lineEnd + 1
            guard end < bytes.count, Octet.isWhitespace(bytes[end]) else {
                let bare = lineEnd == valueStart || bytes[lineEnd - 1] != Octet.cr
                return HeaderField(
                    name: start..<nameEnd, value: valueStart..<(bare ? lineEnd : lineEnd - 1),
                    whole: start..<end)
            }
        }
        return HeaderField(
            name: start..<nameEnd, value: valueStart..<bytes.count, whole: start..<bytes.count)
    }
}
