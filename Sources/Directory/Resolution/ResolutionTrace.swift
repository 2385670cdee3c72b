internal import MailModel
internal import Synchronization

/// Where the resolver notes what it does, when somebody asked.
final class ResolutionTrace: Sendable {
    private let steps = Mutex<[Explanation.Step]>([])

    func note(_ rule: String, depth: Int) {
        append(Explanation.Step(kind: .rule, depth: depth, text: rule))
    }

    func note(_ request: SearchRequest, _ answer: Lookup<[DirectoryEntry]>, depth: Int) {
        var step = Explanation.Step(
            kind: .search, depth: depth, text: "", base: request.base,
            scope: "\(request.scope)", filter: request.filter.text)
        switch answer {
        case .found(let entries):
            step.text = "\(entries.count) found"
            step.entries = entries.map(\.dn)
        case .notFound: step.text = "nothing"
        case .unavailable(let fault) where fault.kind == .truncated:
            step.text = "more than \(request.sizeLimit)"
        case .unavailable(let fault): step.text = "no answer: \(fault.cause)"
        }
        append(step)
    }

    func explanation(of address: EmailAddress, _ resolution: Resolution) -> Explanation {
        let recipients: [Explanation.Recipient]
        let outcome: String
        var leaving: [RoutedAddress] = []
        switch resolution {
        case .deliver(let all):
            outcome = "deliver"
            recipients = all.map { .init(address: "\($0.address)", route: Self.describe($0)) }
            leaving = all.filter(\.route.isRemote)
        case .askHosts(_, let hosts):
            outcome = "ask \(Resolver.list(hosts))"
            recipients = []
        case .notLocal:
            outcome = "not local"
            recipients = []
            leaving = [RoutedAddress(address: address, route: .remote(.foreign))]
        case .rejected(let error):
            outcome = "\(error)"
            recipients = []
        }
        return Explanation(
            address: "\(address)", steps: steps.withLock { $0 }, outcome: outcome,
            recipients: recipients, leaving: leaving)
    }

    private func append(_ step: Explanation.Step) {
        steps.withLock { $0.append(step) }
    }

    private static func describe(_ recipient: RoutedAddress) -> String {
        switch recipient.route {
        case .mailbox(let id, _): "mailbox \(id)"
        case .remote(.host(let hop)): "remote via \(hop)"
        case .remote(.domain): "remote, to the hosts of the domain's entry"
        case .remote(.foreign): "remote"
        case .unresolved: "unresolved"
        }
    }
}
