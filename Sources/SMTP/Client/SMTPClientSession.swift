package import NIOCore

/// The client's side of one SMTP or LMTP connection (RFC 5321, RFC 2033), without any I/O.
///
/// The driver gives the octets that have arrived to `next`, which says what is to be done; what the
/// driver does beside reading and writing it reports by the method that the action names. Commands
/// gather in the output buffer, which is sent before the driver waits. Whatever the peer sends,
/// each recipient of a transaction that was begun gets an outcome, and "accepted" only by a reply
/// to the whole message. Used by one task.
package struct SMTPClientSession: Sendable {
    enum Phase {
        case greeting
        case hello(isExtended: Bool)
        /// STARTTLS has been sent; its 220 has come.
        case startTLS, handshake
        case authentication
        case ready
        case transaction
        case quitting
        case closed(SMTPClientFailure?)
    }

    package let configuration: SMTPClientConfiguration
    package internal(set) var isEncrypted: Bool
    package internal(set) var isAuthenticated = false
    package internal(set) var capabilities = ServerCapabilities()
    /// The reply to STARTTLS when the session goes on without TLS all the same.
    package internal(set) var tlsRefusal: ServerReply?
    /// The first word of the greeting, which should be the peer's name.
    package internal(set) var peerName = ""
    /// Transactions that were begun.
    package internal(set) var transactions = 0

    var phase = Phase.greeting
    var authentication = AuthenticationState()
    var transaction: TransactionState?
    /// Of a transaction that is over; the driver has not been told.
    var result: TransactionResult?
    /// The peer may be within a transaction that came to nothing: RSET goes before the next one.
    var needsReset = false
    /// Recipients of a transaction, as the peer's replies have shown.
    var shownRecipientLimit = Int.max
    private var reader = ReplyReader()
    /// Octets of the message have not left this host yet: what has arrived is no answer to its end.
    /// Set by the driver, before `next`, where it can tell.
    package var hasUnsentContent = false

    package init(_ configuration: SMTPClientConfiguration, isEncrypted: Bool) {
        self.configuration = configuration
        self.isEncrypted = isEncrypted
    }

    /// Recipients that one transaction can have; those beyond are not tried.
    package var recipientLimit: Int {
        min(capabilities.recipientLimit ?? configuration.recipients, shownRecipientLimit)
    }

    /// Whether the peer's limit (RFC 9422) leaves room for another transaction.
    package var mayBegin: Bool { transactions < capabilities.transactionLimit ?? .max }

    /// Replies so far.
    package private(set) var replies = 0

    /// Reads on in `input`.
    package mutating func next(
        _ input: inout ByteBuffer, _ output: inout ByteBuffer
    ) -> SMTPClientAction {
        while true {
            let action = proceed(&output)
            switch action {
            // A reply that comes before it is due is read at once.
            case nil, .sendContent, .ready: break
            case let action?: return action
            }
            switch reader.next(&input) {
            case .needsMore:
                let isIdle = reader.isEmpty && input.readableBytes == 0
                // Replies to chunks may come while more is sent. Any other is no answer to the message,
                // and must be whole before the message is: nobody could tell afterwards.
                let isExpected = transaction?.awaitsReplies ?? false
                if let action, isIdle || action == .sendContent && isExpected { return action }
                return .read(stage)
            case .malformed(let cause): fail(.protocolError(cause, stage))
            case .reply(let reply):
                replies += 1
                take(reply, &output)
                if input.readableBytes > 0, !(transaction?.awaitsReplies ?? false) {
                    takeUnasked(&input)
                }
            case .cut(let reply):
                let stage = stage
                replies += 1
                take(reply, &output)
                fail(.protocolError("a reply is too long", stage))
            }
        }
    }

    /// The next transaction, after `.ready`. Then call `next`.
    package mutating func begin(_ transaction: ClientTransaction) {
        guard case .ready = phase else { return }
        transactions += 1
        hasUnsentContent = false
        self.transaction = TransactionState(transaction, for: self)
        phase = .transaction
    }

    /// Octets of the message, after `.sendContent`. Lines need not be whole, nor end in CRLF.
    ///
    /// With CHUNKING each call makes a chunk, so that few large ones are better than many.
    package mutating func encode(
        _ content: ByteBuffer, isLast: Bool, _ output: inout ByteBuffer
    ) {
        transaction?.encode(content, isLast: isLast, &output)
    }

    /// The transaction's content has been sent completely: the peer may deliver it whatever becomes
    /// of the connection, so its answer should be waited for.
    package var mayHaveMessage: Bool { transaction?.mayHaveMessage ?? false }

    /// Ends the session after `.ready`. The reply need not be waited for.
    package mutating func quit(_ output: inout ByteBuffer) {
        guard case .ready = phase else { return }
        output.writeStaticString("QUIT\r\n")
        phase = .quitting
    }

    /// The connection broke, a deadline passed, or the handshake failed. Octets that have arrived
    /// should be given to `next` before: a peer may say why it breaks off. Then `next` gives the
    /// result of a transaction that was open, and `.closed`.
    package mutating func fail(_ failure: SMTPClientFailure) {
        if case .closed = phase { return }
        if let transaction {
            result = transaction.broken(by: failure)
            self.transaction = nil
        }
        if case .quitting = phase {
            phase = .closed(nil)
        } else {
            phase = .closed(failure)
        }
    }

    /// What the session waits for.
    package var stage: SMTPClientStage {
        switch phase {
        case .greeting: .greeting
        case .hello: .hello
        case .startTLS, .handshake: .startTLS
        case .authentication: .authentication
        case .ready, .closed: .idle
        case .transaction: transaction?.stage ?? .idle
        case .quitting: .quit
        }
    }

    // MARK: - Steps

    /// What can be done without a reply.
    private mutating func proceed(_ output: inout ByteBuffer) -> SMTPClientAction? {
        if case .transaction = phase, let step = transaction?.proceed(&output) {
            switch step {
            case .content: return .sendContent
            case .reply: return nil
            case .done: endTransaction()
            }
        }
        if let result {
            self.result = nil
            return .finished(result)
        }
        switch phase {
        case .closed(let failure): return .closed(failure)
        case .ready: return .ready
        case .handshake: return .startTLS
        case .authentication: return authentication.action
        case .greeting, .hello, .startTLS, .transaction, .quitting: return nil
        }
    }

    private mutating func endTransaction() {
        guard let transaction else { return }
        needsReset = transaction.needsReset
        shownRecipientLimit = transaction.shownRecipientLimit ?? shownRecipientLimit
        result = transaction.result
        self.transaction = nil
        phase = .ready
    }

    private mutating func take(_ reply: ServerReply, _ output: inout ByteBuffer) {
        let stage = stage
        if case .quitting = phase {
            phase = .closed(nil)
            return
        }
        if reply.endsConnection {
            fail(.refused(reply, stage))
            return
        }
        switch phase {
        case .greeting: takeGreeting(reply, &output)
        case .hello(let isExtended): takeHello(reply, isExtended: isExtended, &output)
        case .startTLS: takeStartTLS(reply, &output)
        case .authentication: takeAuthentication(reply, &output)
        case .transaction:
            if let failure = transaction?.take(reply, isSending: hasUnsentContent, &output) {
                fail(failure)
            }
        case .ready: fail(.protocolError("a reply to no command: \(reply)", stage))
        case .handshake, .quitting, .closed: break
        }
    }

    /// A reply to a command that has only now been written, or to none: what follows can't be
    /// trusted, and behind STARTTLS it would be an attack (RFC 3207 section 4.2). A peer may end the
    /// session at any time, though.
    private mutating func takeUnasked(_ input: inout ByteBuffer) {
        let stage = stage
        if case .handshake = phase {} else if case .reply(let reply) = reader.next(&input) {
            if reply.endsConnection { return fail(.refused(reply, stage)) }
            transaction?.weigh(reply)
        }
        fail(.protocolError("a reply before its command", stage))
    }

    /// Gives up, politely.
    mutating func close(_ failure: SMTPClientFailure, _ output: inout ByteBuffer) {
        output.writeStaticString("QUIT\r\n")
        fail(failure)
    }
}
