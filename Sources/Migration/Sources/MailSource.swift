internal import Glibc
package import MailModel

/// Where mail is read from. Blocking; used by one thread.
package protocol MailSource: AnyObject {
    /// Names it apart from others in a journal: its place, not its contents.
    var identity: String { get }

    func folders() throws(MigrationError) -> [SourceFolder]

    /// The folder's messages, in the order in which they are to be appended, without their octets.
    func messages(in folder: SourceFolder) throws(MigrationError) -> [SourceMessage]

    /// Reads a message, in parts of any size, lines ended by CRLF. `message` is one of the folder
    /// whose messages were asked for last.
    func read(
        _ message: SourceMessage, _ body: (UnsafeRawBufferPointer) throws(MigrationError) -> Void
    ) throws(MigrationError)
}

package struct SourceFolder: Sendable, Hashable {
    /// UTF-8, levels separated by "/"; "INBOX" for the inbox.
    package var name: String
    package var specialUse: SpecialUse?
    /// The source's own name of it: a path, or a mailbox name as it goes over the wire.
    package var location: String

    package init(name: String, specialUse: SpecialUse? = nil, location: String) {
        self.name = name
        self.specialUse = specialUse
        self.location = location
    }
}

package struct SourceMessage: Sendable, Hashable {
    /// Names the message within its folder for ever: a Maildir's unique name, an IMAP UID with its
    /// UIDVALIDITY. Without tabs and line ends.
    package var key: String
    package var flags: MessageFlags
    package var keywords: [String]
    /// Nil: now.
    package var date: Timestamp?
    /// The source's own: a path, an offset, a UID.
    package var location: String

    package init(
        key: String, flags: MessageFlags = [], keywords: [String] = [], date: Timestamp? = nil,
        location: String
    ) {
        self.key = key
        self.flags = flags
        self.keywords = keywords
        self.date = date
        self.location = location
    }
}

/// What went wrong, in words for whoever runs the command.
package struct MigrationError: Error, Sendable, CustomStringConvertible {
    package var description: String
    /// Only this message is concerned; the rest can go on.
    package var isOfOneMessage: Bool

    package init(_ description: String, isOfOneMessage: Bool = false) {
        self.description = description
        self.isOfOneMessage = isOfOneMessage
    }

    /// The system's reason, from `errno`.
    static func system(_ what: String, ofOneMessage: Bool = false) -> MigrationError {
        MigrationError(
            "\(what): \(String(cString: strerror(errno)))", isOfOneMessage: ofOneMessage)
    }
}
