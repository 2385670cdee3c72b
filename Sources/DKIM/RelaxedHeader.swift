internal import InternetMessage

/// Fields under the relaxed canonicalisation (RFC 6376 section 3.4.2): the name in lower case, the
/// value in one line, its white space reduced.
enum RelaxedHeader {
    /// Appends `name:value CRLF`. The name is in lower case already.
    static func append(
        _ name: StaticString, _ value: some Sequence<UInt8>, to output: inout [UInt8]
    ) {
        output.append(contentsOf: UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount))
        output.append(UInt8(ascii: ":"))
        append(value, to: &output)
        output.append(Octet.cr)
        output.append(Octet.lf)
    }

    /// Appends the value alone, as the signature's own field ends (section 3.7).
    ///
    /// A fold's line end goes; a CR elsewhere is an octet like others.
    static func append(_ value: some Sequence<UInt8>, to output: inout [UInt8]) {
        let start = output.count
        var hasSpace = false
        var hasReturn = false
        for octet in value {
            if hasReturn, octet != Octet.lf { write(Octet.cr) }
            hasReturn = octet == Octet.cr
            if Octet.isWhitespace(octet) {
                hasSpace = true
            } else if octet != Octet.cr, octet != Octet.lf {
                write(octet)
            }
        }
        if hasReturn { write(Octet.cr) }

        func write(_ octet: UInt8) {
            if hasSpace, output.count > start { output.append(Octet.space) }
            hasSpace = false
            output.append(octet)
        }
    }
}
