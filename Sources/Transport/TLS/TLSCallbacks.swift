import COpenSSL

/// What OpenSSL calls in a server's handshake. Each finds the connection's `TLSEngine` in the SSL object.
enum TLSCallbacks {
    static func install(in context: OpaquePointer) {
        martlet_ssl_ctx_set_servername_callback(context, chooseCertificate)
        SSL_CTX_set_session_ticket_cb(context, writeTicket, readTicket, nil)
    }
}

/// RFC 6066 section 3: the certificate for the name that the client asks for. An unknown name gets
/// the default certificate, without acknowledgement.
private func chooseCertificate(
    _ ssl: OpaquePointer?, _: UnsafeMutablePointer<Int32>?, _: UnsafeMutableRawPointer?
) -> Int32 {
    guard let name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name),
        let certificate = TLSEngine.of(ssl)?.certificates?.certificate(for: String(cString: name))
    else { return SSL_TLSEXT_ERR_NOACK }
    SSL_set_SSL_CTX(ssl, certificate.context)
    return SSL_TLSEXT_ERR_OK
}

/// Puts the tls-server-end-point binding of the certificate that the client sees into the ticket:
/// the client will use that certificate when it resumes, though ours may be a newer one then.
private func writeTicket(_ ssl: OpaquePointer?, _: UnsafeMutableRawPointer?) -> Int32 {
    guard let engine = TLSEngine.of(ssl), let binding = engine.endPointBinding(ssl) else {
        return 1
    }
    return SSL_SESSION_set1_ticket_appdata(SSL_get_session(ssl), binding, binding.count)
}

private func readTicket(
    _: OpaquePointer?, _: OpaquePointer?, _: UnsafePointer<UInt8>?, _: Int,
    _ status: SSL_TICKET_STATUS, _: UnsafeMutableRawPointer?
) -> SSL_TICKET_RETURN {
    switch status {
    case SSL_TICKET_SUCCESS: SSL_TICKET_RETURN_USE
    case SSL_TICKET_SUCCESS_RENEW: SSL_TICKET_RETURN_USE_RENEW
    default: SSL_TICKET_RETURN_IGNORE_RENEW
    }
}
