#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif
package import MailModel

internal import struct Foundation.Data
internal import class Foundation.JSONDecoder

/// Finds a message's lines in the history, whether the server runs or not.
package struct HistoryReader: Sendable {
    /// Lines of one message that are read.
    private static let maximumLines = 100_000

    private let folder: String

    package init(configuration: ServerConfiguration) {
        self.init(folder: configuration.historyFolder)
    }

    init(folder: String) { self.folder = folder }

    /// In the order in which they were written. Searches from the newest file back to the one that
    /// tells of the message's acceptance.
    package func events(of id: QueueID) -> [HistoryEvent] {
        var events: [HistoryEvent] = []
        for name in HistoryFiles.names(in: folder).reversed() {
            let found = Self.lines(of: id, inFile: "\(folder)/\(name)")
                .compactMap { try? JSONDecoder().decode(HistoryEvent.self, from: $0) }
            events.insert(contentsOf: found, at: 0)
            if found.contains(where: { $0.event == "accepted" }) { break }
            guard events.count < Self.maximumLines else { break }
        }
        return events
    }

    /// The file is mapped, so what is looked at needs no copy; memchr(3) goes through gigabytes in a
    /// second.
    private static func lines(of id: QueueID, inFile path: String) -> [Data] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return [] }
        defer { close(descriptor) }
        let size = Int(lseek(descriptor, 0, SEEK_END))
        guard size > 0, let space = mmap(nil, size, PROT_READ, MAP_PRIVATE, descriptor, 0),
            space != MAP_FAILED
        else { return [] }
        defer { munmap(space, size) }
        madvise(space, size, MADV_SEQUENTIAL)
        return lines(of: id, in: UnsafeRawBufferPointer(start: space, count: size))
    }

    /// Those that begin with the id: it is each line's first member.
    static func lines(of id: QueueID, in bytes: UnsafeRawBufferPointer) -> [Data] {
        let mark = Array("{\"id\":\"\(id)\",".utf8)
        guard let base = bytes.baseAddress else { return [] }
        var lines: [Data] = []
        var start = 0
        while start < bytes.count, lines.count < maximumLines {
            let found = memchr(base + start, 0x0a, bytes.count - start)
            let end = found.map { UnsafeRawPointer($0) - base } ?? bytes.count
            if end - start > mark.count, memcmp(base + start, mark, mark.count) == 0 {
                lines.append(Data(bytes[start..<end]))
            }
            start = end + 1
        }
        return lines
    }
}
