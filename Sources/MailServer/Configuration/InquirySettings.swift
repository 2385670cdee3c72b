/// How the hosts of a distributed domain are asked which of them has an address.
package struct InquirySettings: Sendable {
    /// For a whole question.
    package var timeout: Duration
    /// After it, the next host is asked as well.
    package var patience: Duration
    package var connectTimeout: Duration
    /// How long a host that can't be reached is left alone.
    package var failureMemory: Duration
    /// How long a session without questions is kept.
    package var idleTimeout: Duration
    /// How long answers are remembered: that a host has the address, that nobody has it.
    package var positive: Duration
    package var negative: Duration
    package var entries: Int

    init(_ section: ConfigurationSection) {
        let waits = Duration.milliseconds(100) ... .seconds(240)
        timeout = section.duration("timeout", waits) ?? .seconds(10)
        patience = section.duration("patience", waits) ?? .seconds(2)
        connectTimeout = section.duration("connect_timeout", waits) ?? .seconds(5)
        failureMemory = section.duration("failure_memory", .zero ... .seconds(3600)) ?? .seconds(15)
        idleTimeout = section.duration("idle_timeout", .zero ... .seconds(300)) ?? .seconds(5)
        let cache = section.section("cache")
        positive = cache.duration("positive", .zero ... .seconds(7 * 86400)) ?? .seconds(600)
        negative = cache.duration("negative", .zero ... .seconds(7 * 86400)) ?? .seconds(60)
        entries = cache.integer("entries", 100...10_000_000) ?? 100_000
        cache.finish()
        section.finish()
    }
}
