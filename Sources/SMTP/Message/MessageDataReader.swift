package import NIOCore

/// Takes a message's octets out of the stream behind DATA (RFC 5321 section 4.1.1.4) or BDAT
/// (RFC 3030), however the stream is split, and gives them on as slices of its buffers.
///
/// After DATA only CRLF.CRLF ends the message, and a dot is removed only behind CRLF. A message
/// with a defect is read to its real end and no longer given on. Clean text is found a line at a
/// time with `memchr`; from an odd octet on, the rest of its line is read octet by octet, so the
/// work is linear whatever the client sends.
package struct MessageDataReader: Sendable {
    package enum Framing: Sendable {
        /// DATA: dot-stuffed text.
        case dotStuffed
        /// BDAT: text in chunks.
        case chunkedText
        /// BDAT with BODY=BINARYMIME: any octets.
        case chunkedBinary
    }

    package enum Event: Sendable, Equatable {
        case content(ByteBuffer)
        case needsMore
        /// DATA only: the final dot has been read.
        case end
    }

    /// What the octets so far end with.
    private enum State {
        case lineStart, middle
        /// A CR in the text; it is given on when its LF is there.
        case heldCR
        /// A dot at the start of a line; a CR behind that.
        case dot, dotCR
        /// The final dot has been read.
        case ended
    }

    private let framing: Framing
    private let limits: MessageLimits
    private var state = State.lineStart
    private var lineLength = 0
    /// Octets of the message so far.
    package private(set) var size = 0
    /// Why the message will be refused; the first reason stays.
    package private(set) var defect: MessageDefect?

    package init(_ framing: Framing, _ limits: MessageLimits) {
        self.framing = framing
        self.limits = limits
    }

    /// Refuses the message for a reason found elsewhere; what remains of it is read and dropped.
    package mutating func refuse(_ reply: SMTPReply) {
        if defect == nil { defect = .refused(reply) }
    }

    /// Reads on in `input`. To be called until it says `.needsMore` (`input` is used up) or `.end`
    /// (what follows the message is left in `input`).
    package mutating func next(_ input: inout ByteBuffer) -> Event {
        while state != .ended, input.readableBytes > 0 {
            let content: ByteBuffer
            if framing == .chunkedBinary {
                content = input
                input.moveReaderIndex(to: input.writerIndex)
            } else if defect == nil, let clean = readCleanText(&input) {
                content = clean
            } else {
                content = readOctets(&input)
            }
            if let counted = count(content) { return .content(counted) }
        }
        return state == .ended ? .end : .needsMore
    }

    /// Ends a message in chunks: what is still to be given on. Text always ends with CRLF.
    package mutating func finishChunks() -> ByteBuffer? {
        guard framing == .chunkedText else { return nil }
        var rest = ByteBuffer()
        if state == .heldCR { takeBareCR(&rest) }
        if lineLength > 0 { rest.writeStaticString("\r\n") }
        return count(rest)
    }

    /// The octets to give on; nil when there are none or the message has a defect.
    private mutating func count(_ content: ByteBuffer) -> ByteBuffer? {
        guard defect == nil, content.readableBytes > 0 else { return nil }
        guard size + content.readableBytes <= limits.maximumSize else {
            defect = .tooLarge
            return nil
        }
        size += content.readableBytes
        return content
    }
}

// MARK: - Clean text, by lines

extension MessageDataReader {
    /// The longest part of `input` that goes on as it is; nil when there is none.
    private mutating func readCleanText(_ input: inout ByteBuffer) -> ByteBuffer? {
        if state == .lineStart, framing == .dotStuffed { passStuffedDot(&input) }
        guard state == .lineStart || state == .middle else { return nil }
        let length = input.withUnsafeReadableBytes { cleanLength($0) }
        return length > 0 ? input.readSlice(length: length) : nil
    }

    /// Removes a stuffed dot whose line goes on in `input`.
    private mutating func passStuffedDot(_ input: inout ByteBuffer) {
        let isStuffed = input.withUnsafeReadableBytes {
            $0.count > 1 && $0[0] == UInt8(ascii: ".") && $0[1] != Octet.cr
        }
        guard isStuffed else { return }
        input.moveReaderIndex(forwardBy: 1)
        state = .middle
    }

    private mutating func cleanLength(_ bytes: UnsafeRawBufferPointer) -> Int {
        var position = 0
        while position < bytes.count {
            if state == .lineStart, framing == .dotStuffed, bytes[position] == UInt8(ascii: ".") {
                break
            }
            let cr = bytes.index(of: Octet.cr, from: position, to: bytes.count)
            let end = cr ?? bytes.count
            let lf = bytes.index(of: Octet.lf, from: position, to: end)
            let isWhole = lf == nil && end + 1 < bytes.count && bytes[end + 1] == Octet.lf
            let stop = isWhole ? end + 2 : lf ?? end
            guard lineLength + stop - position <= limits.maximumLineLength else {
                defect = .lineTooLong
                break
            }
            if isWhole {
                state = .lineStart
                lineLength = 0
                position = stop
                continue
            }
            if stop > position { state = .middle }
            lineLength += stop - position
            position = stop
            break
        }
        guard let nul = bytes.index(of: 0, from: 0, to: position) else { return position }
        defect = .nul
        return nul
    }
}

// MARK: - Everything else, by octets

extension MessageDataReader {
    /// Reads at least one octet, until a line begins, the message ends or `input` is used up.
    private mutating func readOctets(_ input: inout ByteBuffer) -> ByteBuffer {
        var output = ByteBuffer()
        let used = input.withUnsafeReadableBytes { bytes in
            for (index, octet) in bytes.enumerated() {
                take(octet, &output)
                if state == .ended || state == .lineStart && defect == nil { return index + 1 }
            }
            return bytes.count
        }
        input.moveReaderIndex(forwardBy: used)
        return output
    }

    private mutating func take(_ octet: UInt8, _ output: inout ByteBuffer) {
        switch (state, octet) {
        case (.heldCR, Octet.lf):
            give(Octet.cr, &output)
            give(Octet.lf, &output)
            state = .lineStart
            lineLength = 0
        case (.dotCR, Octet.lf):
            state = .ended
        case (.heldCR, _), (.dotCR, _):
            takeBareCR(&output)
            take(octet, &output)
        case (.dot, Octet.cr):
            state = .dotCR
        case (.lineStart, UInt8(ascii: ".")) where framing == .dotStuffed:
            state = .dot
        case (_, Octet.cr):
            state = .heldCR
        case (_, Octet.lf):
            takeBareLF(&output)
        case (_, 0):
            if defect == nil { defect = .nul }
            state = .middle
        default:
            give(octet, &output)
            state = .middle
        }
    }

    private mutating func takeBareCR(_ output: inout ByteBuffer) {
        switch limits.bareLineEnds {
        case .reject: if defect == nil { defect = .bareLineEnd }
        case .normalise: give(UInt8(ascii: " "), &output)
        }
        state = .middle
    }

    private mutating func takeBareLF(_ output: inout ByteBuffer) {
        switch limits.bareLineEnds {
        case .reject: if defect == nil { defect = .bareLineEnd }
        case .normalise:
            give(Octet.cr, &output)
            give(Octet.lf, &output)
            lineLength = 0
        }
        state = .middle
    }

    private mutating func give(_ octet: UInt8, _ output: inout ByteBuffer) {
        guard defect == nil else { return }
        lineLength += 1
        guard lineLength <= limits.maximumLineLength else {
            defect = .lineTooLong
            return
        }
        output.writeInteger(octet)
    }
}
