import NIOCore
import Synchronization

/// Sessions that can be resumed, each with the server that it was made with and what that had
/// proved: a session never stands for more than was verified when it began.
final class TLSSessionCache: Sendable {
    private static let limit = 256
    /// A session holds the server's certificate.
    private static let sizeLimit = 8 * 1024
    /// A certificate that is withdrawn meanwhile is trusted for so much longer.
    private static let lifetime = TimeAmount.hours(1)

    struct Entry: Sendable {
        /// As OpenSSL encodes it.
        let session: [UInt8]
        let verified: VerifiedPeer
        fileprivate let time: NIODeadline
    }

    private let entries = Mutex<[TLSPeer: Entry]>([:])

    func entry(for peer: TLSPeer) -> Entry? {
        guard let entry = entries.withLock({ $0[peer] }), entry.time + Self.lifetime > .now() else {
            return nil
        }
        return entry
    }

    /// - Parameter earlier: the session that this one goes back to; nil: the server was verified now.
    func keep(_ session: [UInt8], verified: VerifiedPeer, since earlier: Entry?, for peer: TLSPeer) {
        guard session.count <= Self.sizeLimit else { return }
        let entry = Entry(session: session, verified: verified, time: earlier?.time ?? .now())
        entries.withLock { entries in
            if entries.count >= Self.limit && entries[peer] == nil,
                let oldest = entries.min(by: { $0.value.time < $1.value.time })
            {
                entries[oldest.key] = nil
            }
            entries[peer] = entry
        }
    }

    func forget(_ peer: TLSPeer) {
        entries.withLock { $0[peer] = nil }
    }
}
