/// Finds the structure of a message (RFC 2045, RFC 2046) in its bytes as they come: each octet is looked
/// at once, and only the header fields that matter are kept. It never fails; broken mail is divided
/// as Dovecot divides it:
///
/// - A line ends with LF, with or without CR before it. A header ends with an empty line only.
/// - A boundary may stand in any line that begins with it, in a header too. That of an outer multipart ends
///   the inner ones; where several match, the longest one counts.
/// - The line end before a boundary belongs to the boundary, except right behind a header's or
///   boundary's own line.
/// - Content fields count in a part, and in a message that has Content-Type or MIME-Version.
package struct MIMEParser: Sendable {
    private enum State {
        case header
        /// A header has ended; the line that follows decides what comes.
        case afterHeader(newline: Int)
        /// `isFirst`: no line of this stretch has been seen.
        case body(isFirst: Bool)
    }

    private struct Boundary {
        let part: Int
        let text: [UInt8]
    }

    /// A line without its line end. `content` holds its first octets, or all of them.
    private struct Line {
        let content: UnsafeRawBufferPointer
        let start: Int
        /// Octets with the line end.
        let length: Int
        /// Octets of the line end; 0 at the end of a message that just stops.
        let newline: Int

        var beginsWithDashes: Bool {
            content.count >= 2 && content[0] == UInt8(ascii: "-") && content[1] == UInt8(ascii: "-")
        }
    }

    private let limits: MIMELimits
    private var state = State.header
    private var parts = [MIMEPart(start: 0)]
    /// The open part and those around it, from the message on.
    private var open = [0]
    /// Innermost last.
    private var boundaries: [Boundary] = []
    private var fields: HeaderGatherer
    /// Octets and line ends before the current line.
    private var position = 0
    private var lines = 0
    /// `lines` where the body of each open part began.
    private var linesAtBody: [Int] = [0]
    /// Of the last line of the header that is being read.
    private var headerNewline = 0
    /// The beginning of a line whose end has not come, and how long it is.
    private var partial: [UInt8] = []
    private var partialLength = 0
    private var partialEndsWithReturn = false

    package init(limits: MIMELimits = MIMELimits()) {
        self.limits = limits
        fields = HeaderGatherer(limits: limits, wantsEnvelope: true)
    }

    package mutating func append(_ bytes: UnsafeRawBufferPointer) {
        var start = 0
        while start < bytes.count {
            if boundaries.isEmpty, case .body = state {
                // To the end of the message nothing can come but line ends.
                skim(UnsafeRawBufferPointer(rebasing: bytes[start...]))
                return
            }
            guard let end = bytes.index(of: Octet.lf, from: start) else {
                keep(UnsafeRawBufferPointer(rebasing: bytes[start...]))
                return
            }
            if partialLength == 0 {
                let hasReturn = end > start && bytes[end - 1] == Octet.cr
                take(
                    Line(
                        content: UnsafeRawBufferPointer(
                            rebasing: bytes[start..<(hasReturn ? end - 1 : end)]),
                        start: position, length: end + 1 - start, newline: hasReturn ? 2 : 1))
            } else {
                keep(UnsafeRawBufferPointer(rebasing: bytes[start..<end]))
                takePartial(newline: partialEndsWithReturn ? 2 : 1)
            }
            start = end + 1
        }
    }

    /// The structure; the parser is used up.
    package mutating func finish() -> MIMEMessage {
        if partialLength > 0 { takePartial(newline: 0) }
        switch state {
        case .header: endHeader(at: position, hasEmptyLine: false)
        case .afterHeader, .body: break
        }
        while parts[current].kind == .message, parts.count == current + 1 {
            openPart(at: position)
            endHeader(at: position, hasEmptyLine: false)
        }
        while !open.isEmpty { closePart(at: position, lines: lines) }
        return MIMEMessage(parts: parts, size: position)
    }

    private var current: Int { open[open.count - 1] }

    // MARK: Lines

    private var lineLimit: Int {
        if case .header = state { return limits.fieldOctets }
        return MIMELimits.boundaryOctets + 8
    }

    private mutating func skim(_ bytes: UnsafeRawBufferPointer) {
        position += bytes.count
        var count = 0
        for octet in bytes { count &+= octet == Octet.lf ? 1 : 0 }
        lines += count
    }

    private mutating func keep(_ bytes: UnsafeRawBufferPointer) {
        guard !bytes.isEmpty else { return }
        let room = lineLimit - partial.count
        if room > 0 { partial.append(contentsOf: bytes.prefix(room)) }
        partialLength += bytes.count
        partialEndsWithReturn = bytes[bytes.count - 1] == Octet.cr
    }

    private mutating func takePartial(newline: Int) {
        var kept: [UInt8] = []
        swap(&kept, &partial)
        let hasReturn = newline == 2
        let length = partialLength + (newline > 0 ? 1 : 0)
        if hasReturn, kept.count == partialLength { kept.removeLast() }
        partialLength = 0
        partialEndsWithReturn = false
        kept.withUnsafeBytes { content in
            take(Line(content: content, start: position, length: length, newline: newline))
        }
        kept.removeAll(keepingCapacity: true)
        swap(&kept, &partial)
    }

    private mutating func take(_ line: Line) {
        switch state {
        case .header: takeHeader(line)
        case .afterHeader(let newline): takeAfterHeader(line, newline: newline)
        case .body(let isFirst): takeBody(line, isFirst: isFirst)
        }
        position = line.start + line.length
        if line.newline > 0 { lines += 1 }
        // A body begins behind the line that ended the header.
        if case .afterHeader = state { linesAtBody[linesAtBody.count - 1] = lines }
    }

    private mutating func takeHeader(_ line: Line) {
        if let boundary = boundary(in: line) {
            interruptHeader(before: line, newline: headerNewline, at: boundary)
        } else if line.content.isEmpty, line.newline > 0 {
            endHeader(at: line.start + line.length, hasEmptyLine: true)
            state = .afterHeader(newline: line.newline)
        } else {
            fields.take(line.content)
            headerNewline = line.newline
        }
    }

    private mutating func takeAfterHeader(_ line: Line, newline: Int) {
        if let boundary = boundary(in: line), boundaries[boundary].part != current {
            interruptHeader(before: line, newline: newline, at: boundary)
        } else if parts[current].kind == .message {
            openPart(at: line.start)
            takeHeader(line)
        } else {
            takeBody(line, isFirst: true)
        }
    }

    private mutating func takeBody(_ line: Line, isFirst: Bool) {
        guard let boundary = boundary(in: line) else {
            state = .body(isFirst: false)
            lastNewline = line.newline
            return
        }
        let owned = isFirst ? 0 : lastNewline
        closeParts(
            within: boundaries[boundary].part, at: line.start - owned,
            lines: lines - (owned > 0 ? 1 : 0))
        pass(boundary, line)
    }

    /// Of the line before, in a body.
    private var lastNewline = 0

    // MARK: Boundaries

    /// ```
    /// dash-boundary   = "--" boundary
    /// delimiter       = CRLF dash-boundary
    /// close-delimiter = delimiter "--"
    /// ```
    /// The innermost boundary that is the whole line, or else the longest that begins it.
    private func boundary(in line: Line) -> Int? {
        guard line.beginsWithDashes, !boundaries.isEmpty, parts.count < limits.parts else {
            return nil
        }
        let text = UnsafeRawBufferPointer(rebasing: line.content[2...])
        let length = line.length - line.newline - 2
        let hasDashes = length > 2 && length == text.count && line.newline > 0
            && text[length - 1] == UInt8(ascii: "-") && text[length - 2] == UInt8(ascii: "-")
        var best: Int?
        for index in boundaries.indices.reversed() {
            let candidate = boundaries[index].text
            if let best, boundaries[best].text.count >= candidate.count { continue }
            guard text.hasPrefix(candidate) else { continue }
            best = index
            if candidate.count == length || hasDashes && candidate.count == length - 2 { break }
        }
        return best
    }

    /// The parts in the boundary's multipart have been closed.
    private mutating func pass(_ index: Int, _ line: Line) {
        let text = boundaries[index].text
        let end = line.content.dropFirst(2 + text.count)
        if end.starts(with: [UInt8(ascii: "-"), UInt8(ascii: "-")]) {
            boundaries.removeSubrange(index...)
            state = .body(isFirst: true)
        } else {
            boundaries.removeSubrange((index + 1)...)
            state = .body(isFirst: true)
            if line.newline > 0 { openPart(at: line.start + line.length) }
        }
    }

    /// A boundary stands where a header should go on or end: the part has no content.
    private mutating func interruptHeader(before line: Line, newline: Int, at boundary: Int) {
        let end = line.start - newline
        if case .header = state {
            endHeader(at: end, hasEmptyLine: false)
        } else {
            parts[current].header = parts[current].header.lowerBound..<end
            parts[current].body = end..<end
        }
        if parts[current].kind == .message {
            openPart(at: end)
            endHeader(at: end, hasEmptyLine: false)
            closeEmptyPart()
        }
        if current != boundaries[boundary].part { closeEmptyPart() }
        closeParts(within: boundaries[boundary].part, at: line.start, lines: lines)
        pass(boundary, line)
    }

    // MARK: Parts

    private mutating func openPart(at start: Int) {
        let parent = current
        open.append(parts.count)
        linesAtBody.append(lines)
        parts.append(MIMEPart(start: start))
        fields.begin(wantsEnvelope: parts[parent].kind == .message)
        headerNewline = 0
        state = .header
    }

    /// Decides what the part is, from the fields of its header.
    private mutating func endHeader(at end: Int, hasEmptyLine: Bool) {
        let index = current
        let parent = open.count > 1 ? open[open.count - 2] : nil
        let isInMultipart = parent.map { parts[$0].kind == .multipart } ?? false
        let isInDigest = parent.map { parts[$0].kind == .multipart && parts[$0].isDigest } ?? false
        parts[index].header = parts[index].header.lowerBound..<end
        parts[index].body = end..<end
        linesAtBody[linesAtBody.count - 1] = lines
        fields.finish(&parts[index], isInMultipart: isInMultipart)
        state = .body(isFirst: true)

        let isDeep = open.count >= limits.depth
        let content = parts[index].content
        if content.hasType ? content.isMessage : isInDigest {
            if isDeep || parts.count >= limits.parts {
                parts[index].isTruncated = true
            } else {
                parts[index].kind = .message
            }
        } else if content.hasType, content.isMultipart {
            parts[index].kind = .multipart
            guard hasEmptyLine, let text = content.parameters.value(of: "boundary") else { return }
            if isDeep {
                parts[index].kind = .leaf
                parts[index].isTruncated = true
            } else {
                boundaries.append(
                    Boundary(part: index, text: Array(text.prefix(MIMELimits.boundaryOctets))))
            }
        }
    }

    private mutating func closeParts(within part: Int, at end: Int, lines: Int) {
        while current != part { closePart(at: end, lines: lines) }
    }

    private mutating func closePart(at end: Int, lines: Int) {
        let index = open.removeLast()
        let start = linesAtBody.removeLast()
        parts[index].body = parts[index].body.lowerBound..<max(end, parts[index].body.lowerBound)
        parts[index].lines = max(lines - start, 0)
        parts[index].descendants = parts.count - index - 1
    }

    private mutating func closeEmptyPart() {
        let end = parts[current].body.lowerBound
        closePart(at: end, lines: linesAtBody[linesAtBody.count - 1])
    }
}

extension MIMEPart {
    fileprivate var isDigest: Bool {
        content.subtype.withUnsafeBytes { $0.isASCIIEqual("digest") }
    }
}

extension ContentFields {
    fileprivate var isMultipart: Bool { type.withUnsafeBytes { $0.isASCIIEqual("multipart") } }

    /// RFC 2046 section 5.2.1, RFC 6532 section 3.7.
    fileprivate var isMessage: Bool {
        type.withUnsafeBytes { $0.isASCIIEqual("message") }
            && subtype.withUnsafeBytes { $0.isASCIIEqual("rfc822") || $0.isASCIIEqual("global") }
    }
}
