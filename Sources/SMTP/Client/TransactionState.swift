internal import MailModel
internal import NIOCore

/// One transaction as it goes on: which commands have been sent, which have been answered, and what
/// is known of each recipient. Replies come in the order of the commands.
struct TransactionState: Sendable {
    enum Command { case reset, mail, recipient(Int), data }

    enum Step {
        /// Content may be sent; a reply is to be waited for; nothing is left to do.
        case content, reply, done
    }

    /// Octets of commands whose replies have not been read. A socket's send buffer holds as many,
    /// so that the commands can always be written and the replies be read: two sides that only
    /// write would wait for each other for ever (RFC 2920 section 3.1).
    private static let maximumGroup = 16 << 10
    /// Octets of a message that is sent in one go with its commands.
    private static let maximumEarlyContent = 64 << 10
    /// Chunks whose replies have not been read.
    private static let maximumChunks = 4

    let lines: EnvelopeLines
    let flavour: SMTPClientConfiguration.Flavour
    private let commands: [Command]
    private let pipelines: Bool
    private let isChunked: Bool
    private var sent = 0
    private var answered = 0

    var outcomes: [RecipientOutcome?]
    /// Recipients that the peer takes, in the order of its replies.
    private var accepted: [Int] = []
    /// No more commands and content: it has come to nothing.
    private var isAbandoned = false
    private var encoder: ContentEncoder
    private var mayStartData = false
    private var isContentSent = false
    /// DATA was begun for nobody and ended at once.
    private var isEmptied = false
    private var chunks = 0
    private var answeredChunks = 0
    private var finalReplies = 0
    private(set) var needsReset = true
    private(set) var shownRecipientLimit: Int?

    init(_ transaction: ClientTransaction, for session: SMTPClientSession) {
        let capabilities = session.capabilities
        lines = EnvelopeLines(transaction: transaction, capabilities: capabilities)
        flavour = session.configuration.flavour
        pipelines = capabilities.pipelining
        isChunked = capabilities.chunking
        encoder = ContentEncoder(
            !isChunked ? .dotStuffed : transaction.body == .binaryMIME ? .chunkedBinary : .chunkedText)
        let check = EnvelopeCheck(
            transaction: transaction, capabilities: capabilities, isEncrypted: session.isEncrypted)
        outcomes = check.outcomes(recipientLimit: session.recipientLimit)
        var commands: [Command] = session.needsReset ? [.reset, .mail] : [.mail]
        for (index, outcome) in outcomes.enumerated() where outcome == nil {
            commands.append(.recipient(index))
        }
        if !isChunked { commands.append(.data) }
        self.commands = commands
        guard outcomes.contains(nil) else {
            isAbandoned = true
            needsReset = session.needsReset
            return
        }
    }

    // MARK: - What to do

    mutating func proceed(_ output: inout ByteBuffer) -> Step {
        if !isAbandoned, sent < commands.count, sent == answered { sendCommands(&output) }
        if mayContentBeSent { return .content }
        return awaitsReplies ? .reply : .done
    }

    /// Commands or chunks without a reply.
    var awaitsReplies: Bool {
        guard sent == answered, chunks == answeredChunks else { return true }
        return finalReplies < expectedFinalReplies
    }

    var stage: SMTPClientStage {
        if answered < sent {
            switch commands[answered] {
            case .reset: return .reset
            case .mail: return .mail
            case .recipient: return .recipient
            case .data: return .dataStart
            }
        }
        return answeredChunks == chunks && expectedFinalReplies > 0 ? .dataEnd : .content
    }

    /// The whole message has been sent, and there is a recipient for whom the peer has not refused
    /// it. Replies need not have come: behind the commands of a group the peer has the message
    /// before anybody reads what it says to them (RFC 3030 section 4.2).
    var mayHaveMessage: Bool { isContentSent && outcomes.contains(nil) }

    /// To the message as a whole: one, or with LMTP one for each recipient that was taken.
    private var expectedFinalReplies: Int {
        guard isContentSent || isEmptied else { return 0 }
        return flavour == .lmtp ? max(accepted.count, 1) : 1
    }

    private mutating func sendCommands(_ output: inout ByteBuffer) {
        let start = output.writerIndex
        repeat {
            switch commands[sent] {
            case .reset: output.writeStaticString("RSET\r\n")
            case .mail: lines.writeMail(&output)
            case .recipient(let index):
                lines.writeRecipient(lines.transaction.recipients[index], &output)
            case .data:
                guard sent > answered || !accepted.isEmpty else {
                    isAbandoned = true
                    return
                }
                output.writeStaticString("DATA\r\n")
            }
            sent += 1
        } while pipelines && sent < commands.count
            && output.writerIndex - start < Self.maximumGroup
    }

    private var mayContentBeSent: Bool {
        guard !isAbandoned, !isContentSent else { return false }
        guard isChunked else { return mayStartData }
        guard sent == commands.count, chunks - answeredChunks < (pipelines ? Self.maximumChunks : 1)
        else { return false }
        // A chunk's reply without recipients is a refusal, so it can go with the commands.
        return answered == sent
            ? !accepted.isEmpty
            : pipelines && lines.transaction.size <= Self.maximumEarlyContent
    }

    mutating func encode(_ content: ByteBuffer, isLast: Bool, _ output: inout ByteBuffer) {
        guard mayContentBeSent else { return }
        encoder.encode(content, isLast: isLast, &output)
        if isLast {
            isContentSent = true
        } else if isChunked {
            chunks += 1
        }
    }

    // MARK: - Replies

    /// - Parameter isSending: octets of the message have not left this host.
    /// - Returns: why the connection can't go on.
    mutating func take(
        _ reply: ServerReply, isSending: Bool, _ output: inout ByteBuffer
    ) -> SMTPClientFailure? {
        let failure = take(reply, isSending, &output)
        if case .protocolError? = failure, !mayStartData { forgetRefusals() }
        return failure
    }

    /// The peer is out of step: it may have meant any recipient by its refusals. Not behind 354, which
    /// only DATA is answered by: so far the replies were in order.
    private mutating func forgetRefusals() {
        for (index, outcome) in outcomes.enumerated() {
            if case .refused(_, .recipient) = outcome { outcomes[index] = nil }
        }
    }

    /// A reply that nobody waits for, behind the last one to the message. If they contradict each other,
    /// one of them came while the content was being sent, and means nothing; nobody knows which.
    mutating func weigh(_ reply: ServerReply) {
        let verdicts = outcomes.map { outcome -> Bool? in
            switch outcome {
            case .accepted: true
            case .refused(_, .dataEnd): false
            default: nil
            }
        }
        guard finalReplies > 0, verdicts.contains(!reply.isPositive) else { return }
        for (index, verdict) in verdicts.enumerated() where verdict != nil { outcomes[index] = nil }
    }

    private mutating func take(
        _ reply: ServerReply, _ isSending: Bool, _ output: inout ByteBuffer
    ) -> SMTPClientFailure? {
        let stage = stage
        guard awaitsReplies else {
            // The peer breaks off while the content is being sent. Taken it cannot have what it has
            // not seen the end of: it is out of step (RFC 5321 section 4.2).
            guard !reply.isPositive, !reply.isIntermediate else {
                return .protocolError("a reply before the end of the message: \(reply)", stage)
            }
            settle(.refused(reply, stage))
            return .refused(reply, stage)
        }
        if answered < sent {
            answered += 1
            return take(reply, to: commands[answered - 1], stage, &output)
        }
        guard !reply.isIntermediate else { return .protocolError("\(reply)", stage) }
        if answeredChunks < chunks {
            answeredChunks += 1
            return takeChunk(reply)
        }
        guard !isSending || !reply.isPositive else {
            return .protocolError("a reply before the end of the message: \(reply)", stage)
        }
        finalReplies += 1
        takeFinal(reply)
        return nil
    }

    private mutating func take(
        _ reply: ServerReply, to command: Command, _ stage: SMTPClientStage,
        _ output: inout ByteBuffer
    ) -> SMTPClientFailure? {
        switch command {
        case .reset:
            return reply.isPositive ? nil : .protocolError("RSET was refused: \(reply)", stage)
        case .mail:
            if reply.isIntermediate { return .protocolError("\(reply)", stage) }
            guard !reply.isPositive else { return nil }
            settle(.refused(reply, stage))
            isAbandoned = true
            needsReset = false
        case .recipient(let index):
            if reply.isIntermediate { return .protocolError("\(reply)", stage) }
            takeRecipient(index, reply)
        case .data: return takeData(reply, &output)
        }
        return nil
    }

    private mutating func takeRecipient(_ index: Int, _ reply: ServerReply) {
        // MAIL was refused, and so is all that was sent with it.
        guard !isAbandoned else { return }
        if reply.isPositive {
            accepted.append(index)
        } else if reply.meansTooManyRecipients, !accepted.isEmpty {
            outcomes[index] = .notTried
            shownRecipientLimit = accepted.count
        } else {
            outcomes[index] = .refused(reply, .recipient)
        }
    }

    private mutating func takeData(
        _ reply: ServerReply, _ output: inout ByteBuffer
    ) -> SMTPClientFailure? {
        if reply.isPositive { return .protocolError("\(reply)", .dataStart) }
        guard reply.isIntermediate else {
            settle(.refused(reply, .dataStart))
            isAbandoned = true
            return nil
        }
        guard accepted.isEmpty else {
            mayStartData = true
            return nil
        }
        // RFC 2920 section 3.1: a server that takes a message for nobody gets an empty one.
        guard flavour == .smtp else { return .protocolError("\(reply)", .dataStart) }
        output.writeStaticString(".\r\n")
        isEmptied = true
        return nil
    }

    private mutating func takeChunk(_ reply: ServerReply) -> SMTPClientFailure? {
        guard !reply.isPositive, !isAbandoned else { return nil }
        settle(.refused(reply, .content))
        isAbandoned = true
        // How many replies LMTP has for the last chunk then, nobody has said.
        guard flavour == .lmtp, isContentSent else { return nil }
        return .refused(reply, .content)
    }

    private mutating func takeFinal(_ reply: ServerReply) {
        if !isChunked || reply.isPositive { needsReset = false }
        func outcome() -> RecipientOutcome {
            reply.isPositive ? .accepted(reply) : .refused(reply, .dataEnd)
        }
        guard flavour == .lmtp else { return settle(outcome()) }
        if finalReplies <= accepted.count, outcomes[accepted[finalReplies - 1]] == nil {
            outcomes[accepted[finalReplies - 1]] = outcome()
        }
    }

    /// All recipients that have no outcome get this one.
    private mutating func settle(_ outcome: RecipientOutcome) {
        for index in outcomes.indices where outcomes[index] == nil { outcomes[index] = outcome }
    }

    // MARK: - The end

    var result: TransactionResult {
        TransactionResult(
            outcomes: outcomes.map { $0 ?? .notTried },
            peerReportsSuccess: lines.capabilities.dsn,
            peerKnowsDeadline: lines.capabilities.deliverBy != nil)
    }

    func broken(by failure: SMTPClientFailure) -> TransactionResult {
        var ended = self
        for (index, outcome) in outcomes.enumerated() where outcome == nil {
            if case .refused(let reply, let stage) = failure {
                ended.outcomes[index] = .refused(reply, stage)
            } else {
                ended.outcomes[index] = .broken(failure, mayBeDelivered: mayHaveMessage)
            }
        }
        return ended.result
    }
}

extension ServerReply {
    /// 452, and 552 (RFC 5321 section 4.5.3.1.10), unless its own status says something else.
    fileprivate var meansTooManyRecipients: Bool {
        if status.subject == 5, status.detail == 3 { return isTemporary || code == 552 }
        return (code == 452 || code == 552) && status.subject == 0
    }
}
