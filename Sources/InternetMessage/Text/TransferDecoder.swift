/// Removes a transfer encoding (RFC 2045 section 6) from octets as they come. Never fails: what is not of
/// the encoding is passed over (base 64) or stays (quoted-printable).
package struct TransferDecoder: Sendable {
    private enum Kind {
        case identity
        case base64(Base64Decoder)
        case quotedPrintable(QuotedPrintableDecoder)
    }

    private var kind: Kind

    /// - Parameter encoding: octets of an unknown one pass as they are.
    package init(_ encoding: TransferEncoding) {
        switch encoding {
        case .identity, .unknown: kind = .identity
        case .base64: kind = .base64(Base64Decoder())
        case .quotedPrintable: kind = .quotedPrintable(QuotedPrintableDecoder())
        }
    }

    /// Appends what `bytes` stand for.
    package mutating func decode(_ bytes: UnsafeRawBufferPointer, into output: inout [UInt8]) {
        switch kind {
        case .identity: output.append(contentsOf: bytes)
        case .base64(var decoder):
            kind = .identity
            decoder.decode(bytes, into: &output)
            kind = .base64(decoder)
        case .quotedPrintable(var decoder):
            kind = .identity
            decoder.decode(bytes, into: &output)
            kind = .quotedPrintable(decoder)
        }
    }

    /// Appends what is left. The decoder is used up.
    package mutating func finish(into output: inout [UInt8]) {
        switch kind {
        case .identity: break
        case .base64(var decoder): decoder.finish(into: &output)
        case .quotedPrintable(var decoder): decoder.finish(into: &output)
        }
    }
}

/// RFC 2045 section 6.8. Padding ends a group, not the text: some programs join encoded texts.
private struct Base64Decoder {
    /// 64: padding; 65: not of the alphabet.
    private static let values: [UInt8] = {
        var values = [UInt8](repeating: 65, count: 256)
        for (value, octet) in
            "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8.enumerated()
        {
            values[Int(octet)] = UInt8(value)
        }
        values[Int(UInt8(ascii: "="))] = 64
        return values
    }()

    private var bits: UInt32 = 0
    private var digits = 0

    mutating func decode(_ bytes: UnsafeRawBufferPointer, into output: inout [UInt8]) {
        if output.isEmpty { output.reserveCapacity(bytes.count / 4 * 3 + 3) }
        Self.values.withUnsafeBufferPointer { values in
            for octet in bytes {
                let value = values[Int(octet)]
                if value < 64 {
                    bits = bits << 6 | UInt32(value)
                    digits += 1
                    guard digits == 4 else { continue }
                    output.append(UInt8(truncatingIfNeeded: bits >> 16))
                    output.append(UInt8(truncatingIfNeeded: bits >> 8))
                    output.append(UInt8(truncatingIfNeeded: bits))
                    digits = 0
                } else if value == 64 {
                    finish(into: &output)
                }
            }
        }
    }

    mutating func finish(into output: inout [UInt8]) {
        if digits >= 2 {
            let padded = bits << UInt32(6 * (4 - digits))
            output.append(UInt8(truncatingIfNeeded: padded >> 16))
            if digits == 3 { output.append(UInt8(truncatingIfNeeded: padded >> 8)) }
        }
        digits = 0
    }
}

/// RFC 2045 section 6.7. Space at a line's end goes, as the rule (3) there wants.
private struct QuotedPrintableDecoder {
    /// Space that may be at a line's end; more than this is not.
    private static let maximumSpace = 1000

    private enum State {
        case text
        /// Behind "=".
        case escape
        /// Behind "=" and one digit.
        case escapeDigit(UInt8)
        /// Behind "=" and space or CR: nothing but a line end should come.
        case softBreak
    }

    private var state = State.text
    private var space: [UInt8] = []

    mutating func decode(_ bytes: UnsafeRawBufferPointer, into output: inout [UInt8]) {
        if output.isEmpty { output.reserveCapacity(bytes.count) }
        for octet in bytes { take(octet, into: &output) }
    }

    private mutating func take(_ octet: UInt8, into output: inout [UInt8]) {
        switch state {
        case .text: takeText(octet, into: &output)
        case .escape:
            if HexEscapes.digit(octet) != nil {
                state = .escapeDigit(octet)
            } else if octet == Octet.lf {
                state = .text
            } else if Octet.isWhitespace(octet) || octet == Octet.cr {
                state = .softBreak
            } else {
                output.append(UInt8(ascii: "="))
                state = .text
                takeText(octet, into: &output)
            }
        case .escapeDigit(let first):
            state = .text
            if let high = HexEscapes.digit(first), let low = HexEscapes.digit(octet) {
                output.append(high << 4 | low)
            } else {
                output.append(UInt8(ascii: "="))
                output.append(first)
                takeText(octet, into: &output)
            }
        case .softBreak:
            if octet == Octet.lf {
                state = .text
            } else if !Octet.isWhitespace(octet), octet != Octet.cr {
                state = .text
                takeText(octet, into: &output)
            }
        }
    }

    private mutating func takeText(_ octet: UInt8, into output: inout [UInt8]) {
        if Octet.isWhitespace(octet), space.count < Self.maximumSpace {
            space.append(octet)
            return
        }
        if !space.isEmpty {
            if octet != Octet.cr && octet != Octet.lf { output.append(contentsOf: space) }
            space.removeAll(keepingCapacity: true)
        }
        if octet == UInt8(ascii: "=") {
            state = .escape
        } else {
            output.append(octet)
        }
    }

    mutating func finish(into output: inout [UInt8]) {
        switch state {
        case .text, .softBreak: break
        case .escape: output.append(UInt8(ascii: "="))
        case .escapeDigit(let digit): output += [UInt8(ascii: "="), digit]
        }
        state = .text
    }
}
