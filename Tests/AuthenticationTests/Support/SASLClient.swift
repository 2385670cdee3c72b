import CSASL
import Logging

@testable import Authentication

#if canImport(Glibc)
import Glibc
#endif

/// libsasl2's own client, as mutt, msmtp's peers and many others have it.
final class SASLClient {
    /// Both sides of the library are set up before any test uses either: its set-up is not for
    /// several threads.
    private static let libraries: (String?, Int32) = {
        let fault = SASLLibrary.start(logger: Logger(label: "test"))
        return (fault, sasl_client_init(nil))
    }()

    static func startLibraries() {
        precondition(libraries == (nil, SASL_OK))
    }

    private final class Answers {
        let login: [CChar]
        let authorizationID: [CChar]
        let secret: UnsafeMutablePointer<sasl_secret_t>

        init(_ login: String, _ password: String, _ authorizationID: String) {
            self.login = login.utf8CString.map { $0 }
            self.authorizationID = authorizationID.utf8CString.map { $0 }
            let bytes = Array(password.utf8)
            let raw = UnsafeMutableRawPointer.allocate(
                byteCount: MemoryLayout<sasl_secret_t>.size + bytes.count + 1, alignment: 8)
            secret = raw.bindMemory(to: sasl_secret_t.self, capacity: 1)
            secret.pointee.len = UInt(bytes.count)
            let data = raw + MemoryLayout<sasl_secret_t>.offset(of: \.data)!
            data.copyMemory(from: bytes, byteCount: bytes.count)
            data.storeBytes(of: 0, toByteOffset: bytes.count, as: UInt8.self)
        }

        deinit { UnsafeMutableRawPointer(secret).deallocate() }
    }

    private let answers: Answers
    private var connection: OpaquePointer?
    private let callbacks = UnsafeMutablePointer<sasl_callback_t>.allocate(capacity: 4)

    init(login: String, password: String, authorizationID: String = "") {
        answers = Answers(login, password, authorizationID)
        let context = Unmanaged.passUnretained(answers).toOpaque()
        let name:
            @convention(c) (
                UnsafeMutableRawPointer?, Int32, UnsafeMutablePointer<UnsafePointer<CChar>?>?,
                UnsafeMutablePointer<UInt32>?
            ) -> Int32 = { context, id, result, length in
                let answers = Unmanaged<Answers>.fromOpaque(context!).takeUnretainedValue()
                let text = id == SASL_CB_USER ? answers.authorizationID : answers.login
                // Lives as long as the array, which never changes.
                result?.pointee = text.withUnsafeBufferPointer { $0.baseAddress }
                length?.pointee = UInt32(text.count - 1)
                return SASL_OK
            }
        let secret:
            @convention(c) (
                OpaquePointer?, UnsafeMutableRawPointer?, Int32,
                UnsafeMutablePointer<UnsafeMutablePointer<sasl_secret_t>?>?
            ) -> Int32 = { _, context, _, result in
                let answers = Unmanaged<Answers>.fromOpaque(context!).takeUnretainedValue()
                result?.pointee = answers.secret
                return SASL_OK
            }
        typealias Procedure = @convention(c) () -> Int32
        func entry(_ id: Int32, _ procedure: Procedure) -> sasl_callback_t {
            sasl_callback_t(id: UInt(id), proc: procedure, context: context)
        }
        callbacks[0] = entry(SASL_CB_AUTHNAME, unsafeBitCast(name, to: Procedure.self))
        callbacks[1] = entry(SASL_CB_USER, unsafeBitCast(name, to: Procedure.self))
        callbacks[2] = entry(SASL_CB_PASS, unsafeBitCast(secret, to: Procedure.self))
        callbacks[3] = martlet_sasl_list_end()
        sasl_client_new(
            "smtp", "localhost", nil, nil, callbacks, UInt32(SASL_SUCCESS_DATA), &connection)
    }

    deinit {
        sasl_dispose(&connection)
        callbacks.deallocate()
    }

    /// Nil when the client gives up, as it does on a wrong server signature.
    func run(
        _ mechanism: String, on service: SASLService, _ context: ClientContext
    ) async -> AuthenticationOutcome? {
        guard let exchange = service.begin(mechanism, context) else { return nil }
        var message: [UInt8]? = start(mechanism)
        for _ in 0..<8 {
            switch await exchange.step(message) {
            case .challenge(let challenge):
                guard let answer = step(challenge) else { return nil }
                message = answer
            case .done(let outcome, let serverFinal):
                if let serverFinal, step(serverFinal) == nil { return nil }
                return outcome
            }
        }
        return nil
    }

    private func start(_ mechanism: String) -> [UInt8]? {
        var output: UnsafePointer<CChar>?
        var length: UInt32 = 0
        var chosen: UnsafePointer<CChar>?
        let status = sasl_client_start(connection, mechanism, nil, &output, &length, &chosen)
        guard status == SASL_CONTINUE || status == SASL_OK, let output else { return nil }
        return Array(UnsafeRawBufferPointer(start: output, count: Int(length)))
    }

    private func step(_ challenge: [UInt8]) -> [UInt8]? {
        var output: UnsafePointer<CChar>?
        var length: UInt32 = 0
        let input = challenge.map(CChar.init(bitPattern:)) + [0]
        let status = sasl_client_step(
            connection, input, UInt32(challenge.count), nil, &output, &length)
        guard status == SASL_CONTINUE || status == SASL_OK else { return nil }
        return output.map { Array(UnsafeRawBufferPointer(start: $0, count: Int(length))) } ?? []
    }
}
