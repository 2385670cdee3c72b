import Directory
import MailModel
import Testing

@Suite struct HostListTests {
    @Test(arguments: [
        (["mx.example.org"], "mx.example.org"),
        (["20 b.example", "10 a.example:2525"], "a.example:2525 b.example"),
        (["10 b.example", "a.example"], "a.example b.example"),
        (["10 lmtp:[2001:db8::1]:24", "10 A.example"], "a.example lmtp:[2001:db8::1]"),
        (["10  a.example", "10 a.example:25"], "a.example"),
        (["9 i.example", "10 j.example", "65535 z.example"], "i.example j.example z.example"),
        ([], ""),
    ])
    func inOrder(values: [String], hops: String) {
        let list = HostList(values)
        #expect(list.hops.map(\.description).joined(separator: " ") == hops)
        #expect(!list.hasUnreadable && list.isEmpty == values.isEmpty)
    }

    @Test(arguments: [
        "", " ", "-1 a.example", "+1 a.example", "65536 a.example", "a.example 10",
        "10 20 a.example", "10\ta.example", "a.example:0", "10:a.example", "10 user@a.example",
    ])
    func unreadable(value: String) {
        #expect(HostList.Choice(value) == nil)
        #expect(HostList([value]).hasUnreadable && !HostList([value]).isEmpty)
        #expect(HostList([value, "b.example"]).hops == [NextHop(host: "b.example")])
    }

    @Test func equalOnesAreShuffled() {
        let list = HostList((0..<20).map { "10 h\($0).example" } + ["5 first.example", "20 last.example"])
        let orders = (0..<10).map { _ in list.shuffled() }
        #expect(orders.allSatisfy { $0.first?.host == "first.example" && $0.last?.host == "last.example" })
        #expect(Set(orders).count > 1)
        #expect(orders.allSatisfy { Set($0) == Set(list.hops) })
    }
}
