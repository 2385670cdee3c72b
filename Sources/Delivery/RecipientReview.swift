internal import Directory
internal import MailModel
internal import Storage

/// Looks recipients up again: those that could not be told when the message came, and those whose
/// account may have changed since.
///
/// Serves one lease. Once the directory has not answered, the others are not asked for: each
/// question could take the directory's whole deadline.
struct RecipientReview {
    enum Finding {
        /// On its way of now: into a mailbox with the quota of now, or to the same host as before.
        case deliver(QueueRecipient)
        /// These take its place.
        case reroute([RoutedRecipient])
        case outcome(DeliveryOutcome)
    }

    private let resolver: any RecipientResolving
    private let hosts: (any HostAsking)?
    private var outage: MailError?

    /// - Parameter hosts: nil: addresses that other hosts of a domain may have wait.
    init(resolver: any RecipientResolving, hosts: (any HostAsking)?) {
        self.resolver = resolver
        self.hosts = hosts
    }

    mutating func review(_ recipient: QueueRecipient) async -> Finding {
        if let outage { return .outcome(.deferred(outage)) }
        let finding: Finding
        if case .mailbox(let account, _) = recipient.routed.route {
            finding = await reviewMailbox(recipient, account)
        } else {
            finding = await resolve(recipient.routed.address, for: recipient, account: nil)
        }
        if case .outcome(.deferred(let error)) = finding,
            error.status == EnhancedStatusCode(4, 4, 3)
        {
            outage = error
        }
        return finding
    }

    /// The account is the key: a rename keeps its mail. Only when it is gone does the address
    /// decide.
    private func reviewMailbox(_ recipient: QueueRecipient, _ account: AccountID) async -> Finding {
        switch await resolver.primaryAddress(of: account) {
        case .found(let address):
            await resolve(address, for: recipient, account: account)
        case .notFound:
            await resolve(recipient.routed.address, for: recipient, account: account)
        case .unavailable(let fault):
            .outcome(.deferred(.directoryUnavailable("\(fault)")))
        }
    }

    private func resolve(
        _ address: EmailAddress, for recipient: QueueRecipient, account: AccountID?
    ) async -> Finding {
        switch await resolver.resolve(address) {
        case .deliver(let targets):
            accept(targets, for: recipient, account: account)
        case .askHosts(let address, let candidates):
            await ask(address, candidates, for: recipient)
        case .notLocal:
            .reroute([moved(recipient, to: address, .remote(.foreign))])
        case .rejected(let error):
            .outcome(error.isTemporary ? .deferred(error) : .failed(error))
        }
    }

    /// Only when all hosts have said no is the address unknown.
    private func ask(
        _ address: EmailAddress, _ candidates: [NextHop], for recipient: QueueRecipient
    ) async -> Finding {
        switch await hosts?.ask(address, candidates, for: nil) {
        case .knows(let host):
            accept(
                [RoutedAddress(address: address, route: .remote(.host(host)))], for: recipient,
                account: nil)
        case .nobody: .outcome(.failed(.unknown(to: candidates)))
        case .unavailable(let cause): .outcome(.deferred(.unanswered(cause)))
        case nil: .outcome(.deferred(.unanswered("to be asked: \(candidates.text)")))
        }
    }

    private func accept(
        _ targets: [RoutedAddress], for recipient: QueueRecipient, account: AccountID?
    ) -> Finding {
        for target in targets {
            guard case .mailbox(account, _) = target.route else { continue }
            // The forwards beside the account's own copy had theirs when the message was accepted.
            var recipient = recipient
            recipient.routed.route = target.route
            return .deliver(recipient)
        }
        if targets.isEmpty { return .outcome(.deferred(.nobody)) }
        if targets == [RoutedAddress(address: recipient.routed.address, route: recipient.routed.route)] {
            return .deliver(recipient)
        }
        // Sending the others on now would send them on again at each look-up.
        let address = recipient.routed.address
        if targets.contains(where: { $0.route == .unresolved && $0.address == address }) {
            return .outcome(.deferred(.undecided))
        }
        return .reroute(targets.map { moved(recipient, to: $0.address, $0.route) })
    }

    private func moved(
        _ recipient: QueueRecipient, to address: EmailAddress, _ route: Route
    ) -> RoutedRecipient {
        RoutedRecipient(
            address: address, route: route, envelopeRecipient: recipient.routed.envelopeRecipient)
    }
}

extension MailError {
    /// The directory answers, but not where to: a domain on hold, for one (RFC 3463 X.2.1).
    fileprivate static let undecided = MailError(
        450, .init(4, 2, 1), "Mailbox not accepting messages now, trying again later",
        cause: "the directory does not say where to")

    /// RFC 3463 X.2.4: mailing list expansion problem.
    static let nobody = MailError(
        451, .init(4, 2, 4), "Mailing list expansion problem, trying again later",
        cause: "the address leads to nobody")
}
