internal import InternetMessage
internal import MailboxStore
internal import MailModel
internal import NIOCore
internal import POP3
internal import Storage

/// A message on its way to a POP3 client: its stored octets, in bounded chunks, as they are or in
/// another form where RFC 6856 section 2.1 wants one.
struct RetrievedMessage {
    private static let readsInOneGo = 16

    private let message: MailboxMessage
    private let maildrop: LockedMaildrop
    private let chunkSize: Int
    /// Keeps a message that is not read at once readable; it may be removed meanwhile.
    private var hold: MessageHold?
    /// The first octets, which most messages need not be read again for.
    private var first = ByteBuffer()
    private var offset = 0
    private var reads = 0
    private var writer: ConversionWriter?
    /// What stands before the stored octets.
    private(set) var deliveryHeader: [UInt8]
    private(set) var isStoredForm = true

    init(_ message: MailboxMessage, of maildrop: LockedMaildrop, chunkSize: Int) {
        self.message = message
        self.maildrop = maildrop
        self.chunkSize = chunkSize
        deliveryHeader = message.deliveryHeader
    }

    private var size: Int { message.message.size }

    // MARK: Deciding

    enum Failure: Error {
        case unreadable(MailError)
        case inconvertible(ConversionFailure)
    }

    /// Reads the first octets and, where they don't tell, as much more as does.
    ///
    /// - Parameters:
    ///   - isUTF8: the client has asked for headers in UTF-8.
    ///   - limiter: of what is sent of the message in any form; what lies behind decides nothing.
    mutating func prepare(isUTF8: Bool, limiter: TopLimiter?) async throws(Failure) {
        do throws(MailError) {
            first = try await stored(0..<min(chunkSize, size))
            guard try await mayNeedOtherForm(isUTF8: isUTF8, limiter) else { return }
        } catch {
            throw .unreadable(error)
        }
        try await convert(isUTF8: isUTF8)
    }

    private mutating func mayNeedOtherForm(
        isUTF8: Bool, _ limiter: TopLimiter?
    ) async throws(MailError) -> Bool {
        if !isUTF8 {
            let header = DowngradedHeader.downgrade(deliveryHeader)
            if header != deliveryHeader {
                deliveryHeader = header
                isStoredForm = false
            }
        }
        var limiter = limiter
        var scanner = LineFormScanner(asciiHeaders: !isUTF8)
        var position = 0
        while position < size, limiter?.isComplete != true {
            let chunk = position == 0
                ? first : try await stored(position..<min(position + chunkSize, size))
            position += chunk.readableBytes
            let sent = limiter?.take(chunk) ?? chunk
            sent.withUnsafeReadableBytes { scanner.scan($0) }
            if let verdict = scanner.verdict { return verdict == .mayNeedOther }
        }
        return scanner.finish() == .mayNeedOther
    }

    private mutating func convert(isUTF8: Bool) async throws(Failure) {
        var survey = ConversionSurvey(size: size, for: .lines(asciiHeaders: !isUTF8))
        while let range = try Self.wanted(&survey, chunkSize) {
            let octets: ByteBuffer
            do throws(MailError) {
                octets = try await stored(range)
            } catch {
                throw .unreadable(error)
            }
            octets.withUnsafeReadableBytes { survey.receive($0) }
        }
        let plan = survey.finish()
        guard !plan.isEmpty else { return }
        isStoredForm = false
        writer = ConversionWriter(plan)
    }

    private static func wanted(
        _ survey: inout ConversionSurvey, _ count: Int
    ) throws(Failure) -> Range<Int>? {
        do throws(ConversionFailure) {
            return try survey.wanted(atMost: count)
        } catch {
            throw .inconvertible(error)
        }
    }

    // MARK: Reading

    /// The next octets of the form that is sent, without the delivery header; nil at the end.
    mutating func next() async throws(MailError) -> ByteBuffer? {
        guard writer != nil else {
            guard offset < size else { return nil }
            let chunk = try await stored(offset..<min(offset + chunkSize, size))
            offset += chunk.readableBytes
            first = ByteBuffer()
            return chunk
        }
        var octets: [UInt8] = []
        while octets.isEmpty {
            guard let range = writer?.wanted(atMost: chunkSize) else {
                octets = writer?.takeOutput() ?? []
                return octets.isEmpty ? nil : ByteBuffer(bytes: octets)
            }
            let chunk = try await stored(range)
            chunk.withUnsafeReadableBytes { writer?.receive($0) }
            if range.upperBound >= first.readableBytes { first = ByteBuffer() }
            octets = writer?.takeOutput() ?? []
        }
        return ByteBuffer(bytes: octets)
    }

    private mutating func stored(_ range: Range<Int>) async throws(MailError) -> ByteBuffer {
        // What the system has in memory comes without a wait: others on this loop have their turn.
        reads += 1
        if reads % Self.readsInOneGo == 0 { await Task.yield() }
        if let slice = first.getSlice(at: first.readerIndex + range.lowerBound, length: range.count) {
            return slice
        }
        if hold == nil, chunkSize < size { hold = try await maildrop.hold(message) }
        let bytes = try await maildrop.read(message, range)
        guard bytes.readableBytes > 0 || range.isEmpty else {
            throw .localProblem("message \(message.message.id) ends before its size")
        }
        return bytes
    }
}
