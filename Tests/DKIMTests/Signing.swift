import DKIM
import InternetMessage
import MailModel
import NIOCore

let signingDomain = "example.org"

/// The DKIM-Signature fields of a message whose body comes in chunks that end at `cuts`.
func signatureFields(
    _ message: [UInt8], keys: [DKIMKey], cuts: some Sequence<Int> = [], now: Timestamp = .now
) throws -> [UInt8] {
    var finder = HeaderEndFinder()
    let end = try message.withUnsafeBytes { try finder.scan($0) } ?? message.count
    let signing = try DKIMSigning(
        keys: keys, domain: signingDomain, header: try HeaderSection(Array(message[..<end])), now: now)
    var start = end
    for cut in Array(cuts) + [message.count] where cut >= start {
        signing.update(ByteBuffer(bytes: message[start..<cut]))
        start = cut
    }
    return Array(try signing.finish().readableBytesView)
}

/// The value of a tag of the first field, without its folds.
func tag(_ name: String, of fields: [UInt8]) -> String? {
    let text = String(decoding: fields, as: UTF8.self).replacing("\r\n\t", with: " ")
    guard let field = text.split(separator: "\r\n").first else { return nil }
    for tag in field.dropFirst("DKIM-Signature:".count).split(separator: ";") {
        let compact = tag.replacing(" ", with: "")
        if compact.hasPrefix(name + "=") { return String(compact.dropFirst(name.count + 1)) }
    }
    return nil
}
