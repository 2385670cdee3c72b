/// The parts of a message as places, in the order of their bytes.
package struct PartTree: Sendable, Equatable {
    struct Node: Sendable, Equatable {
        var location: PartLocation
        /// Nodes below this one; they follow it.
        var descendants: Int
    }

    var nodes: [Node]

    /// All parts, outer ones before inner ones; the first is the message.
    package var locations: some Sequence<PartLocation> { nodes.lazy.map(\.location) }

    /// The part with this number (RFC 9051 section 6.4.5.1), the message itself for an empty one;
    /// nil when there is none.
    ///
    /// A message that is no multipart has one part, 1, with the message's own header as its MIME
    /// header. Numbers go through a message/rfc822 part to the parts of the message in it.
    package func section(_ part: [Int]) -> PartLocation? {
        guard !nodes.isEmpty else { return nil }
        var index = 0
        guard !part.isEmpty else {
            var message = nodes[0].location
            message.enclosed = .init(header: message.mime, text: message.body)
            return message
        }
        for (depth, number) in part.enumerated() {
            // Further numbers behind a message part are those of the message in it.
            if depth > 0 {
                switch nodes[index].location.kind {
                case .leaf: return nil
                case .message:
                    guard nodes[index].descendants > 0 else { return nil }
                    index += 1
                case .multipart: break
                }
            }
            if nodes[index].location.kind == .multipart {
                guard let child = child(number, of: index) else {
                    return depth == part.count - 1 && number == 1 && nodes[index].descendants == 0
                        ? emptyPart(of: index) : nil
                }
                index = child
            } else if number != 1 {
                return nil
            }
        }
        var location = nodes[index].location
        if location.kind == .message, index + 1 < nodes.count {
            let message = nodes[index + 1].location
            location.enclosed = .init(header: message.mime, text: message.body)
        }
        return location
    }

    private func child(_ number: Int, of parent: Int) -> Int? {
        guard number >= 1 else { return nil }
        var index = parent + 1
        let end = index + nodes[parent].descendants
        for _ in 1..<number {
            guard index < end else { return nil }
            index += 1 + nodes[index].descendants
        }
        return index < end ? index : nil
    }

    /// BODYSTRUCTURE must show a multipart without parts with one, an empty text.
    private func emptyPart(of parent: Int) -> PartLocation {
        let end = nodes[parent].location.body.upperBound
        return PartLocation(
            kind: .leaf, text: .plain, encoding: .identity, charset: nil, mime: end..<end,
            body: end..<end)
    }
}

extension PartTree {
    /// Octets of one coded part without its charset, at least.
    private static let minimumNodeOctets = 5

    func encode(to writer: inout CompactWriter) {
        writer.number(nodes.count)
        for node in nodes {
            let location = node.location
            writer.octet(
                location.kind.rawValue | location.text.rawValue << 2 | location.encoding.rawValue << 4)
            writer.number(location.mime.lowerBound)
            writer.number(location.mime.count)
            writer.number(location.body.count)
            writer.number(node.descendants)
            writer.optional(location.charset.map { Array($0.utf8) })
        }
    }

    init?(_ reader: inout CompactReader) {
        guard let count = reader.number(), count * Self.minimumNodeOctets <= reader.remaining else {
            return nil
        }
        nodes = []
        nodes.reserveCapacity(count)
        for index in 0..<count {
            guard let bits = reader.octet(), let kind = PartLocation.Kind(rawValue: bits & 3),
                let text = PartLocation.Text(rawValue: bits >> 2 & 3),
                let encoding = TransferEncoding(rawValue: bits >> 4), let start = reader.number(),
                let headerCount = reader.number(), let bodyCount = reader.number(),
                let descendants = reader.number(), descendants < count - index,
                let charset = reader.optional()
            else { return nil }
            let bodyStart = start + headerCount
            nodes.append(
                Node(
                    location: PartLocation(
                        kind: kind, text: text, encoding: encoding,
                        charset: charset.map { String(decoding: $0, as: UTF8.self) },
                        mime: start..<bodyStart, body: bodyStart..<bodyStart + bodyCount),
                    descendants: descendants))
        }
    }
}
