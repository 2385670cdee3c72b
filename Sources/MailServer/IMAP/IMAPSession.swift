internal import Authentication
internal import Directory
internal import IMAP
internal import Logging
internal import MailModel
internal import MailboxStore
internal import NIOCore
internal import Transport

/// One connection's session: what it knows, and the means that commands share. The commands
/// themselves are extensions, one file each, under `Commands`; `IMAPSession+Dispatch` names them all.
///
/// Used by the connection's task alone, on its event loop.
final class IMAPSession {
    /// Replies are written to the connection when there are this many octets of them.
    static let flushThreshold = 32 * 1024

    let service: IMAPService
    let connection: Connection
    let options: IMAPListenerOptions
    var logger: Logger

    /// Replies that wait to be written.
    var output = ByteBuffer()
    var reader: CommandReader
    var enabled: EnabledExtensions = []
    var login = LoginProgress()
    var user: IMAPUser?
    var selected: SelectedMailbox?
    /// NOTIFY's filter; nil: only the selected mailbox, as ever.
    var notification: NotificationFilter?
    var isCompressed = false
    /// Set when the session is to end after the current reply.
    var ending: IMAPEnding?

    init(_ service: IMAPService, _ connection: Connection, _ options: IMAPListenerOptions) {
        self.service = service
        self.connection = connection
        self.options = options
        logger = service.logger
        reader = CommandReader(limits: service.configuration.commandLimits)
    }

    /// Writes what waits. The client's slowness is waited for, up to the write timeout.
    func flush() async throws(ConnectionError) {
        guard output.readableBytes > 0 else { return }
        let bytes = output
        output = ByteBuffer()
        try await connection.write(bytes)
    }

    func flushIfLarge() async throws(ConnectionError) {
        if output.readableBytes >= Self.flushThreshold { try await flush() }
    }
}

/// The logged-in user's account and its mailboxes.
struct IMAPUser {
    var account: Account
    /// The name that logged in, for the log.
    var login: String
    var mailboxes: AccountMailboxes
}

struct EnabledExtensions: OptionSet {
    let rawValue: UInt8
    static let condstore = EnabledExtensions(rawValue: 1)
    /// Implies `condstore`.
    static let qresync = EnabledExtensions(rawValue: 2)
    static let utf8 = EnabledExtensions(rawValue: 4)
    static let rev2 = EnabledExtensions(rawValue: 8)
    static let uidOnly = EnabledExtensions(rawValue: 16)
}

/// Why the session ends.
enum IMAPEnding: String { case logout, disconnected, idle, shutdown, refused, disabled, failed }

/// A command's tagged reply.
struct Completion {
    enum Status { case ok, no, bad }

    var status: Status
    /// Response code without its brackets: "TRYCREATE", "COPYUID 1 2 3".
    var code: String?
    var text: String
    /// Untagged expunges may not be sent with it (RFC 9051 section 7.5.1).
    var forbidsExpunge = false

    static func ok(_ text: String, code: String? = nil) -> Completion {
        Completion(status: .ok, code: code, text: text)
    }

    static func no(_ text: String, code: String? = nil) -> Completion {
        Completion(status: .no, code: code, text: text)
    }

    static func bad(_ text: String, code: String? = nil) -> Completion {
        Completion(status: .bad, code: code, text: text)
    }
}

/// How a command's function ends early.
enum CommandFailure: Error {
    case refused(Completion)
    case connection(ConnectionError)

    static func no(_ text: String, code: String? = nil) -> CommandFailure {
        .refused(.no(text, code: code))
    }

    static func bad(_ text: String, code: String? = nil) -> CommandFailure {
        .refused(.bad(text, code: code))
    }
}

extension IMAPSession {
    /// `flushIfLarge` for the commands' functions.
    func breathe() async throws(CommandFailure) {
        guard output.readableBytes >= Self.flushThreshold else { return }
        do throws(ConnectionError) { try await flush() } catch { throw .connection(error) }
    }
}
