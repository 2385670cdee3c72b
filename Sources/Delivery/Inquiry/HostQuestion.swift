internal import MailModel

/// Which of these hosts has the address?
struct HostQuestion: Hashable, Sendable {
    var address: EmailAddress
    /// In the order in which they are asked.
    var hosts: [NextHop]
}
