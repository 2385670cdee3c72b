package import MailModel

extension Directory {
    /// Writes the user's own quota into the directory, with the server's own rights there. A limit
    /// that is nil goes from the entry, so that the domain's default counts.
    package func setQuota(_ quota: Quota, of account: Account) async -> QuotaChange {
        let map = configuration.resolver.attributeMap
        var changes: [DirectoryChange.Modification] = []
        for (attribute, limit, unit) in [
            (map.user.quota, quota.bytes, map.user.quotaUnit),
            (map.user.messageQuota, quota.messages, .bytes),
        ] {
            if let attribute {
                let values = limit.map { [QuotaText.format($0, unit: unit)] } ?? []
                changes.append(.init(.replace, DirectoryAttribute(attribute, values)))
            } else if limit != nil {
                return .refused("the attribute map \(map.name) has no attribute for the limit")
            }
        }
        guard !changes.isEmpty else { return .done }
        let outcome = await client.apply(.modify(dn: account.dn, modifications: changes))
        invalidate()
        switch outcome {
        case .done: return .done
        case .notSent(let fault), .unknown(let fault): return .unavailable(fault)
        case .alreadyExists(let text), .noSuchObject(let text): return .refused(text)
        case .refused(let code, let text): return .refused("result code \(code): \(text)")
        }
    }
}
