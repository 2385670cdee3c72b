/// The state directory.
package struct StorageSettings: Sendable {
    /// Below so many free octets, mail is refused with 452 4.3.1.
    package var minimumFree: Int

    init(_ section: ConfigurationSection) {
        minimumFree = section.size("minimum_free", 0...1 << 50) ?? 256 << 20
        section.finish()
    }
}
