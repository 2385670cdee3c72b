#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif
internal import MailModel

/// The file that lines are appended to. On the writer's thread.
struct HistoryTail: ~Copyable {
    /// Parts that the space is divided into, so that little is lost when the oldest goes.
    private static let parts = 16
    /// Files of a day; its last one grows on.
    private static let maximumNumber = 9999

    private let folder: String
    private let limits: HistoryFiles.Limits
    private var descriptor: Int32 = -1
    private var day = ""
    private var number = 0
    private var size = 0

    init(_ folder: String, limits: HistoryFiles.Limits) {
        self.folder = folder
        self.limits = limits
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    /// Appends whole lines. Returns why it could not.
    mutating func write(_ batch: [UInt8], at now: Timestamp) -> String? {
        let today = Self.day(now)
        let isFull = size >= limits.size / Self.parts && number < Self.maximumNumber
        if descriptor < 0 || today != day || isFull {
            guard open(today, isNext: isFull && today == day, now) else {
                return "\(folder): \(String(cString: strerror(errno)))"
            }
        }
        let isWritten = batch.withUnsafeBytes { bytes in
            var rest = bytes[...]
            while !rest.isEmpty {
                let count = Glibc.write(
                    descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { return false }
                rest = rest.dropFirst(count)
            }
            return true
        }
        size += batch.count
        guard !isWritten else { return nil }
        let problem = String(cString: strerror(errno))
        // Opened again for the next lines, which then begin on a line of their own.
        close(descriptor)
        descriptor = -1
        return "\(folder): \(problem)"
    }

    /// Goes on with the day's last file, or begins the next.
    private mutating func open(_ today: String, isNext: Bool, _ now: Timestamp) -> Bool {
        if descriptor >= 0 { close(descriptor) }
        day = today
        let last = HistoryFiles.names(in: folder).last { $0.hasPrefix(today) }
        number = last.flatMap { Int($0.dropFirst(9).prefix(4)) } ?? 0
        if isNext { number += 1 }
        descriptor = Glibc.open(
            path(today, number), O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { return false }
        size = Int(max(lseek(descriptor, 0, SEEK_END), 0))
        endTornLine()
        prune(now)
        return true
    }

    /// A crash may have left a part of a line.
    private mutating func endTornLine() {
        var last: UInt8 = 0
        guard size > 0, pread(descriptor, &last, 1, size - 1) == 1, last != UInt8(ascii: "\n")
        else { return }
        var end = UInt8(ascii: "\n")
        if Glibc.write(descriptor, &end, 1) == 1 { size += 1 }
    }

    /// Removes the oldest files, as the limits demand; never the one in use.
    private func prune(_ now: Timestamp) {
        let names = HistoryFiles.names(in: folder).filter { "\(folder)/\($0)" != path(day, number) }
        let first = Self.day(now + .seconds(-86_400 * (limits.days - 1)))
        var room = limits.size - limits.size / Self.parts
        for name in names.reversed() {
            var status = stat()
            guard stat("\(folder)/\(name)", &status) == 0 else { continue }
            room -= Int(status.st_size)
            if name.prefix(8) < first || room < 0 { unlink("\(folder)/\(name)") }
        }
    }

    private func path(_ day: String, _ number: Int) -> String {
        let digits = String(number)
        return "\(folder)/\(day)-\(String(repeating: "0", count: 4 - digits.count))\(digits).log"
    }

    /// `YYYYMMDD`, in UTC.
    private static func day(_ moment: Timestamp) -> String {
        moment.internetDateTime.prefix(10).filter { $0 != "-" }
    }
}
