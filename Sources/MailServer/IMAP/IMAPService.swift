package import Authentication
internal import Directory
internal import IMAP
package import Logging
package import MailboxStore
package import NIOCore
package import Transport

/// Serves IMAP (RFC 9051, and RFC 3501 at the same time) to any number of connections. One for the
/// process; its listeners differ in their options.
package final class IMAPService: Sendable {
    let configuration: IMAPServiceConfiguration
    let authentication: SASLService
    let directory: any IMAPDirectory
    let mailboxes: MailboxStore
    let cache: MessageCache
    let textIndex: TextIndex
    let proxy: LoginProxy?
    let sessions: SessionRegistry
    let logger: Logger

    /// - Parameter proxy: nil: users with another home server are told where to log in (RFC 2221).
    package init(
        configuration: IMAPServiceConfiguration, authentication: SASLService,
        directory: any IMAPDirectory, mailboxes: MailboxStore, cache: MessageCache,
        textIndex: TextIndex, proxy: LoginProxy? = nil, logger: Logger
    ) {
        self.configuration = configuration
        self.authentication = authentication
        self.directory = directory
        self.mailboxes = mailboxes
        self.cache = cache
        self.textIndex = textIndex
        self.proxy = proxy
        self.logger = logger
        sessions = SessionRegistry(
            directory: directory, interval: configuration.accountCheckInterval,
            maximumPerAccount: configuration.maximumSessionsPerAccount, logger: logger)
    }

    /// What a listener sends to a client that a limit turns away.
    package static var tooBusy: ByteBuffer {
        ByteBuffer(string: "* BYE [UNAVAILABLE] Too many connections, try again later\r\n")
    }

    /// Serves one connection until it is closed. A listener's handler.
    package func serve(_ connection: Connection, _ options: AccessListenerOptions) async {
        await IMAPSession(self, connection, options).run()
    }
}
