/// One part of a message (RFC 2045, RFC 2046), the message itself included.
package struct MIMEPart: Sendable {
    package typealias Kind = PartLocation.Kind

    package internal(set) var kind = Kind.leaf
    /// Octets of the message; the empty line that ends the header belongs to it.
    package internal(set) var header: Range<Int>
    /// The content with all parts in it; begins where the header ends.
    package internal(set) var body: Range<Int>
    /// Line ends in `body`.
    package internal(set) var lines = 0
    /// Parts below this one; they follow it.
    package internal(set) var descendants = 0
    /// Has parts that were not looked for, because a limit was met.
    package internal(set) var isTruncated = false
    /// What the Content fields say.
    package internal(set) var content = ContentFields()
    /// Of the message, and of a message in a part.
    package internal(set) var envelope: EnvelopeFields?

    init(start: Int) {
        header = start..<start
        body = start..<start
    }
}

/// What the Content fields of a part say; octets as they stand, folds included.
package struct ContentFields: Sendable, Equatable {
    /// "text" and "plain" when there is no Content-Type, or none that can be read.
    package var type = Array("text".utf8)
    package var subtype = Array("plain".utf8)
    package var parameters: [ContentParameter] = []
    package var id: [UInt8]?
    package var description: [UInt8]?
    package var encoding: [UInt8]?
    package var md5: [UInt8]?
    package var disposition: [UInt8]?
    package var dispositionParameters: [ContentParameter] = []
    package var languages: [[UInt8]] = []
    package var location: [UInt8]?
    /// There was a Content-Type; `hasType`: that could be read.
    var hasReadType = false
    package var hasType = false

    package var isText: Bool { type.withUnsafeBytes { $0.isASCIIEqual("text") } }
}

/// What ENVELOPE shows; texts as they stand, folds included.
package struct EnvelopeFields: Sendable, Equatable {
    package var date: [UInt8]?
    package var subject: [UInt8]?
    package var from: AddressList?
    package var sender: AddressList?
    package var replyTo: AddressList?
    package var to: AddressList?
    package var cc: AddressList?
    package var bcc: AddressList?
    package var inReplyTo: [UInt8]?
    package var messageID: [UInt8]?
    /// Not in ENVELOPE; for threading.
    package var references: [UInt8]?

    package init() {}
}
