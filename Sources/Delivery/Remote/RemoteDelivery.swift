internal import Directory
internal import Logging
internal import MailModel
internal import SMTP
internal import Spool
internal import Storage

/// Hands messages to other hosts over SMTP or LMTP (RFC 5321, RFC 2033).
///
/// Each recipient gets exactly one outcome. When a connection breaks after the whole message was
/// sent and before the reply came, the host may have it: it is sent again all the same.
package final class RemoteDelivery: DeliveryAgent {
    let configuration: OutboundConfiguration
    let planner: RoutePlanner
    let maker: SessionMaker
    private let pool: SessionPool<SessionKey, OutboundSession>
    let contents: ContentMaker
    private let silence: SilenceWatch

    init(
        configuration: OutboundConfiguration, planner: RoutePlanner, maker: SessionMaker,
        contents: ContentMaker
    ) {
        self.configuration = configuration
        self.planner = planner
        self.maker = maker
        self.contents = contents
        pool = SessionPool(lifetime: configuration.idleLifetime)
        silence = SilenceWatch(
            patience: configuration.patience / 2, grace: configuration.shutdownGrace)
    }

    /// Ends the sessions that wait for work. To be called when nothing is delivered any more.
    package func close() async { await pool.close() }

    /// Hosts that failed are tried anew: an operator says so.
    package func forgetFailures() { maker.forgetFailures() }

    package func deliver(
        _ attempt: DeliveryAttempt, _ progress: any DeliveryProgress
    ) async -> DeliveryResult {
        var outcomes = [DeliveryOutcome?](repeating: nil, count: attempt.recipients.count)
        var plans: [RoutePlan: [Int]] = [:]
        for (index, recipient) in attempt.recipients.enumerated() {
            switch await planner.plan(recipient.routed, attempt.envelope) {
            case .plan(let plan): plans[plan, default: []].append(index)
            case .waiting(let error, let longest):
                outcomes[index] = .waiting(error, atMost: longest)
            case .misrouted: outcomes[index] = .misrouted
            case .failed(let error): outcomes[index] = .failed(error)
            case .deferred(let error): outcomes[index] = .deferred(error)
            }
        }
        var hosts = DeliveryResult.Hosts.unknown
        for (plan, indices) in plans {
            let part = PlannedDelivery(
                plan: plan, attempt: attempt, recipients: indices.map { attempt.recipients[$0] })
            let result = await deliver(part, progress)
            for (index, outcome) in zip(indices, result.outcomes) { outcomes[index] = outcome }
            if result.hosts != .unknown { hosts = result.hosts }
        }
        return DeliveryResult(outcomes.map { $0 ?? .misrouted }, hosts: hosts)
    }

    /// Over one session after another, until each recipient has its outcome.
    private func deliver(
        _ part: PlannedDelivery, _ progress: any DeliveryProgress
    ) async -> DeliveryResult {
        let key = part.sessionKey
        var delivery = part
        while !delivery.isDone {
            let session: OutboundSession
            if let idle = pool.take(key) {
                session = idle
                progress.turned(to: session.host.name, at: session.address.description)
            } else {
                switch await maker.session(
                    part.plan, part.attempt.envelope.tlsWish, waiting: progress)
                {
                case .success(let made): session = made
                case .failure(let failure):
                    return delivery.result(failing: failure.error, isOfHosts: failure.isOfHosts)
                }
            }
            session.progress = progress
            session.post = SilenceWatch.Post(watch: silence, progress: progress)
            await session.run { await self.transact(&delivery, over: session) }
            await keep(session, key)
        }
        return delivery.result
    }

    /// Transactions over one session, as many as the recipients need.
    private func transact(
        _ delivery: inout PlannedDelivery, over session: OutboundSession
    ) async {
        var isReady = true
        repeat {
            guard await session.isStillThere() else {
                // A session that has done its work may end. One that ends before its first message would
                // do so again.
                if session.transactions == 0, let failure = session.failure {
                    delivery.fail(failure, over: session)
                }
                return
            }
            if let error = delivery.objection(to: session.capabilities) {
                return delivery.fail(error)
            }
            let content: OutboundContent
            switch await contents.content(for: delivery, session.capabilities) {
            case .success(let made): content = made
            case .failure(let error): return delivery.fail(error)
            }
            let transaction = delivery.transaction(content)
            let result = await session.send(transaction, content)
            isReady = await session.isReady()
            // A host may end a session that has done its work: nobody is to blame.
            if session.isClosed, !session.isGivenUp, session.transactions > 1, result.isUntouched {
                return
            }
            delivery.take(result, over: session)
        } while !delivery.isDone && isReady
    }

    private func keep(_ session: OutboundSession, _ key: SessionKey) async {
        let isReady = await session.isReady()
        session.post = nil
        session.progress = nil
        if isReady, session.failure == nil,
            session.transactions < configuration.maximumMessagesPerSession
        {
            await pool.put(session, key)
        } else {
            // Nobody's delivery waits for a goodbye.
            Task { await session.quit() }
        }
    }
}
