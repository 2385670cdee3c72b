internal import IMAP
internal import MailModel
internal import MailboxStore
internal import NIOCore
internal import Storage

/// CATENATE's URL parts (RFC 4469): octets of messages that are stored here.
extension IMAPSession {
    private static let chunkSize = 64 * 1024

    /// Whether `user@host:port` of a URL is this server, and this user.
    func isOwnServer(_ server: Substring) -> Bool {
        let parts = server.split(separator: "@", omittingEmptySubsequences: false)
        guard parts.count <= 2, let host = parts.last?.split(separator: ":").first else {
            return false
        }
        if parts.count == 2 {
            let name = parts[0].split(separator: ";").first ?? ""
            guard name.lowercased() == user?.login.lowercased() else { return false }
        }
        return host.lowercased() == service.configuration.hostName.lowercased()
    }

    /// Hands over what the URL names, in chunks.
    func readURL(
        _ url: AppendURL, _ text: String,
        _ take: (ByteBuffer) async throws(CommandFailure) -> Void
    ) async throws(CommandFailure) {
        let message = try await message(at: url, text)
        let content: SectionContent?
        do throws(MailError) {
            content = try await message.content(of: url.section)?.partial(url.section.partial)
        } catch { throw refusal(error) }
        guard let content else { throw .badURL(text) }
        for piece in content.pieces {
            switch piece {
            case .bytes(let bytes): try await take(bytes)
            case .stored(var range):
                while !range.isEmpty {
                    let end = min(range.upperBound, range.lowerBound + Self.chunkSize)
                    let chunk: ByteBuffer
                    do throws(MailError) {
                        chunk = try await message.octets(range.lowerBound..<end)
                    } catch { throw refusal(error) }
                    try await take(chunk)
                    range = end..<range.upperBound
                }
            }
        }
    }

    private func message(at url: AppendURL, _ text: String)
        async throws(CommandFailure) -> FetchedMessage
    {
        let place = try await mailbox(of: url, text)
        if let uidValidity = url.uidValidity, uidValidity != place.uidValidity {
            throw .badURL(text)
        }
        let storage = service.mailboxes.storage
        var found: FetchedMessage?
        do throws(MailError) {
            if let stored = try await storage.messages(
                UIDSet(ascending: [url.uid]), in: place.id, limit: 1
            ).first {
                let facts =
                    url.section.part.isEmpty
                    ? nil : await service.cache.facts(of: [stored.message])[0]
                found = FetchedMessage(stored, facts: facts, storage: storage)
            }
        } catch { throw refusal(error) }
        guard let found else { throw .badURL(text) }
        return found
    }

    private func mailbox(of url: AppendURL, _ text: String)
        async throws(CommandFailure) -> (id: Int64, uidValidity: UInt32)
    {
        guard let name = url.mailbox else {
            guard let selected else { throw .badURL(text) }
            return (selected.live.id, selected.live.uidValidity)
        }
        do throws(CommandFailure) {
            let found = try await mailbox(named: name, needing: .read)
            return (found.id, found.status.uidValidity)
        } catch {
            // RFC 4469 section 5: whatever is wrong with it, it is the URL that is bad.
            guard case .refused(let completion) = error,
                completion.code == "NONEXISTENT" || completion.code == "NOPERM"
            else { throw error }
            throw .badURL(text)
        }
    }
}

extension CommandFailure {
    /// RFC 4469 section 5.
    static func badURL(_ url: String) -> CommandFailure {
        let safe = url.unicodeScalars.filter {
            $0.isASCII && $0.value > 0x20 && $0.value < 0x7f && !"\"]\\".unicodeScalars.contains($0)
        }
        return .no("No such message", code: "BADURL \"\(String(String.UnicodeScalarView(safe)))\"")
    }
}
