package import DKIM
internal import Directory
internal import InternetMessage
package import Logging
internal import MailModel
internal import NIOCore
internal import Synchronization

/// Signs mail of ours for the domain of its author (RFC 6376), with the keys that the domain's
/// entry names.
package final class MessageSigner: Sendable {
    /// Signatures that are kept for the next recipients and attempts.
    private static let maximumKept = 1000
    /// A longer header section is not signed.
    private static let maximumHeader = 256 << 10

    private let keys: [String: DKIMKey]
    private let directory: any RecipientResolving
    private let logger: Logger
    private let kept = Mutex<[QueueID: ByteBuffer]>([:])

    /// - Parameter keys: by the name that the directory uses.
    package init(keys: [String: DKIMKey], directory: any RecipientResolving, logger: Logger) {
        self.keys = keys
        self.directory = directory
        self.logger = logger
    }

    /// The fields that go before the message; empty when it is not ours to sign.
    ///
    /// A key that the directory names and the configuration lacks holds the mail: unsigned, it might
    /// be thrown away where nobody sees it.
    func signatures(
        for content: OutboundContent, id: QueueID, isStoredForm: Bool
    ) async throws(MailError) -> ByteBuffer {
        if isStoredForm, let signatures = kept.withLock({ $0[id] }) { return signatures }
        let signatures = try await sign(content, id)
        if isStoredForm {
            kept.withLock { kept in
                if kept.count >= Self.maximumKept { kept.removeAll() }
                kept[id] = signatures
            }
        }
        return signatures
    }

    private func sign(_ content: OutboundContent, _ id: QueueID) async throws(MailError) -> ByteBuffer {
        var reader = content.makeReader()
        var (part, isLast) = try await reader.next()
        let start = Array(part.readableBytesView.prefix(Self.maximumHeader))
        // One that can't be read, or without an author, has nobody to sign for it.
        guard let header = try? HeaderSection(start, limits: HeaderLimits(fields: .max)),
            header.ending == .emptyLine, let author = author(header),
            let (domain, keys) = try await keys(of: author.domain)
        else { return ByteBuffer() }
        do {
            let signing = try DKIMSigning(keys: keys, domain: domain, header: header, now: .now)
            part.moveReaderIndex(forwardBy: header.fieldsEnd + 2)
            signing.update(part)
            while !isLast {
                (part, isLast) = try await reader.next()
                signing.update(part)
            }
            return try signing.finish()
        } catch let error as MailError {
            throw error
        } catch {
            logger.warning("\(id): not signed for \(domain): \(error)")
            return ByteBuffer()
        }
    }

    /// The only one, so that it is clear whose signature it would be.
    private func author(_ header: HeaderSection) -> EmailAddress? {
        let fields = header.fields(named: "from")
        guard fields.count == 1 else { return nil }
        let mailboxes = AddressList(header.rawValue(fields[0])).mailboxes
        return mailboxes.count == 1 ? mailboxes[0].address : nil
    }

    private func keys(
        of name: String
    ) async throws(MailError) -> (domain: String, keys: [DKIMKey])? {
        switch await directory.domain(named: name) {
        case .notFound: return nil
        case .unavailable(let fault): throw .directoryUnavailable("\(fault)")
        case .found(let domain):
            guard !domain.dkimKeys.isEmpty else { return nil }
            var found: [DKIMKey] = []
            for name in domain.dkimKeys {
                guard let key = keys[name] else {
                    throw .localProblem(
                        "\(domain.dn) names the DKIM key \(name), which the configuration lacks")
                }
                found.append(key)
            }
            return (domain.name, found)
        }
    }
}
