internal import MailModel

extension LookupCache.Answer {
    /// Ambiguity is an answer, too: asking again at once would not change it, and an older
    /// answer must not hide it.
    init<Found>(_ lookup: Lookup<Found>) where Value == Lookup<Found> {
        switch lookup {
        case .found: self = .positive(lookup)
        case .notFound: self = .negative(lookup)
        case .unavailable(let fault):
            self = fault.isAmbiguous ? .negative(lookup) : .unavailable(lookup)
        }
    }
}

extension LookupCache.Answer where Value == Resolution {
    init(_ verdict: Resolver.Verdict) {
        switch verdict {
        case .noAnswer(let resolution): self = .unavailable(resolution)
        case .answer(let resolution):
            if case .deliver(let recipients) = resolution,
                recipients.allSatisfy({ $0.route != .unresolved })
            {
                self = .positive(resolution)
            } else {
                self = .negative(resolution)
            }
        }
    }
}
