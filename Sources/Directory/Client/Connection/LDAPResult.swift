internal import CLDAP

/// The result that ends every operation (RFC 4511 section 4.1.9).
struct LDAPResult: CustomStringConvertible {
    let code: Int32
    let diagnostic: String
    /// How far a name was found when it was not found whole.
    let matchedDN: String

    /// Reads and frees a result message.
    init(consuming message: OpaquePointer, on handle: OpaquePointer) {
        var code: Int32 = 0
        var matched: UnsafeMutablePointer<CChar>?
        var diagnostic: UnsafeMutablePointer<CChar>?
        let status = ldap_parse_result(
            handle, message, &code, &matched, &diagnostic, nil, nil, 1)
        self.code = status == LDAP_SUCCESS ? code : status
        self.diagnostic = diagnostic.map { String(cString: $0) } ?? ""
        matchedDN = matched.map { String(cString: $0) } ?? ""
        ldap_memfree(matched)
        ldap_memfree(diagnostic)
    }

    var description: String {
        Self.text(code) + (diagnostic.isEmpty ? "" : " (\(diagnostic))")
    }

    /// The code's number and libldap's words for it.
    static func text(_ code: Int32) -> String {
        "\(String(cString: ldap_err2string(code))) [\(code)]"
    }
}
