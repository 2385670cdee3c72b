/// The text of HTML, for searching and previews, from UTF-8 as it comes: tags, comments, scripts and styles
/// go, entities become characters, blocks end with a line end. It is no browser: it never fails, and
/// looks at each octet once.
struct HTMLText: Sendable {
    private enum State {
        case text
        /// Behind "<".
        case tagStart
        case tagName, tag, quoted(UInt8)
        /// `dashes`: how many were last seen.
        case comment(dashes: Int)
        /// In <script> or <style>: up to its end tag, of which so many octets were seen.
        case raw(name: StaticString, matched: Int)
        case entity
    }

    private static let maximumNameOctets = 12
    private static let maximumEntityOctets = 10
    private static let blocks: Set<String> = [
        "p", "br", "div", "tr", "td", "th", "li", "ul", "ol", "h1", "h2", "h3", "h4", "h5", "h6",
        "table", "hr", "pre", "blockquote", "title", "head", "body", "dt", "dd", "section", "article",
        "header", "footer", "option",
    ]

    private var state = State.text
    private var name: [UInt8] = []
    private var isEndTag = false

    mutating func decode(_ bytes: UnsafeRawBufferPointer, into output: inout [UInt8]) {
        for octet in bytes { take(octet, into: &output) }
    }

    mutating func finish(into output: inout [UInt8]) {
        switch state {
        case .entity: endEntity(into: &output)
        case .tagStart: output.append(UInt8(ascii: "<"))
        default: break
        }
        state = .text
    }

    private mutating func take(_ octet: UInt8, into output: inout [UInt8]) {
        switch state {
        case .text:
            if octet == UInt8(ascii: "<") {
                state = .tagStart
            } else if octet == UInt8(ascii: "&") {
                name.removeAll(keepingCapacity: true)
                state = .entity
            } else {
                output.append(octet)
            }
        case .entity: takeEntity(octet, into: &output)
        case .tagStart: takeTagStart(octet, into: &output)
        case .tagName: takeTagName(octet, into: &output)
        case .tag:
            if octet == UInt8(ascii: ">") {
                endTag(into: &output)
            } else if octet == Octet.quote || octet == UInt8(ascii: "'") {
                state = .quoted(octet)
            }
        case .quoted(let quote): if octet == quote { state = .tag }
        case .comment(let dashes):
            if octet == UInt8(ascii: "-") {
                state = .comment(dashes: dashes + 1)
            } else if octet == UInt8(ascii: ">"), dashes >= 2 {
                state = .text
            } else {
                state = .comment(dashes: 0)
            }
        case .raw(let end, let matched):
            if Octet.lowercased(octet) == end.utf8Start[matched] {
                state = matched + 1 == end.utf8CodeUnitCount ? .tag : .raw(name: end, matched: matched + 1)
                if case .tag = state { name.removeAll(keepingCapacity: true) }
            } else {
                state = .raw(name: end, matched: octet == UInt8(ascii: "<") ? 1 : 0)
            }
        }
    }

    // MARK: Tags

    private mutating func takeTagStart(_ octet: UInt8, into output: inout [UInt8]) {
        name.removeAll(keepingCapacity: true)
        isEndTag = octet == UInt8(ascii: "/")
        if Octet.isLetter(octet) {
            name.append(Octet.lowercased(octet))
            state = .tagName
        } else if octet == UInt8(ascii: "/") || octet == UInt8(ascii: "!") || octet == UInt8(ascii: "?") {
            if octet == UInt8(ascii: "!") { name.append(octet) }
            state = .tagName
        } else {
            output.append(UInt8(ascii: "<"))
            state = .text
            take(octet, into: &output)
        }
    }

    private mutating func takeTagName(_ octet: UInt8, into output: inout [UInt8]) {
        if octet == UInt8(ascii: ">") {
            endTag(into: &output)
        } else if octet <= Octet.space || octet == UInt8(ascii: "/") {
            state = .tag
        } else if name.count < Self.maximumNameOctets {
            name.append(Octet.lowercased(octet))
            if name.count == 3, name.elementsEqual("!--".utf8) { state = .comment(dashes: 0) }
        }
    }

    private mutating func endTag(into output: inout [UInt8]) {
        state = .text
        if Self.blocks.contains(String(decoding: name, as: UTF8.self)) { output.append(Octet.lf) }
        guard !isEndTag else { return }
        if name.elementsEqual("script".utf8) {
            state = .raw(name: "</script", matched: 0)
        } else if name.elementsEqual("style".utf8) {
            state = .raw(name: "</style", matched: 0)
        }
    }

    // MARK: Entities

    private mutating func takeEntity(_ octet: UInt8, into output: inout [UInt8]) {
        let isName = Octet.isLetter(octet) || Octet.isDigit(octet)
            || octet == UInt8(ascii: "#") && name.isEmpty
        if isName, name.count < Self.maximumEntityOctets {
            name.append(octet)
            return
        }
        endEntity(into: &output)
        if octet != UInt8(ascii: ";") { take(octet, into: &output) }
    }

    private mutating func endEntity(into output: inout [UInt8]) {
        state = .text
        if let character = HTMLEntity.character(name) {
            output.append(contentsOf: String(character).utf8)
        } else {
            output.append(UInt8(ascii: "&"))
            output.append(contentsOf: name)
        }
    }
}
