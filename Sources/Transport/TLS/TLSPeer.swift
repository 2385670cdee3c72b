/// The server of a handshake, and what it has to prove.
struct TLSPeer: Hashable, Sendable {
    let address: PeerAddress
    /// Sent as server_name (RFC 6066 section 3), unless it is an address.
    let serverName: String?
    let verification: PeerVerification
}
