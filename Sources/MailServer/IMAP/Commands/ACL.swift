internal import IMAP

extension IMAPSession {
    func setACL(_ name: String, _ identifier: String, _ rights: String) async throws(CommandFailure) -> Completion {
        throw .no("Not available")
    }

    func deleteACL(_ name: String, _ identifier: String) async throws(CommandFailure) -> Completion {
        throw .no("Not available")
    }

    func getACL(_ name: String) async throws(CommandFailure) -> Completion {
        throw .no("Not available")
    }

    func listRights(_ name: String, _ identifier: String) async throws(CommandFailure) -> Completion {
        throw .no("Not available")
    }

    func myRights(_ name: String) async throws(CommandFailure) -> Completion {
        throw .no("Not available")
    }
}
