import InternetMessage
import MailModel
import NIOCore
import SMTP
import Storage

/// The message that is being received: its octets on their way into the draft.
///
/// A mail exchanger stores them as they come. For submission the header section is held back, at
/// most 256 KiB, until it is whole and can be checked and completed.
final class IncomingMessage {
    private enum Header {
        case watched(ArrivingHeader)
        case collected(HeaderEndFinder, [UInt8])
        /// It has ended; the body streams through.
        case done
    }

    let draft: MessageDraft
    private let maximumHops: Int
    private var header: Header
    /// It says `TLS-Required: No`. For who checks the header to set where that is held back.
    var waivesTLSPolicies = false

    /// - Parameter holdsHeader: the header section is to be given to `check` before it is stored.
    init(_ draft: MessageDraft, maximumHops: Int, holdsHeader: Bool) {
        self.draft = draft
        self.maximumHops = maximumHops
        header = holdsHeader ? .collected(HeaderEndFinder(), []) : .watched(ArrivingHeader())
    }

    /// - Parameter check: makes the held header section what is to be stored.
    func append(
        _ octets: ByteBuffer,
        check: ([UInt8]) async throws(MailError) -> ByteBuffer
    ) async throws(MailError) {
        switch header {
        case .done: try await draft.append(octets)
        case .watched(var arriving):
            arriving.read(octets)
            guard arriving.receivedCount < maximumHops else {
                throw .tooManyHops(arriving.receivedCount)
            }
            waivesTLSPolicies = arriving.waivesTLSPolicies
            header = arriving.isFinished ? .done : .watched(arriving)
            try await draft.append(octets)
        case .collected(var finder, var bytes):
            // The array has one owner while it grows.
            header = .done
            var rest = octets
            let end = try Self.scan(octets, &finder)
            bytes.append(
                contentsOf: rest.readSlice(length: end ?? octets.readableBytes)?.readableBytesView
                    ?? ByteBufferView())
            guard end != nil else {
                header = .collected(finder, bytes)
                return
            }
            try await draft.append(check(bytes))
            if rest.readableBytes > 0 { try await draft.append(rest) }
        }
    }

    /// The message is whole; it may have been all header.
    func finish(
        check: ([UInt8]) async throws(MailError) -> ByteBuffer
    ) async throws(MailError) {
        guard case .collected(_, let bytes) = header else { return }
        header = .done
        try await draft.append(check(bytes))
    }

    func discard() { draft.discard() }

    private static func scan(
        _ octets: ByteBuffer, _ finder: inout HeaderEndFinder
    ) throws(MailError) -> Int? {
        let result = octets.withUnsafeReadableBytes { bytes -> Result<Int?, HeaderError> in
            do throws(HeaderError) {
                return .success(try finder.scan(bytes))
            } catch {
                return .failure(error)
            }
        }
        do throws(HeaderError) {
            return try result.get()
        } catch {
            throw MailError(error)
        }
    }
}

extension MailError {
    init(_ error: HeaderError) {
        self.init(552, .init(5, 3, 4), "Header section is too large", cause: "\(error)")
    }

    static func tooManyHops(_ count: Int) -> MailError {
        MailError(
            554, .init(5, 4, 6), "Too many hops, this looks like a loop",
            cause: "\(count) Received fields")
    }
}
