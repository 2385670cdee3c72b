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
        guard filled <= sizeLimit else { throw .badFile(file, "too large for a PEM file") }
        return Array(bytes[..<filled])
    }

    /// Writes the private key as PKCS#8 to a file that does not exist yet, for its owner alone, and
    /// waits for the disk.
    package func write(newFile file: String) throws(DKIMError) {
        let descriptor = open(file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw Self.systemError(file) }
        defer { close(descriptor) }
        let text = pem
        guard !text.isEmpty, Glibc.write(descriptor, text, text.count) == text.count,
            fsync(descriptor) == 0
        else {
            let error = Self.systemError(file)
            unlink(file)
            throw error
        }
    }

    private static func systemError(_ file: String) -> DKIMError {
        .badFile(file, String(cString: strerror(errno)))
    }
}
