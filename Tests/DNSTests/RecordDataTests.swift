@testable import DNS
import Testing

/// Records as a hostile server may send them; what libunbound lets through is not for it to know.
@Suite struct RecordDataTests {
    @Test(arguments: [
        ([0, 10, 1, 97, 7] + Array("example".utf8) + [0], .host("a.example")),
        ([0, 10, 1, 65, 7] + Array("EXAMPLE".utf8) + [0], .host("a.example")),
        ([0, 0, 0], .root),
        ([0, 1, 3, 97, 46, 98, 1, 99, 0], .illegal("a.b.c")),
        ([0, 1, 2, 13, 10, 1, 99, 0], .illegal("??.c")),
        ([0, 1, 2, 0xc3, 0xbc, 1, 99, 0], .illegal("??.c")),
        ([0, 1, 1, 49, 1, 50, 1, 51, 1, 52, 0], .illegal("1.2.3.4")),
    ] as [([UInt8], RecordData.ExchangerName)])
    func exchanger(_ data: [UInt8], _ name: RecordData.ExchangerName) {
        #expect(RecordData.exchanger(data)?.name == name)
    }

    @Test(arguments: [
        [], [0], [0, 1], [0, 1, 1, 97], [0, 1, 5, 97, 0], [0, 1, 64, 97, 0], [0, 1, 0xc0, 12],
        [0, 1, 1, 97, 0, 0],
    ] as [[UInt8]])
    func malformedExchanger(_ data: [UInt8]) {
        #expect(RecordData.exchanger(data) == nil)
    }

    @Test func texts() {
        #expect(RecordData.text([3, 97, 98, 99, 0, 1, 100]) == "abcd")
        #expect(RecordData.text([]) == "")
        #expect(RecordData.text([4, 97, 98, 99]) == nil)
    }

    @Test func addressesAndCertificates() {
        #expect(RecordData.address([192, 0, 2, 1]) == "192.0.2.1")
        #expect(RecordData.address([192, 0, 2]) == nil)
        #expect(RecordData.tlsa([3, 1, 1]) == nil)
        #expect(RecordData.tlsa([3, 1, 1, 9])?.data == [9])
    }

    @Test func faultsAreOneShortLine() {
        let fault = DNSFault(.timeout, "a\r\nb\u{1B}[2Jü" + String(repeating: "x", count: 10_000))
        #expect(fault.cause.hasPrefix("a??b?[2J??xx"))
        #expect(fault.cause.utf8.count == 512)
    }
}
