import Directory
import MailModel

/// The final recipients of a transaction, each once, whatever addresses led to them.
struct RecipientList {
    private(set) var routed: [RoutedRecipient] = []
    private var known: Set<RoutedAddress> = []

    mutating func add(_ addresses: [RoutedAddress], for recipient: EnvelopeRecipient) {
        for address in addresses where known.insert(address).inserted {
            routed.append(
                RoutedRecipient(
                    address: address.address, route: address.route, envelopeRecipient: recipient))
        }
    }
}
