import COpenSSL

package enum TLSVersion: String, Sendable, Hashable, CustomStringConvertible {
    case v12 = "TLSv1.2"
    case v13 = "TLSv1.3"

    package var description: String { rawValue }

    var number: Int32 { self == .v12 ? TLS1_2_VERSION : TLS1_3_VERSION }
}
