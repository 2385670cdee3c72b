import CSASL

/// One `sasl_conn_t` of a client, from its making to its disposal.
final class SASLClientConnection {
    private let connection: OpaquePointer
    /// The library keeps pointers to all of these until it is disposed of.
    private let callbacks: UnsafeMutablePointer<sasl_callback_t>
    private let answers: SASLClientAnswers
    private var binding: SASLChannelBinding?
    /// The mechanism in use.
    private var name = "SASL"

    init(
        service: String, host: String, _ answers: SASLClientAnswers
    ) throws(SASLClient.Failure) {
        self.answers = answers
        callbacks = .allocate(capacity: SASLClientAnswers.callbackCount)
        answers.fill(callbacks)
        var created: OpaquePointer?
        let status = sasl_client_new(service, host, nil, nil, callbacks, 0, &created)
        guard status == SASL_OK, let created else {
            if created != nil { sasl_dispose(&created) }
            callbacks.deallocate()
            throw SASLClient.Failure(cause: "SASL status \(status)")
        }
        connection = created
    }

    deinit {
        var connection: OpaquePointer? = connection
        sasl_dispose(&connection)
        callbacks.deallocate()
    }

    /// Lets EXTERNAL in; the name goes nowhere.
    func setExternal(_ name: String) {
        sasl_setprop(connection, SASL_AUTH_EXTERNAL, name)
    }

    func setBinding(_ kind: ChannelBinding, _ octets: [UInt8]) {
        let binding = SASLChannelBinding(kind, octets)
        binding.set(on: connection)
        self.binding = binding
    }

    func start(_ mechanism: String) throws(SASLClient.Failure) -> SASLClient.Message {
        var output: UnsafePointer<CChar>?
        var length: UInt32 = 0
        name = mechanism
        // Of a list the library thinks that the server made it. Only then does it say that it
        // could have bound the channel, which reveals someone who took -PLUS out of the server's
        // list (RFC 5802 section 6).
        let list = binding == nil ? mechanism : "\(mechanism) \(mechanism)"
        let status = sasl_client_start(connection, list, nil, &output, &length, nil)
        return try message(status, output, length)
    }

    func step(_ challenge: [UInt8]) throws(SASLClient.Failure) -> SASLClient.Message {
        var output: UnsafePointer<CChar>?
        var length: UInt32 = 0
        // SCRAM reads its fields as C strings.
        let status = (challenge + [0]).withUnsafeBytes {
            sasl_client_step(
                connection, $0.baseAddress?.assumingMemoryBound(to: CChar.self),
                UInt32(challenge.count), nil, &output, &length)
        }
        return try message(status, output, length)
    }

    /// The mechanism's own words. Of callbacks that are not there it says so in passing, whatever fails
    /// then: such a text tells nothing.
    private func cause(_ status: Int32) -> String {
        let detail = sasl_errdetail(connection).map { String(cString: $0).printable } ?? ""
        guard detail.isEmpty || detail.contains("find a callback") else { return detail }
        return "\(name): " + String(cString: sasl_errstring(status, nil, nil)).printable
    }

    private func message(
        _ status: Int32, _ output: UnsafePointer<CChar>?, _ length: UInt32
    ) throws(SASLClient.Failure) -> SASLClient.Message {
        guard status == SASL_OK || status == SASL_CONTINUE else {
            throw SASLClient.Failure(cause: cause(status))
        }
        let octets = output.map { Array(UnsafeRawBufferPointer(start: $0, count: Int(length))) }
        return SASLClient.Message(response: octets, isComplete: status == SASL_OK)
    }
}
