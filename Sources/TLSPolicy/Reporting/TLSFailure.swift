/// What went wrong in a session, and with whom (RFC 8460 section 4.4, `failure-details`). Equal ones
/// are counted together.
package struct TLSFailure: Sendable, Hashable, Codable {
    package let resultType: TLSResultType
    /// The address that we sent from.
    package let sendingAddress: String?
    /// The MX host's name, and its address.
    package let receivingHost: String?
    package let receivingAddress: String?
    /// In our own words; the certificate's subject, say. At most 300 characters are kept.
    package let reason: String?

    package init(
        _ resultType: TLSResultType, sendingAddress: String? = nil, receivingHost: String? = nil,
        receivingAddress: String? = nil, reason: String? = nil
    ) {
        self.resultType = resultType
        self.sendingAddress = sendingAddress
        self.receivingHost = receivingHost
        self.receivingAddress = receivingAddress
        self.reason = reason.map { String($0.prefix(300)) }
    }
}
