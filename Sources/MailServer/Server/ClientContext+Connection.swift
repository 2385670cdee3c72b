internal import Authentication
internal import Transport

extension ClientContext {
    /// What authentication may know of a connection as it is now, in clear or under TLS.
    init(
        service: String, connection: Connection, allowsPlaintextWithoutTLS: Bool,
        previousFailures: Int
    ) {
        let tls = connection.tls
        self.init(
            service: service, remoteAddress: connection.remoteAddress.description,
            isEncrypted: tls != nil, allowsPlaintextWithoutTLS: allowsPlaintextWithoutTLS,
            channelBinding: { kind in
                switch kind {
                case .exporter: tls?.channelBinding(.exporter)
                case .serverEndPoint: tls?.channelBinding(.serverEndPoint)
                case .unique: tls?.channelBinding(.unique)
                }
            },
            tlsVersion13: tls?.version == .v13,
            clientCertificate: tls?.clientCertificate.map { ($0.subject, $0.emails) },
            isLocalOwner: connection.remoteAddress.isLocalSocket,
            previousFailures: previousFailures)
    }
}
