import COpenSSL

/// What OpenSSL calls in a client's handshake, and later with session tickets.
enum TLSClientCallbacks {
    static func install(in context: OpaquePointer) {
        SSL_CTX_set_cert_verify_callback(context, verify, nil)
        SSL_CTX_sess_set_new_cb(context, keepSession)
    }
}

private func verify(_ store: OpaquePointer?, _: UnsafeMutableRawPointer?) -> Int32 {
    let ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx())
    guard let store, let client = TLSEngine.of(ssl.map(OpaquePointer.init))?.client else { return 0 }
    return client.verify(store) ? 1 : 0
}

/// 0: the session stays OpenSSL's.
private func keepSession(_ ssl: OpaquePointer?, _ session: OpaquePointer?) -> Int32 {
    if let ssl, let session, let client = TLSEngine.of(ssl)?.client {
        client.keep(session, of: ssl)
    }
    return 0
}
