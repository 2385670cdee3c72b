/// Why the server can't run: a sentence, or a line for each setting, that names what to mend.
package struct ServerStartError: Error, Sendable, CustomStringConvertible {
    package let description: String
    /// 78 (EX_CONFIG of sysexits) when the configuration names what can't be used: starting again does
    /// not help then.
    package let exitStatus: Int32
    /// What of the configuration is to blame, if it is.
    let settings: [UnusableSetting]

    package init(_ description: String, exitStatus: Int32 = 1) {
        self.description = description
        self.exitStatus = exitStatus
        settings = []
    }

    /// - Parameter file: the configuration's.
    init(_ settings: [UnusableSetting], in file: String) {
        description = settings.map { $0.problem(in: file).description }.joined(separator: "\n")
        exitStatus = 78
        self.settings = settings
    }
}
