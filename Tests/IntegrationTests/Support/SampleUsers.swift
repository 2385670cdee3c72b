import Glibc
import Synchronization
import TestSupport

/// The repository's sample directory, and users that each test takes for itself.
enum SampleUsers {
    static let count = 300

    /// A user of example.org: login and address are the same.
    struct User: Sendable {
        var address: String
        var password: String
    }

    static let alice = User(address: "alice@example.org", password: "alice-secret")
    static let bob = User(address: "bob@example.org", password: "bob-secret")
    static let carol = User(address: "carol@example.org", password: "carol-secret")
    static let grace = User(address: "grace@example.net", password: "grace-secret")

    static func options() throws -> SlapdOptions {
        let root = try repository()
        var ldif = ""
        for file in ["00-base", "10-domains", "20-users", "30-groups"] {
            ldif += try TextFile.read("\(root)/ldif/\(file).ldif") + "\n\n"
        }
        for number in 1...count { ldif += entry(number) }
        ldif += rene
        var options = SlapdOptions(ldif: ldif)
        options.addsBase = false
        options.databaseConfiguration = """
            index entryUUID,mailLocalAddress,martletAddress,associatedDomain,member,uniqueMember eq
            """
        return options
    }

    static func name(_ number: Int) -> String { "user\(number)@example.org" }

    static func dn(_ user: User) -> String {
        "uid=\(user.address.prefix { $0 != "@" }),ou=people,ou=example.org,ou=mail,dc=example,dc=org"
    }

    private static func entry(_ number: Int) -> String {
        """
        dn: uid=user\(number),ou=people,ou=example.org,ou=mail,dc=example,dc=org
        objectClass: inetOrgPerson
        objectClass: martletUser
        uid: user\(number)
        cn: User \(number)
        sn: User
        mail: \(name(number))
        userPassword: secret-\(number)


        """
    }

    /// A user with a password outside ASCII, `p\u{E4}ss\u{F8}`.
    private static let rene = """
        dn: uid=rene,ou=people,ou=example.org,ou=mail,dc=example,dc=org
        objectClass: inetOrgPerson
        objectClass: martletUser
        uid: rene
        cn: Rene
        sn: User
        mail: rene@example.org
        userPassword:: cMOkc3PDuA==


        """

    static func repository() throws -> String {
        guard let here = realpath(#filePath, nil) else { throw TestFailure("no #filePath") }
        defer { free(here) }
        let parts = String(cString: here).split(separator: "/").dropLast(4)
        return "/" + parts.joined(separator: "/")
    }
}
