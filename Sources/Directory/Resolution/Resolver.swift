internal import MailModel

/// Finds out where mail to an address goes, with searches and no memory: `Directory` caches what
/// it answers.
///
/// An address costs one search (its domain is cached). It is tried in this order, and the first
/// that an entry has decides: the address itself; the same in the domain of which its domain is an
/// alias; both without the detail of a subaddress; the domain's catch-all. Two entries for the
/// deciding address are a fault, never a choice. What no entry has goes to the domain's other
/// hosts, if it has any.
struct Resolver: Sendable {
    typealias DomainSource = @Sendable (String) async -> Lookup<MailDomain>

    let source: any DirectorySearching
    let configuration: ResolverConfiguration
    let landmarks: Landmarks
    /// Overrides where domains come from: the cache.
    var cachedDomains: DomainSource?
    var trace: ResolutionTrace?

    var map: AttributeMap { configuration.attributeMap }
    var reader: EntryReader { EntryReader(map: configuration.attributeMap) }

    func resolve(_ address: EmailAddress) async -> Verdict {
        let expansion = Expansion()
        do throws(ExpansionFailure) {
            switch try await expand(address, expansion, depth: 0) {
            case .delivered: return .answer(.deliver(expansion.recipients))
            case .elsewhere(let hosts): return .answer(.askHosts(address, hosts))
            case .notLocal: return .answer(.notLocal)
            case .circle: return .answer(.rejected(.loop("\(address) leads to itself")))
            case .rejected(let error): return .answer(.rejected(error))
            }
        } catch {
            note("refused: \(error.mailError)", depth: 0)
            return error.isSilence
                ? .noAnswer(.rejected(error.mailError)) : .answer(.rejected(error.mailError))
        }
    }

    /// A resolution, and whether the directory gave it.
    enum Verdict: Sendable {
        case answer(Resolution)
        case noAnswer(Resolution)

        var resolution: Resolution {
            switch self {
            case .answer(let resolution), .noAnswer(let resolution): resolution
            }
        }
    }

    /// - Returns: the entries; none when the directory says that there are none.
    func search(
        _ request: SearchRequest, depth: Int = 0
    ) async throws(DirectoryFault) -> [DirectoryEntry] {
        let answer = await source.search(request)
        trace?.note(request, answer, depth: depth)
        switch answer {
        case .found(let entries): return entries
        case .notFound: return []
        case .unavailable(let fault): throw fault
        }
    }

    func note(_ rule: @autoclosure () -> String, depth: Int) {
        trace?.note(rule(), depth: depth)
    }
}

extension ExpansionFailure {
    /// Whether it was the directory's silence rather than something it said.
    fileprivate var isSilence: Bool {
        switch self {
        case .fault(let fault): fault.kind != .ambiguous && fault.kind != .misconfigured
        case .limit: false
        }
    }
}
