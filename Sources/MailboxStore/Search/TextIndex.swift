package import Logging
package import MailModel
package import Storage

/// The full-text indexes of all accounts.
package final class TextIndex: Sendable {
    /// Never fails: without a usable directory, searches read the messages.
    package init(
        storage: any MailboxStorage, configuration: TextIndexConfiguration, logger: Logger
    ) {
    }

    /// To be called with every committed change, in order; does not block.
    package func observe(_ changes: [MailboxChange]) {}

    /// Ends the work in the background.
    package func shutDown() async {}
}
