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
    let options: AccessListenerOptions
    var logger: Logger { service.logger }

    /// Replies that wait to be written.
    var output = ByteBuffer()
    var reader: CommandReader
    var enabled: EnabledExtensions = []
    /// Until the login.
    var login: IMAPLogin?
    var user: IMAPUser?
    var selected: SelectedMailbox?
    /// NOTIFY's filter; nil: only the selected mailbox, as ever.
    var notification: NotificationFilter?
    /// While IDLE lasts.
    var idling: Idling?
    var isCompressed = false
    /// `Connection.next` has ended with a wake that nobody has attended to.
    var isWoken = false
    /// The user's home server, which goes on with the session.
    var home: HomeConnection?
    /// Set when the session is to end after the current reply.
    var ending: IMAPEnding?
    /// In a row.
    var badCommands = 0
    /// Names of nobody that the client has given for access lists, since the connection's begin.
    var unknownIdentifiers = 0
    var counters = IMAPCounters()
    /// The connection's begin, or the last UNAUTHENTICATE: logging in may not take for ever.
    var anonymousSince = ContinuousClock.now

    init(_ service: IMAPService, _ connection: Connection, _ options: AccessListenerOptions) {
        self.service = service
        self.connection = connection
        self.options = options
        reader = CommandReader(limits: service.configuration.commandLimits)
        login = IMAPLogin()
    }

    /// Tells this session's changes from others'.
    var changeOrigin: UInt64 { UInt64(UInt(bitPattern: ObjectIdentifier(self))) }

    /// Writes what waits. The client's slowness is waited for, up to the write timeout.
    func flush() async throws(ConnectionError) {
        guard output.readableBytes > 0 else { return }
        try await connection.write(takeOutput())
    }

    /// To be sent, and counted as sent.
    func takeOutput() -> ByteBuffer {
        defer { output = ByteBuffer() }
        counters.sent += output.readableBytes
        return output
    }

    /// After every command: neither memory nor the loop is this session's alone.
    func flushIfLarge() async throws(ConnectionError) {
        if output.readableBytes >= Self.flushThreshold { try await flush() }
        await connection.giveWay()
    }

    /// `flushIfLarge` for the commands' functions.
    func breathe() async throws(CommandFailure) {
        guard output.readableBytes >= Self.flushThreshold else { return }
        do throws(ConnectionError) { try await flushIfLarge() } catch { throw .connection(error) }
    }

    /// What the client says next, for commands that go on a conversation of their own. Whatever
    /// waits is written before.
    func nextReaderEvent() async throws(CommandFailure) -> ReaderEvent {
        while true {
            if let event = reader.next() { return event }
            do throws(ConnectionError) {
                try await flush()
                // A message may take its time, as long as it comes.
                if user != nil { connection.setReadDeadline(service.configuration.idleTimeout) }
                switch try await connection.next() {
                case .input(let bytes): receive(bytes)
                case .woken: isWoken = true
                case .quiet: break
                case .end: throw .closed
                }
            } catch {
                throw .connection(error)
            }
        }
    }

    func receive(_ bytes: ByteBuffer) {
        counters.received += bytes.readableBytes
        reader.receive(bytes)
    }
}

/// The logged-in user: the account and its mailboxes.
final class IMAPUser {
    var account: Account
    /// The name that logged in, for the log.
    let login: String
    let method: String
    let mailboxes: AccountMailboxes
    /// The session's place among the account's; given back with it.
    let place: SessionPlace
    /// What the client calls itself (RFC 2971).
    var client: String?

    init(
        _ account: Account, login: String, method: String, mailboxes: AccountMailboxes,
        place: SessionPlace
    ) {
        self.account = account
        self.login = login
        self.method = method
        self.mailboxes = mailboxes
        self.place = place
    }
}

/// For the log.
struct IMAPCounters {
    var commands = 0
    var received = 0
    var sent = 0
}

struct EnabledExtensions: OptionSet {
    let rawValue: UInt8
    static let condstore = EnabledExtensions(rawValue: 1)
    /// Implies `condstore`.
    static let qresync = EnabledExtensions(rawValue: 2)
    /// With UTF8=ACCEPT or IMAP4rev2.
    static let utf8 = EnabledExtensions(rawValue: 4)
    static let rev2 = EnabledExtensions(rawValue: 8)
    static let uidOnly = EnabledExtensions(rawValue: 16)
    /// UTF8=ACCEPT by its name.
    static let utf8Accept = EnabledExtensions(rawValue: 32)
}

/// Why the session ends.
enum IMAPEnding: String { case logout, disconnected, idle, shutdown, refused, disabled, failed }
