#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif

extension DKIMKey {
    /// Far more than any private key needs.
    private static let sizeLimit = 64 * 1024

    /// Reads a PEM file. Blocks for as long as the disk takes.
    package convenience init(file: String, selector: String) throws(DKIMError) {
        try self.init(pem: try Self.read(file), selector: selector)
    }

    private static func read(_ file: String) throws(DKIMError) -> [UInt8] {
        let descriptor = open(file, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw systemError(file) }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: sizeLimit + 1)
        var filled = 0
        while filled < bytes.count {
            let count = bytes.withUnsafeMutableBytes {
                Glibc.read(descriptor, $0.baseAddress! + filled, $0.count - filled)
            }
            guard count >= 0 else { throw systemError(file) }
            if count == 0 { break }
            filled += count
        }
        guard filled <= sizeLimit else { throw .unreadableFile(file, "too large for a PEM file") }
        return Array(bytes[..<filled])
    }

    private static func systemError(_ file: String) -> DKIMError {
        .unreadableFile(file, String(cString: strerror(errno)))
    }
}
