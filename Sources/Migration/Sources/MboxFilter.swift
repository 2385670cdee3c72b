/// Takes what mbox adds out of a message: the "From " line, a ">" before "From " (mboxrd), the empty
/// line at the end, and the header lines that hold flags.
struct MboxFilter {
    private static let flagFields = ["status:", "x-status:", "x-keywords:", "x-uid:", "content-length:"]
        .map { Array($0.utf8) }
    /// Lines longer than this pass as they are.
    private static let maximumLine = 64 * 1024

    private enum Place { case separator, header, body }

    private var place = Place.separator
    private var line: [UInt8] = []
    /// In the rest of a line that was too long to be looked at.
    private var isPassing = false
    /// An empty line that may be the last.
    private var heldLine: [UInt8] = []
    private var isInDroppedField = false

    mutating func feed(
        _ part: UnsafeRawBufferPointer,
        _ body: (UnsafeRawBufferPointer) throws(MigrationError) -> Void
    ) throws(MigrationError) {
        var output: [UInt8] = []
        for byte in part {
            line.append(byte)
            if byte == 0x0A || line.count >= Self.maximumLine { take(&output) }
        }
        try emit(output, body)
    }

    /// What is left: a last line without its end.
    mutating func finish(
        _ body: (UnsafeRawBufferPointer) throws(MigrationError) -> Void
    ) throws(MigrationError) {
        var output: [UInt8] = []
        if !line.isEmpty { take(&output) }
        try emit(output, body)
    }

    private mutating func take(_ output: inout [UInt8]) {
        defer {
            isPassing = line.last != 0x0A
            line.removeAll(keepingCapacity: true)
        }
        if isPassing {
            output += line
            return
        }
        switch place {
        case .separator: place = .header
        case .header: takeHeader(&output)
        case .body: takeBody(&output)
        }
    }

    private var isEmptyLine: Bool { line == [0x0A] || line == [0x0D, 0x0A] }

    private mutating func takeHeader(_ output: inout [UInt8]) {
        if isEmptyLine {
            place = .body
            output += line
            return
        }
        if line[0] == 0x20 || line[0] == 0x09 {
            if !isInDroppedField { output += line }
            return
        }
        isInDroppedField = Self.flagFields.contains { name in
            line.count >= name.count && zip(line, name).allSatisfy { $0 | 0x20 == $1 | 0x20 }
        }
        if !isInDroppedField { output += line }
    }

    private mutating func takeBody(_ output: inout [UInt8]) {
        output += heldLine
        heldLine = []
        if isEmptyLine {
            heldLine = line
            return
        }
        let quotes = line.prefix { $0 == UInt8(ascii: ">") }.count
        let isQuoted = quotes > 0 && line.dropFirst(quotes).starts(with: "From ".utf8)
        output += isQuoted ? line[1...] : line[...]
    }

    private func emit(
        _ output: [UInt8], _ body: (UnsafeRawBufferPointer) throws(MigrationError) -> Void
    ) throws(MigrationError) {
        guard !output.isEmpty else { return }
        var failure: MigrationError?
        output.withUnsafeBytes { bytes in
            do throws(MigrationError) { try body(bytes) } catch { failure = error }
        }
        if let failure { throw failure }
    }
}
