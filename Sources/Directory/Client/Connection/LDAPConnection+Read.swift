internal import CLDAP

extension LDAPConnection {
    enum Progress {
        case incomplete
        /// The request has been answered.
        case complete
        case tooLarge(DirectoryFault)
    }

    /// Reads a message of an answer and frees it.
    func read(
        _ message: OpaquePointer, into request: DirectoryRequest, limit: Int
    ) -> Progress {
        switch ber_tag_t(ldap_msgtype(message)) {
        case LDAP_RES_SEARCH_ENTRY:
            defer { ldap_msgfree(message) }
            let entry = readEntry(message, size: &request.resultSize)
            guard let entry else {
                return .tooLarge(DirectoryFault(.truncated, "\(uri): an entry can't be decoded"))
            }
            request.entries.append(entry)
            guard request.resultSize <= limit else {
                return .tooLarge(DirectoryFault(.truncated, "\(uri): more than \(limit) octets"))
            }
            return .incomplete
        case LDAP_RES_SEARCH_REFERENCE:
            ldap_msgfree(message)
            request.hasReferences = true
            return .incomplete
        case LDAP_RES_INTERMEDIATE:
            ldap_msgfree(message)
            return .incomplete
        default:
            request.finish(LDAPResult(consuming: message, on: handle), uri: uri)
            return .complete
        }
    }

    /// Nil when the entry is malformed.
    private func readEntry(_ message: OpaquePointer, size: inout Int) -> DirectoryEntry? {
        var cursor: OpaquePointer?
        var name = berval()
        guard ldap_get_dn_ber(handle, message, &cursor, &name) == LDAP_SUCCESS, let cursor
        else { return nil }
        defer { ber_free(cursor, 0) }
        size += Int(name.bv_len)
        var attributes: [DirectoryAttribute] = []
        while true {
            var description = berval()
            var values: UnsafeMutablePointer<berval>?
            let status = ldap_get_attribute_ber(handle, message, cursor, &description, &values)
            guard status == LDAP_SUCCESS else { return nil }
            guard description.bv_val != nil else { break }
            var octets: [[UInt8]] = []
            var index = 0
            while let values, values[index].bv_val != nil {
                octets.append(Self.octets(values[index]))
                size += octets[index].count
                index += 1
            }
            // The array is libldap's, the octets are the message's.
            ber_memfree(values)
            let type = String(decoding: Self.octets(description), as: UTF8.self)
            // slapd gives an attribute twice when a file for slapadd had its values apart.
            if let earlier = attributes.firstIndex(where: { $0.name == type }) {
                attributes[earlier].values += octets
            } else {
                attributes.append(DirectoryAttribute(type, values: octets))
            }
        }
        return DirectoryEntry(
            dn: String(decoding: Self.octets(name), as: UTF8.self), attributes: attributes)
    }

    private static func octets(_ value: berval) -> [UInt8] {
        Array(UnsafeRawBufferPointer(start: value.bv_val, count: Int(value.bv_len)))
    }
}
