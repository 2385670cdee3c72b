import Testing
import TLSPolicy

@Suite struct RecordTests {
    @Test(arguments: [
        (["v=STSv1; id=20260101;"], "20260101"),
        (["v=STSv1;id=a"], "a"),
        (["v=STSv1 \t;\tid=aZ9 ; "], "aZ9"),
        (["v=STSv1; id=1; id=2"], "1"),
        (["v=STSv1; x-y.z=<!~>; id=1"], "1"),
        (["v=spf1 -all", "v=STSv1; id=1", "anything"], "1"),
        (["v=STSv1; id=\(String(repeating: "a", count: 32))"], String(repeating: "a", count: 32)),
    ])
    func announcements(_ records: [String], id: String) {
        #expect(MTASTSRecord.id(records) == id)
    }

    @Test(arguments: [
        [], [""], ["v=STSv1"], ["v=STSv1;"], ["v=STSv1;;id=1"], ["v=STSv1; id="], ["v=STSv1; id=a-b"],
        ["v=STSv1; id=\(String(repeating: "a", count: 33))"], ["V=STSv1; id=1"], [" v=STSv1; id=1"],
        ["v=STSv11; id=1"], ["v=STSv2; id=1"], ["id=1; v=STSv1"], ["v=STSv1; ID=1"],
        ["v=STSv1; id=1; x"], ["v=STSv1; id=1; x="], ["v=STSv1; id=1; -x=y"], ["v=STSv1; id=1; x=a b"],
        ["v=STSv1; id=1; x=a=b"], ["v=STSv1; id=1; x=é"], ["v=STSv1; id=1\r\n"],
        ["v=STSv1; id=1", "v=STSv1; id=1"], ["v=STSv1; id=1", "v=STSv1; nothing"],
    ])
    func others(_ records: [String]) {
        #expect(MTASTSRecord.id(records) == nil)
    }
}
