import MailModel
import NIOCore

/// Reads stored bytes: from the page cache on the caller's own thread, else on an I/O thread.
struct MessageReader: Sendable {
    let files: SegmentFiles
    let index: IndexReader
    let transit: TransitMessages

    func read(_ message: MessageReference, _ range: Range<Int>) async throws(MailError)
        -> ByteBuffer
    {
        let range = range.clamped(to: 0..<message.size)
        guard !range.isEmpty else { return ByteBuffer() }
        if let location = known(message.id) {
            let (name, offset) = place(message.id, location, range)
            if let file = files.opened(name),
                let bytes = file.readCachedBuffer(at: offset, count: range.count)
            {
                return bytes
            }
        }
        switch await index.io.run({ Result { try readBlocking(message, range) } }) {
        case .success(let bytes): return bytes
        case .failure(let error as MailError): throw error
        case .failure(let error): throw .localProblem("message \(message.id): \(error)")
        case nil: throw .closing
        }
    }

    private func readBlocking(_ message: MessageReference, _ range: Range<Int>) throws -> ByteBuffer
    {
        var next = try known(message.id) ?? lookUp(message.id)
        while let location = next {
            do {
                return try read(message.id, location, range)
            } catch let error as FileSystemError {
                // Compaction has moved it, or it is settled: the index knows.
                next = try lookUp(message.id)
                if next == location { throw error }
            }
        }
        throw MailError.localProblem("message \(message.id) is not stored any more")
    }

    private func lookUp(_ id: QueueID) throws -> MessageLocation? {
        index.locations.forget([id])
        let location = try index.location(of: id)
        if let location { index.locations.set([(id, location)]) }
        return location
    }

    private func known(_ id: QueueID) -> MessageLocation? {
        transit.place(of: id).map { .log($0) } ?? index.locations[id]
    }

    private func read(_ id: QueueID, _ location: MessageLocation, _ range: Range<Int>) throws
        -> ByteBuffer
    {
        let (name, offset) = place(id, location, range)
        let bytes = try files.file(name).readBuffer(at: offset, count: range.count)
        guard bytes.readableBytes == range.count else {
            throw MailError.localProblem(
                "message \(id): \(name.text) ends at \(offset)+\(bytes.readableBytes)")
        }
        return bytes
    }

    private func place(_ id: QueueID, _ location: MessageLocation, _ range: Range<Int>)
        -> (SegmentFiles.Name, Int64)
    {
        switch location {
        case .log(let position):
            (.segment(position.segment), position.offset + Int64(range.lowerBound))
        case .ownFile: (.big(id), Int64(range.lowerBound))
        }
    }
}
