import MailModel
import Testing

@Suite struct DurationTextTests {
    @Test(arguments: [
        ("250ms", .milliseconds(250)), ("30s", .seconds(30)), ("5m", .seconds(300)),
        ("2h", .seconds(7200)), ("30d", .seconds(2_592_000)), ("0", .zero), ("0s", .zero),
    ] as [(String, Duration)])
    func read(text: String, duration: Duration) {
        #expect(Duration(text: text) == duration)
    }

    @Test(arguments: ["", "s", "30", "-1s", "1.5h", "1 d", "1w", "1D", "99999999999999d", "１s"])
    func refused(text: String) {
        #expect(Duration(text: text) == nil)
    }
}
