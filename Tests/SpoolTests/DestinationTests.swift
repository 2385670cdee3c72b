import MailModel
import Storage
import Testing

@testable import Spool

@Suite struct DestinationTests {
    private static let hop = NextHop(host: "relay.example", port: 2525)

    @Test(arguments: [
        (Route.mailbox(AccountID(high: 1, low: 1), .unlimited), Destination.local),
        (.unresolved, .local), (.remote(.foreign), .domain("b.example")),
        (.remote(.domain), .domain("b.example")), (.remote(.host(hop)), .host(hop)),
    ])
    func followsFromTheRoute(route: Route, destination: Destination) {
        let address = EmailAddress(localPart: "x", domain: "b.example")
        let routed = RoutedRecipient(
            address: address, route: route, envelopeRecipient: EnvelopeRecipient(address: address))
        var recipient = QueueRecipient(
            number: 0, routed: routed, nextAttempt: Timestamp(milliseconds: 0))
        for state in [QueueState.active, .deferred, .hold] {
            recipient.state = state
            #expect(recipient.destination == destination)
        }
        for state in [QueueState.delivered, .failed] {
            recipient.state = state
            #expect(recipient.destination == .reports)
        }
    }

    @Test(arguments: [
        // Our user writes to somebody elsewhere.
        ("them.example", "them.example", "us.example" as String?, Route.remote(.foreign), "us.example"),
        // A report leaves.
        ("them.example", "them.example", nil, .remote(.foreign), ""),
        // A forward of ours, whoever wrote.
        ("them.example", "list.us.example", "x.example", .remote(.foreign), "list.us.example"),
        ("them.example", "list.us.example", nil, .remote(.foreign), "list.us.example"),
        // A domain of ours.
        ("us.example", "us.example", "x.example", .remote(.domain), "us.example"),
        ("us.example", "other.example", "x.example", .remote(.host(hop)), "us.example"),
        ("us.example", "us.example", "x.example", .unresolved, "us.example"),
    ])
    func turnsAreOnAccountOf(
        address: String, named: String, sender: String?, route: Route, host: String
    ) {
        let routed = RoutedRecipient(
            address: EmailAddress(localPart: "x", domain: address), route: route,
            envelopeRecipient: EnvelopeRecipient(
                address: EmailAddress(localPart: "y", domain: named)))
        let path = sender.map { ReversePath.address(EmailAddress(localPart: "s", domain: $0)) }
        #expect(routed.virtualHost(sender: path ?? .null) == host)
    }
}
