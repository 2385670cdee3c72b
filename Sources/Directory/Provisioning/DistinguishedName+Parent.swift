extension DistinguishedName {
    /// The name of the entry above; nil at the top. A comma counts unless it is escaped or quoted
    /// (RFC 4514 section 3, RFC 2253 section 4).
    var parent: DistinguishedName? {
        var isQuoted = false
        var isEscaped = false
        for index in description.utf8.indices {
            let byte = description.utf8[index]
            if isEscaped {
                isEscaped = false
            } else if byte == UInt8(ascii: "\\") {
                isEscaped = true
            } else if byte == UInt8(ascii: "\"") {
                isQuoted.toggle()
            } else if byte == UInt8(ascii: ","), !isQuoted {
                let rest = description[description.utf8.index(after: index)...]
                return DistinguishedName(String(rest.drop { $0 == " " }))
            }
        }
        return nil
    }
}
