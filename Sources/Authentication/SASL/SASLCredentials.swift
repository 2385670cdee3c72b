/// Who a client is on one connection, and how it can prove that.
package struct SASLCredentials: Sendable {
    package var user: String
    /// Nil: by the client certificate of the connection (EXTERNAL).
    package var password: String?
    /// Whom to act as, when that is someone else.
    package var authorizationID: String
    /// The password itself may cross the connection: it is encrypted, or the configuration says
    /// so by name. If not, PLAIN and LOGIN are never used.
    package var mayBeSent: Bool
    package var channelBinding: (ChannelBinding, [UInt8])?

    package init(
        user: String, password: String?, authorizationID: String = "", mayBeSent: Bool,
        channelBinding: (ChannelBinding, [UInt8])? = nil
    ) {
        self.user = user
        self.password = password
        self.authorizationID = authorizationID
        self.mayBeSent = mayBeSent
        self.channelBinding = channelBinding
    }
}

extension SASLCredentials: CustomStringConvertible, CustomReflectable {
    /// Without the password, in logs too.
    package var description: String { user }
    package var customMirror: Mirror { Mirror(self, children: ["user": user]) }
}
