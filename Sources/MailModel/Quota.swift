/// What an account may hold. Nil means without limit.
package struct Quota: Hashable, Sendable {
    /// Octets of all its messages.
    package var bytes: Int64?
    package var messages: Int64?

    package static let unlimited = Quota(bytes: nil, messages: nil)

    package init(bytes: Int64?, messages: Int64?) {
        self.bytes = bytes
        self.messages = messages
    }
}
