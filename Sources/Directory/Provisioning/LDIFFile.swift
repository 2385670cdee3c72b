#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif

/// An LDIF file being read, record by record, from beginning to end.
struct LDIFFile: ~Copyable {
    let path: String
    private let descriptor: Int32
    private var reader: LDIFReader

    /// - Throws: a problem that names the file and the system's reason.
    init(_ path: String) throws(ProvisioningProblem) {
        descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw ProvisioningProblem(
                file: path, line: 0, dn: "", text: "can't be read: \(String(cString: strerror(errno)))")
        }
        self.path = path
        reader = LDIFReader(descriptor: descriptor)
    }

    deinit { close(descriptor) }

    /// Nil at the end. After an error the next call goes on behind the bad record.
    mutating func next() throws(ProvisioningProblem) -> ProvisioningRecord? {
        do throws(LDIFError) {
            return try reader.next().map {
                ProvisioningRecord(
                    file: path, line: $0.line, change: $0.change, valueLines: $0.valueLines)
            }
        } catch {
            throw ProvisioningProblem(file: path, line: error.line, dn: "", text: error.problem)
        }
    }
}
