internal import MailModel

/// The commands of hosts that fetch their mail.
extension SMTPCommand {
    /// Each costs questions to the directory.
    private static let maximumRetrievedDomains = 100

    // etrn = "ETRN" SP [ "@" / "#" ] node-name CRLF                 (RFC 1985 section 5)
    static func etrn(_ cursor: inout ByteCursor) throws(SMTPReply) -> QueueNode {
        cursor.skipSpaces()
        let node: QueueNode
        if cursor.skip(UInt8(ascii: "#")) {
            let name = cursor.take { $0 > 0x20 && $0 < 0x7f }
            guard !name.isEmpty else { throw .invalidNode }
            node = .queue(String(decoding: name, as: UTF8.self).lowercased())
        } else if cursor.skip(UInt8(ascii: "@")) {
            node = .subdomains(of: try nodeName(&cursor))
        } else {
            node = .domain(try nodeName(&cursor))
        }
        cursor.skipSpaces()
        guard cursor.isAtEnd else { throw .invalidNode }
        return node
    }

    // atrn = "ATRN" [ SP domain *( "," domain ) ] CRLF              (RFC 2645 section 4)
    // Each domain once; none stands for all that the client may have.
    static func atrn(_ cursor: inout ByteCursor) throws(SMTPReply) -> [String] {
        cursor.skipSpaces()
        var domains: [String] = []
        while !cursor.isAtEnd {
            let name = try nodeName(&cursor)
            if !domains.contains(name) { domains.append(name) }
            guard domains.count <= maximumRetrievedDomains else { throw .tooManyDomains }
            if cursor.skip(UInt8(ascii: ",")) {
                guard !cursor.isAtEnd else { throw .invalidNode }
            } else {
                cursor.skipSpaces()
                guard cursor.isAtEnd else { throw .invalidNode }
            }
        }
        return domains
    }

    /// A domain name in ASCII: the directory knows no address literals, and an internationalised
    /// name travels in its A-labels here.
    private static func nodeName(_ cursor: inout ByteCursor) throws(SMTPReply) -> String {
        let grammar = PathGrammar(
            invalid: .invalidNode, missingBrackets: .invalidNode, allowsBarePaths: true)
        guard cursor.peek != UInt8(ascii: "[") else { throw .invalidNode }
        let name = try grammar.domain(&cursor)
        guard name.utf8.allSatisfy({ $0 < 0x80 }) else { throw .invalidNode }
        return name.lowercased()
    }
}
