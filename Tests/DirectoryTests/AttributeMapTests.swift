@testable import Directory
import Testing

@Suite struct AttributeMapTests {
    @Test(arguments: [
        ("0", 0), ("1000", 1000), ("1K", 1024), ("2m", 2 << 20), ("3G", 3 << 30), ("1gb", 1 << 30),
        ("4T", 4 << 40), ("5kB", 5 << 10),
    ] as [(String, Int64)])
    func quotas(_ text: String, _ value: Int64) {
        #expect(QuotaText.parse(text, unit: .bytes) == value)
    }

    @Test(arguments: ["", "K", "B", "-1", "1.5G", "1 G", "G1", "99999999999999999999", "9999999T", "1GG"])
    func noQuotas(_ text: String) {
        #expect(QuotaText.parse(text, unit: .bytes) == nil)
    }

    @Test func quotaUnits() {
        #expect(QuotaText.parse("100", unit: .kilobytes) == 102_400)
        #expect(QuotaText.parse("100M", unit: .kilobytes) == 100 << 20)
    }

    @Test func overrides() throws {
        var map = AttributeMap.stock
        try map.override("addresses", with: ["mail", "otherMailbox"])
        try map.override("user.quota", with: ["mailQuota"])
        try map.override("user.quotaUnit", with: ["kilobytes"])
        try map.override("user.homeServer", with: [])
        #expect(map.addresses == ["mail", "otherMailbox"] && map.user.quota == "mailQuota")
        #expect(map.user.quotaUnit == .kilobytes && map.user.homeServer == nil)
        for (key, values) in [
            ("nonsense", ["a"]), ("addresses", []), ("addresses", ["a)(b"]), ("uniqueID", []),
            ("user.quota", ["a", "b"]), ("user.quotaUnit", ["gigabytes"]),
        ] as [(String, [String])] {
            #expect(throws: AttributeMapError.self) { try map.override(key, with: values) }
        }
        #expect(AttributeMap.preset(named: "martlet") == .martlet)
        #expect(AttributeMap.preset(named: "default") == .stock)
        #expect(AttributeMap.preset(named: "sun") == .sun)
        #expect(AttributeMap.preset(named: "none") == nil)
    }

    @Test(arguments: [
        ("martletRoutingHost", ["a.example", "10 a.example:25", "lmtp:[::1]"], ["a b", "x:0", "-a"]),
        ("martletMemberHost", ["1 a.example"], ["70000 a.example"]),
        ("martletSmartHost", ["a.example:587"], ["a.example:smtp"]),
        ("mailHost", ["a.example", "lmtp:a.example"], ["10 a.example", ""]),
        ("martletRetrieval", ["etrn", "ATRN", "probe"], ["turn"]),
        ("martletRetrievalNetwork", ["192.0.2.1", "2001:db8::/32"], ["192.0.2.0/33", "host"]),
        ("martletRetriever", ["uid=a,dc=b"], ["alice"]),
        ("martletHoldTime", ["30d", "12h"], ["30", "a month"]),
        ("martletTLSPolicy", ["may", "MTA-STS"], ["always"]),
        ("martletMaximumRecipients", ["0", "500"], ["many"]),
        ("martletMaximumMessageSize", ["50M"], ["50 MB"]),
        ("martletQueueWeight", ["1", "100"], ["0", "101", "x"]),
        ("martletDKIMKey", ["anything"], []),
    ] as [(String, [String], [String])])
    func valuesOfAttributes(_ name: String, _ good: [String], _ bad: [String]) {
        let rules = AttributeRules(.martlet)
        #expect(rules.problems(DirectoryAttribute(name, good)).isEmpty)
        #expect(rules.problems(DirectoryAttribute(name.uppercased(), bad)).map(\.index) == Array(bad.indices))
    }

    @Test func everySettingOfDomainsIsAskedFor() throws {
        for key in AttributeMap.overridableKeys where key.hasPrefix("domain.") {
            if ["domain.classes", "domain.name", "domain.quotaUnit"].contains(key) { continue }
            var map = AttributeMap.stock
            try map.override(key, with: ["x-probe"])
            #expect(map.domainAttributes.contains("x-probe"), "\(key)")
        }
    }

    @Test func urls() {
        let url = LDAPURL("ldap:///ou=a%20b,dc=x??sub?(cn=%2a)")
        #expect(url?.base == "ou=a b,dc=x" && url?.scope == .subtree)
        #expect(url?.filter.text == "(cn=*)")
        #expect(LDAPURL("ldap://host/dc=x")?.scope == .base)
        for text in ["", "http:///x", "ldap:///x??deep?(a=b)", "ldap:///%zz", "ldap://host", "ldap:///%ff"] {
            #expect(LDAPURL(text) == nil, "\(text)")
        }
    }

    @Test func namesInDefinitions() {
        let names = DirectoryInspector.names(in: [
            "( 1.2 NAME 'mail' DESC 'NAME of it' )", "( 1.3 NAME ( 'uid' 'userid' ) DESC 'x' )",
        ])
        #expect(names == ["mail", "uid", "userid"])
        #expect(DirectoryInspector.equalityIndexes(["{0}mail,uid eq,pres", "cn sub", "{1}o\teq"])
            == ["mail", "uid", "o"])
    }
}
