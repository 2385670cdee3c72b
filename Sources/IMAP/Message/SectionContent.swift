package import InternetMessage
package import MailModel
package import NIOCore

/// The octets that a section of BODY[…] stands for (RFC 9051 section 6.4.5.1), in pieces: what is at hand,
/// and ranges of the stored bytes that are to be read, so that a large one is never in memory.
package struct SectionContent: Sendable, Equatable {
    package enum Piece: Sendable, Equatable {
        case bytes(ByteBuffer)
        /// Octets of the stored bytes.
        case stored(Range<Int>)

        var count: Int {
            switch self {
            case .bytes(let bytes): bytes.readableBytes
            case .stored(let range): range.count
            }
        }
    }

    package private(set) var pieces: [Piece] = []
    package private(set) var count = 0

    package init() {}

    package mutating func append(_ piece: Piece) {
        guard piece.count > 0 else { return }
        count += piece.count
        switch (pieces.last, piece) {
        case (.stored(let last), .stored(let next)) where last.upperBound == next.lowerBound:
            pieces[pieces.count - 1] = .stored(last.lowerBound..<next.upperBound)
        default: pieces.append(piece)
        }
    }

    /// The octets that `<offset.count>` leaves of it.
    package func partial(_ partial: BodyPartial?) -> SectionContent {
        guard let partial else { return self }
        let start = Int(clamping: partial.offset)
        let end = Int(clamping: partial.offset.addingReportingOverflow(partial.count).overflow
            ? .max : partial.offset + partial.count)
        var content = SectionContent()
        var position = 0
        for piece in pieces {
            let range = max(start - position, 0)..<max(min(end - position, piece.count), max(start - position, 0))
            position += piece.count
            guard !range.isEmpty else { continue }
            switch piece {
            case .bytes(let bytes):
                guard let slice = bytes.getSlice(at: bytes.readerIndex + range.lowerBound, length: range.count)
                else { continue }
                content.append(.bytes(slice))
            case .stored(let stored):
                content.append(
                    .stored(stored.lowerBound + range.lowerBound..<stored.lowerBound + range.upperBound))
            }
        }
        return content
    }
}

extension MessageFacts {
    /// How the stored bytes are read; an answer may be shorter only at the message's end.
    package typealias Reader = (Range<Int>) async throws(MailError) -> ByteBuffer

    /// What the section stands for, without its partial; nil when the message has no such part.
    /// - Parameters:
    ///   - size: octets of the stored bytes.
    ///   - deliveryHeader: stands before them and belongs to the message's header.
    package func content(
        of section: BodySection, size: Int, deliveryHeader: [UInt8], read: Reader
    ) async throws(MailError) -> SectionContent? {
        if section.part.isEmpty, section.text == .all {
            var content = SectionContent()
            content.append(.bytes(ByteBuffer(bytes: deliveryHeader)))
            content.append(.stored(0..<size))
            return content
        }
        return try await self.section(section.part)?.content(
            of: section, deliveryHeader: deliveryHeader, read: read)
    }
}

extension PartLocation {
    /// Octets of a header read at a time, and of chosen fields that are held rather than read again.
    private static let portion = 64 << 10
    private static let maximumHeld = 256 << 10
    /// Ranges of chosen fields in one header; what is beyond is left out.
    private static let maximumRanges = 10_000

    /// What the section, whose part lies here, stands for; nil when the part has no such text.
    package func content(
        of section: BodySection, deliveryHeader: [UInt8], read: MessageFacts.Reader
    ) async throws(MailError) -> SectionContent? {
        var content = SectionContent()
        let head = section.part.isEmpty ? deliveryHeader : []
        switch section.text {
        case .all: content.append(.stored(body))
        case .mime:
            // Part 1 of a message without parts has the message's header.
            if mime.lowerBound == 0 { content.append(.bytes(ByteBuffer(bytes: deliveryHeader))) }
            content.append(.stored(mime))
        case .text:
            guard let enclosed = enclosed else { return nil }
            content.append(.stored(enclosed.text))
        case .header:
            guard let enclosed = enclosed else { return nil }
            content.append(.bytes(ByteBuffer(bytes: head)))
            content.append(.stored(enclosed.header))
        case .headerFields(let names):
            guard let enclosed = enclosed else { return nil }
            var selector = HeaderFieldSelector(names, picksNamed: true)
            try await Self.select(&selector, head, enclosed.header, into: &content, read)
        case .headerFieldsNot(let names):
            guard let enclosed = enclosed else { return nil }
            var selector = HeaderFieldSelector(names, picksNamed: false)
            try await Self.select(&selector, head, enclosed.header, into: &content, read)
        }
        return content
    }

    private static func select(
        _ selector: inout HeaderFieldSelector, _ head: [UInt8], _ header: Range<Int>,
        into content: inout SectionContent, _ read: MessageFacts.Reader
    ) async throws(MailError) {
        var gatherer = SelectedFields(header: header, headCount: head.count, limit: maximumRanges)
        var position = -head.count
        var held = ByteBuffer(bytes: head)
        // A header of ordinary size is read once, and its fields are sent from memory.
        let isHeld = header.count <= maximumHeld
        head.withUnsafeBytes { selector.take($0, start: 0) { gatherer.pick($0) } }
        position = header.lowerBound
        while position < header.upperBound {
            var bytes = try await read(position..<min(position + portion, header.upperBound))
            guard bytes.readableBytes > 0 else { break }
            bytes.withUnsafeReadableBytes {
                selector.take($0, start: head.count + position - header.lowerBound) { gatherer.pick($0) }
            }
            position += bytes.readableBytes
            if isHeld { held.writeBuffer(&bytes) }
        }
        selector.finish(start: head.count + position - header.lowerBound) { gatherer.pick($0) }
        for range in gatherer.ranges {
            if range.lowerBound < head.count || isHeld {
                let end = isHeld ? range.upperBound : min(range.upperBound, head.count)
                if let bytes = held.getSlice(at: range.lowerBound, length: end - range.lowerBound) {
                    content.append(.bytes(bytes))
                }
                guard !isHeld, range.upperBound > head.count else { continue }
            }
            let start = header.lowerBound + max(range.lowerBound - head.count, 0)
            content.append(.stored(start..<header.lowerBound + range.upperBound - head.count))
        }
        // What is sent is a header, whether the message's own has an end or not.
        if !selector.hasEmptyLine {
            content.append(.bytes(ByteBuffer(string: selector.hasLineEnd ? "\r\n" : "\r\n\r\n")))
        }
    }
}

/// Ranges of a header's octets, neighbours joined.
private struct SelectedFields {
    let header: Range<Int>
    let headCount: Int
    let limit: Int
    private(set) var ranges: [Range<Int>] = []

    init(header: Range<Int>, headCount: Int, limit: Int) {
        self.header = header
        self.headCount = headCount
        self.limit = limit
    }

    mutating func pick(_ range: Range<Int>) {
        if let last = ranges.last, last.upperBound == range.lowerBound {
            ranges[ranges.count - 1] = last.lowerBound..<range.upperBound
        } else if ranges.count < limit {
            ranges.append(range)
        }
    }
}
