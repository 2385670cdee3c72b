/// What is kept of messages for `martlet queue trace`.
package struct HistorySettings: Sendable {
    /// `history: off`.
    package var isKept: Bool
    package var days: Int
    /// Octets of all of it.
    package var size: Int

    init(_ root: ConfigurationSection) {
        isKept = !root.isOff("history")
        let section =
            isKept
            ? root.section("history")
            : ConfigurationSection(document: root.document, path: "history")
        days = section.integer("days", 1...3650) ?? 14
        size = section.size("size", 16 << 20 ... 1 << 50) ?? 1 << 30
        section.finish()
    }
}
