/// A header section as text to search in.
package enum HeaderText {
    /// One line a field, `name: value`, unfolded, encoded words decoded; behind it the file names of
    /// Content-Type and Content-Disposition that stand there in the form of RFC 2231. UTF-8.
    package static func decode(_ header: [UInt8]) -> [UInt8] {
        var text: [UInt8] = []
        text.reserveCapacity(header.count)
        forEachField(header) { field in
            let decoded = decodedValue(field)
            text.append(contentsOf: decoded.utf8)
            text.append(Octet.lf)
            guard field.contains(UInt8(ascii: "*")) else { return }
            for name in fileNames(field) {
                text.append(contentsOf: name.utf8)
                text.append(Octet.lf)
            }
        }
        return text
    }

    /// The decoded text of a field, or of its value: unfolded, encoded words decoded.
    package static func decodedValue(_ value: ArraySlice<UInt8>) -> String {
        // Control characters of ISO-2022 would be taken for text.
        guard value.contains(where: { $0 == UInt8(ascii: "=") || $0 >= 0x80 || $0 < Octet.space }) else {
            return String(decoding: value, as: UTF8.self)
        }
        return EncodedWord.decode(Array(value))
    }

    /// The values, raw, of all fields with this name (without regard to ASCII case).
    package static func values(of name: String, in header: [UInt8]) -> [ArraySlice<UInt8>] {
        let name = Array(name.utf8)
        var values: [ArraySlice<UInt8>] = []
        forEachField(header) { field in
            guard let colon = field.firstIndex(of: Octet.colon) else { return }
            var nameEnd = colon
            while nameEnd > field.startIndex, Octet.isWhitespace(field[nameEnd - 1]) { nameEnd -= 1 }
            let found = field[field.startIndex..<nameEnd]
            guard found.count == name.count,
                zip(found, name).allSatisfy({ Octet.lowercased($0) == Octet.lowercased($1) })
            else { return }
            values.append(field[(colon + 1)...])
        }
        return values
    }

    /// Calls with each field up to the empty line, without the line end that closes it.
    private static func forEachField(_ header: [UInt8], _ body: (ArraySlice<UInt8>) -> Void) {
        var start = 0
        while start < header.count {
            var end = start
            var next = header.count
            header.withUnsafeBytes { bytes in
                var from = start
                while let lineEnd = bytes.index(of: Octet.lf, from: from) {
                    end = lineEnd > start && bytes[lineEnd - 1] == Octet.cr ? lineEnd - 1 : lineEnd
                    next = lineEnd + 1
                    guard end > start, next < bytes.count, Octet.isWhitespace(bytes[next]) else { return }
                    from = next
                }
                end = bytes.count
                next = bytes.count
            }
            guard end > start else { return }
            body(header[start..<end])
            start = next
        }
    }

    private static func fileNames(_ field: ArraySlice<UInt8>) -> [String] {
        guard let colon = field.firstIndex(of: Octet.colon),
            let semicolon = field[colon...].firstIndex(of: UInt8(ascii: ";"))
        else { return [] }
        var reader = ContentReader(field[semicolon...])
        let parameters = reader.parameters(limit: MIMELimits().parameters)
        return (["name", "filename"] as [StaticString]).compactMap { parameters.text(of: $0) }
    }
}
