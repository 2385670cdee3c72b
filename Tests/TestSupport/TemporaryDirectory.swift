import Foundation
import Glibc

/// A directory of a test's own, removed with everything in it when the value goes.
package final class TemporaryDirectory: Sendable {
    package let path: String

    package init() throws {
        var template = Array("/tmp/martlet-test-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else {
            throw TestFailure("mkdtemp: \(String(cString: strerror(errno)))")
        }
        path = template.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
    }

    deinit { Self.remove(path) }

    /// Removes a file or a directory with all it holds; what is not there is no fault.
    package static func remove(_ path: String) {
        try? FileManager.default.removeItem(atPath: path)
    }
}
