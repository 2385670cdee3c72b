import COpenSSL

/// OpenSSL's reasons. They wait in a queue of the calling thread, so they are read right after the
/// call that failed, on its thread.
enum OpenSSLError {
    /// The reason of the last failed call; empties the queue.
    static func takeReason() -> String {
        let code = ERR_peek_last_error()
        ERR_clear_error()
        guard code != 0 else { return "unknown error" }
        if let reason = ERR_reason_error_string(code) { return String(cString: reason) }
        // ERR_error_string_n cuts at the given size.
        return withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { text in
            ERR_error_string_n(code, text.baseAddress, text.count)
            return String(cString: text.baseAddress!)
        }
    }
}
