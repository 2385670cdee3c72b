internal import NIOCore

/// Makes a stored message fit to be sent: each line ends in CRLF, the last one too, whatever it
/// ends in here, so that no peer can see an end of the message where there is none; and after DATA
/// a dot at the start of a line is doubled (RFC 5321 section 4.5.2).
///
/// The pieces may be cut anywhere. Clean stretches are found with `memchr` and written whole; each
/// octet is looked at a bounded number of times.
struct ContentEncoder: Sendable {
    enum Framing: Sendable { case dotStuffed, chunkedText, chunkedBinary }

    let framing: Framing
    private var isAtLineStart = true
    /// The last octet so far was a CR, which has not been written.
    private var holdsCR = false

    init(_ framing: Framing) { self.framing = framing }

    mutating func encode(_ content: ByteBuffer, isLast: Bool, _ output: inout ByteBuffer) {
        switch framing {
        case .dotStuffed:
            encodeText(content, &output)
            if isLast {
                endText(&output)
                output.writeStaticString(".\r\n")
            }
        case .chunkedText:
            var chunk = ByteBuffer()
            chunk.reserveCapacity(content.readableBytes + 2)
            encodeText(content, &chunk)
            if isLast { endText(&chunk) }
            Self.writeChunk(&chunk, isLast: isLast, &output)
        case .chunkedBinary:
            var chunk = content
            Self.writeChunk(&chunk, isLast: isLast, &output)
        }
    }

    /// bdat-cmd = "BDAT" SP chunk-size [ SP end-marker ] CRLF      (RFC 3030 section 2)
    private static func writeChunk(
        _ chunk: inout ByteBuffer, isLast: Bool, _ output: inout ByteBuffer
    ) {
        output.writeString("BDAT \(chunk.readableBytes)\(isLast ? " LAST" : "")\r\n")
        output.writeBuffer(&chunk)
    }

    private mutating func endText(_ output: inout ByteBuffer) {
        if holdsCR || !isAtLineStart { output.writeStaticString("\r\n") }
        holdsCR = false
        isAtLineStart = true
    }

    private mutating func encodeText(_ content: ByteBuffer, _ output: inout ByteBuffer) {
        content.withUnsafeReadableBytes { encodeText($0, &output) }
    }

    private mutating func encodeText(
        _ bytes: UnsafeRawBufferPointer, _ output: inout ByteBuffer
    ) {
        guard !bytes.isEmpty else { return }
        var position = 0
        if holdsCR {
            output.writeStaticString("\r\n")
            holdsCR = false
            isAtLineStart = true
            if bytes[0] == Octet.lf { position = 1 }
        }
        /// What has not been written begins here.
        var start = position
        func write(to end: Int) {
            output.writeBytes(UnsafeRawBufferPointer(rebasing: bytes[start..<end]))
        }
        var lf = -1
        while position < bytes.count {
            if isAtLineStart, framing == .dotStuffed, bytes[position] == UInt8(ascii: ".") {
                write(to: position)
                output.writeInteger(UInt8(ascii: "."))
                start = position
            }
            if lf < position {
                lf = bytes.index(of: Octet.lf, from: position, to: bytes.count) ?? bytes.count
            }
            let cr = bytes.index(of: Octet.cr, from: position, to: lf)
            if let cr, cr + 1 == lf {
                if lf == bytes.count {
                    write(to: cr)
                    holdsCR = true
                    return
                }
                position = lf + 1
                isAtLineStart = true
                continue
            }
            // A bare CR or LF, or the end of the piece.
            let end = cr ?? lf
            guard end < bytes.count else {
                isAtLineStart = false
                break
            }
            write(to: end)
            output.writeStaticString("\r\n")
            position = end + 1
            start = position
            isAtLineStart = true
        }
        write(to: bytes.count)
    }
}
