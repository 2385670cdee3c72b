internal import CLDAP

extension LDAPConnection {
    /// The server's own bind. Anonymous binds are sent too: they prove that the directory answers.
    func authenticate(
        _ credentials: DirectoryConnectionConfiguration.Credentials,
        until deadline: ContinuousClock.Instant
    ) throws(DirectoryFault) {
        switch credentials {
        case .anonymous:
            try bind(dn: "", password: [], until: deadline)
        case .simple(let dn, let password):
            guard !dn.isEmpty, !password.isEmpty else {
                throw DirectoryFault(.misconfigured, "\(uri): the server's own password is empty")
            }
            try bind(dn: dn, password: password, until: deadline)
        case .external:
            try bind(mechanism: "EXTERNAL", user: "", password: [], until: deadline)
        case .scram(let user, let passwords): try bind(user, passwords[...], until: deadline)
        }
    }

    private func bind(
        _ user: String, _ passwords: ArraySlice<[UInt8]>, until deadline: ContinuousClock.Instant
    ) throws(DirectoryFault) {
        do throws(DirectoryFault) {
            try bind(
                mechanism: "SCRAM-SHA-256", user: user, password: passwords.first ?? [], until: deadline)
        } catch {
            guard error.kind == .refused(code: Int(LDAP_INVALID_CREDENTIALS)), passwords.count > 1 else {
                throw error
            }
            try bind(user, passwords.dropFirst(), until: deadline)
        }
    }

    private func bind(
        dn: String, password: [UInt8], until deadline: ContinuousClock.Instant
    ) throws(DirectoryFault) {
        let message = try sendSimpleBind(dn: dn, password: password, controls: nil)
        try check(try result(of: message, until: deadline, "bind as '\(dn)'"), "bind as '\(dn)'")
    }

    /// Sends a simple bind (RFC 4513 section 5.1) and returns its message id.
    func sendSimpleBind(
        dn: String, password: [UInt8], controls: UnsafeMutablePointer<UnsafeMutablePointer<LDAPControl>?>?
    ) throws(DirectoryFault) -> Int32 {
        var message: Int32 = 0
        var password = password
        let count = password.count
        let status = password.withUnsafeMutableBytes { bytes in
            var credentials = berval(
                bv_len: UInt(count), bv_val: bytes.baseAddress?.assumingMemoryBound(to: CChar.self))
            return ldap_sasl_bind(handle, dn, nil, &credentials, controls, nil, &message)
        }
        guard status == LDAP_SUCCESS else { throw fault(status, "connect") }
        return message
    }

    /// A SASL bind: as many round trips as the mechanism takes (RFC 4511 section 4.2.1).
    private func bind(
        mechanism: String, user: String, password: [UInt8],
        until deadline: ContinuousClock.Instant
    ) throws(DirectoryFault) {
        let step = "SASL \(mechanism) bind"
        guard !password.contains(0), !user.utf8.contains(0) else {
            throw DirectoryFault(.misconfigured, "\(uri): \(step): NUL in user or password")
        }
        let user = user.utf8CString.map(\.self)
        let password = password.map { CChar(bitPattern: $0) } + [0]
        var answer: OpaquePointer?
        var state: UnsafePointer<CChar>?
        var message: Int32 = 0
        while true {
            let status = user.withUnsafeBufferPointer { user in
                password.withUnsafeBufferPointer { password in
                    var identity = martlet_ldap_identity(
                        user: user.baseAddress, password: password.baseAddress)
                    return martlet_ldap_sasl_step(
                        handle, mechanism, &identity, answer, &state, &message)
                }
            }
            ldap_msgfree(answer)
            answer = nil
            if status == LDAP_SUCCESS { return }
            guard status == LDAP_SASL_BIND_IN_PROGRESS else { throw fault(status, step) }
            answer = try result(of: message, until: deadline, step)
        }
    }

    private func check(_ message: OpaquePointer, _ step: String) throws(DirectoryFault) {
        let answer = LDAPResult(consuming: message, on: handle)
        guard answer.code == LDAP_SUCCESS else {
            throw DirectoryFault(
                .refused(code: Int(answer.code)), "\(uri): \(step): \(answer.description)")
        }
    }
}
