package import NIOCore

/// ETRN and ATRN: hosts that fetch the mail of their domains.
extension SMTPServerSession {
    mutating func startQueue(
        _ node: QueueNode, _ output: inout ByteBuffer
    ) -> SMTPServerAction? {
        let (domain, includingSubdomains): (String, Bool)
        switch node {
        case .domain(let name): (domain, includingSubdomains) = (name, false)
        case .subdomains(let name): (domain, includingSubdomains) = (name, true)
        // Queues have no names here.
        case .queue: return fail(.unknownQueue, &output)
        }
        guard countTransaction(&output) else { return nil }
        question = .queueStart
        return .startQueue(domain: domain, includingSubdomains: includingSubdomains)
    }

    /// Octets behind the command were sent without knowing whether they would be read as commands or
    /// as replies.
    mutating func retrieve(
        _ domains: [String], followedByInput: Bool, _ output: inout ByteBuffer
    ) -> SMTPServerAction? {
        guard !followedByInput else { return disconnect(.earlyTurn, &output) }
        question = .retrieval
        return .retrieve(domains: domains)
    }

    /// The client is the server from here on (RFC 2645 section 5.3): send the output, speak to it, then
    /// call `next`, which ends the connection.
    ///
    /// - Parameter hasUnreadInput: it has spoken already.
    /// - Returns: whether the roles change.
    package mutating func turn(hasUnreadInput: Bool, _ output: inout ByteBuffer) -> Bool {
        question = nil
        guard !hasUnreadInput else {
            _ = disconnect(.earlyTurn, &output)
            return false
        }
        SMTPReply.turning.write(into: &output)
        phase = .closing
        return true
    }

    /// Says no to ETRN or ATRN. Returns how a guessing client is slowed down.
    ///
    /// - Parameter isGuess: the client has no right to what it asked for.
    package mutating func refuseRetrieval(
        _ reply: SMTPReply, isGuess: Bool, _ output: inout ByteBuffer
    ) -> SMTPServerAction? {
        question = nil
        guard isGuess else {
            reply.write(into: &output)
            return nil
        }
        _ = fail(reply, &output)
        guard case .commands = phase else { return nil }
        return countProbe(&output)
    }
}

extension SMTPServerConfiguration {
    /// Commands of other roles are known, and not implemented here.
    func serves(_ verb: SMTPVerb) -> Bool {
        switch verb {
        case .etrn: offersQueueStart
        case .atrn: role == .onDemandRelay
        // The octets behind BDAT have to be read: it is refused where they are.
        case .mail, .rcpt, .data, .vrfy, .expn: role != .onDemandRelay
        default: true
        }
    }

    var help: SMTPReply { role == .onDemandRelay ? .retrievalHelp : .help }
}
