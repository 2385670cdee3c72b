/// Why the server can't run: one sentence that names what to mend.
package struct ServerStartError: Error, Sendable, CustomStringConvertible {
    package let description: String

    package init(_ description: String) { self.description = description }
}
