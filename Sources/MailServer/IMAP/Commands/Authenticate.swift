internal import Authentication
internal import Directory
internal import IMAP
internal import MailModel
internal import NIOCore

/// AUTHENTICATE (RFC 9051 section 6.2.2), with an initial response or without (RFC 4959).
extension IMAPSession {
    /// - Parameter initial: base 64; "=" is an empty one.
    func authenticate(_ mechanism: String, _ initial: [UInt8]?)
        async throws(CommandFailure) -> Completion
    {
        let mechanism = mechanism.uppercased()
        guard let exchange = service.authentication.begin(mechanism, clientContext) else {
            return try await fail(service.authentication.refusal(of: mechanism, clientContext))
        }
        login?.method = mechanism
        var step: SASLStep
        if let initial {
            guard let response = initial == [UInt8(ascii: "=")] ? [] : Base64.decode(initial[...])
            else { return try await fail(.notBase64) }
            step = await exchange.step(response)
        } else {
            step = await exchange.step(nil)
        }
        while true {
            switch step {
            case .challenge(let challenge):
                switch try await response(to: challenge) {
                case .octets(let response): step = await exchange.step(response)
                case .cancelled: return .bad("Authentication cancelled")
                case .malformed: return try await fail(.notBase64)
                }
            case .done(.success(let account, let name), serverFinal: let serverFinal?):
                // The mechanism's last word has no place of its own: the client answers with nothing.
                switch try await response(to: serverFinal) {
                case .octets([]):
                    return try await conclude(.success(account, authenticatedBy: name))
                case .cancelled: return .bad("Authentication cancelled")
                case .octets, .malformed: return try await fail(.behindEnd)
                }
            case .done(let outcome, serverFinal: _):
                return try await conclude(outcome, password: exchange.password)
            }
        }
    }

    private enum Response {
        case octets([UInt8])
        case cancelled, malformed
    }

    private func response(to challenge: [UInt8]) async throws(CommandFailure) -> Response {
        output.writeStaticString("+ ")
        output.writeString(Base64.encode(challenge))
        output.writeStaticString("\r\n")
        reader.beginRawLine()
        guard case .line(let line) = try await nextReaderEvent() else { return .malformed }
        let octets = Array(line.readableBytesView)
        if octets == [UInt8(ascii: "*")] { return .cancelled }
        return Base64.decode(octets[...]).map { .octets($0) } ?? .malformed
    }
}

extension AuthenticationFailure {
    fileprivate static let notBase64 = AuthenticationFailure(
        .malformed, cause: "response is not base 64")
    fileprivate static let behindEnd = AuthenticationFailure(
        .malformed, cause: "response behind the exchange's end")
}
