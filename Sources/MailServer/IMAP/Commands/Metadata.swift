internal import IMAP

extension IMAPSession {
    func getMetadata(_ command: GetMetadataCommand) async throws(CommandFailure) -> Completion {
        throw .no("Not available")
    }

    func setMetadata(_ name: String, _ entries: [MetadataEntry]) async throws(CommandFailure) -> Completion {
        throw .no("Not available")
    }
}
