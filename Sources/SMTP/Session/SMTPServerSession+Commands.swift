package import MailModel
package import NIOCore

/// One function for each command.
extension SMTPServerSession {
    /// What must hold before a command is looked at.
    private struct Needs: OptionSet {
        let rawValue: UInt8
        static let hello = Needs(rawValue: 1)
        static let transaction = Needs(rawValue: 2)
        static let noTransaction = Needs(rawValue: 4)
        static let noChunks = Needs(rawValue: 8)
        /// TLS and a login, where the listener requires them.
        static let permission = Needs(rawValue: 16)
    }

    private static func needs(_ command: SMTPCommand) -> Needs {
        switch command {
        case .mail: [.hello, .permission, .noTransaction]
        case .rcpt, .data: [.hello, .permission, .transaction, .noChunks]
        case .auth: [.hello, .noTransaction]
        case .startTLS: [.hello, .noTransaction]
        case .vrfy, .expn: [.permission]
        case .etrn: [.hello, .permission, .noTransaction]
        case .atrn: [.hello, .permission]
        case .helo, .ehlo, .bdat, .malformedChunk, .rset, .noop, .help, .quit: []
        }
    }

    mutating func perform(
        _ command: SMTPCommand, followedByInput: Bool, _ output: inout ByteBuffer
    ) -> SMTPServerAction? {
        guard configuration.serves(command.verb) else { return fail(.notImplemented, &output) }
        if let refusal = unmet(Self.needs(command)) { return fail(refusal, &output) }
        switch command {
        case .ehlo(let name): return hello(name, isExtended: true, &output)
        case .helo(let name): return hello(name, isExtended: false, &output)
        case .mail(let mail): return begin(mail, &output)
        case .rcpt(let recipient): return add(recipient, &output)
        case .data: return data(followedByInput: followedByInput, &output)
        case .bdat(let size, let isLast): return chunk(size, isLast, &output)
        case .malformedChunk(let size): return refuseChunk(size)
        case .rset: return reset(&output)
        case .noop: return reply(.ok, &output)
        case .help: return reply(configuration.help, &output)
        case .vrfy(let text): return probe(.verify(text), .cannotVerify, &output)
        case .expn(let text): return probe(.expand(text), .cannotExpand, &output)
        case .auth(let name, let response): return authenticate(name, response, &output)
        case .startTLS: return startTLS(followedByInput: followedByInput, &output)
        case .etrn(let node): return startQueue(node, &output)
        case .atrn(let domains): return retrieve(domains, followedByInput: followedByInput, &output)
        case .quit: return quit(&output)
        }
    }

    private func unmet(_ needs: Needs) -> SMTPReply? {
        if needs.contains(.hello), clientName == nil { return .helloFirst }
        if needs.contains(.permission) {
            if configuration.requiresTLS, !isEncrypted { return .mustStartTLS }
            if configuration.requiresAuthentication, !isAuthenticated { return .mustAuthenticate }
        }
        if needs.contains(.noTransaction), transaction != nil { return .nestedMail }
        if needs.contains(.transaction), transaction == nil { return .mailFirst }
        if needs.contains(.noChunks), transaction?.chunks != nil { return .chunksBegun }
        return nil
    }

    // MARK: - Replies

    func reply(_ reply: SMTPReply, _ output: inout ByteBuffer) -> SMTPServerAction? {
        reply.write(into: &output)
        return nil
    }

    /// Answers a command that failed through the client's fault; after too many, ends.
    mutating func fail(_ reply: SMTPReply, _ output: inout ByteBuffer) -> SMTPServerAction? {
        counts.failures += 1
        reply.write(into: &output)
        if counts.failures >= configuration.limits.failedCommands {
            end(.tooManyErrors, &output)
        }
        return nil
    }

    /// Answers what no honest client sends, and ends.
    mutating func disconnect(
        _ reply: SMTPReply, _ output: inout ByteBuffer
    ) -> SMTPServerAction? {
        reply.write(into: &output)
        endCause = reply.description
        phase = .closing
        return nil
    }

    /// Counts a guess at who exists; says how the guesses are slowed down.
    mutating func countProbe(_ output: inout ByteBuffer) -> SMTPServerAction? {
        counts.probes += 1
        if counts.probes >= configuration.limits.probes { end(.tooManyErrors, &output) }
        return counts.probes > configuration.limits.probesBeforeDelay
            ? .delay(configuration.limits.harvestDelay) : nil
    }

    /// Counts MAIL and ETRN, which make work for others. False: there have been too many, and the
    /// connection ends.
    mutating func countTransaction(_ output: inout ByteBuffer) -> Bool {
        counts.transactions += 1
        guard counts.transactions > configuration.limits.transactions else { return true }
        end(.tooManyTransactions, &output)
        return false
    }

    // MARK: - Session commands

    private mutating func hello(
        _ name: String, isExtended: Bool, _ output: inout ByteBuffer
    ) -> SMTPServerAction? {
        clientName = name
        self.isExtended = isExtended
        output.writeStaticString(isExtended ? "250-" : "250 ")
        output.writeString(configuration.hostname)
        output.writeStaticString("\r\n")
        if isExtended { writeCapabilities(&output) }
        return dropTransaction()
    }

    private func writeCapabilities(_ output: inout ByteBuffer) {
        output.writeImmutableBuffer(configuration.fixedCapabilities)
        if let maximum = configuration.maximumHold {
            let latest = (configuration.clock() + maximum).internetDateTime
            output.writeString("250-FUTURERELEASE \(maximum.components.seconds) \(latest)\r\n")
        }
        if configuration.role != .onDemandRelay, isEncrypted {
            output.writeStaticString("250-REQUIRETLS\r\n")
        }
        if configuration.offersStartTLS, !isEncrypted {
            output.writeStaticString("250-STARTTLS\r\n")
        }
        if !mechanisms.isEmpty, !isAuthenticated {
            output.writeStaticString("250-AUTH")
            for mechanism in mechanisms {
                output.writeStaticString(" ")
                output.writeString(mechanism)
            }
            output.writeStaticString("\r\n")
        }
        output.writeStaticString("250 HELP\r\n")
    }

    private mutating func reset(_ output: inout ByteBuffer) -> SMTPServerAction? {
        SMTPReply.ok.write(into: &output)
        return dropTransaction()
    }

    private mutating func dropTransaction() -> SMTPServerAction? {
        guard transaction != nil else { return nil }
        transaction = nil
        return .resetTransaction(nil)
    }

    private mutating func quit(_ output: inout ByteBuffer) -> SMTPServerAction? {
        SMTPReply.goodbye.write(into: &output)
        phase = .closing
        return nil
    }

    /// RFC 3207. Octets behind the command are never taken for what the client says under TLS: a
    /// man in the middle could have put them there.
    private mutating func startTLS(
        followedByInput: Bool, _ output: inout ByteBuffer
    ) -> SMTPServerAction? {
        guard configuration.offersStartTLS else { return fail(.notImplemented, &output) }
        guard !isEncrypted else { return fail(.alreadyEncrypted, &output) }
        guard !followedByInput else { return disconnect(.clearTextAfterStartTLS, &output) }
        SMTPReply.readyForTLS.write(into: &output)
        question = .tls
        return .startTLS
    }

    /// VRFY and EXPN: only a user who has logged in gets an answer.
    private mutating func probe(
        _ action: SMTPServerAction, _ silence: SMTPReply, _ output: inout ByteBuffer
    ) -> SMTPServerAction? {
        guard isAuthenticated else {
            silence.write(into: &output)
            return countProbe(&output)
        }
        question = .verification
        return action
    }

    /// Answers VRFY or EXPN (RFC 5321 section 3.5).
    package mutating func answer(_ reply: SMTPReply, _ output: inout ByteBuffer) {
        question = nil
        reply.write(into: &output)
    }

    // MARK: - Transaction commands

    private mutating func begin(
        _ mail: MailCommand, _ output: inout ByteBuffer
    ) -> SMTPServerAction? {
        guard countTransaction(&output) else { return nil }
        if let size = mail.size, size > configuration.message.maximumSize {
            return fail(.messageTooLarge, &output)
        }
        do throws(SMTPReply) {
            question = .sender(mail, try grants(mail))
            return .checkSender(mail)
        } catch {
            return fail(error, &output)
        }
    }

    private mutating func add(
        _ recipient: RecipientCommand, _ output: inout ByteBuffer
    ) -> SMTPServerAction? {
        guard let transaction, transaction.acceptedRecipients < configuration.limits.recipients
        else { return reply(.tooManyRecipients, &output) }
        question = .recipient(recipient)
        return .checkRecipient(recipient)
    }

    /// - Parameter maximumSize: octets that the message may have, if fewer than usual.
    package mutating func senderAccepted(maximumSize: Int? = nil, _ output: inout ByteBuffer) {
        guard case .sender(let mail, let grants) = question else { return }
        question = nil
        transaction = MailTransaction(mail, isSubmission: isSubmission, grants: grants)
        transaction?.maximumSize = maximumSize
        SMTPReply.senderAccepted.write(into: &output)
    }

    /// - Parameters:
    ///   - address: of the recipient, `<Postmaster>` with its domain. One that the transaction has
    ///     already is accepted and not added again, but counts against the limit.
    ///   - maximumSize: octets that the message may have from now on, if fewer than usual.
    package mutating func recipientAccepted(
        _ address: EmailAddress, maximumSize: Int? = nil, _ output: inout ByteBuffer
    ) {
        guard case .recipient(let recipient) = question else { return }
        question = nil
        transaction?.maximumSize = maximumSize
        SMTPReply.recipientAccepted.write(into: &output)
        transaction?.acceptedRecipients += 1
        guard transaction?.recipients.contains(where: { $0.address == address }) == false
        else { return }
        transaction?.recipients.append(
            EnvelopeRecipient(
                address: address, notify: recipient.notify,
                originalRecipient: recipient.originalRecipient))
    }

    /// Says no to what the last action asked; a refused message ends its transaction. Returns how
    /// a guessing client is slowed down.
    package mutating func refuse(
        _ error: MailError, _ output: inout ByteBuffer
    ) -> SMTPServerAction? {
        let asked = question
        question = nil
        if case .messageStart(var chunk?) = asked {
            transaction = nil
            chunk.refusal = SMTPReply(error)
            phase = .chunk(chunk)
            return nil
        }
        SMTPReply(error).write(into: &output)
        switch asked {
        case .recipient where !error.isTemporary: return countProbe(&output)
        case .messageStart, .messageEnd: transaction = nil
        default: break
        }
        return nil
    }
}
