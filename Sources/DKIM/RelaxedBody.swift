/// The hash of a body under the relaxed canonicalisation (RFC 6376 section 3.4.4), however the body
/// is cut into chunks:
///
/// - white space at the end of a line goes, elsewhere it becomes one space;
/// - empty lines at the end of the body go; a last line without CRLF gets one;
/// - a body without anything else is hashed as nothing.
///
/// A bare LF ends a line too, as it does where the message is sent; a bare CR is an octet like others.
struct RelaxedBody: ~Copyable {
    private var hash = BodyHash()
    /// Nothing of the present line has been hashed.
    private var isAtLineStart = true
    /// White space was read that counts only if something follows it on its line.
    private var hasSpace = false
    /// A CR was read; the next octet says whether it ends the line.
    private var hasReturn = false
    /// Empty lines that count only if something follows them.
    private var emptyLines = 0

    mutating func update(_ chunk: UnsafeRawBufferPointer) {
        var position = 0
        while position < chunk.count {
            let octet = chunk[position]
            if octet == Octet.lf {
                hasReturn = false
                endLine()
                position += 1
                continue
            }
            if hasReturn {
                hasReturn = false
                beginContent()
                hash.update(Octet.cr)
            }
            switch octet {
            case Octet.cr:
                hasReturn = true
                position += 1
            case Octet.space, Octet.tab:
                hasSpace = true
                position += 1
            default:
                beginContent()
                let end = chunk.endOfRelaxed(from: position)
                hash.update(UnsafeRawBufferPointer(rebasing: chunk[position..<end]))
                isAtLineStart = chunk[end - 1] == Octet.lf
                position = end
            }
        }
    }

    mutating func finish() -> [UInt8] {
        if hasReturn {
            beginContent()
            hash.update(Octet.cr)
        }
        if !isAtLineStart { endLine() }
        return hash.finish()
    }

    private mutating func endLine() {
        hasSpace = false
        if isAtLineStart {
            emptyLines += 1
        } else {
            hash.update(Octet.cr)
            hash.update(Octet.lf)
            isAtLineStart = true
        }
    }

    private mutating func beginContent() {
        while emptyLines > 0 {
            hash.update(Octet.cr)
            hash.update(Octet.lf)
            emptyLines -= 1
        }
        if hasSpace {
            hash.update(Octet.space)
            hasSpace = false
        }
        isAtLineStart = false
    }
}
