import CSASL

/// libsasl2's results as failures.
enum SASLStatus {
    static func kind(of status: Int32) -> AuthenticationFailure.Kind {
        switch status {
        case SASL_BADPROT, SASL_BADPARAM: .malformed
        case SASL_NOUSER, SASL_BADAUTH, SASL_BADMAC, SASL_BADBINDING, SASL_NOVERIFY, SASL_EXPIRED:
            .invalidCredentials
        case SASL_DISABLED: .disabled
        case SASL_NOAUTHZ: .notAuthorized
        case SASL_TOOWEAK, SASL_ENCRYPT: .encryptionRequired
        case SASL_NOMECH: .unknownMechanism
        // SASL_UNAVAIL, SASL_TRYAGAIN, and our own troubles: SASL_NOMEM, SASL_FAIL, SASL_BUFOVER.
        default: .unavailable
        }
    }
}
