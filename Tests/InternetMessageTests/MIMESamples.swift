import FuzzSupport
import Testing

@testable import InternetMessage

func parsed(_ bytes: [UInt8], limits: MIMELimits = MIMELimits()) -> MIMEMessage {
    var parser = MIMEParser(limits: limits)
    bytes.withUnsafeBytes { parser.append($0) }
    return parser.finish()
}

/// Given to the parser in pieces of random length.
func parsed(_ bytes: [UInt8], using generator: inout Dice) -> MIMEMessage {
    var parser = MIMEParser()
    bytes.withUnsafeBytes { bytes in
        var start = 0
        while start < bytes.count {
            let end = min(start + Int.random(in: 1...40, using: &generator), bytes.count)
            parser.append(UnsafeRawBufferPointer(rebasing: bytes[start..<end]))
            start = end
        }
    }
    return parser.finish()
}

/// The structure in one line: `mixed(plain "text", rfc822(plain ""))`, each leaf with its content.
func outline(_ message: MIMEMessage, _ bytes: [UInt8], at index: Int = 0) -> String {
    let part = message.parts[index]
    let name = part.isTruncated ? "opaque" : text(part.content.subtype)
    let children = message.children(of: index).map { outline(message, bytes, at: $0) }
    switch part.kind {
    case .leaf: return name + " " + text(bytes[part.body]).debugDescription
    case .multipart: return name + "(" + children.joined(separator: ", ") + ")"
    case .message: return (part.content.hasType ? name : "rfc822") + "(" + children.joined() + ")"
    }
}

/// Parts lie within each other, in order, and lines are the line ends of the content.
func expectSound(_ message: MIMEMessage, _ bytes: [UInt8]) {
    #expect(message.parts[0].header.lowerBound == 0)
    #expect(message.parts[0].body.upperBound == bytes.count)
    for (index, part) in message.parts.enumerated() {
        #expect(part.header.upperBound == part.body.lowerBound)
        #expect(part.lines == bytes[part.body].count { $0 == Octet.lf })
        var position = part.body.lowerBound
        for child in message.children(of: index) {
            #expect(message.parts[child].header.lowerBound >= position)
            position = message.parts[child].body.upperBound
        }
        #expect(position <= part.body.upperBound)
    }
    var writer = CompactWriter()
    message.tree.encode(to: &writer)
    var reader = CompactReader(writer.bytes[...])
    #expect(PartTree(&reader) == message.tree)
}
