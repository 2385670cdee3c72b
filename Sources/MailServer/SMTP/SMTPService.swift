package import Authentication
package import Delivery
package import Logging
internal import MailModel
import SMTP
package import Storage
package import Transport

/// Serves SMTP, as a mail exchanger, for submission or as an on-demand mail relay, on the connections
/// of a listener.
///
/// A message is answered with 250 after `QueueStorage.accept` has made it durable; whatever fails
/// before is answered with 4xx or 5xx, and nothing is kept.
package final class SMTPService: Sendable {
    let settings: SMTPServiceSettings
    let directory: any MailDirectory
    let storage: any QueueStorage
    let sasl: SASLService?
    let retrieval: (any MailRetrieval)?
    let hosts: (any HostAsking)?
    let tls: TLSServerContext?
    let history: MessageHistory?
    let logger: Logger
    private let stranger: SMTPServerConfiguration
    private let trusted: SMTPServerConfiguration

    /// - Parameters:
    ///   - sasl: nil for a mail exchanger, which offers no AUTH.
    ///   - tls: for STARTTLS.
    ///   - retrieval: for ETRN and ATRN; nil: nobody fetches mail.
    ///   - hosts: nil: mail to addresses that other hosts of a domain may have is refused for now.
    ///   - history: is told of accepted messages.
    package init(
        settings: SMTPServiceSettings, directory: any MailDirectory, storage: any QueueStorage,
        sasl: SASLService?, tls: TLSServerContext?, retrieval: (any MailRetrieval)? = nil,
        hosts: (any HostAsking)? = nil, history: MessageHistory? = nil, logger: Logger
    ) {
        self.settings = settings
        self.directory = directory
        self.storage = storage
        self.sasl = settings.role == .mailExchanger ? nil : sasl
        self.tls = tls
        self.retrieval = retrieval
        self.hosts = hosts
        self.history = history
        self.logger = logger
        func configuration(isTrusted: Bool) -> SMTPServerConfiguration {
            settings.session(
                hasTLS: tls != nil, isTrusted: isTrusted, startsQueues: retrieval != nil)
        }
        stranger = configuration(isTrusted: false)
        trusted = configuration(isTrusted: true)
    }

    /// Runs the session until the connection has ended.
    package func serve(_ connection: Connection) async {
        let address = connection.remoteAddress.description
        let isTrusted = settings.relayNetworks.contains { $0.contains(address) }
        await SMTPConversation(
            self, connection, address: address, isTrusted: isTrusted,
            isTrusted ? trusted : stranger
        ).run()
    }
}
