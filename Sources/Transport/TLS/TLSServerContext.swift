import COpenSSL
import Synchronization

/// A server's TLS: its certificates and how clients may resume sessions. Shared by listeners.
package final class TLSServerContext: Sendable {
    private static let ticketKeyLength = 80

    private let configuration: TLSConfiguration
    private let ticketKeys: [UInt8]
    private let current: Mutex<CertificateSet>

    package init(configuration: TLSConfiguration) throws(TLSConfigurationError) {
        var keys = [UInt8](repeating: 0, count: Self.ticketKeyLength)
        guard RAND_priv_bytes(&keys, Int32(keys.count)) == 1 else {
            throw TLSConfigurationError(file: "", problem: OpenSSLError.takeReason())
        }
        self.configuration = configuration
        ticketKeys = keys
        current = Mutex(try CertificateSet(configuration, ticketKeys: keys))
    }

    /// Reads the files again. When one has changed, new connections get the new certificates;
    /// connections that are up are not touched, and sessions begun before can be resumed.
    /// On an error everything stays as it was.
    ///
    /// - Returns: whether anything has changed.
    package func reload() throws(TLSConfigurationError) -> Bool {
        let fresh = try CertificateSet(configuration, ticketKeys: ticketKeys)
        return current.withLock { current in
            guard fresh.files != current.files else { return false }
            current = fresh
            return true
        }
    }

    /// What an administrator should know of certificates that are used all the same (expired).
    package var warnings: [String] { certificates.warnings }

    var certificates: CertificateSet { current.withLock { $0 } }
}
