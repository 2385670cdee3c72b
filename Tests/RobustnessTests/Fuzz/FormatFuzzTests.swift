import Directory
import FuzzSupport
import Glibc
import InternetMessage
import Testing
import TestSupport

/// Parsers of files and messages fed with damaged text: none may crash, and what they return keeps
/// the promises of its type.
@Suite struct FormatFuzzTests {
    @Test func headers() async throws {
        try await FuzzRun.run("headers", cases: 300, of: HeaderFuzz.words, upTo: 60, HeaderFuzz.check)
    }

    /// The end of the header section does not depend on how the octets come.
    @Test func headerEnds() async throws {
        try await FuzzRun.run("header ends", cases: 800) { dice in
            let text = dice.text(of: HeaderFuzz.words, upTo: 30)
            let pieces = dice.split(text)
            func end(_ pieces: [[UInt8]]) throws -> Int? {
                var finder = HeaderEndFinder()
                var before = 0
                for piece in pieces {
                    if let end = try piece.withUnsafeBytes({ try finder.scan($0) }) { return before + end }
                    before += piece.count
                }
                return nil
            }
            let (whole, split) = (try end([text]), try end(pieces))
            #expect(whole == split, "\(text)")
        }
    }

    @Test func ldif() async throws {
        let words = words([
            "version: 1\n", "dn: uid=a,dc=b\n", "dn:: dWlkPWE=\n", "changetype: add\n", "changetype: modify\n", "changetype: delete\n",
            "changetype: modrdn\n", "newrdn: uid=b\n", "deleteoldrdn: 1\n", "add: mail\n", "replace: cn\n", "delete: sn\n", "-\n",
            "mail: a@b\n", "cn:: w7w=\n", "cn:: !!!\n", "cn:< file:///etc/passwd\n", "objectClass: person\n", "\n", "\r\n", "\n ", "# c\n",
            " ", ":", "\0", "include: file:///etc/passwd\n", "control: 1.2.3 true\n", "sn;lang-de: x\n", "version: 2\n",
        ])
        let directory = try TemporaryDirectory()
        let file = "\(directory.path)/fuzz.ldif"
        try await FuzzRun.run("LDIF", cases: 400) { dice in
            let text = dice.text(of: words, upTo: 40)
            let descriptor = open(file, O_RDWR | O_CREAT | O_TRUNC, 0o600)
            defer { close(descriptor) }
            _ = text.withUnsafeBytes { pwrite(descriptor, $0.baseAddress, $0.count, 0) }
            var reader = LDIFReader(descriptor: descriptor)
            var rounds = 0
            while rounds <= text.count + 1 {
                rounds += 1
                do throws(LDIFError) {
                    guard let record = try reader.next() else { break }
                    #expect(record.line >= 1 && record.line <= text.count + 1)
                } catch {
                    #expect(error.line >= 1, "\(text)")
                }
            }
            #expect(rounds <= text.count + 1, "does not end: \(text)")
        }
    }
}
