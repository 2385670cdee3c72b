package import Authentication
package import Logging
package import MailboxStore
package import NIOCore
internal import POP3
package import Transport

/// Serves POP3 (RFC 1939) to any number of connections: joins the session's state machine with
/// authentication and the mailboxes. One for the process; its listeners differ in their options.
package final class POP3Service: Sendable {
    let configuration: POP3ServiceConfiguration
    let authentication: SASLService
    let mailboxes: MailboxStore
    let proxy: LoginProxy?
    let logger: Logger
    let sizes = ConvertedSizes()

    /// - Parameter proxy: nil: every maildrop is here.
    package init(
        configuration: POP3ServiceConfiguration, authentication: SASLService,
        mailboxes: MailboxStore, proxy: LoginProxy? = nil, logger: Logger
    ) {
        self.configuration = configuration
        self.authentication = authentication
        self.mailboxes = mailboxes
        self.proxy = proxy
        self.logger = logger
    }

    /// What a listener sends to a client that a limit turns away.
    package static var tooBusy: ByteBuffer { POP3Reply.tooBusy }

    /// Serves one connection until it is closed. A listener's handler.
    package func serve(_ connection: Connection, _ options: AccessListenerOptions) async {
        await POP3Driver(self, connection, options).run()
    }
}
