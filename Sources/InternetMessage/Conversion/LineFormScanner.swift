/// Tells from a message's bytes as they come whether a client that gets lines may need another form
/// of it (`ConversionSurvey.Target.lines`). For most messages the header decides; only those with
/// parts are searched further, at the speed of memory. It may say so where nothing is to be changed.
package struct LineFormScanner: Sendable {
    package enum Verdict: Sendable { case asStored, mayNeedOther }

    private enum State {
        case header(HeaderEndFinder)
        /// Whether it has parts is yet to be seen, when something is found in the body.
        case body
        case parts
        case done(Verdict)
    }

    /// Octets of a body, beyond which the header's fields take less time than the search.
    private static let searchedFirst = 16 * 1024
    /// Octets of a header that may wait for the rest of the message.
    private static let keptHeader = 4096

    private let asciiHeaders: Bool
    private let getsAll: Bool
    private var state = State.header(HeaderEndFinder())
    /// The header as far as it has come; none once it is of no use.
    private var header: [UInt8] = []
    private var word = BinaryWordFinder()
    private var searched = 0

    /// - Parameters:
    ///   - asciiHeaders: the client has not asked for UTF-8.
    ///   - getsAll: it costs nothing to get the whole message. Then it is searched first, and a header's
    ///     fields, which take far longer, are looked at only where something was found.
    package init(asciiHeaders: Bool, getsAll: Bool = false) {
        self.asciiHeaders = asciiHeaders
        self.getsAll = getsAll
    }

    /// Nil: more bytes are needed.
    package var verdict: Verdict? {
        if case .done(let verdict) = state { verdict } else { nil }
    }

    package mutating func scan(_ bytes: UnsafeRawBufferPointer) {
        var body = bytes
        if case .header(var finder) = state {
            let end: Int?
            do throws(HeaderError) {
                end = try finder.scan(bytes)
            } catch {
                // Too long to be read as one: all of it is searched.
                state = .parts
                header.withUnsafeBytes { search($0) }
                header = []
                search(bytes)
                return
            }
            state = .header(finder)
            header += bytes[..<(end ?? bytes.count)]
            guard let end else { return }
            takeHeader()
            body = UnsafeRawBufferPointer(rebasing: bytes[end...])
        }
        search(body)
    }

    /// The message is over, or no more of it will be sent.
    package mutating func finish() -> Verdict {
        if case .header = state { takeHeader() }
        return verdict ?? .asStored
    }

    private mutating func takeHeader() {
        state = .body
        header.withUnsafeBytes { bytes in
            if asciiHeaders, bytes.hasEightBitOctets {
                state = .done(.mayNeedOther)
            } else if !getsAll || bytes.count > Self.keptHeader || word.find(in: bytes) {
                judge(bytes)
            }
        }
        if case .body = state { return }
        header = []
    }

    /// By the header's fields.
    private mutating func judge(_ bytes: UnsafeRawBufferPointer) {
        var gatherer = HeaderGatherer(limits: MIMELimits(), wantsEnvelope: false)
        var start = 0
        while start < bytes.count {
            let end = bytes.index(of: Octet.lf, from: start) ?? bytes.count
            gatherer.take(UnsafeRawBufferPointer(rebasing: bytes[start..<end]))
            start = end + 1
        }
        var part = MIMEPart(start: 0)
        gatherer.finish(&part, isInMultipart: false)
        let content = part.content
        let isBinary = content.encoding?.withUnsafeBytes { $0.isASCIIEqual("binary") } ?? false
        let hasParts = content.type.withUnsafeBytes {
            $0.isASCIIEqual("multipart") || $0.isASCIIEqual("message")
        }
        state = isBinary ? .done(.mayNeedOther) : hasParts ? .parts : .done(.asStored)
    }

    private mutating func search(_ bytes: UnsafeRawBufferPointer) {
        if case .done = state { return }
        // An octet beyond ASCII may stand in a part's header.
        let isFound = asciiHeaders && bytes.hasEightBitOctets || word.find(in: bytes)
        searched += bytes.count
        guard isFound || searched > Self.searchedFirst else { return }
        if case .body = state { header.withUnsafeBytes { judge($0) } }
        header = []
        if isFound, case .parts = state { state = .done(.mayNeedOther) }
    }
}

/// Finds "binary", in any case, in bytes as they come.
struct BinaryWordFinder: Sendable {
    private static let word: StaticString = "binary"
    private static let length = 6

    /// The last octets before, fewer than the word's.
    private var tail: [UInt8] = []

    mutating func find(in bytes: UnsafeRawBufferPointer) -> Bool {
        let isFound = isFoundAcross(bytes) || Self.find(in: bytes)
        let isShort = bytes.count < Self.length
        tail = isShort ? (tail + bytes).suffix(Self.length - 1) : Array(bytes.suffix(Self.length - 1))
        return isFound
    }

    private func isFoundAcross(_ bytes: UnsafeRawBufferPointer) -> Bool {
        if tail.isEmpty { return false }
        let joint = tail + bytes.prefix(Self.length - 1)
        return joint.withUnsafeBytes { Self.find(in: $0) }
    }

    /// Of 32 places at once, those are looked at closer where "b" and, five on, "y" may stand.
    private static func find(in bytes: UnsafeRawBufferPointer) -> Bool {
        let last = bytes.count - length
        var position = 0
        while position + 31 <= last {
            let first = marks(of: 0x6262_6262_6262_6262, in: bytes, at: position)
            let sixth = marks(of: 0x7979_7979_7979_7979, in: bytes, at: position + 5)
            if first & sixth != .zero {
                for place in position..<position + 32 where isWord(bytes, at: place) { return true }
            }
            position += 32
        }
        while position <= last {
            if isWord(bytes, at: position) { return true }
            position += 1
        }
        return false
    }

    /// The highest bit of each octet that is the letter, in either case, and of some behind such a one.
    private static func marks(
        of letter: UInt64, in bytes: UnsafeRawBufferPointer, at position: Int
    ) -> SIMD4<UInt64> {
        let octets = bytes.loadUnaligned(fromByteOffset: position, as: SIMD4<UInt64>.self)
        let zeros = (octets | 0x2020_2020_2020_2020) ^ letter
        return (zeros &- 0x0101_0101_0101_0101) & ~zeros & 0x8080_8080_8080_8080
    }

    private static func isWord(_ bytes: UnsafeRawBufferPointer, at place: Int) -> Bool {
        UnsafeRawBufferPointer(rebasing: bytes[place..<place + length]).isASCIIEqual(word)
    }
}
