/// Finds out how a message can be made 7 bit, for a host without 8BITMIME (RFC 6152 section 3) or
/// BINARYMIME. It asks for octets, each of them twice, and keeps no more than one header:
///
/// ```
/// while let range = try survey.wanted(atMost: 65536) { survey.receive(the octets in that range) }
/// ```
///
/// Contents of parts that have octets beyond ASCII are to be encoded, whatever their label says;
/// labels 8bit and binary become 7bit elsewhere. Parts that are encoded already stay as they are. A
/// header's octets beyond ASCII stay too: without SMTPUTF8 they should not be there, no encoding
/// exists for them, and nearly every host takes them, so that to return the message would do more
/// harm.
package struct SevenBitSurvey: Sendable {
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
    private var plan: SevenBitPlan

    /// - Parameter size: octets of the message.
    package init(size: Int) {
        left = 0..<size
        plan = SevenBitPlan(size: size)
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
    package func finish() -> SevenBitPlan { plan }

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
        let isScanned =
            part.kind == .leaf || isUntouchable(index) || part.isGlobal && index >= globalEnd
        left = isScanned ? part.body : part.body.upperBound..<part.body.upperBound
    }

    private mutating func takeBody(_ index: Int) throws(ConversionFailure) {
        let part = parts[index]
        let end = index + 1 + part.descendants
        guard let header else { return }
        if isUntouchable(index) {
            guard octets.eightBit == 0 else { throw part.isProtected ? .protected : .tooComplex }
            // What is signed keeps its labels.
            begin(end)
            return
        }
        if part.kind == .leaf || part.isGlobal, needsEncoding(header.label) {
            let encoding = encoding(of: part)
            header.setEncoding(encoding.rawValue, isMessage: isMessage[index], &plan)
            plan.encode(part.body, encoding, octets)
            begin(end)
            return
        }
        if header.label == .eightBit || header.label == .binary {
            header.setEncoding("7bit", isMessage: isMessage[index], &plan)
        }
        if part.isGlobal { globalEnd = max(globalEnd, end) }
        begin(index + 1)
    }

    /// Nothing in the part may or can be encoded by itself.
    private func isUntouchable(_ index: Int) -> Bool {
        let part = parts[index]
        // Behind the last part that was looked for there may be more.
        let isCut = parts.count >= Self.limits.parts && index == parts.count - 1
        return part.isProtected || part.isTruncated || isCut
            || part.kind == .multipart && part.descendants == 0
    }

    private func needsEncoding(_ label: PartHeader.Label) -> Bool {
        switch label {
        case .encoded: false
        case .binary: octets.eightBit > 0 || octets.isBinary
        case .sevenBit, .eightBit: octets.eightBit > 0
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
