import MailModel
import NIOCore

/// Reads stored bytes: from the page cache on the caller's own thread, else on an I/O thread.
struct MessageReader: Sendable {
    let files: SegmentFiles
    let index: IndexReader
    let transit: TransitMessages
    let holds = MessageHolds()

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

    /// Finds the message and keeps its file open.
    func hold(_ message: MessageReference) async throws(MailError) -> MessageHold {
        if let location = known(message.id) {
            let (name, offset) = place(message.id, location, 0..<0)
            if let file = files.opened(name) { return holds.take(message.id, in: file, at: offset) }
        }
        switch await index.io.run({ Result { try holdBlocking(message.id) } }) {
        case .success(let hold): return hold
        case .failure(let error as MailError): throw error
        case .failure(let error): throw .localProblem("message \(message.id): \(error)")
        case nil: throw .closing
        }
    }

    private func holdBlocking(_ id: QueueID) throws -> MessageHold {
        try withLocation(of: id) { location in
            let (name, offset) = place(id, location, 0..<0)
            return holds.take(id, in: try files.file(name), at: offset)
        }
    }

    private func readBlocking(_ message: MessageReference, _ range: Range<Int>) throws -> ByteBuffer
    {
        if let place = holds[message.id] {
            return try read(message.id, place.file, at: place.offset + Int64(range.lowerBound), range.count)
        }
        return try withLocation(of: message.id) { location in
            let (name, offset) = place(message.id, location, range)
            return try read(message.id, files.file(name), at: offset, range.count)
        }
    }

    private func withLocation<Value>(
        of id: QueueID, _ body: (MessageLocation) throws -> Value
    ) throws -> Value {
        var next = try known(id) ?? lookUp(id)
        while let location = next {
            do {
                return try body(location)
            } catch let error as FileSystemError {
                // Compaction has moved it, or it is settled: the index knows.
                next = try lookUp(id)
                if next == location { throw error }
            }
        }
        throw MailError.localProblem("message \(id) is not stored any more")
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

    private func read(
        _ id: QueueID, _ file: any StorageFile, at offset: Int64, _ count: Int
    ) throws -> ByteBuffer {
        let bytes = try file.readBuffer(at: offset, count: count)
        guard bytes.readableBytes == count else {
            throw MailError.localProblem(
                "message \(id): its file ends at \(offset)+\(bytes.readableBytes)")
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
