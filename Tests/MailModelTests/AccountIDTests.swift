import MailModel
import Testing

@Suite struct AccountIDTests {
    @Test(arguments: [
        "728f8054-7a81-1041-9c52-5dcb863c9b29", "00000000-0000-0000-0000-000000000000",
        "ffffffff-ffff-ffff-ffff-ffffffffffff", "0a000000-00b0-000c-d000-00000000000e",
    ])
    func isWrittenAsItIsRead(text: String) {
        #expect(AccountID(text)?.description == text)
    }

    @Test(arguments: ["", "728f8054-7a81-1041-9c52-5dcb863c9b2", "728f80547a8110419c525dcb863c9b29"])
    func refusesOtherForms(text: String) {
        #expect(AccountID(text) == nil)
    }
}
