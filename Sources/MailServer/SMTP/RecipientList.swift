import Directory
import MailModel

/// The final recipients of a transaction, each once, whatever addresses led to them; and addresses that
/// the queue is to resolve.
///
/// A mailbox whose owner's address and another one are both to be reported is there for each of them; it
/// gets one copy all the same.
struct RecipientList {
    private(set) var routed: [RoutedRecipient] = []
    private var places: [RoutedAddress: Int] = [:]
    private var repeated: Set<RoutedRecipient> = []

    mutating func add(_ addresses: [RoutedAddress], for recipient: EnvelopeRecipient) {
        if addresses.count > 1, recipient.wantsSuccess {
            // The queue expands it, and reports that (RFC 3461 section 5.2.7.3): the sender asked about
            // one address, and is not told how many there are behind it.
            return add([RoutedAddress(address: recipient.address, route: .unresolved)], for: recipient)
        }
        for address in addresses {
            let recipient = RoutedRecipient(
                address: address.address, route: address.route, envelopeRecipient: recipient)
            if let place = places[address] {
                addAgain(recipient, after: place)
            } else {
                places[address] = routed.count
                routed.append(recipient)
            }
        }
    }

    /// Only whoever asked for a report of success must not be forgotten (RFC 3461 section 4.1). Another
    /// host gets an address once: there the one recipient stands for both.
    private mutating func addAgain(_ again: RoutedRecipient, after place: Int) {
        let first = routed[place].envelopeRecipient
        guard again.envelopeRecipient.wantsSuccess, again.envelopeRecipient != first else { return }
        if !again.route.isRemote {
            if repeated.insert(again).inserted { routed.append(again) }
        } else if !first.wantsSuccess {
            routed[place] = again
            routed[place].envelopeRecipient.notify?.formUnion(first.notify ?? [.failure, .delay])
        }
    }
}

extension EnvelopeRecipient {
    fileprivate var wantsSuccess: Bool { notify?.contains(.success) == true }
}
