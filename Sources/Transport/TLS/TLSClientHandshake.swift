import COpenSSL

/// The client's part of one TLS connection: what the server must prove and how it went. Driven
/// under the engine's lock.
final class TLSClientHandshake {
    private let context: TLSClientState
    private let peer: TLSPeer
    /// The session that is offered.
    private let earlier: TLSSessionCache.Entry?
    /// Why the certificate was refused.
    private(set) var problem: CertificateProblem?
    private(set) var verified = VerifiedPeer.none

    init(_ context: TLSClientState, _ peer: TLSPeer) {
        self.context = context
        self.peer = peer
        earlier = context.sessions.entry(for: peer)
    }

    // MARK: Before

    func prepare(_ ssl: OpaquePointer) throws(ConnectionError) {
        SSL_set_connect_state(ssl)
        switch peer.verification {
        case .none:
            // A weak key is better than clear text. This is the least that TLS 1.2 is at ease with.
            SSL_set_security_level(ssl, 1)
            SSL_set_verify(ssl, SSL_VERIFY_NONE, nil)
        case .names(let names):
            SSL_set_verify(ssl, SSL_VERIFY_PEER, nil)
            SSL_set_hostflags(
                ssl,
                UInt32(X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT))
            try demand(names, ssl)
        case .dane(let records, let names):
            SSL_set_verify(ssl, SSL_VERIFY_PEER, nil)
            try demand(records, ssl)
            SSL_set_hostflags(ssl, UInt32(X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS))
            try demand(names, ssl)
        }
        // RFC 6066 section 3: no addresses, no trailing dot.
        if let name = peer.serverName.flatMap(Self.hostName), !Self.isAddress(name),
            martlet_ssl_set_server_name(ssl, name) != 1
        {
            throw .tls("not a server name: \(name)")
        }
        resume(ssl)
    }

    /// OpenSSL takes an empty list for "any name", and a leading dot for "any name below".
    private func demand(_ names: [String], _ ssl: OpaquePointer) throws(ConnectionError) {
        let names = names.compactMap(Self.hostName)
        guard let first = names.first else { throw .tls("no name to verify") }
        var isGood = SSL_set1_host(ssl, first) == 1
        for name in names.dropFirst() where isGood {
            isGood = SSL_add1_host(ssl, name) == 1
        }
        guard isGood else { throw .tls("not a name to verify: \(names)") }
    }

    private func demand(_ records: [TLSARecordData], _ ssl: OpaquePointer) throws(ConnectionError) {
        guard SSL_dane_enable(ssl, nil) == 1 else { throw .tls(OpenSSLError.takeReason()) }
        SSL_dane_set_flags(ssl, UInt(DANE_FLAG_NO_DANE_EE_NAMECHECKS))
        var usable = 0
        for record in records where DANERecords.add(record, to: ssl) {
            usable += 1
        }
        guard usable > 0 else { throw .tls("no usable TLSA record") }
    }

    /// Without a trailing dot; nil for what is no name.
    private static func hostName(_ text: String) -> String? {
        let name = text.hasSuffix(".") ? String(text.dropLast()) : text
        return name.isEmpty || name.hasPrefix(".") || name.utf8.contains(0) ? nil : name
    }

    private static func isAddress(_ name: String) -> Bool {
        guard let address = a2i_IPADDRESS(name) else {
            ERR_clear_error()
            return false
        }
        ASN1_OCTET_STRING_free(address)
        return true
    }

    private func resume(_ ssl: OpaquePointer) {
        guard let earlier else { return }
        let session = earlier.session.withUnsafeBufferPointer { bytes in
            var next = bytes.baseAddress
            return d2i_SSL_SESSION(nil, &next, bytes.count)
        }
        defer { SSL_SESSION_free(session) }
        // One that is of no use is as good as none.
        if session == nil || SSL_set_session(ssl, session) != 1 {
            ERR_clear_error()
        }
    }

    // MARK: In the handshake

    /// False: the handshake fails.
    func verify(_ store: OpaquePointer) -> Bool {
        if case .none = peer.verification {
            // Not looked at, and never to be taken for verified.
            X509_STORE_CTX_set_error(store, X509_V_ERR_APPLICATION_VERIFICATION)
            return true
        }
        if X509_verify_cert(store) == 1 { return true }
        problem = CertificateProblem(
            X509_STORE_CTX_get_error(store), X509_STORE_CTX_get0_cert(store))
        return false
    }

    /// After the handshake. Nil when what was demanded is proved.
    func finish(_ ssl: OpaquePointer) -> ConnectionError? {
        guard let proof = proof(of: ssl) else {
            context.sessions.forget(peer)
            return .certificate(
                CertificateProblem(Int32(SSL_get_verify_result(ssl)), SSL_get0_peer_certificate(ssl)))
        }
        verified = proof
        return nil
    }

    private func proof(of ssl: OpaquePointer) -> VerifiedPeer? {
        if case .none = peer.verification { return VerifiedPeer.none }
        guard SSL_get_verify_result(ssl) == Int(X509_V_OK) else { return nil }
        if SSL_session_reused(ssl) == 1 { return earlier?.verified }
        if case .names(let names) = peer.verification {
            let name = SSL_get0_peername(ssl).map { String(cString: $0) }
            return .pkix(name: name ?? names[0])
        }
        var usage: UInt8 = 0
        guard SSL_get0_dane_tlsa(ssl, &usage, nil, nil, nil, nil) >= 0 else { return nil }
        return .dane(usage: usage)
    }

    // MARK: Sessions

    /// In TLS 1.2 still in the handshake, after the server's proof.
    func keep(_ session: OpaquePointer, of ssl: OpaquePointer) {
        guard SSL_SESSION_is_resumable(session) == 1, let proof = proof(of: ssl) else { return }
        let length = Int(i2d_SSL_SESSION(session, nil))
        guard length > 0 else { return }
        let bytes = [UInt8](unsafeUninitializedCapacity: length) { space, count in
            var next = space.baseAddress
            count = max(Int(i2d_SSL_SESSION(session, &next)), 0)
        }
        let isResumed = SSL_session_reused(ssl) == 1
        context.sessions.keep(bytes, verified: proof, since: isResumed ? earlier : nil, for: peer)
    }
}
