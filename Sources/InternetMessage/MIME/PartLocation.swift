/// Where one part of a stored message lies (RFC 9051 section 6.4.5.1), in octets of the stored bytes:
/// 0 is their first, before which a delivery header may belong to the message's own header.
package struct PartLocation: Sendable, Equatable {
    package enum Kind: UInt8, Sendable { case leaf, multipart, message }

    package enum Text: UInt8, Sendable {
        /// No text.
        case none
        case plain, html, other
    }

    /// The message in a message/rfc822 part: what HEADER and TEXT mean there.
    package struct Enclosed: Sendable, Equatable {
        /// With its empty line, if it has one.
        package var header: Range<Int>
        package var text: Range<Int>

        package init(header: Range<Int>, text: Range<Int>) {
            self.header = header
            self.text = text
        }
    }

    package var kind: Kind
    package var text: Text
    package var encoding: TransferEncoding
    /// In lower case; nil when none is stated.
    package var charset: String?
    /// The part's own header fields with their empty line: MIME.
    package var mime: Range<Int>
    /// The part's content, encoded as it is: what the part number alone means.
    package var body: Range<Int>
    /// For message parts; for the message itself (no part number), its own header and text.
    package var enclosed: Enclosed?

    package init(
        kind: Kind, text: Text, encoding: TransferEncoding, charset: String?, mime: Range<Int>,
        body: Range<Int>, enclosed: Enclosed? = nil
    ) {
        self.kind = kind
        self.text = text
        self.encoding = encoding
        self.charset = charset
        self.mime = mime
        self.body = body
        self.enclosed = enclosed
    }
}
