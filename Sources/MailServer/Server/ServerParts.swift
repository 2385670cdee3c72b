internal import Authentication
internal import Delivery
internal import Directory
internal import IMAP
internal import InternetMessage
internal import Logging
internal import MailboxStore
internal import NIOCore
internal import POP3
internal import SMTP
internal import Spool
internal import Storage
internal import TLSPolicy
internal import Transport

/// The modules of a running server, joined.
final class ServerParts: Sendable {
    struct Listening: Sendable {
        var name: String
        var host: String
        var port: Int
    }

    let queueManager: QueueManager
    let secretsWatch: SecretsWatch
    private let configuration: ServerConfiguration
    private let sockets: EarlySockets
    private let logger: Logger
    private let tls: TLSServerContext
    private let directory: Directory
    private let sasl: SASLService
    private let storage: StorageEngine
    private let pop3: POP3Service
    private let imap: IMAPService
    private let cache: MessageCache
    private let textIndex: TextIndex
    private let operators: OperatorParts
    private let control: ControlService
    private let monitor: ServerMonitor
    private let transport: TransportGroup
    private let outbound: OutboundParts
    private let retrieval: QueueRetrieval
    private let limiters: [ServiceKind: ConnectionLimiter]
    private let listeners = ListenerTable()

    /// Reads the certificates and keys, opens the store (recovering it), begins to connect to the directory.
    init(
        configuration: ServerConfiguration, sockets: EarlySockets, logger: Logger
    ) async throws {
        self.configuration = configuration
        self.sockets = sockets
        self.logger = logger
        let files = try ConfiguredFiles(configuration)
        tls = files.tls
        for warning in tls.warnings { logger.warning("\(warning)") }
        if let error = AccessAdvice.stateDirectory(configuration.stateDirectory) { throw error }
        do {
            storage = try StorageEngine.open(
                at: configuration.stateDirectory, configuration: configuration.storageConfiguration,
                logger: logger)
        } catch {
            throw ServerStartError(
                "state directory \(configuration.stateDirectory): "
                    + StateAdvice.explain(error, configuration.stateDirectory))
        }
        var authentication = configuration.authenticationConfiguration
        authentication.decoyKey = try ServerSecret.load(configuration.stateDirectory + "/scram.key")
        // Before libldap, which may start libsasl2 as well, from its own threads.
        SASLService.prepare(logger: logger)
        directory = Directory(configuration: configuration.directoryConfiguration, logger: logger)
        sasl = SASLService(directory: directory, configuration: authentication, logger: logger)
        secretsWatch = SecretsWatch(directory, sasl, logger: logger)
        let transport = TransportGroup(threads: configuration.eventLoops ?? TransportGroup.usualThreads)
        self.transport = transport
        let spool = Spool(
            storage: storage, configuration: configuration.spoolConfiguration, logger: logger)
        let outbound = try await OutboundParts(
            configuration, files: files, spool: spool, directory: directory, transport: transport,
            listeners: listeners, logger: logger)
        self.outbound = outbound
        let operators = try OperatorParts(configuration, logger: logger)
        self.operators = operators
        storage.onDirectDelivery { operators.deliveries.delivered($0) }
        queueManager = QueueManager(
            spool: spool, resolver: directory, remote: outbound.remote, hosts: outbound.inquirer,
            configuration: configuration.queueManagerConfiguration,
            observer: operators.deliveries, executors: transport.executors, logger: logger)
        retrieval = QueueRetrieval(spool: spool, queue: queueManager, remote: outbound.remote)
        control = operators.control(spool, queueManager, logger: logger) { outbound.remote.forgetFailures() }
        monitor = ServerMonitor(
            directory: directory, sasl: sasl, storage: storage, spool: spool,
            deliveries: operators.deliveries, listeners: listeners, transport: transport,
            stateDirectory: configuration.stateDirectory)
        var pop3Configuration = POP3ServiceConfiguration(
            session: POP3SessionConfiguration(
                hostName: configuration.hostName,
                maximumBadCommands: configuration.pop3.maximumFailedCommands))
        pop3Configuration.idleTimeout = configuration.pop3.idleTimeout
        pop3Configuration.loginTimeout = configuration.pop3.loginTimeout
        pop3Configuration.handshakeTimeout = configuration.limits.handshakeTimeout
        let cache = MessageCache(
            directory: configuration.stateDirectory, storage: storage, logger: logger,
            describe: { MessageFacts(describing: $0, preview: $1) })
        let textIndex = TextIndex(
            storage: storage, configuration: configuration.textIndexConfiguration, logger: logger)
        self.cache = cache
        self.textIndex = textIndex
        let mailboxes = MailboxStore(storage: storage) { changes in
            textIndex.observe(changes)
            for case .removed(let messages) in changes.lazy.map(\.kind) { cache.removed(messages) }
        }
        pop3 = POP3Service(
            configuration: pop3Configuration, authentication: sasl, mailboxes: mailboxes,
            proxy: outbound.proxy, logger: logger)
        imap = IMAPService(
            configuration: configuration.imapConfiguration, authentication: sasl,
            directory: directory, mailboxes: mailboxes, cache: cache, textIndex: textIndex,
            proxy: outbound.proxy, logger: logger)
        limiters = Dictionary(
            uniqueKeysWithValues: ServiceKind.allCases.map {
                ($0, ConnectionLimiter(configuration.connectionLimits(for: $0)))
            })
    }

    /// Opens every listener.
    /// - Throws: `ServerStartError` naming the one that could not be opened.
    func listen() async throws {
        for listener in configuration.listeners {
            for place in sockets.places(listener) {
                do {
                    listeners.add(listener.name, place.host, try await bind(listener, place))
                } catch {
                    throw ServerStartError(
                        "listener \(listener.name): cannot listen on \(place): \(ListeningPlace.reason(error))")
                }
            }
        }
        try await listenLocally()
        try await listenForMonitoring()
        listeners.isAccepting = true
    }

    private func listenForMonitoring() async throws {
        let service = MonitoringService(logger: logger) { [monitor] in await monitor.page($0) }
        for place in sockets.places(configuration.monitoring) {
            do {
                listeners.add(
                    EarlySockets.monitoring, place.host,
                    try await place.listen(
                        group: transport, limiter: ConnectionLimiter(MonitoringService.limits),
                        logger: logger
                    ) { await service.serve($0) })
            } catch {
                throw ServerStartError(
                    "monitoring: cannot listen on \(place): \(ListeningPlace.reason(error))")
            }
        }
    }

    /// For the server's owner: IMAP, where he may act as any account, for moving mail; and commands
    /// for the queue.
    private func listenLocally() async throws {
        let options = AccessListenerOptions(name: "local", startTLS: nil)
        try await listenLocally(
            "local", configuration.localSocket, configuration.connectionLimits(for: .imap)
        ) { [imap] in await imap.serve($0, options) }
        try await listenLocally(
            "control", configuration.controlSocket, ControlService.limits
        ) { [control] in await control.serve($0) }
    }

    private func listenLocally(
        _ name: String, _ path: String, _ limits: ConnectionLimits,
        _ serve: @escaping @Sendable (Connection) async -> Void
    ) async throws {
        do {
            try LocalSocketFolder.make(for: path)
            listeners.add(
                name, path,
                try await Listener.bind(
                    path: path, group: transport, limiter: ConnectionLimiter(limits),
                    logger: logger, handler: serve))
        } catch {
            throw ServerStartError("local socket \(path): \(error)")
        }
    }

    /// The network's, not the local sockets.
    var listening: [Listening] {
        listeners.all.filter { !$0.listener.isLocal }
            .map { .init(name: $0.name, host: $0.host, port: $0.listener.port) }
    }

    var reports: TLSReportLog { outbound.reports }

    /// Re-reads the certificates and forgets what is remembered of the directory.
    func reload() {
        do {
            let changed = try tls.reload()
            logger.notice("reloaded", metadata: ["certificates": changed ? "changed" : "unchanged"])
            for warning in tls.warnings { logger.warning("\(warning)") }
        } catch {
            logger.error("certificates not reloaded, the old ones stay: \(error)")
        }
        outbound.reload(logger)
        directory.invalidate()
    }

    var memoryUpkeep: MemoryUpkeep { MemoryUpkeep(storage: storage) }

    /// Closes the listeners, tells the sessions, and waits for them.
    func stopListening() async {
        listeners.isAccepting = false
        let grace = configuration.limits.shutdownGrace
        await withDiscardingTaskGroup { group in
            for entry in listeners.all {
                group.addTask { await entry.listener.shutDown(grace: grace) }
            }
        }
    }

    /// Ends everything. The queue manager must have ended.
    func stop() async {
        await stopListening()
        await outbound.stop()
        await textIndex.shutDown()
        await cache.close()
        await storage.close()
        operators.stop()
        await directory.shutDown()
        do {
            try await transport.shutDown()
        } catch {
            logger.warning("event loops: \(error)")
        }
    }

    private func bind(
        _ listener: ListenerConfiguration, _ place: ListeningPlace
    ) async throws -> Listener {
        let serve: @Sendable (Connection) async -> Void
        switch listener.service {
        case .mx, .submission, .odmr:
            let smtp = SMTPService(
                settings: configuration.smtpSettings(for: listener), directory: directory,
                storage: storage, sasl: sasl, tls: tls, retrieval: retrieval,
                hosts: outbound.inquirer, history: operators.history, logger: logger)
            serve = { await smtp.serve($0) }
        case .pop3:
            let options = AccessListenerOptions(
                name: listener.name, startTLS: listener.implicitTLS ? nil : tls,
                loginWithoutTLS: listener.loginWithoutTLS)
            serve = { [pop3] in await pop3.serve($0, options) }
        case .imap:
            let options = AccessListenerOptions(
                name: listener.name, startTLS: listener.implicitTLS ? nil : tls,
                loginWithoutTLS: listener.loginWithoutTLS)
            serve = { [imap] in await imap.serve($0, options) }
        }
        return try await place.listen(
            group: transport, implicitTLS: listener.implicitTLS ? tls : nil,
            limiter: limiters[listener.service]!,
            tlsHandshakeTimeout: configuration.limits.handshakeTimeout,
            onBusy: busyReply(listener.service), logger: logger, handler: serve)
    }

    private func busyReply(_ service: ServiceKind) -> ByteBuffer {
        switch service {
        case .mx, .submission, .odmr: ByteBuffer(string: "421 4.3.2 \(configuration.hostName) Too many connections, try again later\r\n")
        case .pop3: POP3Service.tooBusy
        case .imap: IMAPService.tooBusy
        }
    }
}
