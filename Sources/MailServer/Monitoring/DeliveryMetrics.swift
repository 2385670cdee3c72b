internal import Delivery
internal import MailModel
internal import Metrics
internal import Storage

/// Counts what becomes of recipients, and tells it on to the history.
final class DeliveryMetrics: Sendable {
    enum DestinationClass: String, CaseIterable {
        case local
        /// The MX hosts of a domain, or the hosts that it is sent through.
        case remote
        /// The hosts of a domain that the directory names.
        case domain
        /// One host that the directory names.
        case host
    }

    struct Label: Hashable {
        var destination: DestinationClass
        var result: String
    }

    private static let results = [
        "delivered", "relayed", "deferred", "waiting", "bounced", "rerouted", "gone",
    ]

    let attempts = Counters(
        DestinationClass.allCases.flatMap { destination in
            results.map { Label(destination: destination, result: $0) }
        })
    let reports = Counter()
    private let history: MessageHistory?

    init(history: MessageHistory?) { self.history = history }

    func delivered(_ deliveries: [DirectDelivery]) {
        let count = deliveries.reduce(0) { $0 + $1.recipients.count }
        attempts.add(Label(destination: .local, result: "delivered"), count)
        history?.delivered(deliveries)
    }
}

extension DeliveryMetrics: DeliveryObserver {
    func attempted(_ event: DeliveryEvent) {
        attempts.add(
            Label(
                destination: event.recipient.routed.route.destinationClass, result: event.status))
        history?.attempted(event)
    }

    func reported(_ id: QueueID, as report: QueueID, to target: EmailAddress, recipients: Int) {
        reports.add()
        history?.reported(id, as: report, to: target, recipients: recipients)
    }
}

extension Route {
    fileprivate var destinationClass: DeliveryMetrics.DestinationClass {
        switch self {
        case .mailbox, .unresolved: .local
        case .remote(.foreign): .remote
        case .remote(.domain): .domain
        case .remote(.host): .host
        }
    }
}
