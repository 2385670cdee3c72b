import Logging
import MailModel
import NIOCore
import Storage
import TestSupport

@testable import MailServer

/// An engine with mail in its queue, for whom a state directory and a configuration exist.
struct SampleQueue {
    let files: TemporaryDirectory
    let engine: StorageEngine
    static let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    init() throws {
        files = try TemporaryDirectory()
        engine = try StorageEngine.open(
            at: files.path, configuration: StorageConfiguration(), logger: Self.logger)
    }

    var configuration: ServerConfiguration {
        get throws {
            var configuration = try ConfigurationText.parse("")
            configuration.stateDirectory = files.path
            return configuration
        }
    }

    /// Returns when it is in the index.
    @discardableResult
    func add(
        from sender: String = "sender@example.org", to recipients: String..., body: String = "Subject: x\r\n\r\n"
    ) async throws -> QueueID {
        let draft = try engine.makeDraft(sizeHint: nil)
        try await draft.append(ByteBuffer(string: body))
        let path = EmailAddress(sender).map { ReversePath.address($0) } ?? .null
        try await engine.accept(
            draft, envelope: Envelope(reversePath: path),
            recipients: recipients.map { text in
                let address = EmailAddress(text)!
                return RoutedRecipient(
                    address: address, route: .remote(.foreign),
                    envelopeRecipient: EnvelopeRecipient(address: address))
            })
        while try await engine.entry(draft.id) == nil { try await Task.sleep(for: .milliseconds(1)) }
        return draft.id
    }

    func postpone(_ id: QueueID, _ number: Int, _ text: String, attempts: Int = 1) async throws {
        for _ in 0..<attempts {
            _ = try await engine.update(
                id,
                [
                    .postpone(
                        number: number, until: .now + .seconds(3600),
                        MailError(451, .init(4, 4, 1), text, reportedBy: "mx.example"), delayReported: false)
                ])
        }
    }
}
