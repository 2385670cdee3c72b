/// Reads an LDIF file (RFC 2849) record by record, so that its size doesn't matter.
///
/// A record that can't be read is thrown as an error and skipped; the next call goes on with the
/// record after it. Why not libldap's own reader: it has no limit on a record, opens the files that
/// `include:` lines and `:<` values name, and does not say which line is wrong.
package struct LDIFReader: ~Copyable {
    /// Octets of one record; a photograph fits.
    package static let maximumRecordSize = 16 << 20

    private var input: LineReader
    /// Only the first record may begin with a version.
    private var isAtStart = true

    /// Reads from a descriptor that the caller keeps open and closes.
    package init(descriptor: Int32) {
        input = LineReader(descriptor: descriptor)
    }

    /// The next record, or nil at the end of the file.
    package mutating func next() throws(LDIFError) -> LDIFRecord? {
        while true {
            let lines = try readBlock()
            guard let first = lines.first else { return nil }
            var record = lines[...]
            if isAtStart {
                isAtStart = false
                if first.isNamed("version") {
                    guard first.text == "1" else {
                        throw LDIFError(
                            line: first.number, problem: "LDIF version '\(first.text)', not 1")
                    }
                    record = record.dropFirst()
                }
            }
            if !record.isEmpty { return try LDIFRecord(lines: record) }
        }
    }

    /// The lines up to the next empty one. Goes on to it after an error, so that one bad record is
    /// one error.
    private mutating func readBlock() throws(LDIFError) -> [LDIFLine] {
        var lines: [LDIFLine] = []
        var problem: LDIFError?
        var size = 0
        while true {
            do throws(LDIFError) {
                guard let (number, bytes) = try input.nextLogicalLine(limit: Self.maximumRecordSize)
                else { break }
                if bytes.isEmpty {
                    if lines.isEmpty && problem == nil { continue }
                    break
                }
                if problem != nil || bytes[0] == UInt8(ascii: "#") { continue }
                size += bytes.count
                guard size <= Self.maximumRecordSize else {
                    throw LDIFError(
                        line: number, problem: "record larger than \(Self.maximumRecordSize) octets")
                }
                // RFC 2849's grammar knows "-" alone between the changes of a modify.
                lines.append(
                    bytes == [UInt8(ascii: "-")]
                        ? LDIFLine(separatorAt: number) : try LDIFLine(bytes, number: number))
            } catch {
                problem = problem ?? error
                lines = []
            }
        }
        if let problem {
            isAtStart = false
            throw problem
        }
        return lines
    }
}
