import Directory
import InternetMessage
import Logging
import MailModel
import NIOCore
import SMTP
import Storage
import Transport

/// MAIL, RCPT, the message and VRFY.
extension SMTPConversation {
    /// The account that the mail comes from; nil for a stranger and for a trusted network.
    var user: Account? { session.isAuthenticated ? account : nil }

    func checkSender(_ mail: MailCommand) async {
        resetTransaction()
        var level = Logger.Level.info
        do throws(MailError) {
            // Without SMTPUTF8 a name of ASCII is the DNS's to know.
            if mail.smtpUTF8, case .address(let address) = mail.reversePath {
                try address.checkDomain(orThrow: .invalidSender)
            }
            if let user, !settings.allowsAnySender {
                try await submission.checkSender(mail.reversePath, user)
            }
            try await limits.begin(mail, user)
            // RFC 1870 section 6.1. Last: what is said for good is said first.
            level = .warning
            try service.storage.requireRoom(sizeHint: mail.size)
            session.senderAccepted(maximumSize: limits.maximumSize, &output)
        } catch {
            log("sender refused", level: level, cause: "\(mail.reversePath): \(error)")
            await refuse(error)
        }
    }

    func checkRecipient(_ recipient: RecipientCommand) async {
        let address = await policy.address(of: recipient.path)
        do throws(MailError) {
            if session.transaction?.mail.smtpUTF8 == true {
                try address.checkDomain(orThrow: .invalidRecipient)
            }
            let routes = try await policy.routes(
                of: address, mayRelay: session.isAuthenticated || isTrusted,
                for: session.isAuthenticated ? nil : self.address)
            try await limits.add(address)
            recipients.add(
                routes,
                for: EnvelopeRecipient(
                    address: address, notify: recipient.notify,
                    originalRecipient: recipient.originalRecipient))
            session.recipientAccepted(address, maximumSize: limits.maximumSize, &output)
        } catch {
            log("recipient refused", cause: "\(address): \(error)")
            await refuse(error)
        }
    }

    private func refuse(_ error: MailError) async {
        if case .delay(let delay) = session.refuse(error, &output) { await pause(delay) }
    }

    // MARK: - The message

    func beginMessage() async {
        guard let transaction = session.transaction else { return }
        do throws(MailError) {
            let draft = try service.storage.makeDraft(sizeHint: transaction.mail.size)
            let message = IncomingMessage(
                draft, maximumHops: settings.maximumHops,
                holdsHeader: settings.role == .submission)
            self.message = message
            var line = ByteBuffer()
            receivedLine(transaction, draft.id).write(into: &line, at: .local(.now))
            try await draft.append(line)
            session.messageStarted(&output)
        } catch {
            log("message refused", level: .warning, cause: "\(error)")
            resetTransaction()
            await refuse(error)
        }
    }

    private func receivedLine(_ transaction: MailTransaction, _ id: QueueID) -> ReceivedLine {
        let tls = connection.tls
        return ReceivedLine(
            clientName: session.clientName ?? "unknown", clientAddress: address,
            hostname: settings.hostname, isExtended: session.isExtended,
            isEncrypted: tls != nil, isAuthenticated: session.isAuthenticated,
            smtpUTF8: transaction.mail.smtpUTF8, tls: tls.map { "\($0.version) \($0.cipher)" },
            id: id,
            recipient: transaction.recipients.count == 1 ? transaction.recipients[0].address : nil,
            priority: transaction.grants.priority)
    }

    func take(_ octets: ByteBuffer) async {
        guard let message else { return }
        do throws(MailError) {
            try await message.append(octets) { header throws(MailError) in
                try await complete(header)
            }
        } catch {
            log("message refused", cause: "\(error)")
            discardMessage()
            session.refuseMessage(error)
        }
    }

    /// Checks a submitted header section and adds what is missing (RFC 6409 section 8).
    private func complete(_ header: [UInt8]) async throws(MailError) -> ByteBuffer {
        let headers: SubmissionHeaders
        do throws(HeaderError) {
            headers = try SubmissionHeaders(
                header, date: .local(.now), messageIDHost: settings.hostname)
        } catch {
            throw MailError(error)
        }
        guard headers.receivedCount < settings.maximumHops else {
            throw .tooManyHops(headers.receivedCount)
        }
        if let user, !settings.allowsAnySender {
            try await submission.checkHeader(headers, user)
        }
        message?.waivesTLSPolicies = headers.waivesTLSPolicies
        var completed = ByteBuffer()
        if headers.fromCount == 0, let from = author {
            completed.writeString("From: <\(from)>\r\n")
        }
        completed.writeBytes(headers.bytes)
        return completed
    }

    /// Who a message without From is from.
    private var author: EmailAddress? {
        if case .address(let address) = session.transaction?.mail.reversePath { return address }
        return user?.primaryAddress
    }

    func endMessage() async {
        guard let message, let transaction = session.transaction else { return }
        do throws(MailError) {
            try await message.finish { header throws(MailError) in try await complete(header) }
            var envelope = transaction.envelope
            // The field means nothing beside REQUIRETLS (RFC 8689 section 5).
            envelope.waivesTLSPolicies = message.waivesTLSPolicies && !envelope.requiresTLS
            try await service.storage.accept(
                message.draft, envelope: envelope, recipients: recipients.routed)
            logAccepted(message.draft, transaction)
            session.messageAccepted(message.draft.id, &output)
            self.message = nil
            resetTransaction()
        } catch {
            log("message refused", level: error.isTemporary ? .warning : .info, cause: "\(error)")
            resetTransaction()
            await refuse(error)
        }
    }

    func resetTransaction() {
        discardMessage()
        recipients = RecipientList()
    }

    private func discardMessage() {
        message?.discard()
        message = nil
    }

    // MARK: - VRFY

    /// For users who have logged in; the session answers others (RFC 5321 section 7.3).
    func verify(_ text: String) async {
        let bare = text.hasPrefix("<") && text.hasSuffix(">") ? String(text.dropFirst().dropLast()) : text
        guard let address = EmailAddress(bare) else {
            return session.answer(.cannotVerify, &output)
        }
        switch await service.directory.resolve(address) {
        case .deliver(let recipients):
            // Only the domain's own host knows.
            guard recipients.contains(where: { $0.route != .remote(.domain) }) else {
                return session.answer(.cannotVerify, &output)
            }
            session.answer(SMTPReply(250, .init(2, 1, 5), "<\(address)>"), &output)
        case .notLocal, .askHosts: session.answer(.cannotVerify, &output)
        case .rejected(let error): session.answer(SMTPReply(error), &output)
        }
    }
}
