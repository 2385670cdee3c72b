internal import Glibc

/// A message's octets between its source and the server: in memory, the rest of a large one in a
/// file that has no name. Its size has to be said before it is sent, and a source across the
/// network is to be read once.
final class MessageCopy {
    private static let memory = 1 << 20

    private(set) var measure = MessageMeasure()
    private var head: [UInt8] = []
    private var file: TemporaryFile?

    var size: Int { measure.size }

    func add(_ part: UnsafeRawBufferPointer) throws(MigrationError) {
        measure.add(part)
        if file == nil, head.count + part.count <= Self.memory {
            head += part
            return
        }
        if file == nil { file = try TemporaryFile() }
        try file?.append(part)
    }

    func read(_ body: (UnsafeRawBufferPointer) throws(MigrationError) -> Void) throws(MigrationError) {
        var failure: MigrationError?
        head.withUnsafeBytes { bytes in
            do throws(MigrationError) { try body(bytes) } catch { failure = error }
        }
        if let failure { throw failure }
        try file?.read(body)
    }
}

/// A file in TMPDIR without a name.
private final class TemporaryFile {
    private static let partSize = 256 * 1024

    private let descriptor: Int32
    private let directory: String
    private var size = 0

    init() throws(MigrationError) {
        directory = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        var name = Array("\(directory)/martlet-XXXXXX".utf8CString)
        descriptor = mkstemp(&name)
        guard descriptor >= 0 else { throw .system(directory) }
        unlink(name)
    }

    deinit { close(descriptor) }

    func append(_ part: UnsafeRawBufferPointer) throws(MigrationError) {
        var rest = part[...]
        while !rest.isEmpty {
            let count = pwrite(
                descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count, off_t(size))
            guard count > 0 else { throw .system(directory) }
            size += count
            rest = rest.dropFirst(count)
        }
    }

    func read(_ body: (UnsafeRawBufferPointer) throws(MigrationError) -> Void) throws(MigrationError) {
        var part = [UInt8](repeating: 0, count: Self.partSize)
        var offset = 0
        while offset < size {
            let count = pread(descriptor, &part, min(part.count, size - offset), off_t(offset))
            guard count > 0 else { throw .system(directory) }
            var failure: MigrationError?
            part.withUnsafeBytes { bytes in
                do throws(MigrationError) {
                    try body(UnsafeRawBufferPointer(rebasing: bytes[..<count]))
                } catch { failure = error }
            }
            if let failure { throw failure }
            offset += count
        }
    }
}
