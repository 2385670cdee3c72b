import Directory
import MailModel

/// The final recipients of a transaction, each once, whatever addresses led to them; and addresses that
/// the queue is to resolve.
struct RecipientList {
    private(set) var routed: [RoutedRecipient] = []
    private var known: Set<RoutedAddress> = []

    mutating func add(_ addresses: [RoutedAddress], for recipient: EnvelopeRecipient) {
        if addresses.count > 1, recipient.notify?.contains(.success) == true {
            // The queue expands it, and reports that (RFC 3461 section 5.2.7.3): the sender asked about
            // one address, and is not told how many there are behind it.
            return add([RoutedAddress(address: recipient.address, route: .unresolved)], for: recipient)
        }
        for address in addresses where known.insert(address).inserted {
            routed.append(
                RoutedRecipient(
                    address: address.address, route: address.route, envelopeRecipient: recipient))
        }
    }
}
