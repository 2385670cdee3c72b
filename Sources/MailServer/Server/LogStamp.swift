#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif

/// The time in front of a log line, `2026-11-22T05:01:12Z `, made once a second.
struct LogStamp {
    private var second: time_t = -1
    private var text: [UInt8] = []

    mutating func bytes(at now: time_t) -> [UInt8] {
        guard now != second else { return text }
        second = now
        text.removeAll(keepingCapacity: true)
        var moment = now
        var parts = tm()
        // Only a year beyond 2^31 makes it fail.
        gmtime_r(&moment, &parts)
        append(Int(parts.tm_year) + 1900, digits: 4, "-")
        append(Int(parts.tm_mon) + 1, digits: 2, "-")
        append(Int(parts.tm_mday), digits: 2, "T")
        append(Int(parts.tm_hour), digits: 2, ":")
        append(Int(parts.tm_min), digits: 2, ":")
        append(Int(parts.tm_sec), digits: 2, "Z")
        text.append(0x20)
        return text
    }

    private mutating func append(_ number: Int, digits: Int, _ end: Unicode.Scalar) {
        var divisor = digits == 4 ? 1000 : 10
        while divisor > 0 {
            text.append(0x30 + UInt8(number / divisor % 10))
            divisor /= 10
        }
        text.append(UInt8(ascii: end))
    }
}
