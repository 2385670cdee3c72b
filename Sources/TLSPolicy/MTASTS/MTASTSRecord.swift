/// What the TXT records of `_mta-sts.DOMAIN` say (RFC 8461 section 3.1).
package enum MTASTSRecord {
    private static let version = Array("v=STSv1".utf8)

    /// The policy's id; nil when the domain has no policy, or none that can be told.
    ///
    /// Other TXT records at the name do not count. Two that do are as bad as a malformed one.
    ///
    /// - Parameter records: each with its strings joined.
    package static func id(_ records: [String]) -> String? {
        let ours = records.map { Array($0.utf8) }.filter(isOurs)
        return ours.count == 1 ? id(of: ours[0]) : nil
    }

    private static func isOurs(_ record: [UInt8]) -> Bool {
        record.starts(with: version)
            && record.dropFirst(version.count).first { !Octet.isWhitespace($0) } == Octet.semicolon
    }

    /// ```
    /// sts-text-record = sts-version 1*(sts-field-delim sts-field) [sts-field-delim]
    /// sts-field       = sts-id / sts-extension
    /// sts-field-delim = *WSP ";" *WSP
    /// sts-version     = %s"v=STSv1"
    /// sts-id          = %s"id=" 1*32(ALPHA / DIGIT)
    /// sts-extension   = sts-ext-name "=" sts-ext-value
    /// sts-ext-value   = 1*(%x21-3A / %x3C / %x3E-7E)      ; no "=", ";", space or control
    /// ```
    private static func id(of record: [UInt8]) -> String? {
        var fields = record.split(separator: Octet.semicolon, omittingEmptySubsequences: false)
            .dropFirst().map(Octet.trimmed)
        if fields.last?.isEmpty == true { fields.removeLast() }
        var id: String?
        for field in fields {
            guard let equals = field.firstIndex(of: UInt8(ascii: "=")) else { return nil }
            let name = field[..<equals]
            let value = field[(equals + 1)...]
            if name.elementsEqual("id".utf8) {
                guard 1...32 ~= value.count, value.allSatisfy(Octet.isAlphanumeric) else { return nil }
                id = id ?? String(decoding: value, as: UTF8.self)
            } else {
                guard ExtensionName.isValid(name), !value.isEmpty,
                    value.allSatisfy({ 0x21...0x7e ~= $0 && $0 != UInt8(ascii: "=") })
                else { return nil }
            }
        }
        return id
    }
}
