import FuzzSupport
import Glibc
import MailModel

@testable import Directory

/// What is sent to the directory and what it, or its administrator, says.
enum DirectoryTarget {
    static let words = FuzzSupport.words([
        "ldap:///", "ldap://h/dc=x??sub?", "?", "??", "(uid=*)", "%20", "%", "uid=a,dc=b", "uid=a+cn=b,", "\\2c", "\\", "#04", "=", ",", "+", ";", "\"",
        "10 mx.example.org", "lmtp:", "[2001:db8::1]:25", "h:1", "65536 h", " ", "\n", "\0", "10.0.0.0/8", "::/0", "1.2.3.4", "/",
        "( 1.2.3 NAME 'a' ", "SUP top ", "MUST ( a $ b ) ", "MAY c ", "SYNTAX 1.2{3} ", "USAGE dSAOperation ", "STRUCTURAL ", ")", "(", "$", "'",
        "version: 1\n", "dn: uid=a,dc=b\n", "dn:: dWlkPWE=\n", "changetype: add\n", "changetype: modify\n", "changetype: delete\n",
        "changetype: modrdn\n", "newrdn: uid=b\n", "deleteoldrdn: 1\n", "add: mail\n", "replace: cn\n", "-\n", "cn:: w7w=\n", "cn:< file:///x\n", "\n ", "# c\n",
        "\u{e9}", "\u{df}",
    ])

    static func check(_ text: [UInt8], _: inout Dice) throws(Violation) {
        let string = String(decoding: text, as: UTF8.self)
        try checkEscapes(string)
        let lines = string.split(separator: "\n").map(String.init)
        if let first = DistinguishedName(string) {
            try expect(DistinguishedName(first.description) == first && first.isWithin(first), "a name is itself")
        }
        _ = LDAPURL(string)
        _ = LDAPFilter.isAttributeName(string)
        if let hop = NextHop(string) { try expect(NextHop(hop.description) == hop, "a hop is read as it is written: \(hop)") }
        if let network = IPNetwork(string) { try expect(IPNetwork(network.description) == network, "a network is read as it is written") }
        _ = HostList(lines).shuffled()
        _ = DirectorySchema(DirectoryEntry(dn: "", attributes: ["attributeTypes": lines, "objectClasses": lines]))
        try checkLDIF(text)
    }

    private static func checkEscapes(_ string: String) throws(Violation) {
        let filter = LDAPFilter.equal("cn", string).text
        try expect(
            filter.utf8.count { $0 == UInt8(ascii: "(") } == 1 && filter.utf8.count { $0 == UInt8(ascii: ")") } == 1
                && !filter.utf8.contains(UInt8(ascii: "*")) && !filter.utf8.contains(0),
            "a value can't change a filter")
        guard !string.isEmpty, string.utf8.count < 2000 else { return }
        let base = DistinguishedName("dc=x")!
        guard let name = DistinguishedName("uid=\(DistinguishedName.escape(string)),dc=x") else {
            throw Violation("an escaped value may stand in a name")
        }
        try expect(name.isWithin(base) && name.namingAttributes == ["uid"], "a value can't change a name")
    }

    private static let file: Int32 = {
        var path = Array("/tmp/martlet-fuzz-XXXXXX".utf8CString)
        let descriptor = mkstemp(&path)
        precondition(descriptor >= 0 && unlink(path) == 0)
        return descriptor
    }()

    private static func checkLDIF(_ text: [UInt8]) throws(Violation) {
        ftruncate(file, 0)
        _ = pwrite(file, text, text.count, 0)
        lseek(file, 0, SEEK_SET)
        var reader = LDIFReader(descriptor: file)
        for _ in 0...text.count + 1 {
            do throws(LDIFError) {
                guard let record = try reader.next() else { return }
                guard (1...text.count + 1).contains(record.line) else { throw LDIFError(line: 0, problem: "") }
            } catch {
                try expect(error.line >= 1, "lines are numbered")
            }
        }
        throw Violation("LDIF comes to an end")
    }
}
