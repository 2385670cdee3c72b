#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif

enum Octet {
    static let lf: UInt8 = 0x0a
    static let cr: UInt8 = 0x0d
}

extension UnsafeRawBufferPointer {
    /// The first `octet` of `start..<end`. memchr is eight times as fast as `firstIndex`.
    func index(of octet: UInt8, from start: Int, to end: Int) -> Int? {
        guard start < end, end <= count, let base = baseAddress,
            let found = memchr(base + start, Int32(octet), end - start)
        else { return nil }
        return UnsafeRawPointer(found) - base
    }
}
