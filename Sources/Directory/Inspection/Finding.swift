/// One thing that `martlet check` has to say.
package struct Finding: Hashable, Sendable, Codable {
    package enum Severity: String, Hashable, Sendable, Codable, Comparable {
        case ok, hint, warning, error

        package static func < (left: Severity, right: Severity) -> Bool {
            let order: [Severity] = [.ok, .hint, .warning, .error]
            return order.firstIndex(of: left)! < order.firstIndex(of: right)!
        }
    }

    package var severity: Severity
    /// The part looked at: an entry, an attribute.
    package var subject: String
    package var what: String
    /// Empty when there is nothing to do.
    package var whatToDo: String

    package init(_ severity: Severity, _ subject: String, _ what: String, whatToDo: String = "") {
        self.severity = severity
        self.subject = subject
        self.what = what
        self.whatToDo = whatToDo
    }
}
