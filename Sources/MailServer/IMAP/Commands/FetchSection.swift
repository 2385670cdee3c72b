internal import IMAP
internal import InternetMessage
internal import MailModel
internal import MailboxStore
internal import NIOCore

/// The octets of a section: some that are at hand, then some of the stored bytes.
struct FetchSection {
    var beginning = ByteBuffer()
    var stored: Range<Int>

    var count: Int { beginning.readableBytes + stored.count }

    /// RFC 9051 section 6.4.5: what lies beyond the end is left out.
    func part(_ partial: BodyPartial?) -> FetchSection {
        guard let partial else { return self }
        let start = Int(clamping: min(partial.offset, UInt64(count)))
        let end = start + Int(clamping: min(partial.count, UInt64(count - start)))
        let head = beginning.readableBytes
        var part = self
        part.beginning =
            beginning.getSlice(
                at: beginning.readerIndex + min(start, head), length: min(end, head) - min(start, head))
            ?? ByteBuffer()
        let base = stored.lowerBound - head
        part.stored = max(base + start, stored.lowerBound)..<max(base + end, stored.lowerBound)
        return part
    }
}

extension FetchedMessage {
    /// Octets of a header that are looked through for fields.
    private static let maximumHeader = 1024 * 1024

    /// The delivery header, which is this recipient's own, belongs to the message's header section.
    private var deliveryHeader: ByteBuffer { ByteBuffer(bytes: stored.deliveryHeader) }

    /// - Returns: nil when there is no such section: parts are numbered as BODYSTRUCTURE lists them.
    func section(_ part: [Int], _ text: BodySection.Text) async throws(MailError) -> FetchSection? {
        if part.isEmpty {
            switch text {
            case .all: return FetchSection(beginning: deliveryHeader, stored: 0..<stored.message.size)
            case .header:
                return FetchSection(beginning: deliveryHeader, stored: 0..<(try await headerEnd()))
            case .text:
                return FetchSection(stored: try await headerEnd()..<stored.message.size)
            case .mime: return nil
            case .headerFields(let names):
                return try await fields(names, excludes: false, of: 0..<(try await headerEnd()), true)
            case .headerFieldsNot(let names):
                return try await fields(names, excludes: true, of: 0..<(try await headerEnd()), true)
            }
        }
        guard let found = facts?.section(part) else { return nil }
        switch text {
        case .all: return FetchSection(stored: found.body)
        case .mime:
            // Part 1 of a message that is not multipart: its header is the message's.
            return FetchSection(
                beginning: found.mime.lowerBound == 0 ? deliveryHeader : ByteBuffer(),
                stored: found.mime)
        case .header: return found.enclosed.map { FetchSection(stored: $0.header) }
        case .text: return found.enclosed.map { FetchSection(stored: $0.text) }
        case .headerFields(let names):
            guard let enclosed = found.enclosed else { return nil }
            return try await fields(names, excludes: false, of: enclosed.header, false)
        case .headerFieldsNot(let names):
            guard let enclosed = found.enclosed else { return nil }
            return try await fields(names, excludes: true, of: enclosed.header, false)
        }
    }

    private func fields(
        _ names: [String], excludes: Bool, of range: Range<Int>, _ isOuter: Bool
    ) async throws(MailError) -> FetchSection {
        var header = isOuter ? deliveryHeader : ByteBuffer()
        let end = min(range.upperBound, range.lowerBound + Self.maximumHeader)
        header.writeImmutableBuffer(try await octets(range.lowerBound..<end))
        return FetchSection(
            beginning: FetchHeader(names, excludes: excludes).fields(of: header), stored: 0..<0)
    }
}
