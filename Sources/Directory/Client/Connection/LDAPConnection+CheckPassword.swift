internal import CLDAP

extension LDAPConnection {
    /// Binds as somebody else and reads what the password policy says to it.
    ///
    /// - Throws: when there was no answer; the connection is of no use then.
    func checkPassword(_ request: BindRequest) throws(DirectoryFault) -> BindOutcome {
        limitConnecting(until: request.deadline)
        var control: UnsafeMutablePointer<LDAPControl>?
        let status = ldap_create_passwordpolicy_control(handle, &control)
        guard status == LDAP_SUCCESS, let control else {
            throw fault(status, "password policy control")
        }
        defer { ldap_control_free(control) }
        let controls = UnsafeMutablePointer<UnsafeMutablePointer<LDAPControl>?>.allocate(capacity: 2)
        defer { controls.deallocate() }
        controls[0] = control
        controls[1] = nil
        let step = "bind as '\(request.dn)'"
        let message = try sendSimpleBind(
            dn: request.dn, password: request.password, controls: controls)
        // The first bind is what connects.
        martlet_ldap_established(handle)
        let answer = try result(of: message, until: request.deadline, step)
        return bindOutcome(answer, step)
    }

    private func bindOutcome(_ message: OpaquePointer, _ step: String) -> BindOutcome {
        var controls: UnsafeMutablePointer<UnsafeMutablePointer<LDAPControl>?>?
        ldap_parse_result(handle, message, nil, nil, nil, nil, &controls, 0)
        defer { ldap_controls_free(controls) }
        let policy = passwordPolicy(controls)
        let result = LDAPResult(consuming: message, on: handle)
        return BindOutcome(result, policy, step: "\(uri): \(step)")
    }

    private func passwordPolicy(
        _ controls: UnsafeMutablePointer<UnsafeMutablePointer<LDAPControl>?>?
    ) -> PasswordPolicyAnswer {
        var answer = PasswordPolicyAnswer()
        guard
            let found = ldap_control_find(LDAP_CONTROL_PASSWORDPOLICYRESPONSE, controls, nil)
        else { return answer }
        var expires: ber_int_t = -1
        var grace: ber_int_t = -1
        var error = PP_noError
        guard
            ldap_parse_passwordpolicy_control(handle, found, &expires, &grace, &error)
                == LDAP_SUCCESS
        else { return answer }
        if expires >= 0 { answer.warnings.append(.expires(inSeconds: Int(expires))) }
        if grace >= 0 { answer.warnings.append(.graceLogins(remaining: Int(grace))) }
        switch error {
        case PP_passwordExpired: answer.error = .expired
        case PP_accountLocked: answer.error = .locked
        case PP_changeAfterReset: answer.error = .changeAfterReset
        default: break
        }
        return answer
    }
}
