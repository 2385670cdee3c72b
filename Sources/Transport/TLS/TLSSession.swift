import COpenSSL

/// An established TLS session: what was agreed, and who the peer is.
package struct TLSSession: Sendable {
    package let version: TLSVersion
    /// By a session ticket or identifier of an earlier connection.
    package let isResumed: Bool
    private let engine: TLSEngine

    init(_ engine: TLSEngine) {
        self.engine = engine
        (version, isResumed) = engine.withSSL { ssl in
            (SSL_version(ssl) == TLS1_3_VERSION ? .v13 : .v12, SSL_session_reused(ssl) == 1)
        }
    }

    /// OpenSSL's name of the cipher suite.
    package var cipher: String {
        engine.withSSL { String(cString: SSL_CIPHER_get_name(SSL_get_current_cipher($0))) }
    }

    /// The name that the client asked for (RFC 6066 section 3).
    package var serverName: String? {
        engine.withSSL { ssl in
            SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name).map { String(cString: $0) }
        }
    }

    /// How the server has proved who it is; `.none` on the server's own side.
    package var verifiedPeer: VerifiedPeer {
        engine.withSSL { _ in engine.client?.verified ?? .none }
    }

    /// The server's, on the client's side.
    package var serverCertificate: PeerCertificate? {
        guard engine.client != nil else { return nil }
        return engine.withSSL { ssl in
            SSL_get0_peer_certificate(ssl).map {
                PeerCertificate(
                    subject: CertificateReader.subject($0), issuer: CertificateReader.issuer($0))
            }
        }
    }

    /// Nil when the client gave none. It was verified against the configured CAs.
    package var clientCertificate: ClientCertificate? {
        guard engine.client == nil else { return nil }
        return engine.withSSL { ssl in
            guard let certificate = SSL_get0_peer_certificate(ssl),
                SSL_get_verify_result(ssl) == Int(X509_V_OK)
            else { return nil }
            return ClientCertificate(
                der: CertificateReader.der(certificate),
                subject: CertificateReader.subject(certificate),
                emails: CertificateReader.emails(certificate))
        }
    }

    /// The binding's data, nil when the session has none of this type.
    package func channelBinding(_ type: ChannelBindingType) -> [UInt8]? {
        engine.withSSL { ssl in
            switch type {
            case .serverEndPoint: engine.endPointBinding(ssl)
            case .exporter: isBindable(ssl) ? exportedKey(ssl) : nil
            case .unique: version == .v12 && isBindable(ssl) ? firstFinished(ssl) : nil
            }
        }
    }

    /// RFC 9266 section 4.2: without the extended master secret (RFC 7627), a TLS 1.2 session does
    /// not belong to one pair of peers alone.
    private func isBindable(_ ssl: OpaquePointer) -> Bool {
        version == .v13 || martlet_ssl_has_extended_master_secret(ssl) == 1
    }

    /// RFC 9266 section 2; the context value is the empty string, which TLS 1.2 tells from none.
    private func exportedKey(_ ssl: OpaquePointer) -> [UInt8]? {
        let label = "EXPORTER-Channel-Binding"
        var key = [UInt8](repeating: 0, count: 32)
        let context: [UInt8] = [0]
        guard
            SSL_export_keying_material(
                ssl, &key, key.count, label, label.utf8.count, context, 0, 1) == 1
        else {
            ERR_clear_error()
            return nil
        }
        return key
    }

    /// RFC 5929 section 3.1: the first Finished message, which is the client's, or in a resumed
    /// session the server's.
    private func firstFinished(_ ssl: OpaquePointer) -> [UInt8]? {
        let message = [UInt8](unsafeUninitializedCapacity: Int(EVP_MAX_MD_SIZE)) { space, count in
            count =
                isResumed == (engine.client == nil)
                ? SSL_get_finished(ssl, space.baseAddress, space.count)
                : SSL_get_peer_finished(ssl, space.baseAddress, space.count)
        }
        return message.isEmpty ? nil : message
    }
}
