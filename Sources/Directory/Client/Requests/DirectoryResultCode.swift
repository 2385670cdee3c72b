/// Result codes that mean something of their own here (RFC 4511 appendix A).
enum DirectoryResultCode: Equatable {
    case success
    case sizeLimitExceeded
    case noSuchObject
    case alreadyExists
    case other(Int32)

    init(_ code: Int32) {
        self =
            switch code {
            case 0: .success
            case 4: .sizeLimitExceeded
            case 32: .noSuchObject
            case 68: .alreadyExists
            default: .other(code)
            }
    }
}
