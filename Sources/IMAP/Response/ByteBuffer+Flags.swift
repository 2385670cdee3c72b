package import MailModel
package import NIOCore

extension ByteBuffer {
    // flag-list = "(" [flag *(SP flag)] ")"
    package mutating func writeIMAPFlags(_ system: MessageFlags, keywords: [String] = []) {
        writeInteger(UInt8(ascii: "("))
        writeStaticString(Self.systemFlags[Int(system.rawValue & 31)])
        var needsSpace = system.rawValue & 31 != 0
        for keyword in keywords {
            if needsSpace { writeInteger(UInt8(ascii: " ")) }
            needsSpace = true
            writeString(keyword)
        }
        writeInteger(UInt8(ascii: ")"))
    }

    /// The names of each of the 32 sets of system flags: lists of a hundred thousand messages are
    /// made of little else.
    private static let systemFlags: [StaticString] = [
        "", "\\Seen", "\\Answered", "\\Answered \\Seen",
        "\\Flagged", "\\Flagged \\Seen", "\\Answered \\Flagged", "\\Answered \\Flagged \\Seen",
        "\\Deleted", "\\Deleted \\Seen", "\\Answered \\Deleted", "\\Answered \\Deleted \\Seen",
        "\\Flagged \\Deleted", "\\Flagged \\Deleted \\Seen", "\\Answered \\Flagged \\Deleted",
        "\\Answered \\Flagged \\Deleted \\Seen",
        "\\Draft", "\\Seen \\Draft", "\\Answered \\Draft", "\\Answered \\Seen \\Draft",
        "\\Flagged \\Draft", "\\Flagged \\Seen \\Draft", "\\Answered \\Flagged \\Draft",
        "\\Answered \\Flagged \\Seen \\Draft",
        "\\Deleted \\Draft", "\\Deleted \\Seen \\Draft", "\\Answered \\Deleted \\Draft",
        "\\Answered \\Deleted \\Seen \\Draft",
        "\\Flagged \\Deleted \\Draft", "\\Flagged \\Deleted \\Seen \\Draft",
        "\\Answered \\Flagged \\Deleted \\Draft", "\\Answered \\Flagged \\Deleted \\Seen \\Draft",
    ]
}
