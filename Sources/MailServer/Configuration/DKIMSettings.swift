/// The keys that domain entries of the directory name.
package struct DKIMSettings: Sendable {
    package struct Key: Sendable {
        package var selector: String
        package var file: String
    }

    package var keys: [String: Key]

    init(_ section: ConfigurationSection) {
        let keys = section.section("keys")
        self.keys = keys.keys.reduce(into: [:]) { result, name in
            let key = keys.section(name)
            let selector = key.requiredString("selector", "the selector of its DNS record")
            let file = key.requiredString("file", "the PEM file that `martlet dkim create` made")
            key.finish()
            result[name] = Key(selector: selector, file: key.absolute(file))
        }
        section.finish()
    }
}
