internal import MailModel
internal import NIOCore

/// Command lines in the input.
extension SMTPServerSession {
    /// A line's place in the input, without its CRLF.
    private enum Line {
        case whole(length: Int)
        case incomplete
        case tooLong
        case notEndedByCRLF(length: Int)
    }

    private static func findLine(
        _ bytes: UnsafeRawBufferPointer, limit: (UnsafeRawBufferPointer) -> Int
    ) -> Line {
        guard let end = bytes.index(of: Octet.lf, from: 0, to: bytes.count) else {
            // Below the common limit nothing needs to be known about the line.
            let isShort = bytes.count <= SMTPVerb.maximumOtherLine
            return isShort || bytes.count <= limit(bytes) ? .incomplete : .tooLong
        }
        guard end < SMTPVerb.maximumOtherLine || end < limit(bytes) else { return .tooLong }
        guard end > 0, bytes[end - 1] == Octet.cr,
            bytes.index(of: Octet.cr, from: 0, to: end - 1) == nil
        else { return .notEndedByCRLF(length: end + 1) }
        return .whole(length: end - 1)
    }

    private static func commandLimit(_ bytes: UnsafeRawBufferPointer) -> Int {
        var cursor = ByteCursor(UnsafeRawBufferPointer(rebasing: bytes.prefix(9)))
        return SMTPVerb(&cursor)?.maximumLineLength ?? SMTPVerb.maximumOtherLine
    }

    /// Nil when there may be more to do in the input.
    mutating func nextCommand(
        _ input: inout ByteBuffer, _ output: inout ByteBuffer
    ) -> SMTPServerAction? {
        let options = CommandGrammarOptions(
            smtpUTF8: transaction?.mail.smtpUTF8 ?? false,
            allowsBarePaths: configuration.allowsBarePaths)
        let (line, result) = input.withUnsafeReadableBytes {
            bytes -> (Line, Result<SMTPCommand, SMTPReply>?) in
            let line = Self.findLine(bytes, limit: Self.commandLimit)
            guard case .whole(let length) = line else { return (line, nil) }
            let text = UnsafeRawBufferPointer(rebasing: bytes[..<length])
            do throws(SMTPReply) {
                return (line, .success(try SMTPCommand.parse(text, options)))
            } catch {
                return (line, .failure(error))
            }
        }
        switch (line, result) {
        case (.incomplete, _): return .read
        case (.tooLong, _):
            phase = .skippingLine(.lineTooLong)
            return nil
        case (.notEndedByCRLF(let length), _):
            input.moveReaderIndex(forwardBy: length)
            return fail(.bareLineEnd, &output)
        case (.whole(let length), .success(let command)):
            input.moveReaderIndex(forwardBy: length + 2)
            return perform(command, followedByInput: input.readableBytes > 0, &output)
        case (.whole(let length), .failure(let reply)):
            input.moveReaderIndex(forwardBy: length + 2)
            // Behind a chunk size that can't be read, nothing tells the message's octets from commands:
            // a stranger's text would be obeyed. So the connection ends, as it does with Postfix.
            if reply == .foreignProtocol || reply == .invalidChunkSize {
                return disconnect(reply, &output)
            }
            return fail(reply, &output)
        case (.whole, nil): return .read
        }
    }

    mutating func skipLine(
        _ reply: SMTPReply, _ input: inout ByteBuffer, _ output: inout ByteBuffer
    ) -> SMTPServerAction? {
        let end = input.withUnsafeReadableBytes { $0.index(of: Octet.lf, from: 0, to: $0.count) }
        guard let end else {
            input.moveReaderIndex(to: input.writerIndex)
            return .read
        }
        input.moveReaderIndex(forwardBy: end + 1)
        phase = .commands
        return fail(reply, &output)
    }

    // response = *base64-char CRLF / "*" CRLF     ; a line of an exchange (RFC 4954 section 4)
    mutating func nextResponse(
        _ isFinal: Bool, _ input: inout ByteBuffer, _ output: inout ByteBuffer
    ) -> SMTPServerAction? {
        enum Response { case cancel, invalid, octets([UInt8]) }
        let (line, response) = input.withUnsafeReadableBytes { bytes -> (Line, Response) in
            let line = Self.findLine(bytes) { _ in SMTPVerb.maximumAuthenticationLine }
            guard case .whole(let length) = line else { return (line, .invalid) }
            let text = UnsafeRawBufferPointer(rebasing: bytes[..<length])
            if text.equals(word: "*") { return (line, .cancel) }
            return (line, Base64.decode(text).map(Response.octets) ?? .invalid)
        }
        switch line {
        case .incomplete: return .read
        case .tooLong: phase = .skippingLine(.authenticationTooLong)
        case .notEndedByCRLF(let length):
            input.moveReaderIndex(forwardBy: length)
            phase = .commands
            if let action = fail(.bareLineEnd, &output) { return action }
        case .whole(let length):
            input.moveReaderIndex(forwardBy: length + 2)
            phase = .commands
            switch response {
            case .octets(let octets) where !isFinal:
                question = .authentication
                return .continueAuthentication(octets)
            case .octets(let octets) where octets.isEmpty:
                isAuthenticated = true
                SMTPReply.authenticated.write(into: &output)
                return nil
            case .octets, .invalid:
                if let action = fail(.invalidBase64, &output) { return action }
            case .cancel:
                if let action = fail(.authenticationCancelled, &output) { return action }
            }
        }
        return .cancelAuthentication
    }
}
