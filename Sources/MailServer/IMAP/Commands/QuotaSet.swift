internal import Directory
internal import IMAP
internal import Logging
internal import MailModel

/// SETQUOTA (RFC 9208 section 4.1.3), for administrators: whoever has logged in with a password of
/// their own to act as the account, which the directory must grant. The limits go to the directory,
/// which must let the server write them.
extension IMAPSession {
    func setQuota(_ root: String, _ limits: [QuotaLimit]) async throws(CommandFailure) -> Completion {
        guard root == Self.quotaRoot else {
            throw .no("No such quota root", code: "NONEXISTENT")
        }
        let quota = try Self.quota(limits)
        let user = try loggedIn()
        guard try await isAdministrator(user) else { throw .notPermitted }
        switch await service.directory.setQuota(quota, of: user.account) {
        case .done: break
        case .refused(let cause):
            logger.warning(
                "the directory refuses a quota",
                metadata: ["account": "\(user.account.id)", "by": "\(user.login)", "cause": "\(cause)"])
            throw .no("The directory does not take it", code: "NOPERM")
        case .unavailable(let fault): throw directoryUnavailable(fault.cause)
        }
        logger.notice(
            "quota set",
            metadata: [
                "account": "\(user.account.id)", "by": "\(user.login)",
                "octets": "\(quota.bytes.map { "\($0)" } ?? "default")",
                "messages": "\(quota.messages.map { "\($0)" } ?? "default")",
            ])
        if case .found(let account) = await service.directory.current(user.account) {
            user.account.quota = account.quota
        }
        try await writeQuota()
        return .ok("SETQUOTA completed")
    }

    /// What is not named goes back to the default: earlier limits are discarded.
    private static func quota(_ limits: [QuotaLimit]) throws(CommandFailure) -> Quota {
        var quota = Quota.unlimited
        for limit in limits {
            switch limit.resource.uppercased() {
            case "STORAGE":
                guard limit.limit <= 1 << 50 else { throw .no("Limit is too large", code: "CANNOT") }
                quota.bytes = Int64(limit.limit) * 1024
            case "MESSAGE":
                guard limit.limit <= 1 << 50 else { throw .no("Limit is too large", code: "CANNOT") }
                quota.messages = Int64(limit.limit)
            default: throw .no("No such resource", code: "CANNOT")
            }
        }
        return quota
    }

    private func isAdministrator(_ user: IMAPUser) async throws(CommandFailure) -> Bool {
        switch await service.directory.account(login: user.login) {
        case .notFound: return false
        case .unavailable(let fault): throw directoryUnavailable(fault.cause)
        case .found(let actor):
            guard actor.id != user.account.id else { return false }
            switch await service.directory.mayAct(as: user.account, by: actor) {
            case .found(let may): return may
            case .notFound: return false
            case .unavailable(let fault): throw directoryUnavailable(fault.cause)
            }
        }
    }
}
