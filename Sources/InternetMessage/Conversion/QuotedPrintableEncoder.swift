/// Writes octets as quoted-printable (RFC 2045 section 6.7) as they come; what is read back is the
/// same, octet for octet. CRLF is a line end, CR and LF alone are escaped.
struct QuotedPrintableEncoder: Sendable {
    private static let digits = Array("0123456789ABCDEF".utf8)
    /// Octets of a line before its soft break.
    private static let lineLimit = 75

    private var column = 0
    /// A space or tab, which must be escaped if the line ends behind it.
    private var space: UInt8?
    private var holdsCR = false
    /// The line began with a soft break.
    private var isBroken = false

    mutating func encode(_ bytes: UnsafeRawBufferPointer, into output: inout [UInt8]) {
        output.reserveCapacity(output.count + bytes.count + bytes.count / 4)
        for octet in bytes { take(octet, &output) }
    }

    mutating func finish(into output: inout [UInt8]) {
        if holdsCR {
            writeSpace(&output)
            escape(Octet.cr, &output)
            holdsCR = false
        } else if let space {
            escape(space, &output)
        }
        space = nil
    }

    private mutating func take(_ octet: UInt8, _ output: inout [UInt8]) {
        if holdsCR {
            holdsCR = false
            if octet == Octet.lf { return endLine(&output) }
            writeSpace(&output)
            escape(Octet.cr, &output)
        }
        switch octet {
        case Octet.cr: holdsCR = true
        case Octet.space, Octet.tab:
            writeSpace(&output)
            space = octet
        // A soft break could make a boundary of hyphens that stood within a line.
        case UInt8(ascii: "-"):
            writeSpace(&output)
            if column == Self.lineLimit || column == 0 && isBroken {
                escape(octet, &output)
            } else {
                write(octet, &output)
            }
        case 0x21...0x3c, 0x3e...0x7e:
            writeSpace(&output)
            write(octet, &output)
        default:
            writeSpace(&output)
            escape(octet, &output)
        }
    }

    private mutating func endLine(_ output: inout [UInt8]) {
        if let space { escape(space, &output) }
        space = nil
        output += [Octet.cr, Octet.lf]
        column = 0
        isBroken = false
    }

    private mutating func writeSpace(_ output: inout [UInt8]) {
        guard let space else { return }
        self.space = nil
        write(space, &output)
    }

    private mutating func write(_ octet: UInt8, _ output: inout [UInt8]) {
        makeRoom(1, &output)
        output.append(octet)
        column += 1
    }

    private mutating func escape(_ octet: UInt8, _ output: inout [UInt8]) {
        makeRoom(3, &output)
        output.append(UInt8(ascii: "="))
        output.append(Self.digits[Int(octet >> 4)])
        output.append(Self.digits[Int(octet & 15)])
        column += 3
    }

    private mutating func makeRoom(_ count: Int, _ output: inout [UInt8]) {
        guard column + count > Self.lineLimit else { return }
        output += [UInt8(ascii: "="), Octet.cr, Octet.lf]
        column = 0
        isBroken = true
    }
}
