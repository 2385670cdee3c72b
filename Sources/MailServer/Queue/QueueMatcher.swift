internal import MailModel
internal import Spool
internal import Storage

/// A selection, ready to be held against many entries.
struct QueueMatcher {
    /// In ascending order; nil: any.
    let ids: [QueueID]?
    private let selection: QueueSelection
    private let senders: [GlobPattern]
    private let recipients: [GlobPattern]
    private let domains: [GlobPattern]
    private let destinations: [GlobPattern]
    private let reason: String?

    init(_ selection: QueueSelection) throws(SelectionError) {
        self.selection = selection
        var known: Set<QueueID> = []
        for text in selection.ids {
            guard let id = QueueID(text) else {
                throw SelectionError(description: "“\(text)” is not a queue identifier")
            }
            known.insert(id)
        }
        ids = known.isEmpty ? nil : known.sorted()
        senders = try Self.patterns(selection.senders)
        recipients = try Self.patterns(selection.recipients)
        domains = try Self.patterns(selection.domains)
        destinations = try Self.patterns(selection.destinations)
        reason = selection.reason?.lowercased()
    }

    private static func patterns(_ texts: [String]) throws(SelectionError) -> [GlobPattern] {
        var patterns: [GlobPattern] = []
        for text in texts {
            guard let pattern = GlobPattern(text) else {
                throw SelectionError(
                    description: "a pattern is longer than \(GlobPattern.maximumLength) octets")
            }
            patterns.append(pattern)
        }
        return patterns
    }

    /// The recipients of the entry that are meant.
    func matches(in entry: QueueEntry) -> [QueueRecipient] {
        guard fits(entry) else { return [] }
        return entry.recipients.filter(fits)
    }

    private func fits(_ entry: QueueEntry) -> Bool {
        let arrival = entry.arrival.milliseconds
        if let before = selection.arrivedBefore, arrival > before { return false }
        if let after = selection.arrivedAfter, arrival < after { return false }
        guard !senders.isEmpty else { return true }
        let path = entry.envelope.reversePath
        return Self.any(senders, path == .null ? "<>" : path.description)
    }

    private func fits(_ recipient: QueueRecipient) -> Bool {
        let address = recipient.routed.address
        if !selection.states.isEmpty, !selection.states.contains(recipient.state.listed) {
            return false
        }
        if !domains.isEmpty, !Self.any(domains, address.domain) { return false }
        if !recipients.isEmpty, !Self.any(recipients, address.description),
            !Self.any(recipients, recipient.routed.envelopeRecipient.address.description)
        {
            return false
        }
        if !destinations.isEmpty, !Self.any(destinations, recipient.destination.description) {
            return false
        }
        guard let reason else { return true }
        return recipient.lastError?.operatorText.lowercased().contains(reason) == true
    }

    private static func any(_ patterns: [GlobPattern], _ text: String) -> Bool {
        patterns.contains { $0.matches(text) }
    }
}

extension QueueState {
    var listed: QueueSelection.State {
        switch self {
        case .active: .active
        case .deferred: .deferred
        case .hold: .hold
        case .delivered, .failed: .report
        }
    }
}

extension MailError {
    /// All there is to say, the host that said it first.
    var operatorText: String {
        var text = reportedBy.map { "\($0): " } ?? ""
        text += "\(code) \(status) \(self.text)"
        if let cause { text += " (\(cause))" }
        return text
    }
}
