import CSASL

/// One `sasl_conn_t`, from its making to its disposal. Used by one task at a time; does no I/O.
final class SASLConversation {
    enum Step {
        case challenge([UInt8])
        /// The mechanism is satisfied; what it says is in `identities`.
        case finished(serverFinal: [UInt8]?)
        /// The library's status, and its words for the log.
        case failed(Int32, cause: String)
    }

    let identities = SASLIdentities()
    private let mechanism: String
    private let connection: OpaquePointer
    /// The library keeps pointers to both until it is disposed of.
    private let callbacks: UnsafeMutablePointer<sasl_callback_t>
    private var binding: SASLChannelBinding?
    private var hasStarted = false

    /// Nil when the library refuses, which only want of memory makes it do.
    init?(service: String, hostname: String, mechanism: SASLMechanism) {
        callbacks = .allocate(capacity: SASLIdentities.callbackCount)
        identities.fill(callbacks)
        self.mechanism = mechanism.rawValue
        var created: OpaquePointer?
        let status = sasl_server_new(
            service, hostname, nil, nil, nil, callbacks, UInt32(SASL_SUCCESS_DATA), &created)
        guard status == SASL_OK, let created else {
            if created != nil { sasl_dispose(&created) }
            callbacks.deallocate()
            return nil
        }
        connection = created
        // EXTERNAL is only let in when there is a name from outside; whose it is, the directory
        // says afterwards.
        if mechanism == .external { sasl_setprop(connection, SASL_AUTH_EXTERNAL, "*") }
    }

    deinit {
        var connection: OpaquePointer? = connection
        sasl_dispose(&connection)
        callbacks.deallocate()
    }

    /// Tells the library of the connection's channel binding, at most once and before the first
    /// message that needs it.
    func setBinding(_ kind: ChannelBinding, _ bytes: [UInt8]) {
        guard binding == nil else { return }
        let binding = SASLChannelBinding(kind, bytes)
        binding.set(on: connection)
        self.binding = binding
    }

    /// Gives the client's message to the mechanism; nil only at the start, for a client that has
    /// not spoken.
    func step(_ message: [UInt8]?) -> Step {
        var output: UnsafePointer<CChar>?
        var length: UInt32 = 0
        let status = withMessage(message) { input, count in
            if hasStarted {
                return sasl_server_step(connection, input, count, &output, &length)
            }
            hasStarted = true
            return sasl_server_start(connection, mechanism, input, count, &output, &length)
        }
        let words = output.map { Array(UnsafeRawBufferPointer(start: $0, count: Int(length))) }
        switch status {
        case SASL_OK: return .finished(serverFinal: words)
        case SASL_CONTINUE: return .challenge(words ?? [])
        default:
            let detail = sasl_errdetail(connection).map { String(cString: $0).printable }
            return .failed(status, cause: detail ?? "SASL status \(status)")
        }
    }

    /// An empty message is not a missing one: the library tells them apart by the pointer.
    private func withMessage(
        _ message: [UInt8]?, _ body: (UnsafePointer<CChar>?, UInt32) -> Int32
    ) -> Int32 {
        guard let message else { return body(nil, 0) }
        // LOGIN and SCRAM copy with strncpy and the like: a NUL after the end does no harm.
        return (message + [0]).withUnsafeBytes {
            body($0.baseAddress?.assumingMemoryBound(to: CChar.self), UInt32(message.count))
        }
    }
}
