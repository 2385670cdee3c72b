internal import Glibc

/// Reads the data of records. It comes from anywhere: nil for what doesn't follow the format.
enum RecordData {
    /// The target of an MX record (RFC 1035 section 3.3.9).
    enum ExchangerName: Equatable {
        case host(String)
        /// ".": see RFC 7505.
        case root
        /// Nothing that can be a host; how it reads, for the log.
        case illegal(String)
    }

    static func exchanger(_ data: [UInt8]) -> (preference: UInt16, name: ExchangerName)? {
        guard data.count >= 3, let labels = labels(data[2...]) else { return nil }
        let preference = UInt16(data[0]) << 8 | UInt16(data[1])
        guard !labels.isEmpty else { return (preference, .root) }
        let text = labels.map { String(decoding: $0, as: UTF8.self) }.joined(separator: ".")
        // A dot inside of a label would look like one between labels; other octets than ASCII are
        // not names of the internationalised kind, which the DNS holds in A-labels.
        let isPlain = labels.allSatisfy { label in
            label.allSatisfy { $0 < 0x80 && $0 != UInt8(ascii: ".") }
        }
        if isPlain, let name = DomainName.ascii(text) { return (preference, .host(name)) }
        return (preference, .illegal(text.printable))
    }

    /// An address in text, of A (4 octets) or AAAA (16 octets) records.
    static func address(_ data: [UInt8]) -> String? {
        let family: Int32
        switch data.count {
        case 4: family = AF_INET
        case 16: family = AF_INET6
        default: return nil
        }
        return withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(INET6_ADDRSTRLEN)) {
            guard inet_ntop(family, data, $0.baseAddress!, socklen_t($0.count)) != nil else {
                return nil
            }
            return String(cString: $0.baseAddress!)
        }
    }

    /// RFC 6698 section 2.1.
    static func tlsa(_ data: [UInt8]) -> TLSARecord? {
        guard data.count > 3 else { return nil }
        return TLSARecord(
            usage: data[0], selector: data[1], matching: data[2], data: Array(data[3...]))
    }

    /// The strings of a TXT record, joined (RFC 1035 section 3.3.14).
    static func text(_ data: [UInt8]) -> String? {
        var joined: [UInt8] = []
        var rest = data[...]
        while let length = rest.popFirst() {
            guard rest.count >= length else { return nil }
            joined += rest.prefix(Int(length))
            rest = rest.dropFirst(Int(length))
        }
        return String(decoding: joined, as: UTF8.self)
    }

    /// The labels of an uncompressed name that fills the data (RFC 1035 section 3.1).
    private static func labels(_ data: ArraySlice<UInt8>) -> [ArraySlice<UInt8>]? {
        var labels: [ArraySlice<UInt8>] = []
        var rest = data
        while let length = rest.popFirst() {
            if length == 0 { return rest.isEmpty ? labels : nil }
            guard length <= 63, rest.count > length else { return nil }
            labels.append(rest.prefix(Int(length)))
            rest = rest.dropFirst(Int(length))
        }
        return nil
    }
}
