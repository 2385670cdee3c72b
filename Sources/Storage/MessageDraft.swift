import InternetMessage
import Logging
package import MailModel
package import NIOCore

/// A message that is being received: bytes are appended, then it is accepted or discarded.
///
/// Up to a threshold it is in memory; beyond, it streams to a file of its own, so a session's
/// memory does not grow with the message. Used by one task at a time.
package final class MessageDraft: @unchecked Sendable {
    package let id: QueueID
    /// Octets appended so far.
    package private(set) var size = 0

    private let means: DraftMeans
    /// The last two octets.
    private var ending: UInt16 = 0
    private var scanner = LineFormScanner(asciiHeaders: true, getsAll: true)
    /// What is not yet in the file.
    private var memory = ByteBuffer()
    private var file: (any StorageFile)?
    private var fileEnd: Int64 = 0
    /// Octets taken from the budget.
    private var counted = 0
    private var isOpen = true
    private var isUnderWay = true

    init(id: QueueID, means: DraftMeans) {
        self.id = id
        self.means = means
        means.underWay.begin()
    }

    deinit { discard() }

    /// Appends to the message. Below the threshold this only copies; beyond, it waits for the disk
    /// now and then. After an error the draft can only be discarded.
    package func append(_ bytes: ByteBuffer) async throws(MailError) {
        try means.budget.take(bytes.readableBytes)
        counted += bytes.readableBytes
        memory.writeImmutableBuffer(bytes)
        bytes.withUnsafeReadableBytes { bytes in
            if scanner.verdict == nil { scanner.scan(bytes) }
            for octet in bytes.suffix(2) { ending = ending << 8 | UInt16(octet) }
        }
        size += bytes.readableBytes
        if size > means.threshold, file == nil || memory.readableBytes >= means.threshold {
            try await spill()
        }
    }

    /// Gives the message up; does nothing once it is accepted.
    package func discard() {
        guard isOpen else { return }
        isOpen = false
        endReceiving()
        releaseMemory()
        guard file != nil else { return }
        file = nil
        means.removeFile(of: id)
    }

    /// Completes the bytes: in memory, or durable in the file when `isLarge`.
    func finish() async throws(MailError) -> (body: ByteBuffer, isLarge: Bool) {
        endReceiving()
        guard file != nil else { return (memory, false) }
        try await spill()
        try await onThread { file throws(FileSystemError) in try file.sync() }
        return (ByteBuffer(), true)
    }

    /// Of the bytes so far: clients that take lines and ASCII headers may need another form of them, if
    /// only with a line end behind the last line. Found out on the way in, when they are at hand: POP3
    /// tells sizes of whole maildrops.
    var mayNeedConversion: Bool {
        if ending != 0x0d0a { return true }
        var scanner = scanner
        return scanner.finish() == .mayNeedOther
    }

    /// The log has the message: its file stays.
    func accepted() {
        isOpen = false
        file = nil
        releaseMemory()
    }

    private func endReceiving() {
        guard isUnderWay else { return }
        isUnderWay = false
        means.underWay.end()
    }

    private func spill() async throws(MailError) {
        try means.space.require(memory.readableBytes)
        // This task waits meanwhile, so the thread may use the draft's own buffer, and what it
        // holds is not given up: fresh pages for each part would cost more than writing it.
        try await onThread { [self] file throws(FileSystemError) in
            try file.write(memory, at: fileEnd)
        }
        fileEnd += Int64(memory.readableBytes)
        means.space.wrote(memory.readableBytes)
        memory.clear()
        releaseMemory()
    }

    private func onThread(
        _ body: @escaping @Sendable (any StorageFile) throws(FileSystemError) -> Void
    ) async throws(MailError) {
        let (files, opened, id) = (means.files, file, id)
        let result = await means.io.run { () -> Result<any StorageFile, FileSystemError> in
            do throws(FileSystemError) {
                let file = if let opened { opened } else { try files.create(.big(id)) }
                try body(file)
                return .success(file)
            } catch { return .failure(error) }
        }
        switch result {
        case .success(let opened): file = opened
        case .failure(let error): throw error.mailError
        case nil: throw .closing
        }
    }

    private func releaseMemory() {
        means.budget.giveBack(counted)
        counted = 0
    }
}

/// What drafts share.
struct DraftMeans: Sendable {
    let underWay = DraftsUnderWay()
    let files: SegmentFiles
    let io: IOThreads
    let budget: MemoryBudget
    let space: SpaceGauge
    let threshold: Int
    let logger: Logger

    /// Removes a large message's file, sometime soon; recovery removes what is missed.
    func removeFile(of id: QueueID) {
        let (files, logger) = (files, logger)
        io.start {
            do {
                try files.remove(.big(id))
            } catch {
                logger.warning(
                    "a large message's file stays until the next start",
                    metadata: [
                        "id": "\(id)", "error": "\(error)",
                    ])
            }
        }
    }
}

extension StorageFile {
    func write(_ bytes: ByteBuffer, at offset: Int64) throws(FileSystemError) {
        var failure: FileSystemError?
        bytes.withUnsafeReadableBytes { pointer in
            do throws(FileSystemError) {
                try write([pointer], at: offset)
            } catch { failure = error }
        }
        if let failure { throw failure }
    }
}
