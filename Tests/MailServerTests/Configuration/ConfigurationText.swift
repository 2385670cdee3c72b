import MailServer

/// Configuration files for tests.
enum ConfigurationText {
    static let file = "/etc/martlet/martlet.yaml"

    /// The least that a file must hold, fourteen lines; more comes behind it.
    static let least = """
        hostname: mail.example.org
        state: state
        listeners:
          mx:
          pop3s: {}
        tls:
          certificates:
            - chain: tls/chain.pem
              key: /keys/key.pem
        directory:
          uri: ldap://ldap.example.org
          base: dc=example,dc=org
          bind: {dn: "cn=martlet,dc=example,dc=org", password: secret}


        """

    static func parse(_ more: String) throws -> ServerConfiguration {
        try ServerConfiguration.parse(least + more, file: file)
    }

    /// What is wrong with a file, a line for each problem; empty when nothing is.
    static func problems(_ text: String) -> [String] {
        do {
            _ = try ServerConfiguration.parse(text, file: file)
            return []
        } catch {
            return error.problems.map(\.description)
        }
    }
}
