package import NIOCore

/// Counts the `Received:` fields of a message as it arrives: each host on its way adds one, so that
/// too many mean a loop (RFC 5321 section 6.3). Looks at the header section only.
package struct ReceivedFieldCounter: Sendable {
    private static let name: StaticString = "received:"

    package private(set) var count = 0
    /// The header section has ended.
    package private(set) var isFinished = false
    /// How much of the name the line has matched so far; nil: it is another line.
    private var matched: Int? = 0

    package init() {}

    package mutating func read(_ content: ByteBuffer) {
        guard !isFinished else { return }
        content.withUnsafeReadableBytes { scan($0) }
    }

    private mutating func scan(_ bytes: UnsafeRawBufferPointer) {
        var position = 0
        while position < bytes.count {
            guard let column = matched else {
                guard let end = bytes.index(of: Octet.lf, from: position, to: bytes.count)
                else { return }
                position = end + 1
                matched = 0
                continue
            }
            let octet = bytes[position]
            if column == 0, octet == Octet.cr || octet == Octet.lf {
                isFinished = true
                return
            }
            guard octet | 0x20 == Self.name.utf8Start[column] | 0x20 else {
                matched = nil
                continue
            }
            position += 1
            matched = column + 1
            if column + 1 == Self.name.utf8CodeUnitCount {
                count += 1
                matched = nil
            }
        }
    }
}
