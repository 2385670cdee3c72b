internal import SMTP
internal import TLSPolicy
internal import Transport

/// What TLS a session must have.
struct SessionSecurity: Sendable {
    var policy: SMTPClientConfiguration.TLSPolicy
    var verification: PeerVerification
    var context: TLSClientContext
    /// For the log: what the demand comes from.
    var label: String
    /// What the session is held against, for reports; nil: nothing.
    var reportPolicy: TLSReportPolicy?
    /// What that policy has against the host, however the session goes; only told.
    var mismatch: TLSFailure? = nil
}
