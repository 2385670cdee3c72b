package import Logging
package import MailModel

/// The MTA-STS policies of the domains that mail is sent to (RFC 8461).
///
/// Asks the DNS what a domain announces, fetches a policy when the announcement is new, and remembers
/// it on disk for as long as it is valid: whoever can suppress the DNS's answers or the policy host
/// cannot make us forget. What was found is not asked for again for five minutes, whether it was a
/// policy or none; each domain is asked about once at a time.
package actor MTASTSPolicyStore {
    package struct Configuration: Sendable {
        /// Made when it does not exist; its parent must.
        package var directory: String
        /// Nothing is written there, nor is it made: it is another process's.
        package var isReadOnly = false
        /// Policies that are remembered; beyond, those that go unused longest are forgotten.
        package var domains = 10_000
        /// How long an answer counts before the DNS is asked again.
        package var recheck = Duration.seconds(300)
        /// The same when the DNS did not answer.
        package var retry = Duration.seconds(60)

        package init(directory: String) { self.directory = directory }
    }

    /// What was found of late, so that it need not be asked for again.
    private struct Check {
        let until: Timestamp
        let failure: TLSResultType?
    }

    /// Lines of the file without use before it is rewritten, beside as many as there are policies.
    private static let slack = 1000

    private let configuration: Configuration
    private let source: any MTASTSSource
    private let logger: Logger
    private let now: @Sendable () -> Timestamp
    private let file: PolicyFile
    private var policies: PolicyTable
    /// Lines of the file.
    private var lines = 0
    private var checks: [String: Check] = [:]
    private var running: [String: Task<MTASTSResult, Never>] = [:]

    /// Reads what an earlier process remembered; what cannot be read is told to the log.
    package init(
        _ configuration: Configuration, source: any MTASTSSource, logger: Logger,
        now: @escaping @Sendable () -> Timestamp = { .now }
    ) async {
        self.configuration = configuration
        self.source = source
        self.logger = logger
        self.now = now
        file = PolicyFile(
            directory: configuration.directory, isReadOnly: configuration.isReadOnly, logger: logger)
        policies = PolicyTable(limit: configuration.domains)
        let moment = now()
        for policy in await file.load() {
            lines += 1
            policies.insert(policy, at: moment)
        }
    }

    /// What to go by for mail to this domain. May wait for the DNS and the policy host.
    ///
    /// Where a policy in force makes a message fail, it should be tried again later than
    /// `Configuration.recheck` before it is given up: the domain may have changed its policy (RFC
    /// 8461 section 5.1).
    ///
    /// - Parameter domain: of the recipient's address, in A-labels.
    package func policy(for domain: String) async -> MTASTSResult {
        let domain = domain.lowercased()
        guard domain.utf8.contains(UInt8(ascii: ".")), DNSName.isValid("_mta-sts.\(domain)") else {
            return MTASTSResult(policy: nil, failure: nil)
        }
        if let task = running[domain] { return await task.value }
        if let check = checks[domain], check.until > now() {
            return known(domain, failure: check.failure)
        }
        let task = Task {
            let result = await discover(domain)
            running[domain] = nil
            return result
        }
        running[domain] = task
        return await task.value
    }

    /// RFC 8461 section 3: the announcement, then the policy.
    private func discover(_ domain: String) async -> MTASTSResult {
        let announced: String?
        switch await source.text("_mta-sts.\(domain)") {
        case .records(let records): announced = MTASTSRecord.id(records)
        case .none: announced = nil
        case .unavailable: return remember(domain, for: configuration.retry, failure: nil)
        }
        // A policy in the cache stays valid when nothing is announced (section 5.1).
        guard let announced else { return remember(domain, for: configuration.recheck, failure: nil) }
        let moment = now()
        if let cached = policies.valid(domain, at: moment), cached.id == announced,
            !cached.isDue(moment)
        {
            return remember(domain, for: configuration.recheck, failure: nil)
        }
        switch await fetch(domain) {
        case .success(let policy):
            await keep(CachedPolicy(domain: domain, id: announced, fetched: now(), policy: policy))
            return remember(domain, for: configuration.recheck, failure: nil)
        case .failure(let type):
            return remember(domain, for: configuration.recheck, failure: type.resultType)
        }
    }

    private struct FetchFailure: Error { let resultType: TLSResultType }

    private func fetch(_ domain: String) async -> Result<MTASTSPolicy, FetchFailure> {
        let octets: [UInt8]
        do throws(PolicyFetchError) {
            octets = try await source.fetch("mta-sts.\(domain)")
        } catch {
            tell(domain, "\(error)")
            return .failure(FetchFailure(resultType: error.resultType))
        }
        do throws(MTASTSPolicyError) {
            return .success(try MTASTSPolicy(octets))
        } catch {
            tell(domain, "\(error)")
            return .failure(FetchFailure(resultType: .stsPolicyInvalid))
        }
    }

    private func tell(_ domain: String, _ cause: String) {
        logger.notice(
            "No MTA-STS policy could be fetched", metadata: ["domain": "\(domain)", "cause": "\(cause)"])
    }

    private func keep(_ policy: CachedPolicy) async {
        policies.insert(policy, at: now())
        lines += 1
        if lines > 2 * policies.count + Self.slack {
            lines = policies.count
            await file.rewrite(policies.all)
        } else {
            await file.append(policy)
        }
    }

    /// The answer, which counts for a while, but no longer than its policy is valid.
    private func remember(
        _ domain: String, for time: Duration, failure: TLSResultType?
    ) -> MTASTSResult {
        let moment = now()
        if checks.count >= 2 * configuration.domains {
            checks = checks.filter { $0.value.until > moment }
            // All of them young: they are only there to save questions.
            if checks.count >= 2 * configuration.domains { checks = [:] }
        }
        let end = policies.valid(domain, at: moment)?.expiry
        checks[domain] = Check(until: min(moment + time, end ?? moment + time), failure: failure)
        return known(domain, failure: failure)
    }

    private func known(_ domain: String, failure: TLSResultType?) -> MTASTSResult {
        MTASTSResult(policy: policies.valid(domain, at: now())?.policy, failure: failure)
    }
}
