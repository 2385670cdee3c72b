internal import MailModel

/// What a person is told of a failure: what it means and what can be done (RFC 3463 codes).
enum Advice {
    static func text(_ status: EnhancedStatusCode) -> String {
        switch (status.subject, status.detail) {
        case (1, 1), (1, 0), (1, 6):
            "There is no such address. Check its spelling, or ask the person for the right one."
        case (1, 2), (4, 4):
            "The domain behind the @ cannot receive mail. Check its spelling."
        case (2, 1):
            "The mailbox is not in use any more. Reach the person by other means."
        case (2, 2):
            "The mailbox is full. Reach the person by other means, and send again when there is room."
        case (2, 3), (3, 4):
            "The message is too large. Send it in parts, or share large files by a link."
        case (2, 4):
            "The mailing list could not be expanded. Tell its owner."
        case (4, 6):
            "The message went in a circle. Tell the administrator of the recipient's domain."
        case (4, 7):
            "It could not be delivered in the time allowed. Send it again later, or tell the "
                + "administrator of the recipient's domain."
        case (7, _):
            "It was refused by a rule. Ask the administrator of the recipient's domain why."
        case (4, _), (3, _):
            "A host or the network on the way did not work. Send it again later."
        default:
            "The text below says why. If it does not help, ask your postmaster."
        }
    }
}
