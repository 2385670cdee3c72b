internal import IMAP
internal import InternetMessage
internal import MailModel
internal import MailboxStore
internal import NIOCore
internal import Storage

extension FetchedMessage {
    /// What a section stands for; nil when there is no such part. The message's own header and text
    /// need no knowledge of its structure, so a large message is not read through for its header.
    func content(of section: BodySection) async throws(MailError) -> SectionContent? {
        if !section.part.isEmpty {
            return try await facts?.content(
                of: section, size: stored.message.size, deliveryHeader: stored.deliveryHeader,
                read: octets)
        }
        guard section.text != .all else { return whole }
        let end = try await headerEnd()
        let (header, text) = (0..<end, end..<stored.message.size)
        let message = PartLocation(
            kind: .message, text: .none, encoding: .identity, charset: nil, mime: header, body: text,
            enclosed: .init(header: header, text: text))
        return try await message.content(
            of: section, deliveryHeader: stored.deliveryHeader, read: octets)
    }

    /// The message as clients see it: this recipient's delivery header, then the stored bytes.
    var whole: SectionContent {
        var content = SectionContent()
        content.append(.bytes(ByteBuffer(bytes: stored.deliveryHeader)))
        content.append(.stored(0..<stored.message.size))
        return content
    }
}
