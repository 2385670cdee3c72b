/// What must not be, whatever the octets: a promise of the code under test that it broke.
package struct Violation: Error, CustomStringConvertible {
    package let description: String

    package init(_ description: String) { self.description = description }
}

/// - Parameter promise: what holds, in words.
package func expect(_ holds: Bool, _ promise: @autoclosure () -> String) throws(Violation) {
    guard holds else { throw Violation(promise()) }
}

package func words(_ texts: [String]) -> [[UInt8]] { texts.map { Array($0.utf8) } }

extension [UInt8] {
    /// - Parameter text: in lower case; the case of ASCII letters does not count.
    func contains(_ text: String) -> Bool {
        let text = Array(text.utf8)
        guard count >= text.count else { return false }
        return (0...(count - text.count)).contains { start in
            self[start..<start + text.count].elementsEqual(text) { octet, letter in
                octet == letter || (octet | 0x20 == letter && (0x61...0x7a).contains(letter))
            }
        }
    }
}
