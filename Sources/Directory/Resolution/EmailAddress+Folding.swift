internal import MailModel

extension EmailAddress {
    /// The form in which the directory's matching rules (caseIgnore…) see the address: two
    /// addresses are one user's when these are equal.
    var caseFolded: EmailAddress {
        // Nearly all are in lower case already; a String is not made for those.
        let isFolded = localPart.utf8.allSatisfy { $0 < 0x80 && !$0.isASCIIUppercase }
        return isFolded ? self : EmailAddress(localPart: localPart.lowercased(), domain: domain)
    }

    /// The user's part of `user+detail`; nil when there is no detail.
    func withoutDetail(separator: Character?) -> EmailAddress? {
        guard let separator, let end = localPart.firstIndex(of: separator),
            end != localPart.startIndex
        else { return nil }
        return EmailAddress(localPart: String(localPart[..<end]), domain: domain)
    }

    func at(domain: String) -> EmailAddress {
        EmailAddress(localPart: localPart, domain: domain)
    }
}

extension UInt8 {
    fileprivate var isASCIIUppercase: Bool {
        (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(self)
    }
}
