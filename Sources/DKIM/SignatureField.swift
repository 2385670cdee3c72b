internal import MailModel

/// Writes a DKIM-Signature field (RFC 6376 section 3.5) in lines of at most 78 octets, unless a name
/// alone is longer.
struct SignatureField {
    private static let name: StaticString = "DKIM-Signature:"
    private static let lineLength = 78

    private(set) var bytes: [UInt8] = []
    private var column = 0

    /// The field up to `b=`, which is still empty.
    init(
        key: DKIMKey, domain: String, timestamp: Timestamp, names: [StaticString],
        bodyHash: [UInt8]
    ) {
        bytes.reserveCapacity(1024)
        append("DKIM-Signature:")
        appendTag("v=1;")
        appendTag("a=\(key.kind.rawValue)-sha256;")
        appendTag("c=relaxed/relaxed;")
        appendTag("d=\(domain);")
        appendTag("s=\(key.selector);")
        appendTag("t=\(timestamp.seconds);")
        for (index, name) in names.enumerated() {
            let part = "\(name)" + (index == names.count - 1 ? ";" : ":")
            if index == 0 { appendTag("h=" + part) } else { appendPart(part) }
        }
        appendTag("bh=\(Base64.encode(bodyHash));")
        appendTag("b=")
    }

    /// What is hashed behind the signed fields: the field itself without its signature and CRLF
    /// (RFC 6376 section 3.7).
    func appendCanonical(to output: inout [UInt8]) {
        output += Array("dkim-signature:".utf8)
        RelaxedHeader.append(bytes.dropFirst(Self.name.utf8CodeUnitCount), to: &output)
    }

    /// The whole field, with its CRLF.
    func signed(_ signature: [UInt8]) -> [UInt8] {
        var field = self
        var text = Substring(Base64.encode(signature))
        while !text.isEmpty {
            if field.column >= Self.lineLength { field.fold() }
            let part = text.prefix(Self.lineLength - field.column)
            field.append(part)
            text = text.dropFirst(part.count)
        }
        return field.bytes + [Octet.cr, Octet.lf]
    }

    /// A tag-spec behind a space or, where the line is full, on a line of its own.
    private mutating func appendTag(_ tag: String) {
        if column + 1 + tag.utf8.count > Self.lineLength {
            fold()
        } else {
            append(" ")
        }
        append(tag)
    }

    /// A part of a tag's value: before it a fold may stand, but nothing has to.
    private mutating func appendPart(_ part: String) {
        if column + part.utf8.count > Self.lineLength { fold() }
        append(part)
    }

    private mutating func fold() {
        bytes += [Octet.cr, Octet.lf, Octet.tab]
        column = 1
    }

    private mutating func append(_ text: some StringProtocol) {
        bytes.append(contentsOf: text.utf8)
        column += text.utf8.count
    }
}
