import CSASL

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// A channel binding in the form of libsasl2, which keeps pointers to it.
final class SASLChannelBinding {
    private let binding: UnsafeMutablePointer<sasl_channel_binding_t>

    init(_ kind: ChannelBinding, _ bytes: [UInt8]) {
        let data = UnsafeMutablePointer<UInt8>.allocate(capacity: max(bytes.count, 1))
        data.initialize(from: bytes, count: bytes.count)
        binding = .allocate(capacity: 1)
        binding.initialize(to: sasl_channel_binding_t())
        binding.pointee.name = UnsafePointer(strdup(kind.rawValue))
        binding.pointee.data = UnsafePointer(data)
        binding.pointee.len = UInt(bytes.count)
    }

    deinit {
        free(UnsafeMutableRawPointer(mutating: binding.pointee.name))
        binding.pointee.data.map { UnsafeMutablePointer(mutating: $0).deallocate() }
        binding.deallocate()
    }

    /// The connection must be disposed of before this is let go.
    func set(on connection: OpaquePointer) {
        sasl_setprop(connection, SASL_CHANNEL_BINDING, binding)
    }
}
