internal import ArgumentParser
internal import DKIM

struct DKIMCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dkim",
        abstract: "Make keys that sign mail, and the DNS records that go with them.",
        subcommands: [Create.self, Record.self])

    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make a private key in a new file, and print its DNS record.",
            discussion: """
                The file gets mode 0600; give it to the server's user. One that exists is never \
                overwritten: a new key takes a new selector, and the old record stays until mail \
                signed with it has arrived, a week or so.

                Exit status: 0 done, 1 the key can't be made, written or read.

                Examples:
                  martlet dkim create --domain example.org --selector s2026 --out s2026.pem
                  martlet dkim create --type ed25519 --domain example.org --selector e2026 --out e2026.pem
                """)

        @Option(help: "The domain that signs.") var domain: String
        @Option(help: "The name of the key within the domain.") var selector: String
        @Option(help: "rsa (2048 bits, which every receiver can check) or ed25519.") var type = DKIMKey.Kind.rsa
        @Option(
            help: ArgumentHelp("The file for the private key.", valueName: "file"),
            completion: .file())
        var out: String

        func run() async throws {
            try DKIMCommand.orFail {
                let key = try DKIMKey.generate(type, selector: selector)
                let line = try key.zoneLine(domain: domain)
                try key.write(newFile: out)
                complain("The private key is in \(out). The record for the zone of \(domain):")
                print(line)
            }
        }
    }

    struct Record: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print the DNS record of a key, as a line of a zone file.",
            discussion: """
                Exit status: 0 done, 1 the key can't be made, written or read.

                Examples:
                  martlet dkim record --key s2026.pem --domain example.org --selector s2026
                  martlet dkim record --json --key s2026.pem --domain example.org --selector s2026 | jq -r .text
                """)

        @Option(
            help: ArgumentHelp("The file with the private key, PEM.", valueName: "file"),
            completion: .file())
        var key: String
        @Option(help: "The domain that signs.") var domain: String
        @Option(help: "The name of the key within the domain.") var selector: String
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            try DKIMCommand.orFail {
                let key = try DKIMKey(file: key, selector: selector)
                if let warning = key.warning { complain("martlet dkim: \(warning)") }
                print(json ? try encodeJSON(Report(key, domain)) : try key.zoneLine(domain: domain))
            }
        }
    }

    private struct Report: Encodable {
        let name: String
        let type = "TXT"
        /// The record's text, and the strings that it consists of.
        let text: String
        let strings: [String]
        let key: String
        let bits: Int

        init(_ key: DKIMKey, _ domain: String) throws(DKIMError) {
            name = try key.recordName(domain: domain)
            text = key.record
            strings = key.recordStrings
            self.key = key.kind.rawValue
            bits = key.bits
        }
    }

    private static func orFail(_ body: () throws -> Void) throws {
        do {
            try body()
        } catch let error as DKIMError {
            complain("martlet dkim: \(error)")
            throw ExitCode(1)
        }
    }
}

extension DKIMKey.Kind: ExpressibleByArgument {}
