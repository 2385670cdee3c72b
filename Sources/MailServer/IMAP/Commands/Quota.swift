internal import Directory
internal import IMAP
internal import MailModel
internal import MailboxStore
internal import NIOCore

/// QUOTA (RFC 9208). All mailboxes of an account are under one root, whose limits are the
/// directory's.
extension IMAPSession {
    static let quotaRoot = "User quota"

    func getQuota(_ root: String) async throws(CommandFailure) -> Completion {
        guard root == Self.quotaRoot, try await writeQuota() else {
            throw .no("No such quota root", code: "NONEXISTENT")
        }
        return .ok("GETQUOTA completed")
    }

    /// Another user's quota is not this user's to see: such a mailbox is shown without a root, as one
    /// that has no limit.
    func getQuotaRoot(_ name: String) async throws(CommandFailure) -> Completion {
        let mailbox = try await mailbox(named: name, needing: .read)
        let quota = mailbox.isOwn ? try await quotaResponse() : nil
        output.writeStaticString("* QUOTAROOT ")
        output.writeIMAPMailbox(mailbox.name, utf8: writesUTF8)
        if let quota { output.writeString(" \"\(Self.quotaRoot)\"\r\n\(quota)") }
        output.writeStaticString("\r\n")
        return .ok("GETQUOTAROOT completed")
    }

    /// - Returns: false for a user without limits, who has no quota root.
    @discardableResult
    func writeQuota() async throws(CommandFailure) -> Bool {
        guard let quota = try await quotaResponse() else { return false }
        output.writeString(quota + "\r\n")
        return true
    }

    // quota-response = "QUOTA" SP quota-root-name SP "(" quota-resource *(SP quota-resource) ")"
    private func quotaResponse() async throws(CommandFailure) -> String? {
        let user = try loggedIn()
        let usage = try await stored { () async throws(MailError) in
            try await user.mailboxes.usage()
        }
        let quota = await currentQuota(of: user)
        var resources: [String] = []
        if let limit = quota.bytes {
            // In units of 1024 octets (RFC 9208 section 5.1).
            resources.append("STORAGE \((usage.bytes + 1023) / 1024) \(limit / 1024)")
        }
        if let limit = quota.messages { resources.append("MESSAGE \(usage.messages) \(limit)") }
        guard !resources.isEmpty else { return nil }
        return "* QUOTA \"\(Self.quotaRoot)\" (\(resources.joined(separator: " ")))"
    }

    /// As the directory says now; what the session knows, when it can't tell.
    private func currentQuota(of user: IMAPUser) async -> Quota {
        guard case .found(let account) = await service.directory.current(user.account) else {
            return user.account.quota
        }
        return account.quota
    }
}
