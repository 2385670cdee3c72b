import Directory
import Glibc
import TestSupport
import Testing

@Suite struct LDIFTests {
    /// Everything in the text: records and errors in their order.
    private func read(_ text: String) throws -> [Result<LDIFRecord, LDIFError>] {
        let directory = try TemporaryDirectory()
        let file = directory.path + "/test.ldif"
        try TextFile.write(text, to: file)
        let descriptor = open(file, O_RDONLY)
        defer { close(descriptor) }
        var reader = LDIFReader(descriptor: descriptor)
        var results: [Result<LDIFRecord, LDIFError>] = []
        while true {
            do throws(LDIFError) {
                guard let record = try reader.next() else { return results }
                results.append(.success(record))
            } catch {
                results.append(.failure(error))
            }
        }
    }

    struct Case: Sendable, CustomTestStringConvertible {
        let text: String
        let changes: [DirectoryChange]
        var testDescription: String { text }
    }

    private static let alice = DirectoryChange.add(
        dn: "uid=alice,dc=org", attributes: [.init("uid", ["alice"]), .init("cn", ["A", "B"])])

    @Test(arguments: [
        Case(text: "", changes: []),
        Case(text: "\n\n# only a comment\n\n", changes: []),
        Case(text: "version: 1\n", changes: []),
        Case(text: "version: 1\n\ndn: uid=alice,dc=org\nuid: alice\ncn: A\ncn: B\n", changes: [alice]),
        Case(text: "version: 1\ndn: uid=alice,dc=org\nuid: alice\nCN: A\ncn: B", changes: [
            .add(dn: "uid=alice,dc=org", attributes: [.init("uid", ["alice"]), .init("CN", ["A", "B"])])
        ]),
        Case(text: "dn: uid=alice,dc=org\r\nuid: alice\r\ncn: A\r\ncn: B\r\n\r\n", changes: [alice]),
        Case(text: "dn: uid=ali\n ce,dc=org\nuid:alice\n# a comment\n  folded too\ncn:   A\ncn:: Qg==\n", changes: [alice]),
        Case(text: "dn:: dWlkPWFsaWNlLGRjPW9yZw==\nchangetype: add\nuid:: YWxp\n Y2U=\ncn: A\ncn: B\n", changes: [alice]),
        Case(text: "dn: dc=org\ndescription:\n", changes: [
            .add(dn: "dc=org", attributes: [.init("description", values: [[]])])
        ]),
        Case(text: "dn: dc=org\nchangetype: delete\n\n\ndn: dc=net\nchangetype: DELETE\n", changes: [
            .delete(dn: "dc=org"), .delete(dn: "dc=net"),
        ]),
        Case(text: """
            dn: dc=org
            changetype: modify
            add: mail
            mail: a@b
            mail: c@d
            -
            delete: cn
            -
            replace: sn
            sn: X
            """, changes: [
            .modify(dn: "dc=org", modifications: [
                .init(.add, .init("mail", ["a@b", "c@d"])), .init(.delete, .init("cn", [])),
                .init(.replace, .init("sn", ["X"])),
            ])
        ]),
        Case(text: "dn: uid=a,dc=org\nchangetype: modrdn\nnewrdn: uid=b\ndeleteoldrdn: 1\n", changes: [
            .rename(dn: "uid=a,dc=org", newRDN: "uid=b", deletesOldRDN: true, newSuperior: nil)
        ]),
        Case(text: "dn: uid=a,dc=org\nchangetype: moddn\nnewrdn: uid=b\ndeleteoldrdn: 0\nnewsuperior: dc=net\n", changes: [
            .rename(dn: "uid=a,dc=org", newRDN: "uid=b", deletesOldRDN: false, newSuperior: "dc=net")
        ]),
    ])
    func `Well formed`(example: Case) throws {
        #expect(try read(example.text).map { try $0.get().change } == example.changes)
    }

    @Test(arguments: [
        ("version: 2\n", 1, "version"), ("uid: x\n", 1, "dn:"), ("dn: nothing\ncn: x\n", 1, "no distinguished name"),
        ("dn: dc=org\n", 1, "nothing but its name"), ("dn: dc=org\nhello\n", 2, "no ':'"),
        ("dn: dc=org\nphoto:< file:///etc/passwd\n", 2, "not read"), ("dn: dc=org\ncn:: a\n", 2, "base64"),
        ("dn: dc=org\ncn:: YQ==YQ==\n", 2, "base64"), ("dn: dc=org\nc n: a\n", 2, "no attribute's name"),
        ("dn: dc=org\ncn: a\ndn: dc=net\ncn: b\n", 3, "empty line"), ("dn: dc=org\ncn: a\n-\n", 3, "outside a modify"),
        ("dn: dc=org\nchangetype: burn\n", 2, "burn"), ("dn: dc=org\nchangetype: add\n", 2, "no attributes"),
        ("dn: dc=org\nchangetype: delete\ncn: a\n", 3, "nothing may follow"),
        ("dn: dc=org\nchangetype: modify\n", 2, "without changes"), ("dn: dc=org\nchangetype: modify\nmail: x\n", 3, "expected"),
        ("dn: dc=org\nchangetype: modify\nadd: mail\n-\n", 3, "no values"),
        ("dn: dc=org\nchangetype: modify\nadd: mail\nmail: x\nadd: cn\n", 5, "missing"),
        ("dn: dc=org\nchangetype: modrdn\nnewrdn: x\n", 2, "newrdn"),
        ("dn: dc=org\nchangetype: modrdn\nnewrdn: dc=x\ndeleteoldrdn: maybe\n", 3, "deleteoldrdn"),
        ("dn: dc=org\ncontrol: 1.2.3 true\nchangetype: delete\n", 2, "controls"), ("dn: dc=org\ncn: a\0b\n", 2, "NUL"),
    ])
    func `Malformed, with the line, and the next record is read`(
        text: String, line: Int, words: String
    ) throws {
        let results = try read(text + "\ndn: dc=after\nchangetype: delete\n")
        #expect(results.count == 2)
        guard case .failure(let error) = results[0], case .success(let next) = results[1] else {
            Issue.record("\(results)")
            return
        }
        #expect(error.line == line)
        #expect(error.problem.contains(words), "\(error)")
        #expect(next.change == .delete(dn: "dc=after"))
    }

    @Test func `Lines of records and values`() throws {
        let records = try read("# x\nversion: 1\n\n\ndn: dc=org\ncn: a\nsn:\n b\ncn: c\n\n#\ndn: dc=net\ncn: d\n")
            .map { try $0.get() }
        #expect(records.map(\.line) == [5, 12])
        #expect(records.map(\.valueLines) == [[6, 9, 7], [13]])
    }

    @Test func `A record too large is refused, and the next one read`() throws {
        let long = String(repeating: "x", count: LDIFReader.maximumRecordSize + 1)
        let results = try read("dn: dc=org\ncn: \(long)\n\ndn: dc=net\ncn: a\n")
        #expect(results.count == 2)
        #expect(throws: LDIFError.self) { try results[0].get() }
        #expect(try results[1].get().change.dn == "dc=net")
    }

    @Test func `A long file is read to its end`() throws {
        let text = (0..<5000).map { "dn: uid=u\($0),dc=org\nuid: u\($0)\n\n" }.joined()
        #expect(try read(text).map { try $0.get().change.dn } == (0..<5000).map { "uid=u\($0),dc=org" })
    }
}
