/// A kind of channel binding (RFC 5929; RFC 9266 for `exporter`).
package enum ChannelBinding: String, Sendable, CaseIterable {
    case exporter = "tls-exporter"
    case serverEndPoint = "tls-server-end-point"
    /// TLS 1.2 and older only (RFC 9266 section 3).
    case unique = "tls-unique"
}

/// What authentication knows of the connection it works for.
package struct ClientContext: Sendable {
    /// The service's GSSAPI name: `smtp`, `pop` or `imap`.
    package var service: String
    /// The client's address without a port. IPv6 is counted by /64.
    package var remoteAddress: String
    package var isEncrypted: Bool
    /// The configuration says by name that passwords may cross this listener in the clear.
    package var allowsPlaintextWithoutTLS: Bool
    /// The connection's binding of one kind; nil when it has none, as always in the clear.
    package var channelBinding: @Sendable (ChannelBinding) -> [UInt8]?
    package var tlsVersion13: Bool
    /// The verified client certificate: its subject (RFC 4514) and the addresses in its
    /// subjectAltName.
    package var clientCertificate: (subject: String, emails: [String])?
    /// The connection came over the server's local socket, which only its owner can reach: by
    /// EXTERNAL he may act as any account.
    package var isLocalOwner: Bool
    /// How many authentications failed on this connection before this one.
    package var previousFailures: Int

    package init(
        service: String, remoteAddress: String, isEncrypted: Bool,
        allowsPlaintextWithoutTLS: Bool = false,
        channelBinding: @escaping @Sendable (ChannelBinding) -> [UInt8]? = { _ in nil },
        tlsVersion13: Bool = false,
        clientCertificate: (subject: String, emails: [String])? = nil,
        isLocalOwner: Bool = false, previousFailures: Int = 0
    ) {
        self.service = service
        self.remoteAddress = remoteAddress
        self.isEncrypted = isEncrypted
        self.allowsPlaintextWithoutTLS = allowsPlaintextWithoutTLS
        self.channelBinding = channelBinding
        self.tlsVersion13 = tlsVersion13
        self.clientCertificate = clientCertificate
        self.isLocalOwner = isLocalOwner
        self.previousFailures = previousFailures
    }

    var allowsLogins: Bool { isEncrypted || allowsPlaintextWithoutTLS || isLocalOwner }

    /// The binding's bytes where that kind may be used on this connection.
    func usableBinding(_ kind: ChannelBinding) -> [UInt8]? {
        guard isEncrypted, !(kind == .unique && tlsVersion13) else { return nil }
        return channelBinding(kind)
    }

    /// Whether -PLUS mechanisms are on offer.
    var offersChannelBinding: Bool {
        ChannelBinding.allCases.contains { usableBinding($0) != nil }
    }
}
