/// A message's structure: its parts in the order of their bytes, outer ones before inner ones. Never
/// empty: the first part is the message.
package struct MIMEMessage: Sendable {
    package internal(set) var parts: [MIMEPart]
    package internal(set) var size: Int

    /// The parts directly in the part at `index`.
    package func children(of index: Int) -> [Int] {
        var children: [Int] = []
        var child = index + 1
        let end = child + parts[index].descendants
        while child < end {
            children.append(child)
            child += 1 + parts[child].descendants
        }
        return children
    }

    /// Where the parts lie.
    package var tree: PartTree {
        PartTree(
            nodes: parts.map { part in
                let content = part.content
                return PartTree.Node(
                    location: PartLocation(
                        kind: part.kind, text: part.text,
                        encoding: part.kind == .leaf ? TransferEncoding(content.encoding) : .identity,
                        charset: part.kind == .leaf && content.isText ? content.charset : nil,
                        mime: part.header, body: part.body),
                    descendants: part.descendants)
            })
    }
}

extension MIMEPart {
    fileprivate var text: PartLocation.Text {
        guard kind == .leaf, !isTruncated, content.isText else { return .none }
        return content.subtype.withUnsafeBytes { name in
            name.isASCIIEqual("plain") ? .plain : name.isASCIIEqual("html") ? .html : .other
        }
    }
}

extension ContentFields {
    private static let maximumCharsetOctets = 60

    /// In lower case.
    fileprivate var charset: String? {
        parameters.value(of: "charset").flatMap { value in
            value.count <= Self.maximumCharsetOctets
                ? String(decoding: value.map(Octet.lowercased), as: UTF8.self) : nil
        }
    }
}
