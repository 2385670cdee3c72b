/// Reads a file's first octets in parts, and computes their digest on the way.
struct FilePump {
    private static let part = 1 << 20

    /// Octets that went through, in all files.
    private(set) var octets: Int64 = 0
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: part, alignment: 4096)
    private let progress: (Int64) -> Void

    /// - Parameter progress: told of `octets` after each part.
    init(progress: @escaping (Int64) -> Void) { self.progress = progress }

    /// - Parameters:
    ///   - file: is read from where it is.
    ///   - isGrowing: a server may have taken back octets of a refused batch from its end since they
    ///     were counted: zeros, which are no record, take their place.
    ///   - sink: gets each part.
    /// - Returns: the SHA-256; nil when the file is shorter than `size`.
    mutating func run(
        _ file: OpenFile, size: Int64, isGrowing: Bool = false,
        into sink: (UnsafeRawBufferPointer) throws(BackupError) -> Void
    ) throws(BackupError) -> String? {
        var digest = SHA256()
        var left = size
        while left > 0 {
            let part = UnsafeMutableRawBufferPointer(
                rebasing: buffer[..<Int(min(left, Int64(buffer.count)))])
            let count = try file.read(into: part)
            if count < part.count {
                guard isGrowing else { return nil }
                part[count...].initializeMemory(as: UInt8.self, repeating: 0)
            }
            digest.update(UnsafeRawBufferPointer(part))
            try sink(UnsafeRawBufferPointer(part))
            left -= Int64(part.count)
            octets += Int64(part.count)
            progress(octets)
        }
        return digest.finish()
    }

    func release() { buffer.deallocate() }
}
