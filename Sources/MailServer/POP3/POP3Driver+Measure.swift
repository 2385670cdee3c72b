internal import InternetMessage
internal import MailboxStore
internal import MailModel
internal import POP3
internal import Storage

/// Sizes of messages whose stored form is not what RETR sends. STAT and LIST tell them (RFC 1939
/// section 11): the first time each such message is converted, only to be counted.
extension POP3Driver {
    /// Stored octets that are read for one command, or one message. What lies beyond is told in its stored
    /// form, and measured for a later command: no client waits for minutes.
    private static let measuredOctets = 64 << 20

    /// - Parameter indices: of messages that may need conversion.
    func measure(_ indices: [Int]) async -> [Int: Int] {
        guard let maildrop else { return [:] }
        var sizes: [Int: Int] = [:]
        var octets = 0
        for index in indices {
            let message = maildrop.messages[index]
            let header = message.sentHeader(isUTF8: session.isUTF8).count
            let key = ConvertedSizes.Key(message: message.message.id, isUTF8: session.isUTF8)
            if let size = service.sizes[key] {
                sizes[index] = header + size
                continue
            }
            guard octets == 0 || octets + message.message.size <= Self.measuredOctets else { continue }
            octets += message.message.size
            guard let size = await convertedSize(of: message, in: maildrop) else { continue }
            service.sizes[key] = size
            sizes[index] = header + size
        }
        return sizes
    }

    /// That of the stored form when there is no other; nil when it can't be read. RETR says why.
    private func convertedSize(of message: MailboxMessage, in maildrop: LockedMaildrop) async -> Int? {
        var retrieved = RetrievedMessage(message, of: maildrop, chunkSize: Self.chunkSize)
        var measure = TextMeasure()
        do {
            try await retrieved.prepare(isUTF8: session.isUTF8, limiter: nil)
            while let chunk = try await retrieved.next() { measure.count(chunk) }
        } catch RetrievedMessage.Failure.inconvertible {
            return message.message.size
        } catch {
            return nil
        }
        return measure.total
    }
}

extension MailboxMessage {
    /// As a client is told of it.
    func listed(isUTF8: Bool) -> Maildrop.Message {
        Maildrop.Message(
            uid: uid, size: sentHeader(isUTF8: isUTF8).count + message.size,
            isMeasured: !mayNeedConversion)
    }

    /// What stands before the stored octets.
    func sentHeader(isUTF8: Bool) -> [UInt8] {
        isUTF8 ? deliveryHeader : DowngradedHeader.downgrade(deliveryHeader)
    }
}
