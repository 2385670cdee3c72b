package import NIOCore

/// From the greeting to the first transaction: EHLO, STARTTLS, EHLO again, AUTH.
extension SMTPClientSession {
    /// After `.startTLS`: the handshake is done, and what the peer said before it is forgotten
    /// (RFC 3207 section 4.2). Then call `next`.
    package mutating func tlsEstablished(_ output: inout ByteBuffer) {
        guard case .handshake = phase else { return }
        isEncrypted = true
        capabilities = ServerCapabilities()
        sendHello(&output)
    }

    mutating func takeGreeting(_ reply: ServerReply, _ output: inout ByteBuffer) {
        guard reply.isPositive else { return refuse(reply, .greeting, &output) }
        peerName = String(reply.lines[0].prefix { $0 != " " })
        sendHello(&output)
    }

    mutating func takeHello(
        _ reply: ServerReply, isExtended: Bool, _ output: inout ByteBuffer
    ) {
        if reply.isPositive {
            capabilities = isExtended ? ServerCapabilities(reply) : ServerCapabilities()
            return prepare(&output)
        }
        // RFC 5321 section 3.2: a server without extensions knows HELO alone. It has neither TLS
        // nor AUTH, which is no reason for mail to come back.
        guard reply.isPermanent, isExtended, configuration.flavour == .smtp else {
            return refuse(reply, .hello, &output)
        }
        if configuration.tls == .required, !isEncrypted { return close(.tlsNotOffered, &output) }
        if configuration.authenticates {
            return close(.cannotAuthenticate("EHLO was refused: \(reply)"), &output)
        }
        sendHello("HELO ", &output)
        phase = .hello(isExtended: false)
    }

    mutating func takeStartTLS(_ reply: ServerReply, _ output: inout ByteBuffer) {
        if reply.isPositive {
            phase = .handshake
            return
        }
        guard configuration.tls == .opportunistic else {
            return close(.tlsFailed("STARTTLS was refused: \(reply)"), &output)
        }
        tlsRefusal = reply
        prepare(&output)
    }

    private mutating func sendHello(_ output: inout ByteBuffer) {
        sendHello(configuration.flavour == .lmtp ? "LHLO " : "EHLO ", &output)
        phase = .hello(isExtended: true)
    }

    private func sendHello(_ verb: StaticString, _ output: inout ByteBuffer) {
        output.writeStaticString(verb)
        output.writeString(configuration.hostname)
        output.writeStaticString("\r\n")
    }

    /// What has to come before mail: TLS, then authentication.
    private mutating func prepare(_ output: inout ByteBuffer) {
        if !isEncrypted, configuration.tls != .never, tlsRefusal == nil {
            if capabilities.startTLS {
                output.writeStaticString("STARTTLS\r\n")
                phase = .startTLS
                return
            }
            guard configuration.tls == .opportunistic else {
                return close(.tlsNotOffered, &output)
            }
        }
        guard configuration.authenticates else {
            phase = .ready
            return
        }
        guard !capabilities.mechanisms.isEmpty else {
            return close(.cannotAuthenticate("the peer does not offer AUTH"), &output)
        }
        authentication = AuthenticationState(mechanisms: capabilities.mechanisms)
        phase = .authentication
    }

    mutating func refuse(
        _ reply: ServerReply, _ stage: SMTPClientStage, _ output: inout ByteBuffer
    ) {
        if reply.isIntermediate {
            close(.protocolError("\(reply)", stage), &output)
        } else {
            close(.refused(reply, stage), &output)
        }
    }
}
