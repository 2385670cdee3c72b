/// What clients ask about a message again and again, computed once and kept: the answers to FETCH
/// ENVELOPE, BODY, BODYSTRUCTURE and PREVIEW as they go over the wire, and where its parts lie.
///
/// One coded value, read in place, so that a kept message costs one allocation. Nothing in it depends on
/// the mailbox or on the delivery header.
package struct MessageFacts: Sendable, Equatable {
    /// Of the coding, its first octet, and of what is computed: facts of another version are computed anew.
    package static let version: UInt8 = 1

    package let encoded: [UInt8]
    private let envelopeStart: Int
    private let bodyStart: Int
    private let structureStart: Int
    private let previewStart: Int
    private let partsStart: Int
    private let hasPreview: Bool

    /// - Parameters:
    ///   - envelope: with its parentheses, as `body` and `bodyStructure`.
    ///   - preview: nil when the message has no text to show.
    package init(
        envelope: [UInt8], body: [UInt8], bodyStructure: [UInt8], preview: String?, parts: PartTree
    ) {
        let text = Array((preview ?? "").utf8)
        var writer = CompactWriter()
        writer.bytes.reserveCapacity(
            envelope.count + body.count + bodyStructure.count + text.count + 64)
        writer.octet(Self.version)
        writer.number(envelope.count)
        writer.number(body.count)
        writer.number(bodyStructure.count)
        writer.number(preview == nil ? 0 : text.count + 1)
        envelopeStart = writer.bytes.count
        bodyStart = envelopeStart + envelope.count
        structureStart = bodyStart + body.count
        previewStart = structureStart + bodyStructure.count
        partsStart = previewStart + text.count
        hasPreview = preview != nil
        writer.bytes += envelope
        writer.bytes += body
        writer.bytes += bodyStructure
        writer.bytes += text
        parts.encode(to: &writer)
        encoded = writer.bytes
    }

    /// Nil for bytes of another version, or broken ones.
    package init?(decoding bytes: [UInt8]) {
        var reader = CompactReader(bytes[...])
        guard reader.octet() == Self.version, let envelope = reader.number(),
            let body = reader.number(), let structure = reader.number(), let preview = reader.number()
        else { return nil }
        envelopeStart = reader.position
        bodyStart = envelopeStart + envelope
        structureStart = bodyStart + body
        previewStart = structureStart + structure
        partsStart = previewStart + max(preview - 1, 0)
        hasPreview = preview > 0
        guard partsStart < bytes.count else { return nil }
        encoded = bytes
    }

    package static func == (a: MessageFacts, b: MessageFacts) -> Bool { a.encoded == b.encoded }

    /// RFC 9051 section 7.5.2. Octets above 127 stand in literals only; no NUL.
    package var envelope: ArraySlice<UInt8> { encoded[envelopeStart..<bodyStart] }
    /// Without extension data.
    package var body: ArraySlice<UInt8> { encoded[bodyStart..<structureStart] }
    package var bodyStructure: ArraySlice<UInt8> { encoded[structureStart..<previewStart] }
    /// RFC 8970: UTF-8, at most 200 characters; nil when the message has no text to show.
    package var preview: ArraySlice<UInt8>? {
        hasPreview ? encoded[previewStart..<partsStart] : nil
    }

    /// Decoded at each call. Without parts when the bytes are broken.
    package var parts: PartTree {
        var reader = CompactReader(encoded[partsStart...])
        return PartTree(&reader) ?? PartTree(nodes: [])
    }

    /// The part with this number; the message itself for an empty one (`enclosed` is its header and
    /// text). Nil when there is none.
    package func section(_ part: [Int]) -> PartLocation? { parts.section(part) }
}
