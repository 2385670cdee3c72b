import COpenSSL
import Synchronization

/// A client's TLS: authorities, certificate, and the sessions that may be resumed. Shared by all
/// connections that go out with the same configuration.
package final class TLSClientContext: Sendable {
    private let configuration: TLSClientConfiguration
    private let state: Mutex<TLSClientState>

    package init(configuration: TLSClientConfiguration) throws(TLSConfigurationError) {
        self.configuration = configuration
        state = Mutex(try TLSClientState(configuration))
    }

    /// Reads the files again. When one has changed, new connections are made with what it holds now,
    /// and no session begun before is resumed; connections that are up are not touched. On an error
    /// everything stays as it was.
    ///
    /// - Returns: whether anything has changed.
    package func reload() throws(TLSConfigurationError) -> Bool {
        let fresh = try TLSClientState(configuration)
        return state.withLock { state in
            guard fresh.isOther(than: state) else { return false }
            state = fresh
            return true
        }
    }

    /// For one connection, from its begin to its end.
    var current: TLSClientState { state.withLock { $0 } }

    /// The records that can prove anything: usages 2 and 3 (RFC 7672 section 3.1.3) that OpenSSL
    /// understands. When none is left of a signed answer that had some, the connection is to be
    /// encrypted and nothing proves who the server is (RFC 7672 section 2.2).
    package func usableRecords(_ records: [TLSARecordData]) -> [TLSARecordData] {
        // SSL_new counts the context for itself; until then the state must not go.
        guard let ssl = withExtendedLifetime(current, { SSL_new($0.context) }) else {
            ERR_clear_error()
            return []
        }
        defer { SSL_free(ssl) }
        guard SSL_dane_enable(ssl, nil) == 1 else {
            ERR_clear_error()
            return []
        }
        return records.filter { DANERecords.add($0, to: ssl) }
    }
}
