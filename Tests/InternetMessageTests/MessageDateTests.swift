import FuzzSupport
import InternetMessage
import MailModel
import Testing

@Suite struct MessageDateTests {
    @Test(arguments: [
        (Int64(0), 0, "Thu, 1 Jan 1970 00:00:00 +0000"),
        (951_782_400, 0, "Tue, 29 Feb 2000 00:00:00 +0000"),
        (1_763_783_245, 330, "Sat, 22 Nov 2025 09:17:25 +0530"),
        (1_763_783_245, -210, "Sat, 22 Nov 2025 00:17:25 -0330"),
        (-1, 0, "Wed, 31 Dec 1969 23:59:59 +0000"),
        (4_107_542_399, 0, "Sun, 28 Feb 2100 23:59:59 +0000"),
    ])
    func formats(seconds: Int64, offset: Int, expected: String) {
        let date = MessageDate(Timestamp(milliseconds: seconds * 1000), offsetMinutes: offset)
        #expect(date.description == expected)
        #expect(MessageDate(parsing: Array(expected.utf8)[...]) == date)
    }

    @Test(arguments: [
        ("Fri, 21 Nov 1997 09:55:06 -0600", Int64(880_127_706), -360),
        ("Tue, 1 Jul 2003 10:52:37 +0200", 1_057_049_557, 120),
        ("21 Nov 97 09:55:06 GMT", 880_106_106, 0), ("Fri, 21 Nov 1997 09(comment):   55  :  06 -0600", 880_127_706, -360),
        ("Thu,\r\n      13\r\n        Feb\r\n 1969\r\n 23:32\r\n -0330 (Newfoundland Time)", -27_723_480, -210),
        ("21 nov 1997 09:55 EST", 880_124_100, -300), ("21-Nov-1997 09:55:06 PDT", 880_131_306, -420),
        ("Friday 21 November 1997 09:55:06.123 Z", 880_106_106, 0),
        ("1 Jan 100 00:00:00 +0000", 946_684_800, 0), ("1 Jan 49 00:00:00 UT", 2_493_072_000, 0),
        ("1 Jan 50 00:00:00 UT", -631_152_000, 0), ("31 Dec 2016 23:59:60 +0000", 1_483_228_799, 0),
    ])
    func readsLeniently(value: String, seconds: Int64, offset: Int) {
        let date = MessageDate(parsing: Array(value.utf8)[...])
        #expect(date?.timestamp.seconds == seconds)
        #expect(date?.offsetMinutes == offset)
    }

    @Test(arguments: [
        "1 Jan 2000 00:00:00", "1 Jan 2000 00:00:00 -0000", "1 Jan 2000 00:00:00 A",
        "1 Jan 2000 00:00:00 Mars", "1 Jan 2000 00:00:00 +99", "1 Jan 2000 00:00:00 +9999",
    ])
    func unknownZoneIsUTC(value: String) {
        let date = MessageDate(parsing: Array(value.utf8)[...])
        #expect(date == MessageDate(Timestamp(milliseconds: 946_684_800_000), offsetMinutes: nil))
        #expect(date?.description == "Sat, 1 Jan 2000 00:00:00 -0000")
    }

    @Test(arguments: [
        "", "yesterday", "30 Feb 2000 00:00", "29 Feb 1900 00:00", "1 Foo 2000 00:00",
        "1 Jan 2000 24:00", "1 Jan 2000 00:60", "1 Jan 2000 0", "1 Jan 20000 00:00", "123 Jan 2000 00:00",
        "0 Jan 2000 00:00", "1 Ja 2000 00:00", "(1 Jan 2000 00:00",
    ])
    func refuses(value: String) { #expect(MessageDate(parsing: Array(value.utf8)[...]) == nil) }

    @Test func everyMomentComesBack() {
        var random = Dice(seed: 4)
        for _ in 0..<5000 {
            let seconds = Int64.random(in: -2_000_000_000...200_000_000_000, using: &random)
            let date = MessageDate(
                Timestamp(milliseconds: seconds * 1000),
                offsetMinutes: Int.random(in: -1439...1439, using: &random))
            #expect(MessageDate(parsing: date.bytes[...]) == date)
        }
    }

    @Test func survivesAnyBytes() {
        var random = Dice(seed: 5)
        let alphabet = ["1", "22", "Jan", "Fri", ",", " ", ":", "+", "-", "0000", "(", ")", "\u{e9}", "2000", "."]
        for _ in 0..<20_000 {
            if let date = MessageDate(parsing: random.bytes(from: alphabet, pieces: 20)[...]) {
                #expect(MessageDate(parsing: date.bytes[...])?.timestamp == date.timestamp)
            }
        }
    }

    @Test func localTimeIsTheSameMoment() {
        let now = Timestamp(milliseconds: 1_763_783_245_000)
        #expect(MessageDate(parsing: MessageDate.local(now).bytes[...])?.timestamp == now)
    }
}
