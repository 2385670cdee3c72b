internal import Directory
internal import MailModel
internal import SMTP
internal import Spool
internal import Storage
internal import TLSPolicy
package import Transport

/// A host that has come for its mail over a connection of its own, on which we are the client now
/// (ATRN, RFC 2645).
///
/// `@unchecked`: its session is used by one delivery after the other.
package final class RetrievingHost: DeliveryAgent, @unchecked Sendable {
    private let session: OutboundSession
    private let contents: ContentMaker
    private let directory: any RecipientResolving

    init(
        _ connection: Connection, configuration: OutboundConfiguration, contents: ContentMaker,
        directory: any RecipientResolving, context: TLSClientContext
    ) {
        let address = connection.remoteAddress.description
        self.contents = contents
        self.directory = directory
        // Its owner has logged in, over TLS if that is what the listener wants.
        session = OutboundSession(
            connection,
            to: MailHost(
                name: address, port: 0, addresses: [address], isNameSecure: false,
                areAddressesSecure: false, canonicalName: address),
            at: HostAddress(address: address, port: 0),
            security: SessionSecurity(
                policy: .never, verification: .none, context: context, label: "authenticated",
                reportPolicy: .none(domain: address)),
            configuration: SMTPClientConfiguration(hostname: configuration.hostName, tls: .never),
            credentials: nil)
    }

    package var isThere: Bool { !session.isClosed }

    /// Waits for its greeting.
    func open() async -> SMTPClientFailure? { await session.open() }

    func quit() async { await session.quit() }

    package func deliver(
        _ attempt: DeliveryAttempt, _ progress: any DeliveryProgress
    ) async -> DeliveryResult {
        let domain = attempt.recipients[0].routed.address.domain
        let plan = RoutePlan(
            way: .hops([]), domain: domain, tls: .may, holdTime: await holdTime(of: domain))
        var delivery = PlannedDelivery(
            plan: plan, attempt: attempt, recipients: attempt.recipients)
        progress.turned(to: session.host.name, at: session.address.description)
        session.progress = progress
        defer { session.progress = nil }
        while !delivery.isDone {
            let isThere = await session.isStillThere()
            if !isThere || attempt.envelope.requiresTLS && !session.isEncrypted {
                return delivery.result(failing: .hostGone, isOfHosts: true)
            }
            switch await contents.content(for: delivery, session.capabilities) {
            case .failure(let error): delivery.fail(error)
            case .success(let content):
                let result = await session.send(delivery.transaction(content), content)
                delivery.take(result, over: session)
            }
            _ = await session.isReady()
        }
        return delivery.result
    }

    private func holdTime(of name: String) async -> Duration? {
        guard case .found(let domain) = await directory.domain(named: name) else { return nil }
        return domain.retrieval.map { $0.holdTime ?? RoutePlanner.standardHoldTime }
    }
}

extension RemoteDelivery {
    /// Gives a host that has come for its mail what waits for the domains, then says goodbye.
    package func serve(
        _ connection: Connection, domains: [String], queue: QueueManager
    ) async {
        let host = RetrievingHost(
            connection, configuration: configuration, contents: contents,
            directory: planner.directory, context: maker.decider.context)
        if await host.open() == nil {
            await queue.serve(Set(domains.map { .domain($0) }), by: host)
        }
        await host.quit()
    }
}

extension MailError {
    fileprivate static let hostGone = MailError(
        451, .init(4, 4, 2), "The host that came for its mail has gone")
}
