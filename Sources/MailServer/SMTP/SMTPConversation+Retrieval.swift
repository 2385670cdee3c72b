import Directory
import Logging
import MailModel
import SMTP
import Transport

/// ETRN (RFC 1985) and ATRN (RFC 2645).
extension SMTPConversation {
    private var retrievalPolicy: RetrievalPolicy { RetrievalPolicy(directory: service.directory) }

    func startQueue(_ domain: String, includingSubdomains: Bool) async {
        let node = includingSubdomains ? "@\(domain)" : domain
        switch await retrievalPolicy.mayStart(domain, from: address, user) {
        case .refused(let cause):
            log("ETRN refused", cause: "\(node): \(cause)")
            // In the same words whether the domain exists or not.
            await refuse(
                SMTPReply(459, .init(4, 7, 1), "Node \(node) not allowed"), isGuess: true)
        case .unavailable(let cause):
            log("ETRN failed", level: .warning, cause: "\(node): \(cause)")
            await refuse(SMTPReply.cannotQueue(node, .init(4, 4, 3)))
        case .allowed:
            guard let retrieval = service.retrieval else {
                return await refuse(SMTPReply.cannotQueue(node, .init(4, 3, 0)))
            }
            let mail = await retrieval.start(domain, includingSubdomains: includingSubdomains)
            log("ETRN", cause: "\(node): \(mail)")
            // The domains below may be others'; how much waits for them is not this client's to know.
            let reply = SMTPReply(etrn: mail, node, countsMessages: !includingSubdomains)
            session.answer(reply, &output)
        }
    }

    func retrieve(_ domains: [String]) async throws(ConnectionError) {
        guard let account = user else {
            return await refuse(
                SMTPReply(530, .init(5, 7, 0), "Authentication required"), isGuess: true)
        }
        switch await retrievalPolicy.mayTake(domains, account) {
        case .refused(let cause):
            log("ATRN refused", cause: "\(account.login): \(list(domains)): \(cause)")
            await refuse(SMTPReply(450, .init(4, 7, 1), "ATRN request refused"), isGuess: true)
        case .unavailable(let cause):
            log("ATRN failed", level: .warning, cause: "\(account.login): \(cause)")
            await refuse(.cannotTurn(.init(4, 4, 3)))
        case .allowed(let domains):
            guard let retrieval = service.retrieval else {
                return await refuse(.cannotTurn(.init(4, 3, 0)))
            }
            switch await retrieval.waiting(for: domains) {
            case .none: await refuse(SMTPReply(453, .init(4, 2, 0), "You have no mail"))
            case .underWay:
                log("ATRN failed", cause: "\(account.login): \(list(domains)): \(WaitingMail.underWay)")
                await refuse(.cannotTurn(.init(4, 2, 0)))
            case .unavailable(let cause):
                log("ATRN failed", level: .warning, cause: "\(account.login): \(cause)")
                await refuse(.cannotTurn(.init(4, 3, 0)))
            case .messages(let count):
                log("ATRN", cause: "\(account.login): \(list(domains)): \(WaitingMail.messages(count))")
                try await turn(retrieval, domains, account)
            }
        }
    }

    private func list(_ domains: [String]) -> String {
        domains.isEmpty ? "all" : domains.joined(separator: ",")
    }

    private func turn(
        _ retrieval: any MailRetrieval, _ domains: [String], _ account: Account
    ) async throws(ConnectionError) {
        guard session.turn(hasUnreadInput: hasUnreadInput, &output) else { return }
        try await flush()
        connection.setReadDeadline(nil)
        await retrieval.deliver(over: connection, domains: domains, account: account)
    }

    private func refuse(_ reply: SMTPReply, isGuess: Bool = false) async {
        if case .delay(let delay) = session.refuseRetrieval(reply, isGuess: isGuess, &output) {
            await pause(delay)
        }
    }
}

extension SMTPReply {
    /// RFC 1985 section 5.3.
    fileprivate init(etrn mail: WaitingMail, _ node: String, countsMessages: Bool) {
        switch mail {
        case .none: self.init(251, .init(2, 0, 0), "OK, no messages waiting for node \(node)")
        case .messages(let count) where countsMessages:
            self.init(
                253, .init(2, 0, 0), "OK, \(count) pending messages for node \(node) started")
        case .messages, .underWay:
            self.init(250, .init(2, 0, 0), "OK, queuing for node \(node) started")
        case .unavailable: self = .cannotQueue(node, .init(4, 3, 0))
        }
    }

    fileprivate static func cannotQueue(_ node: String, _ status: EnhancedStatusCode) -> SMTPReply {
        SMTPReply(458, status, "Unable to queue messages for node \(node)")
    }

    /// RFC 2645 section 5.2.
    fileprivate static func cannotTurn(_ status: EnhancedStatusCode) -> SMTPReply {
        SMTPReply(451, status, "Unable to process ATRN request now")
    }
}
