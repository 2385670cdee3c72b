internal import IMAP

extension IMAPSession {
    /// RFC 9051 section 6.3.1. Names that mean nothing here are passed over.
    func enable(_ names: [String]) -> Completion {
        var known: [String] = []
        for name in names.map({ $0.uppercased() }) where !known.contains(name) {
            switch name {
            case "CONDSTORE": enableCondstore()
            case "QRESYNC":
                enableCondstore()
                enabled.insert(.qresync)
            case "UTF8=ACCEPT":
                enabled.formUnion([.utf8, .utf8Accept])
                reader.acceptsUTF8 = true
            case "IMAP4REV2":
                // RFC 9051 section 2.2.1: mailbox names and strings are in UTF-8 then.
                enabled.formUnion([.rev2, .utf8])
                reader.acceptsUTF8 = true
            case "UIDONLY": enabled.insert(.uidOnly)
            default: continue
            }
            known.append(name == "IMAP4REV2" ? "IMAP4rev2" : name)
        }
        output.writeUntagged((["ENABLED"] + known).joined(separator: " "))
        return .ok("ENABLE completed")
    }
}
