/// What the password policy's response control says
/// (draft-behera-ldap-password-policy section 6.2).
struct PasswordPolicyAnswer {
    enum PolicyError { case expired, locked, changeAfterReset }

    var error: PolicyError?
    var warnings: [PasswordWarning] = []
}

extension BindOutcome {
    /// Only answers that are about the password or the account become outcomes about them; all
    /// others say that the directory could not check it.
    init(_ result: LDAPResult, _ policy: PasswordPolicyAnswer, step: String) {
        let text = "\(step): \(result)"
        switch (result.code, policy.error) {
        case (0, .changeAfterReset):
            self = .mustChange
        case (0, _):
            self = .success(warnings: policy.warnings)
        case (49, .locked):
            self = .locked(text)
        case (49, .expired):
            self = .passwordExpired(text)
        // invalidCredentials, inappropriateAuthentication (no password there), noSuchObject.
        case (49, _), (48, _), (32, _):
            self = .invalidCredentials
        // 389 Directory Server: constraintViolation for too many failures.
        case (19, _):
            self = .locked(text)
        case (53, _) where result.diagnostic.contains("inactivated"):
            self = .disabled(text)
        // authMethodNotSupported, strongerAuthRequired, confidentialityRequired, invalidDNSyntax.
        case (7, _), (8, _), (13, _), (34, _):
            self = .refused(text)
        default:
            self = .unavailable(DirectoryFault(.refused(code: Int(result.code)), text))
        }
    }
}
