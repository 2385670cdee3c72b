internal import MailModel

/// Who is told of what (RFC 3461 sections 4.1 and 5).
struct ReportPolicy {
    let doubleBounce: ReportConfiguration.DoubleBounce

    /// Where a report of this action goes; nil when none is owed.
    ///
    /// Nothing is ever sent to the null reverse-path (RFC 5321 section 4.5.5). The failure of a
    /// message from there may be the postmaster's to know, but for one to the postmaster.
    func target(
        _ action: ReportedRecipient.Action, _ recipient: RoutedRecipient, _ reversePath: ReversePath
    ) -> EmailAddress? {
        switch reversePath {
        case .address(let sender):
            return isWanted(action, recipient.envelopeRecipient.notify) ? sender : nil
        case .null:
            guard action == .failed, case .postmaster(let postmaster) = doubleBounce,
                recipient.envelopeRecipient.address != postmaster, recipient.address != postmaster
            else { return nil }
            return postmaster
        }
    }

    private func isWanted(_ action: ReportedRecipient.Action, _ notify: DeliveryNotify?) -> Bool {
        switch action {
        case .failed: notify?.contains(.failure) ?? true
        case .delayed: notify?.contains(.delay) ?? true
        case .delivered, .relayed, .expanded: notify?.contains(.success) ?? false
        }
    }
}
