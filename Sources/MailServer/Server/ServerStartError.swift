/// Why the server can't run: a sentence, or a line for each setting, that names what to mend.
package struct ServerStartError: Error, Sendable, CustomStringConvertible {
    package let description: String
    /// 78 (EX_CONFIG of sysexits) when the configuration names what can't be used: starting again does
    /// not help then. 1 otherwise.
    package let exitStatus: Int32
    /// What of the configuration is to blame, if it is.
    let settings: [UnusableSetting]

    package init(_ description: String) {
        self.description = description
        exitStatus = 1
        settings = []
    }

    /// - Parameter file: the configuration's.
    init(_ settings: [UnusableSetting], in file: String) {
        description = settings.map { $0.problem(in: file).description }.joined(separator: "\n")
        exitStatus = 78
        self.settings = settings
    }
}
