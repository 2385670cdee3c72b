/// Finds out how a message can be converted for those who can't take it as it is. It asks for
/// octets, each of them twice at most, and keeps no more than one header:
///
/// ```
/// while let range = try survey.wanted(atMost: 65536) { survey.receive(the octets in that range) }
/// ```
///
/// Parts that are encoded already stay as they are.
package struct ConversionSurvey: Sendable {
    package enum Target: Sendable {
        /// A host without 8BITMIME (RFC 6152 section 3) or BINARYMIME. Contents of parts that have
        /// octets beyond ASCII are to be encoded, whatever their label says; labels 8bit and binary
        /// become 7bit elsewhere. A header's octets beyond ASCII stay: without SMTPUTF8 they should
        /// not be there, and nearly every host takes them, so that to return the message would do
        /// more harm.
        case sevenBit
        /// A client that gets lines (RFC 1939 section 3). Parts whose label is binary and whose
        /// content is so are encoded; elsewhere the label becomes 8bit. That breaks the signature of
        /// a multipart/signed, as the line ends would, but its content can be read.
        ///
        /// - asciiHeaders: the client has not asked for UTF-8 (RFC 6856 section 2.1), so that the
        ///   headers of the message, of its parts and of messages in it become ASCII.
        case lines(asciiHeaders: Bool)
    }

    private enum Step {
        case structure
        case header(part: Int)
        case body(part: Int)
        case done
    }

    private static let limits = MIMELimits()

    private var parser = MIMEParser(limits: limits)
    private var parts: [MIMEPart] = []
    private var isMessage: [Bool] = []
    private var step = Step.structure
    /// The octets that are still to come in this step.
    private var left: Range<Int>
    private var headerBytes: [UInt8] = []
    private var header: PartHeader?
    private var octets = OctetSurvey()
    /// Parts before this one lie in a message/global that has been looked at as a whole.
    private var globalEnd = 0
    private var plan: ConversionPlan
    private let target: Target

    /// - Parameter size: octets of the message.
    package init(size: Int, for target: Target = .sevenBit) {
        self.target = target
        left = 0..<size
        plan = ConversionPlan(size: size)
    }

    /// The octets of the message that are to be received next; nil at the end.
    package mutating func wanted(atMost count: Int) throws(ConversionFailure) -> Range<Int>? {
        while left.isEmpty {
            switch step {
            case .structure: takeStructure()
            case .header(let part): try takeHeader(part)
            case .body(let part): try takeBody(part)
            case .done: return nil
            }
        }
        return left.prefix(count)
    }

    package mutating func receive(_ bytes: UnsafeRawBufferPointer) {
        switch step {
        case .structure: parser.append(bytes)
        case .header: headerBytes.append(contentsOf: bytes)
        case .body: octets.scan(bytes)
        case .done: break
        }
        left = min(left.lowerBound + bytes.count, left.upperBound)..<left.upperBound
    }

    /// What is to be done, after `wanted` has returned nil.
    package func finish() -> ConversionPlan { plan }

    // MARK: - Steps

    private mutating func takeStructure() {
        parts = parser.finish().parts
        isMessage = [Bool](repeating: false, count: parts.count)
        isMessage[0] = true
        for (index, part) in parts.enumerated() where part.kind == .message {
            if index + 1 < parts.count, part.descendants > 0 { isMessage[index + 1] = true }
        }
        begin(0)
    }

    private mutating func begin(_ part: Int) {
        guard part < parts.count else {
            step = .done
            return
        }
        step = .header(part: part)
        headerBytes.removeAll(keepingCapacity: true)
        left = parts[part].header
    }

    private mutating func takeHeader(_ index: Int) throws(ConversionFailure) {
        let part = parts[index]
        header = try PartHeader(headerBytes, of: part)
        octets = OctetSurvey()
        step = .body(part: index)
        let hasContent = part.kind == .leaf || part.isGlobal && index >= globalEnd
        let isScanned =
            switch target {
            case .sevenBit: hasContent || isUntouchable(index)
            case .lines: hasContent && header?.label == .binary || isUntouchable(index)
            }
        left = isScanned ? part.body : part.body.upperBound..<part.body.upperBound
    }

    private mutating func takeBody(_ index: Int) throws(ConversionFailure) {
        let part = parts[index]
        let end = index + 1 + part.descendants
        guard let header else { return }
        if isUntouchable(index) {
            try leave(part, header, index)
            begin(end)
            return
        }
        if part.kind == .leaf || part.isGlobal, needsEncoding(header.label) {
            let encoding = encoding(of: part)
            write(header, index, encoding: encoding.rawValue)
            plan.encode(part.body, encoding, octets)
            begin(end)
            return
        }
        write(header, index, encoding: label(insteadOf: header.label))
        if part.isGlobal { globalEnd = max(globalEnd, end) }
        begin(index + 1)
    }

    private mutating func write(_ header: PartHeader, _ index: Int, encoding: String?) {
        var isDowngraded = false
        if case .lines(asciiHeaders: true) = target { isDowngraded = true }
        header.write(
            encoding: encoding, isDowngraded: isDowngraded, isMessage: isMessage[index], &plan)
    }

    /// Nothing in the part may or can be encoded by itself.
    private func isUntouchable(_ index: Int) -> Bool {
        let part = parts[index]
        // Behind the last part that was looked for there may be more.
        let isCut = parts.count >= Self.limits.parts && index == parts.count - 1
        let isUnknown =
            part.isTruncated || isCut || part.kind == .multipart && part.descendants == 0
        switch target {
        case .sevenBit: return isUnknown || part.isProtected
        case .lines: return isUnknown
        }
    }

    /// The part is untouchable: it stays, or nothing can be done with the message.
    private mutating func leave(
        _ part: MIMEPart, _ header: PartHeader, _ index: Int
    ) throws(ConversionFailure) {
        switch target {
        case .sevenBit:
            guard octets.eightBit == 0 else { throw part.isProtected ? .protected : .tooComplex }
            // What is signed keeps its labels.
        case .lines(let asciiHeaders):
            // A multipart without parts has no headers in it.
            let hasHeaders = part.isTruncated || part.kind != .multipart
            guard header.label != .binary || !octets.isBinary,
                !asciiHeaders || !hasHeaders || octets.eightBit == 0
            else { throw .tooComplex }
            write(header, index, encoding: label(insteadOf: header.label))
        }
    }

    /// What the label of content that stays becomes; nil: it stays.
    private func label(insteadOf label: PartHeader.Label) -> String? {
        switch (target, label) {
        case (.sevenBit, .eightBit), (.sevenBit, .binary): "7bit"
        case (.lines, .binary): "8bit"
        default: nil
        }
    }

    private func needsEncoding(_ label: PartHeader.Label) -> Bool {
        switch (target, label) {
        case (_, .encoded): false
        case (.sevenBit, .binary): octets.eightBit > 0 || octets.isBinary
        case (.sevenBit, _): octets.eightBit > 0
        case (.lines, .binary): octets.isBinary
        case (.lines, _): false
        }
    }

    /// Text stays legible; of the rest, what is shorter.
    private func encoding(of part: MIMEPart) -> LeafEncoding {
        part.content.isText || octets.isMostlyText ? .quotedPrintable : .base64
    }
}

extension MIMEPart {
    fileprivate func isType(_ type: StaticString, _ subtype: StaticString) -> Bool {
        content.type.withUnsafeBytes { $0.isASCIIEqual(type) }
            && content.subtype.withUnsafeBytes { $0.isASCIIEqual(subtype) }
    }

    fileprivate var isProtected: Bool {
        kind == .multipart ? isType("multipart", "signed") || isType("multipart", "encrypted")
            : isType("message", "partial") || isType("message", "external-body")
    }

    /// A message whose header may be UTF-8, which may have any encoding (RFC 6532 section 3.7).
    fileprivate var isGlobal: Bool { kind == .message && isType("message", "global") }
}
