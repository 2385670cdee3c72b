internal import MailModel
package import NIOCore

/// AUTH (RFC 4954). The exchange itself is the driver's; here are its lines.
extension SMTPServerSession {
    mutating func authenticate(
        _ mechanism: String, _ initialResponse: String?, _ output: inout ByteBuffer
    ) -> SMTPServerAction? {
        guard !isAuthenticated else { return fail(.alreadyAuthenticated, &output) }
        guard mechanisms.contains(mechanism) else {
            // Where some may be used in clear, an unknown one gets 504, and so does one that TLS would add
            // (RFC 4954 section 4).
            if mechanisms.isEmpty, !isEncrypted, configuration.offersStartTLS {
                return fail(.encryptionRequired, &output)
            }
            return fail(mechanisms.isEmpty ? .notImplemented : .unknownMechanism, &output)
        }
        var response: [UInt8]?
        if let initialResponse {
            response = initialResponse == "=" ? [] : Base64.decode(initialResponse.utf8)
            guard response != nil else { return fail(.invalidBase64, &output) }
        }
        question = .authentication
        return .authenticate(mechanism: mechanism, initialResponse: response)
    }

    // continue-req = "334" SP [base64] CRLF
    package mutating func challenge(_ data: [UInt8], _ output: inout ByteBuffer) {
        writeChallenge(data, &output)
        phase = .authenticating(isFinal: false)
    }

    /// - Parameter serverFinal: the mechanism's last data; a success waits for the client's empty
    ///   answer to it, because 235 can't carry it.
    package mutating func authenticationSucceeded(
        serverFinal: [UInt8]?, _ output: inout ByteBuffer
    ) {
        guard let serverFinal else {
            question = nil
            isAuthenticated = true
            return SMTPReply.authenticated.write(into: &output)
        }
        writeChallenge(serverFinal, &output)
        phase = .authenticating(isFinal: true)
    }

    /// - Parameter closing: the client has failed too often to go on.
    package mutating func authenticationFailed(
        _ reply: SMTPReply, closing: Bool, _ output: inout ByteBuffer
    ) {
        question = nil
        phase = .commands
        _ = fail(reply, &output)
        if closing, case .commands = phase { end(.tooManyFailedLogins, &output) }
    }

    private mutating func writeChallenge(_ data: [UInt8], _ output: inout ByteBuffer) {
        question = nil
        output.writeStaticString("334 ")
        output.writeString(Base64.encode(data))
        output.writeStaticString("\r\n")
    }
}
