internal import IMAP
internal import Logging
internal import MailModel
internal import MailboxStore
internal import NIOCore
internal import Storage
internal import Transport

/// The session's course: octets in, commands executed in their order, replies gathered and written
/// when the input is used up.
extension IMAPSession {
    func run() async {
        let ending = await converse()
        leaveAccount(ending)
    }

    private func converse() async -> IMAPEnding {
        do throws(ConnectionError) {
            writeGreeting()
            setDeadline()
            return try await serve()
        } catch {
            return await sayGoodbye(after: error)
        }
    }

    private func serve() async throws(ConnectionError) -> IMAPEnding {
        while true {
            // Most sessions wait most of the time: what the work needed of the stack is not to stay.
            try await connection.inOwnTask { () async throws(ConnectionError) in
                try await self.workWhileBusy()
            }
            if let home = home.take() { return await serve(by: home) }
            if let ending {
                let isAsked = ending == .logout && !reader.hasUnreadInput
                await connection.close(after: takeOutput(), isAsked: isAsked)
                return ending
            }
            try await wait()
        }
    }

    /// Until nothing has come for a moment.
    private func workWhileBusy() async throws(ConnectionError) {
        repeat {
            try await work()
            guard ending == nil, home == nil else { return }
        } while try await wait(briefly: true)
    }

    /// Everything that the input so far, and what has woken the connection, ask for.
    private func work() async throws(ConnectionError) {
        while ending == nil, home == nil, let event = reader.next() { try await handle(event) }
        if isWoken, ending == nil, home == nil {
            isWoken = false
            try await attend()
        }
        // Before the client reads the last reply: it may come again at once.
        if let ending { return leaveAccount(ending) }
        try await flush()
    }

    /// False when nothing came.
    @discardableResult
    private func wait(briefly: Bool = false) async throws(ConnectionError) -> Bool {
        let event: ConnectionEvent
        do throws(ConnectionError) {
            event = try await briefly ? connection.nextSoon() : connection.next()
        } catch {
            guard error == .timedOut, keepIdling() else { throw error }
            return true
        }
        switch event {
        case .input(let bytes): receive(bytes)
        case .woken: isWoken = true
        case .end:
            ending = .disconnected
        case .quiet: return false
        }
        return true
    }

    /// Only a complete command puts the deadline off, so that none can be trickled.
    private func setDeadline() {
        let configuration = service.configuration
        connection.setReadDeadline(
            user == nil
                ? max(configuration.loginTimeout - (ContinuousClock.now - anonymousSince), .zero)
                : idling == nil ? configuration.idleTimeout : configuration.keepAlive)
    }

    // MARK: Events

    private func handle(_ event: ReaderEvent) async throws(ConnectionError) {
        switch event {
        case .command(let tag, let command):
            try await perform(tag, command.requiredState, forbidsExpunge: command.forbidsExpunge) {
                () async throws(CommandFailure) in
                try await self.execute(command, tag: tag)
            }
        case .append(let tag, let start):
            let isReplace = start.replacing != nil
            let state = isReplace ? CommandState.selected : .authenticated
            if !isAllowed(state) { reader.refuseAppend() }
            try await perform(tag, state, forbidsExpunge: isReplace && !start.isUID) { () async throws(CommandFailure) in
                try await self.append(start, tag: tag)
            }
        case .line(let line): try await endIdle(line)
        case .sendContinuation: output.writeContinuation("OK")
        case .invalid(let tag, let error): refuse(tag, error)
        case .fatal(let error): sayBye(.refused, error.text)
        // Left over from an APPEND that failed.
        case .appending: break
        }
    }

    private func perform(
        _ tag: String, _ state: CommandState, forbidsExpunge: Bool,
        _ body: () async throws(CommandFailure) -> Completion?
    ) async throws(ConnectionError) {
        counters.commands += 1
        let completion: Completion?
        do throws(CommandFailure) {
            try check(state)
            if state == .authenticated { try await ensureDefaultMailboxes() }
            completion = try await asOwn(body)
        } catch {
            switch error {
            case .connection(let error): throw error
            case .refused(let refusal): completion = refusal
            }
        }
        if let completion {
            return try await finish(tag, completion, forbidsExpunge: forbidsExpunge)
        }
        setDeadline()
    }

    /// Marks what the command changes where NOTIFY might tell of it.
    private func asOwn(_ body: () async throws(CommandFailure) -> Completion?)
        async throws(CommandFailure) -> Completion?
    {
        guard notification != nil else { return try await body() }
        return try await ChangeOrigin.$current.withValue(changeOrigin) {
            await outcome(of: body)
        }.get()
    }

    private func outcome(of body: () async throws(CommandFailure) -> Completion?)
        async -> Result<Completion?, CommandFailure>
    {
        do throws(CommandFailure) {
            return .success(try await body())
        } catch {
            return .failure(error)
        }
    }

    /// What has changed meanwhile, then the tagged reply.
    func finish(_ tag: String, _ completion: Completion, forbidsExpunge: Bool = false)
        async throws(ConnectionError)
    {
        if selected != nil, completion.status != .bad {
            do throws(CommandFailure) {
                try await announce(
                    allowExpunge: !forbidsExpunge && !completion.forbidsExpunge,
                    all: completion.tellsAll)
            } catch {
                if case .connection(let error) = error { throw error }
            }
            tellHeldBack()
        }
        output.writeTagged(tag, completion)
        if completion.status == .bad { countBadCommand() } else { badCommands = 0 }
        setDeadline()
        try await flushIfLarge()
    }

    /// A new account's mailboxes are made by the first command that might look for them: a client that
    /// only tries its password costs no transaction.
    private func ensureDefaultMailboxes() async throws(CommandFailure) {
        guard let user else { return }
        try await stored { () async throws(MailError) in
            try await user.mailboxes.ensureDefaults()
        }
    }

    private func check(_ state: CommandState) throws(CommandFailure) {
        guard !isAllowed(state) else { return }
        switch state {
        case .any: break
        case .notAuthenticated: throw .bad("Already logged in", code: "CLIENTBUG")
        case .authenticated: throw .bad("Log in first", code: "CLIENTBUG")
        case .selected: throw .bad("No mailbox selected", code: "CLIENTBUG")
        }
    }

    private func isAllowed(_ state: CommandState) -> Bool {
        switch state {
        case .any: true
        case .notAuthenticated: user == nil
        case .authenticated: user != nil
        case .selected: selected != nil
        }
    }

    private func refuse(_ tag: String?, _ error: SyntaxError) {
        setDeadline()
        let tag = tag ?? "*"
        switch error.kind {
        case .tooBig: output.writeTagged(tag, .no, code: "TOOBIG", error.text)
        case .badCharset: output.writeTagged(tag, .no, code: "BADCHARSET (US-ASCII UTF-8)", error.text)
        case .clientBug: output.writeTagged(tag, .bad, code: "CLIENTBUG", error.text)
        case .badUse: output.writeTagged(tag, .no, code: "USEATTR", error.text)
        case .badEvent:
            output.writeTagged(tag, .no, code: "BADEVENT (\(Self.supportedEvents))", error.text)
        case .syntax, .unknownCommand, .overLimit: output.writeTagged(tag, .bad, error.text)
        }
        countBadCommand()
    }

    private func countBadCommand() {
        badCommands += 1
        if badCommands >= service.configuration.maximumBadCommands {
            sayBye(.refused, "Too many invalid commands")
        }
    }

    // MARK: The end

    func sayBye(_ ending: IMAPEnding, _ text: String, code: String? = nil) {
        guard self.ending == nil else { return }
        output.writeUntagged(.bye, code: code, text)
        self.ending = ending
    }

    private func sayGoodbye(after error: ConnectionError) async -> IMAPEnding {
        let ending: IMAPEnding
        switch error {
        case .timedOut:
            sayBye(.idle, user == nil ? "No login within the time for it" : "Idle for too long")
            ending = .idle
        case .shuttingDown:
            sayBye(.shutdown, "Server is shutting down", code: "UNAVAILABLE")
            ending = .shutdown
        case .clearTextAfterStartTLS:
            logger.warning(
                "IMAP client sent clear text behind STARTTLS",
                metadata: ["remote": "\(connection.remoteAddress)"])
            connection.abort()
            return .refused
        default:
            connection.abort()
            return .disconnected
        }
        leaveAccount(ending)
        await connection.close(after: takeOutput())
        return ending
    }
}

extension ByteBuffer {
    mutating func writeTagged(_ tag: String, _ completion: Completion) {
        writeTagged(tag, completion.status, code: completion.code, completion.text)
    }
}
