internal import MailModel

/// Policies by domain, up to a limit.
struct PolicyTable {
    private struct Slot {
        var policy: CachedPolicy
        var used: Timestamp
    }

    private var slots: [String: Slot] = [:]
    private let limit: Int

    init(limit: Int) { self.limit = limit }

    var all: [CachedPolicy] { slots.values.map(\.policy) }
    var count: Int { slots.count }

    /// The domain's policy while it is valid.
    mutating func valid(_ domain: String, at now: Timestamp) -> CachedPolicy? {
        guard let slot = slots[domain], slot.policy.expiry > now else { return nil }
        slots[domain]?.used = now
        return slot.policy
    }

    /// Puts it in; when the table is full, for what has expired, or else for what has gone unused
    /// longest.
    mutating func insert(_ policy: CachedPolicy, at now: Timestamp) {
        if slots.count >= limit, slots[policy.domain] == nil {
            slots = slots.filter { $0.value.policy.expiry > now }
            if slots.count >= limit, let oldest = slots.min(by: { $0.value.used < $1.value.used }) {
                slots[oldest.key] = nil
            }
        }
        slots[policy.domain] = Slot(policy: policy, used: now)
    }
}
