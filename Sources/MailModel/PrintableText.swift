/// What text from elsewhere (a client, the directory, another host) is looked at for before it stands
/// on a line of a log or a report, so that it can't begin a line of its own.
extension Unicode.Scalar {
    /// C0, DEL, C1, and the separators that some readers take for line ends.
    package var isControl: Bool {
        switch value {
        case 0..<0x20, 0x7f..<0xa0, 0x2028, 0x2029: true
        default: false
        }
    }
}

extension String {
    /// Nothing but printable ASCII, as nearly always: no scalar need be looked at.
    package var isPrintableASCII: Bool {
        var text = self
        return text.withUTF8 { octets in octets.allSatisfy { $0 >= 0x20 && $0 < 0x7f } }
    }
}
