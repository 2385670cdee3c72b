package import Authentication
internal import DNS
internal import Delivery
package import Directory
internal import MailModel
internal import MailboxStore
internal import SMTP
internal import Spool
internal import Storage
internal import TLSPolicy
internal import Transport

/// What the file says, in the terms of the modules that it concerns.
extension ServerConfiguration {
    /// Where the server's owner speaks IMAP to it: `martlet import` and `export`.
    package var localSocket: String { stateDirectory + "/local/imap.sock" }

    /// Where `martlet queue` speaks to the server.
    package var controlSocket: String { stateDirectory + "/local/control.sock" }

    var historyFolder: String { stateDirectory + "/history" }

    package var directoryConfiguration: DirectoryConfiguration {
        var resolver = ResolverConfiguration(
            base: directory.base, attributeMap: directory.attributeMap,
            subaddressSeparator: directory.subaddressSeparator, localHosts: [hostName],
            postmaster: directory.postmaster)
        resolver.maximumDepth = directory.maximumGroupDepth
        resolver.maximumMembers = directory.maximumGroupMembers
        return DirectoryConfiguration(
            connection: directory.connection, resolver: resolver, cache: directory.cache)
    }

    package var authenticationConfiguration: AuthenticationConfiguration {
        var configuration = AuthenticationConfiguration()
        configuration.hostname = hostName
        configuration.successLifetime = authentication.rememberSuccess
        configuration.failureLifetime = authentication.rememberFailure
        configuration.maximumDelay = authentication.maximumDelay
        configuration.failuresPerConnection = authentication.failuresPerConnection
        if directory.attributeMap.user.scramSecrets == nil || !authentication.offersSCRAM {
            configuration.mechanisms.removeAll { !$0.sendsPassword && $0 != .external }
        }
        return configuration
    }

    var tlsConfiguration: TLSConfiguration {
        TLSConfiguration(
            certificates: tls.certificates.map { .init(chain: $0.chain, key: $0.key) },
            minimumVersion: tls.minimumIsTLS13 ? .v13 : .v12,
            clientCertificates: tls.clientAuthorities.map { .optional(caFile: $0) } ?? .none)
    }

    func connectionLimits(for service: ServiceKind) -> ConnectionLimits {
        ConnectionLimits(
            total: service == .imap ? imap.sessions : limits.sessionsPerService,
            perAddress: service == .imap ? imap.sessionsPerAddress : limits.sessionsPerAddress,
            writeTimeout: limits.writeTimeout)
    }

    var imapConfiguration: IMAPServiceConfiguration {
        IMAPServiceConfiguration(
            hostName: hostName, maximumMessageSize: imap.maximumMessageSize,
            idleTimeout: imap.idleTimeout, loginTimeout: imap.loginTimeout,
            handshakeTimeout: limits.handshakeTimeout, keepAlive: imap.keepAlive,
            maximumBadCommands: imap.maximumFailedCommands,
            maximumSessionsPerAccount: imap.sessionsPerUser,
            accountCheckInterval: imap.accountCheck)
    }

    var storageConfiguration: StorageConfiguration {
        var configuration = StorageConfiguration()
        configuration.minimumFreeBytes = Int64(storage.minimumFree)
        configuration.outstandingBytes = limits.messageMemory
        return configuration
    }

    var textIndexConfiguration: TextIndexConfiguration {
        TextIndexConfiguration(
            directory: stateDirectory + "/search",
            mode: imap.alwaysIndexesText ? .always : .onDemand)
    }

    var queueManagerConfiguration: QueueManagerConfiguration {
        var reports = ReportConfiguration(hostName: hostName)
        if let postmaster = directory.postmaster { reports.doubleBounce = .postmaster(postmaster) }
        var configuration = QueueManagerConfiguration(reports: reports)
        configuration.retry.firstLocalDelay = queue.firstLocalDelay
        configuration.retry.firstRemoteDelay = queue.firstRemoteDelay
        configuration.retry.maximumDelay = queue.maximumDelay
        configuration.retry.expiry = queue.expiry
        configuration.retry.overQuotaGrace = queue.expiry
        configuration.delayWarning = queue.delayWarning
        return configuration
    }

    var spoolConfiguration: SpoolConfiguration {
        var configuration = SpoolConfiguration()
        configuration.maximumRemoteLeases = outbound.sessions
        configuration.maximumDestinationLeases = outbound.sessionsPerDestination
        configuration.weights = outbound.weights
        return configuration
    }

    var outboundConfiguration: OutboundConfiguration {
        var configuration = OutboundConfiguration(hostName: hostName)
        configuration.port = UInt16(outbound.port)
        configuration.routes = outbound.routes
        configuration.relayHosts = outbound.relayHosts
        configuration.tls = outbound.tls
        configuration.tlsLevels = outbound.tlsLevels
        configuration.credentials = outbound.credentials
        configuration.sources = outbound.sources
        (configuration.usesIPv4, configuration.usesIPv6) = outbound.families
        configuration.connectTimeout = outbound.connectTimeout
        configuration.handshakeTimeout = outbound.handshakeTimeout
        configuration.failureLifetime = outbound.failureMemory
        configuration.maximumMessagesPerSession = outbound.messagesPerSession
        configuration.shutdownGrace = limits.shutdownGrace
        return configuration
    }

    var tlsClientConfiguration: TLSClientConfiguration {
        TLSClientConfiguration(
            authorities: outbound.authorities,
            certificate: outbound.clientCertificate.map { .init(chain: $0.chain, key: $0.key) })
    }

    var policyFetcherConfiguration: PolicyFetcher.Configuration {
        var configuration = PolicyFetcher.Configuration()
        configuration.port = UInt16(outbound.policyPort)
        configuration.authorities = outbound.authorities
        return configuration
    }

    var dnsConfiguration: DNSConfiguration {
        var configuration = DNSConfiguration()
        configuration.servers = dns.servers
        configuration.validates = dns.validates
        configuration.trustAnchorFile = dns.trustAnchor
        configuration.timeout = dns.timeout
        return configuration
    }

    var inquiryConfiguration: InquiryConfiguration {
        var configuration = InquiryConfiguration(hostName: hostName)
        configuration.deadline = inquiry.timeout
        configuration.patience = inquiry.patience
        configuration.connectTimeout = inquiry.connectTimeout
        configuration.failureLifetime = inquiry.failureMemory
        configuration.idleLifetime = inquiry.idleTimeout
        configuration.positiveLifetime = inquiry.positive
        configuration.negativeLifetime = inquiry.negative
        configuration.capacity = inquiry.entries
        return configuration
    }

    var loginProxyConfiguration: LoginProxyConfiguration? {
        proxy.map { proxy in
            var configuration = LoginProxyConfiguration()
            configuration.imap = .init(
                port: UInt16(proxy.imapPort), startsTLS: proxy.startsTLS)
            configuration.pop3 = .init(
                port: UInt16(proxy.pop3Port), startsTLS: proxy.startsTLS)
            configuration.verifies = proxy.verifies
            configuration.credentials = proxy.credentials
            configuration.connectTimeout = proxy.connectTimeout
            configuration.refersIMAP = proxy.refersIMAP
            return configuration
        }
    }

    func smtpSettings(for listener: ListenerConfiguration) -> SMTPServiceSettings {
        var settings = SMTPServiceSettings(
            hostname: hostName, role: listener.service.smtpRole)
        settings.implicitTLS = listener.implicitTLS
        settings.relayNetworks = listener.relayNetworks
        settings.allowsLoginWithoutTLS = listener.loginWithoutTLS
        settings.allowsAnySender = listener.anySender
        settings.limits = SessionLimits(
            recipients: smtp.maximumRecipients, transactions: smtp.maximumTransactions,
            failedCommands: smtp.maximumFailedCommands)
        settings.message = MessageLimits(
            maximumSize: smtp.maximumMessageSize, maximumLineLength: smtp.maximumLineLength,
            bareLineEnds: smtp.normalisesLineEnds ? .normalise : .reject)
        settings.maximumHops = smtp.maximumHops
        settings.commandTimeout = smtp.commandTimeout
        settings.dataTimeout = smtp.dataTimeout
        settings.minimumDataRate = smtp.minimumDataRate
        settings.sessionLifetime = smtp.sessionLifetime
        settings.handshakeTimeout = limits.handshakeTimeout
        settings.greetDelay = smtp.greetDelay
        settings.maximumHold = smtp.maximumHold
        settings.maximumPriority = Int8(smtp.maximumPriority)
        return settings
    }
}

extension ServiceKind {
    /// Of the services that speak SMTP.
    fileprivate var smtpRole: SMTPServerConfiguration.Role {
        switch self {
        case .submission: .submission
        case .odmr: .onDemandRelay
        case .mx, .pop3, .imap: .mailExchanger
        }
    }
}
