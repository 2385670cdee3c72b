internal import MailModel
package import NIOCore

/// Where an exchange of RFC 4954 stands.
struct AuthenticationState: Sendable {
    enum Turn {
        /// The driver is to choose a mechanism, or to answer a challenge.
        case choice, challenge([UInt8])
        case peer
    }

    var mechanisms: [String] = []
    var turn = Turn.choice
    var mechanism = ""
    /// It did not fit into the command, and goes with the answer to the empty challenge.
    var heldResponse: [UInt8]?
    /// The mechanism has nothing left to say, and has proved the peer if it can.
    var isComplete = false
    var isCancelled = false

    init(mechanisms: [String] = []) { self.mechanisms = mechanisms }

    var action: SMTPClientAction? {
        switch turn {
        case .choice: .authenticate(mechanisms: mechanisms)
        case .challenge(let challenge): .respond(challenge: challenge)
        case .peer: nil
        }
    }
}

/// AUTH (RFC 4954). The exchange itself is the driver's; here are its lines.
extension SMTPClientSession {
    /// Octets of a command line (RFC 5321 section 4.5.3.1.4), which AUTH has to keep to.
    private static let maximumCommandLine = 512

    /// Begins an exchange, after `.authenticate`. Then call `next`.
    ///
    /// - Parameters:
    ///   - initialResponse: nil when the mechanism lets the peer speak first.
    ///   - isComplete: the peer's 235 may come now. One that comes earlier is not believed.
    package mutating func authenticate(
        _ mechanism: String, initialResponse: [UInt8]?, isComplete: Bool,
        _ output: inout ByteBuffer
    ) {
        guard case .authentication = phase, case .choice = authentication.turn else { return }
        authentication.turn = .peer
        authentication.mechanism = mechanism
        authentication.isComplete = isComplete
        authentication.heldResponse = nil
        var line = "AUTH \(mechanism)"
        if let initialResponse {
            let text = initialResponse.isEmpty ? "=" : Base64.encode(initialResponse)
            if line.utf8.count + 1 + text.utf8.count + 2 <= Self.maximumCommandLine {
                line += " \(text)"
            } else {
                authentication.heldResponse = initialResponse
            }
        }
        output.writeString("\(line)\r\n")
    }

    /// The answer to a challenge, after `.respond`. Then call `next`.
    package mutating func respond(
        _ response: [UInt8], isComplete: Bool, _ output: inout ByteBuffer
    ) {
        guard case .authentication = phase, case .challenge = authentication.turn else { return }
        authentication.turn = .peer
        authentication.isComplete = isComplete
        output.writeString("\(Base64.encode(response))\r\n")
    }

    /// No mechanism will do, or the exchange can't go on. Then call `next`.
    package mutating func cancelAuthentication(_ cause: String, _ output: inout ByteBuffer) {
        guard case .authentication = phase else { return }
        // An open exchange is ended by "*"; the reply to it is of no interest.
        if case .challenge = authentication.turn { output.writeStaticString("*\r\n") }
        close(.cannotAuthenticate(cause), &output)
    }

    mutating func takeAuthentication(_ reply: ServerReply, _ output: inout ByteBuffer) {
        if reply.isPositive {
            guard authentication.isComplete else {
                let cause = "\(authentication.mechanism) succeeded before its end"
                return close(.cannotAuthenticate(cause), &output)
            }
            isAuthenticated = true
            phase = .ready
        } else if reply.isIntermediate {
            takeChallenge(reply, &output)
        } else {
            takeRefusal(reply, &output)
        }
    }

    /// continue-req = "334" SP [base64] CRLF
    private mutating func takeChallenge(_ reply: ServerReply, _ output: inout ByteBuffer) {
        if let held = authentication.heldResponse {
            authentication.heldResponse = nil
            output.writeString("\(Base64.encode(held))\r\n")
            return
        }
        guard reply.lines.count == 1, let challenge = Base64.decode(reply.lines[0].utf8) else {
            output.writeStaticString("*\r\n")
            return close(.cannotAuthenticate("the challenge is not base64"), &output)
        }
        authentication.turn = .challenge(challenge)
    }

    /// 504 and 534 speak of the mechanism (RFC 4954 section 6), so another one may do.
    private mutating func takeRefusal(_ reply: ServerReply, _ output: inout ByteBuffer) {
        authentication.mechanisms.removeAll { $0 == authentication.mechanism }
        guard reply.code == 504 || reply.code == 534, !authentication.mechanisms.isEmpty else {
            return refuse(reply, .authentication, &output)
        }
        authentication.turn = .choice
    }
}
