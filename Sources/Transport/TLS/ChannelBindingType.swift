/// Ways to tie an authentication to the TLS session under it.
package enum ChannelBindingType: String, Sendable, Hashable {
    /// RFC 9266.
    case exporter = "tls-exporter"
    /// RFC 5929 section 4.
    case serverEndPoint = "tls-server-end-point"
    /// RFC 5929 section 3; TLS 1.2 only.
    case unique = "tls-unique"
}
