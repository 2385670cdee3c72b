#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif

/// A secret kept in a file of its own, so that the configuration can be read by others.
package enum SecretFile {
    package struct Failure: Error, CustomStringConvertible { package let description: String }

    /// The first line of the file (at most 1,024 octets).
    package static func read(_ path: String) throws(Failure) -> String {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Failure(description: String(cString: strerror(errno))) }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 1025)
        let count = Glibc.read(descriptor, &bytes, bytes.count)
        guard count >= 0 else { throw Failure(description: String(cString: strerror(errno))) }
        let line = bytes[..<count].prefix { $0 != UInt8(ascii: "\n") && $0 != UInt8(ascii: "\r") }
        guard !line.isEmpty else { throw Failure(description: "its first line is empty") }
        guard line.count <= 1024 else { throw Failure(description: "its first line is too long") }
        return String(decoding: line, as: UTF8.self)
    }
}
